break main
break coroutine.cpp:25
run
next
next
next
bt
info locals
next
continue
