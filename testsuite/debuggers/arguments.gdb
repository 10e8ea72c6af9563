break main
run
next
next
break 28
continue
print sum
whatis kept
whatis chosen
info locals
continue
