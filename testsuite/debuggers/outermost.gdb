break outermost.c:6
break outermost.c:8
run
info locals
continue
bt
info locals
print a
print &a
set var a[2] = 7
next
print a
up
continue
