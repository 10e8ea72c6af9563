# needs: patchelf strip objcopy
# Tools that move parts of a program's file about.
for level in -O0 -O2; do
  cc $level -g -fPIC -c part.c -o part.o
  cc $level -g -c main.c -o main.o
  lazy main.o part.o
  cc -shared part.o -o libpart.so
  for kind in "" "-no-pie"; do
    cc $kind main.o ./libpart.so -o program$kind$level
    for change in "--set-rpath /a/longer/path/than/there/was/before" "--add-needed libm.so.6" \
      "--set-interpreter $(patchelf --print-interpreter program$kind$level)"; do
      for file in program$kind$level libpart.so; do
        case "$change $file" in *interpreter*.so) continue ;; esac
        cp $file before
        patchelf $change $file
        echo "$level $kind ${change%% *} $file: $(./program$kind$level)"
        cp before $file
      done
    done
  done
done
