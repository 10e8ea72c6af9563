break main
run
break 13
continue
print Counted::calls
ptype Counted
print plain
continue
