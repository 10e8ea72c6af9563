break threaded
break places.c:40
run
bt
info args
next
next
step
bt
finish
info line threaded
break hidden
tbreak chosen
break second
continue
bt
next
info locals
continue
bt
info args
finish
continue
bt
finish
watch sum
continue
continue
delete 6
info breakpoints
break places.c:64
run
bt
info breakpoints
continue
