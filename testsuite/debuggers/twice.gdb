break main
run
break inner
break twice_other.c:10 if b > 1
print printf
print stdout == 0
continue
continue
continue
info breakpoints
list inner
info line f
break 8
info scope f
ptype f
run
info breakpoints
continue
bt
continue
delete 4
continue
break 7
run
