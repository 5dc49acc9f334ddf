#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Loads the module into this machine's own kernel, or takes it out again. Only
# for machines that are there for it: the VMs need none of this.
set -euo pipefail

cd "$(dirname "$0")/.."
release="$(uname -r)"
headers="/lib/modules/$release/build"
build="$PWD/build/kmod/host-$release"

fail() {
	echo "percpu-scope: $*" >&2
	exit 1
}

build_module() {
	[ -e "$headers/Makefile" ] ||
		fail "no headers of the running kernel at $headers; on Debian: apt-get install linux-headers-$release"
	as_owner mkdir -p "$build"
	# Only what differs, so that the next build is quick; what has gone from kmod/ goes.
	as_owner scripts/percpu-scope mirror kmod "$build"
	as_owner make --no-print-directory -C "$headers" "M=$build" modules >&2
	add_btf "$build/percpu_scope.ko"
}

# Under sudo as whoever owns the clone: what root builds, others could not build again.
as_owner() {
	local owner
	owner="$(stat -c %U .)"
	if [ "$(id -u)" = 0 ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
		runuser -u "$owner" -- "$@"
	else
		"$@"
	fi
}

# Types for whoever inspects the module's variables, where the kernel has its own.
add_btf() {
	local base=/sys/kernel/btf/vmlinux
	if [ "${MODULE_BTF:-auto}" = no ] || [ ! -r "$base" ]; then
		return 0
	fi
	if ! command -v pahole >/dev/null; then
		echo "percpu-scope: note: without pahole the module gets no BTF" >&2
		return 0
	fi
	as_owner scripts/percpu-scope embed-btf "$1" "$base"
}

need_root() {
	[ "$(id -u)" = 0 ] || fail "only root may $1 a module; run this with sudo"
}

case "${1:-}" in
load)
	build_module
	need_root load
	if [ -d /sys/module/percpu_scope ]; then
		fail "the module is loaded already; make unload takes it out"
	fi
	insmod "$build/percpu_scope.ko" || fail "the kernel refused the module; dmesg says why"
	echo "loaded; see /sys/kernel/debug/percpu_scope and /dev/percpu_scope"
	;;
unload)
	need_root unload
	[ -d /sys/module/percpu_scope ] || fail "the module is not loaded"
	rmmod percpu_scope || fail "the kernel did not let go of it; is /dev/percpu_scope open?"
	echo "unloaded"
	;;
*)
	echo "usage: load.sh load|unload" >&2
	exit 2
	;;
esac
