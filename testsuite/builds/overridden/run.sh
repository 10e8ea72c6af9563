# needs: objcopy
# Tests that put functions of their own in the place of others, in an object that was used as it is before.
for level in -O0 "-O0 -ffunction-sections"; do
  for how in --weaken --weaken-symbol=replaced multiple; do
    # Not what was there before.
    cc $level -DNUMBER=$((seed += 1)) -c unit.c -o unit.o
    cc $level -c mock.c -o mock.o
    cc $level -c main.c -o main.o
    lazy main.o unit.o mock.o
    cc main.o unit.o -o real
    for run in 1 2 3; do
      ./real
      sleep 0.3
    done
    case $how in
      multiple) cc main.o mock.o unit.o -Wl,-z,muldefs -o mocked ;;
      *)
        objcopy $how unit.o weak.o
        cc main.o weak.o mock.o -o mocked
        ;;
    esac
    for run in 1 2 3; do
      echo "$level $how: $(./mocked)"
      sleep 0.3
    done
  done
done
