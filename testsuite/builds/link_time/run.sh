# needs: cmake ninja
# Under the compilers' own names, by which CMake looks for the other tools.
cmake -G Ninja -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$(readlink "$(command -v cc)")" \
  -DCMAKE_CXX_COMPILER="$(readlink "$(command -v c++)")" | grep 'link-time'
cmake --build build >/dev/null
build/program
ar t build/libpart.a
