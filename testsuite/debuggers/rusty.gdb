break rusty::describe
break shapes::Shape::perimeter
break rusty.rs:20
run
bt 1
info args
next
bt 2
print *self
print self.name
next
next
info locals
print sum + 1
up 1
print LIMIT
print &LIMIT
ptype shape
finish
next
next
info locals
info symbol rusty::describe
whatis rusty::describe
delete 1-2
continue
info locals
step
bt 1
info args
print values.length
finish
kill
