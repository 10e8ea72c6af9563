break work
run
print counter
print mine
finish
print counter
print mine.b
continue
print counter
print mine
whatis counter
set var counter = 1000
finish
print counter
continue
