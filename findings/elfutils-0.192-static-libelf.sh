#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What:     libelf.a of elfutils 0.192, which is Debian 13's (and Debian 12's backport),
#           cannot be linked: elf_begin() and elf_end() call eu_search_tree_init() and
#           eu_search_tree_fini(), which stand in elfutils' internal libeu and in none of
#           the archives that are shipped. That the package links libzstd as well, which
#           its pkg-config file says, hides it: with -lzstd added, these two are left.
#           Every program that links libbpf statically is concerned; the shared library
#           is whole. 0.196 has the functions in libelf.a.
# Seen:     libelf-dev 0.192-4 of Debian 13: "undefined reference to
#           `eu_search_tree_init'"; 0.196-1~bpo13+2 of its backports: it is in the archive.
# Who meets it: whoever builds static tools (bpftool, libbpf programs for an initramfs) on
#           Debian 13. percpu-scope takes the archive of another release there
#           (scripts/data/libraries.toml).
#
# Fails if either behaves otherwise. Needs gcc and a Debian source in apt; installs nothing
# outside a temporary folder.
set -euo pipefail

# shellcheck source=findings/lib/packages.sh
. "$(dirname "$0")/lib/packages.sh"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

private_apt trixie trixie-backports

cat >open.c <<'END'
#include <libelf.h>
#include <stdio.h>

int main(void)
{
	elf_version(EV_CURRENT);
	puts(elf_begin(0, ELF_C_READ, NULL) ? "opened" : "not an ELF file");
	return 0;
}
END

status=0
check() {
	local suite="$1" wanted="$2" said
	mkdir "$suite"
	(cd "$suite" && apt-get -qq download "libelf-dev/$suite" libzstd-dev/trixie zlib1g-dev/trixie)
	for archive in "$suite"/*.deb; do
		dpkg-deb -x "$archive" "$suite/root"
	done
	local libraries="$suite/root/usr/lib/x86_64-linux-gnu"
	echo "libelf-dev $(basename "$suite"/libelf-dev_*.deb)"
	# Only what the linker says of libelf's own functions counts: the host's C library may
	# lack others that the archive was built against.
	said="$(gcc -static -I"$suite/root/usr/include" open.c -L"$libraries" -lelf -lz -lzstd -o "$suite/open" 2>&1)" || true
	if grep -q 'undefined reference to .eu_search_tree_init' <<<"$said"; then said=missing; else said='in the archive'; fi
	echo "  eu_search_tree_init() is $said, seen before: $wanted"
	[ "$said" = "$wanted" ] || status=1
}
check trixie missing
check trixie-backports 'in the archive'
exit "$status"
