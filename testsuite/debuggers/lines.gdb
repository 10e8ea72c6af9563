break main
break helper
break tour.c:38
run
next
continue
bt
up
down
step
finish
info line work
info symbol work
continue
bt
delete
continue
