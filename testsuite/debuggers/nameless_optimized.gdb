break order
break show
run
bt
delete 1
continue
bt
delete
continue
bt
run
bt
kill
