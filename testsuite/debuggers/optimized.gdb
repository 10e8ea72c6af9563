break weigh
break optimized.c:21
run
bt
info args
print *node
print visits
print heavy
print start_table
print started
up
info locals
up
continue
bt
print depth
delete 1
tbreak weigh if depth == 3
delete 2
continue
print *node->next
finish
print visits
info symbol sum
whatis sum
ptype struct node
continue
