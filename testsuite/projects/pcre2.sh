source=deb:pcre2
configure() { ./configure --enable-pcre2-16 --enable-pcre2-32 --enable-jit >&3; }
