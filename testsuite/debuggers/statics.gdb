set print entry-values no
break look
run
delete
continue
break look
run
delete
continue
