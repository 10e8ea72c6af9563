break same
run
bt 1
info args
break places_main.c:12
continue
bt 1
delete
break places_main.c:13
run
bt
