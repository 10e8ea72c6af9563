break main
break helper
break tour.c:38
run
tbreak factorial if n == 3
bt
info args
next
print v
ptype box
next
print box
print *box.corner@2
next
print v[0]
continue
bt
up
print i
print square
info locals
down
print counter
print calls
print helper::calls
next
next
finish
delete 2
until 56
step
finish
next
continue
info frame
step
bt
finish
continue
bt
print n
watch global
continue
continue
print elsewhere
print 'other.c'::counter
print 'tour.c'::names
print origin
print names
print &names[1]
print ratio
print (enum color)5
print apply
print add
print factorial(4)
print helper(10)
whatis work
ptype struct shape
info symbol work
info line work
list work
info scope work
print sizeof(struct shape)
x/s box.name
disassemble factorial,+4
continue
