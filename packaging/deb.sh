#!/bin/sh
# Builds build/pyeonji_VERSION_ARCH.deb for the Debian it runs on: packages of Python are tied to its version.
# Wheels come by their hashes from lock/run.txt; nothing is compiled.  Needs python3, pip, dpkg-deb.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
version=$("$python" -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
minor=$("$python" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
next=$("$python" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1] + 1}")')
arch=$(dpkg --print-architecture)
root=build/deb
lib=usr/lib/pyeonji
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/$lib" "$root/usr/bin" "$root/usr/sbin" "$root/usr/share/man/man1" \
	"$root/usr/share/doc/pyeonji" "$root/usr/lib/sysusers.d"

"$python" -m pip install --quiet --disable-pip-version-check --no-compile --only-binary :all: --require-hashes \
	--target "$root/$lib" -r lock/run.txt
"$python" -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --target "$root/$lib" --upgrade .
rm -rf "$root/$lib/bin"

launcher() { # NAME, FOLDER, FUNCTION: sendmail must not import what it does not need
	cat > "$root/$2/$1" <<-END
		#!/usr/bin/python3 -I
		import sys
		sys.path.insert(0, "/$lib")
		from pyeonji.cli import $3
		sys.exit($3())
	END
	chmod 755 "$root/$2/$1"
}
launcher pyeonji usr/bin main
launcher sendmail usr/sbin start_sendmail
ln -s ../sbin/sendmail "$root/usr/bin/mailq"
ln -s ../sbin/sendmail "$root/usr/bin/newaliases"
mkdir -p "$root/usr/lib"
ln -s ../sbin/sendmail "$root/usr/lib/sendmail"

for page in docs/man/*.1; do
	name=$(basename "$page" .1)
	case $name in
	*.ko) mkdir -p "$root/usr/share/man/ko/man1" && gzip -9nc "$page" > "$root/usr/share/man/ko/man1/${name%.ko}.1.gz" ;;
	*) gzip -9nc "$page" > "$root/usr/share/man/man1/$name.1.gz" ;;
	esac
done
gzip -9nc CHANGES.md > "$root/usr/share/doc/pyeonji/CHANGES.md.gz"
cp packaging/copyright "$root/usr/share/doc/pyeonji/copyright"
mkdir -p "$root/usr/share/doc/pyeonji/examples"
cp -r packaging/fail2ban packaging/logrotate packaging/monitoring "$root/usr/share/doc/pyeonji/examples/"
cp packaging/sysusers.conf "$root/usr/lib/sysusers.d/pyeonji.conf"

sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@MINOR@/$minor/" -e "s/@NEXT@/$next/" \
	-e "s/@SIZE@/$(du -ks "$root/usr" | cut -f1)/" packaging/control > "$root/DEBIAN/control"
for script in postinst prerm postrm; do
	install -m 755 "packaging/$script" "$root/DEBIAN/$script"
done
find "$root" -newermt "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" -exec \
	touch -h -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" {} +
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} \
	dpkg-deb --root-owner-group -Zxz --build "$root" "build/pyeonji_${version}_$arch.deb"
