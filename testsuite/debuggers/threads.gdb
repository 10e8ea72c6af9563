break work
run
print counter
print mine
bt
next
next
next
print counter
print mine.b
print calls
whatis calls
ptype mine
continue
print calls
print counter
print mine
whatis counter
set var counter = 1000
continue
