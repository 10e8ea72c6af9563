break main
run
next
next
next
info symbol factorial
info symbol &global
info symbol &counter
info symbol $pc
x/3i $pc
break *factorial
info line 72
info locals
ptype operation
ptype struct shape
whatis names
print names[1]@2
print &box.corner[1]
print *argv@argc
ptype apply
info address counter
info address work
list helper
info types color
info scope helper
print factorial
print *factorial
print &factorial
info source
step
until
until
until
until
up
info locals
down
finish
continue
bt 1
next
next
delete
until 46
watch elsewhere if elsewhere > 100
continue
continue
