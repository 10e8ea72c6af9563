break add
break step
run
bt
info args
finish
continue
bt
info args
print far_one
print near_one
finish
continue
