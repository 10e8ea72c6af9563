break BZ2_compressBlock
break BZ2_hbMakeCodeLengths
tbreak fallbackSort
break compressStream
tbreak main
run
next
bt
continue
bt
info args
next
next
step
info locals
continue
bt
info locals
print *s
print s->strm->total_in_lo32
print bz_config_ok
print BZ2_crc32Table[3]
print &BZ2_crc32Table[3]
whatis BZ2_crc32Table
print opMode
print outName
info symbol BZ2_compressBlock
whatis BZ2_compressBlock
ptype EState
info line BZ2_blockSort
list BZ2_blockSort
info scope mainGtU
info source
delete 2
watch s->nMTF
continue
bt 2
continue
delete
tbreak BZ2_bzCompressEnd
continue
until
until
continue
