source=deb:python3.11
time_limit=3000
configure() { ./configure --without-ensurepip OPT="$LEVEL -Wall" CFLAGS= >&3; }
build() { make -j"$JOBS"; }
check() { ./python -m test -v -u none test_list test_dict test_json test_re test_threading test_ctypes test_descr test_generators test_subprocess test_signal test_math test_struct test_bytes test_unicode test_capi 2>&1; }
results() { grep -aE ' \.\.\. (ok|FAIL|ERROR|skipped|expected)|^(Ran|FAILED|OK|Result)|tests? (OK|failed)' | sed -E 's/ in TIME//; s/^.*(Warning|warning).*\.\.\. /... /' | sort; }
count() { grep -ac '\.\.\. ok' || true; }
