bt
frame function wait_for
info locals
print *job
print done
print weigh::times
up
info locals
list weigh
ptype job
