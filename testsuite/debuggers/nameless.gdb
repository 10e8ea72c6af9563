break outer
break by_length
run
bt -frame-info short-location 1
delete 2
continue
bt
break Derived::f
break add<int>
catch throw
continue
bt
finish
info symbol $pc
continue
bt
print by_length
print outer(1)
print (int)outer(1)
up
info frame
continue
bt
delete 1
delete 3
continue
bt
run
bt
kill
