break main
break zoo::Dog::legs
break zoo::Animal::noise(char const*) const
break largest<double>
break thrower
catch throw
run
next
next
bt
print dog
continue
bt
info locals
next
print result
print *this
print zoo::Animal::count
ptype this
finish
next
step
print *this
finish
finish
continue
bt
print what
print name.size()
finish
continue
next
print all
info args
print best
finish
next
next
step
print x
finish
next
continue
up
print n
down
continue
up
print c
continue
