break main
run
break names
continue
print level
print plain
print limit
print table
print buffer
print calls
finish
print plain
delete
break announce
continue
bt
continue
bt
delete
continue
