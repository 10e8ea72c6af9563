source=deb:pugixml
configure() { :; }
build() { make -j"$JOBS" CXX=c++ CXXFLAGS="$LEVEL -std=c++11 -pedantic" all; }
check() { make CXX=c++ CXXFLAGS="$LEVEL -std=c++11 -pedantic" test; }
results() { grep -aE 'tests|FAIL|rror'; }
count() { sed -nE 's/.*uccess: ([0-9]+) tests.*/\1/p'; }
