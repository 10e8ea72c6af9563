break work
run
print counter
print mine
bt
next
next
print counter
print mine.b
ptype mine
continue
print counter
print mine
whatis counter
set var counter = 1000
continue
