# Lua's own test suite, with its internal checks (ltests.h), from the copy of Lua that lupa brings along.
source=pypi:lupa==2.8
folder=third-party/lua54
needs=(libreadline-dev python3-pip)
configure() { :; }
build() {
  make -j"$JOBS" CC=cc CWARNS= TESTS="-DLUA_USER_H='\"ltests.h\"'" CFLAGS="$LEVEL -fno-common \$(MYCFLAGS)"
  make -C testes/libs CC=cc
}
# A test seeks in its input, which must not be possible.
check() { cd testes && : | ../lua all.lua; }
# One test says which of two ways it took by chance.
results() { grep -aE '^(final OK|testing|.*[oO][kK]$)' | sed 's/optimizations ([01])/optimizations/'; }
count() { grep -ac -iE 'ok$' || true; }
