# needs: cmake ninja make
for generator in Ninja "Unix Makefiles"; do
  for unity in OFF ON; do
    rm -rf out
    cmake -S . -B out -G "$generator" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_UNITY_BUILD=$unity -DCMAKE_INSTALL_PREFIX="$PWD/installed" |
      grep -v 'Configuring done\|Generating done\|Build files'
    cmake --build out -j2 >/dev/null
    (cd out && ctest 2>&1) | grep 'tests passed'
    cmake --install out >/dev/null
    LD_LIBRARY_PATH=installed/lib installed/bin/program
    (cd installed && find . | sort)
    lazy out/program out/libshared.so out/libfixed.a out/libplugin.so
    cmake --build out -j2 | grep -ci 'building' || true
  done
done
