# needs: gcc g++ ld ar ld.gold tcc gdb
# Objects that other compilers' drivers and linkers link: nobody adds a runtime there.
run() { echo "$1"; "./$1" | sort; "./$1" again | sort; }

for level in -O0 -O2; do
  c++ $level -g -c main.cc -o main.o
  cc $level -g -fPIC -c part.c -o part.o
  cc $level -g -fPIC -c plugin.c -o plugin.o
  cc $level -g -c small.c -o small.o
  cc $level -g -Dmain=unused -Dtwice=unused_twice -c small.c -o small-part.o
  lazy main.o part.o plugin.o small.o small-part.o
  rm -f libpart.a
  ar rcs libpart.a part.o plugin.o

  g++ main.o part.o -o objects$level -pthread && run objects$level
  g++ main.o libpart.a -o archive$level && run archive$level
  g++ -no-pie main.o libpart.a -o no-pie$level && run no-pie$level
  g++ -static main.o libpart.a -o static$level && run static$level
  g++ -fuse-ld=gold main.o libpart.a -o gold$level && run gold$level
  g++ -Wl,--gc-sections,-z,now -s main.o libpart.a -o collected$level && run collected$level
  gcc -shared part.o -o libshared.so
  g++ main.o ./libshared.so -o shared$level && run shared$level
  ld -shared part.o -o libbare.so
  g++ main.o ./libbare.so -o bare$level && run bare$level
  # Each image has its own way to the runtime: ours, and the loader's.
  c++ main.o ./libshared.so -o mixed$level -pthread && run mixed$level
  cc -shared part.o -o libours.so
  g++ main.o ./libours.so -o mixed-other$level && run mixed-other$level
  # Several objects made into one, which both kinds of drivers may link.
  ld -r main.o part.o -o several.o
  g++ several.o -o several$level && run several$level
  c++ several.o -o several-ours$level -pthread && run several-ours$level
  # What they have for each other becomes local then.
  ld -r main.o part.o -o several.o
  objcopy --localize-hidden several.o hidden.o
  objcopy --keep-global-symbol=plugin plugin.o alone.o
  g++ hidden.o alone.o small-part.o -o hidden$level && run hidden$level
  c++ hidden.o alone.o small-part.o -o hidden-ours$level -pthread && run hidden-ours$level
  cc -r part.o plugin.o -o ours.o
  g++ main.o ours.o -o relocatable$level && run relocatable$level
  gcc -shared plugin.o -o plugin.so
  gcc -shared plugin.o -o other.so
  gcc -rdynamic host.c -o host$level -ldl && ./host$level ./plugin.so ./other.so
  cc -rdynamic host.c -o host-ours$level -ldl && ./host-ours$level ./plugin.so ./other.so
  # Linkers without section groups do with one object at least.
  tcc small.o -o small$level && run small$level
done

# A program of ours has no loader, and needs no file beside the daemon.
c++ main.o part.o -o ours -pthread
echo "loaders: $(strings ours | grep -c "autojit_rt.bin" || true)"

# A debugger sees the program from its start.
c++ -O0 -g -c main.cc -o main.o
cc -O0 -g -fPIC -c part.c -o part.o
g++ main.o part.o -o debugged
gdb -nx -q -batch -ex "break main" -ex "break part" -ex run -ex "info line" -ex continue -ex backtrace -ex "info args" \
  -ex finish ./debugged 2>&1 | grep -E "^(Breakpoint .*hit|#|number|Value|Line)|hit Breakpoint" |
  sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/<main.*>/<main>/g; s/^.*hit/hit/' | grep -vE "libc|_start"
