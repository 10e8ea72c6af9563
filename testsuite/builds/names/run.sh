# The compiler under each of its names: that of C links C, that of C++ links C++.
for name in cc gcc clang; do
  ln -s "$(command -v cc)" "./$name"
  "./$name" -O0 plain.c -o "with-$name" && "./with-$name" && echo "$name: C"
  "./$name" plain.cpp -o with-library 2>/dev/null || echo "$name: links no C++"
done
for name in c++ g++ clang++; do
  ln -s "$(command -v c++)" "./$name"
  "./$name" -O0 plain.cpp -o "with-$name" && "./with-$name" && echo "$name: C++"
done
# By a relative path, from another folder, and over a chain of links.
mkdir below && cd below && ln -s ../cc chain
../cc ../plain.c -o a && ./chain ../plain.c -o b && ./a && ./b && echo done
lazy a b ../with-clang++
