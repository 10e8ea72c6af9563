break sqlite3_exec
tbreak sqlite3VdbeExec
break sqlite_test.c:24 if statements == 4
break main
run
next
continue
bt
info args
continue
continue
bt 3
print *p
print db->aDb[0]
print sqlite3Config
print aSyscall[2]
print *p->aOp@2
print p->db->lookaside
finish
delete 1
tbreak sqlite3BtreeInsert
continue
bt
print pCur->info
print pX->nKey + 1
ptype BtCursor
info symbol sqlite3BtreeInsert
next
next
step
bt 2
tbreak balance
continue
info args
until
until
print sqlite3_libversion()
print sqlite3Strlen30("abc")
call sqlite3_mprintf("%d-%s", 5, "x")
watch statements
continue
continue
info line sqlite3VdbeExec
list sqlite3BtreeInsert
info scope balance
whatis sqlite3VdbeExec
ptype Vdbe
info types Btree$
bt
kill
