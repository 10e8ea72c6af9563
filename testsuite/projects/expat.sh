source=deb:expat
folder=expat
configure() { { [ -e configure ] || ./buildconf.sh >/dev/null; } && ./configure --without-docbook --without-xmlwf >&3; }
