bt
frame function wait_for
info locals
print *job
print done
print limit
up
print job
list weigh
print weigh(job)
ptype struct job
info symbol weigh
break weigh
tbreak wait_for
tbreak 26
print (int)close(0)
continue
info locals
finish
