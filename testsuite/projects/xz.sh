source=deb:xz-utils
