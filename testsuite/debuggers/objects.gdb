break zoo::Animal::noise
break largest
break zoo::Bird::legs
run
bt
finish
continue
bt
info frame
up
info locals
down
print *this
info vtbl this
set print object on
print *this
print this
finish
step
delete
break thrower if n == 3
tbreak *&zoo::Dog::legs
catch throw
catch catch
info breakpoints
continue
bt -frame-info short-location 3
continue
bt 2
up
continue
up
info locals
print dog.noise(4)
print dog.noise("a")
print numbers
print numbers[1]
print largest<int>
print thrower(1)
ptype zoo::Dog
ptype dog
info line thrower
info functions noise
info symbol thrower
whatis zoo::Animal::noise
print &zoo::Dog::legs
print (int)zoo::Animal::count
list largest<int>
info source
