source=deb:libpng1.6
