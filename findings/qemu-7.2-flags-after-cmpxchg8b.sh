#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What:     QEMU 7.2 emulating x86 keeps the arithmetic flags as the operands of the last
#           instruction that set them, and brings the flags register up to date when it
#           is asked for. cmpxchg8b (and cmpxchg16b) write ZF into that record without
#           doing so first. If nothing else asked in between, what pushf stores next is
#           an operand of the instruction before, with ZF added: here bit 30 of %edi,
#           which no processor's flags have. An interrupt that comes just then saves and
#           restores such flags, TF and DF among them.
# Seen:     Debian 12's qemu-user-static, 7.2.22 (1:7.2+dfsg-7+deb12u18): 0x40000242;
#           its backport 10.0.2 (1:10.0.2+ds-2+deb13u1~bpo12+1):             0x00000242.
# Expected: 0x242 of both: ZF, IF and the bit that is always set.
# Who meets it: guests of TCG whose kernel uses cmpxchg8b or cmpxchg16b often, as SLUB's
#           fast path does; one boot in some tens died of it. percpu-scope takes QEMU 10.
#
# Fails if either behaves otherwise. Needs binutils and a Debian source in apt; installs
# nothing outside a temporary folder.
set -euo pipefail

# shellcheck source=findings/lib/packages.sh
. "$(dirname "$0")/lib/packages.sh"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

private_apt bookworm bookworm-backports
apt-get -qq download qemu-user-static/bookworm qemu-user/bookworm-backports
for archive in *.deb; do
	dpkg-deb -x "$archive" "${archive%%_*}"
done

cat >flags.s <<'END'
	.globl _start
_start:	movl $cell, %esi
	movl $0x40000000, %edi
	xorl %eax, %eax
	xorl %edx, %edx
	xorl %ebx, %ebx
	movl $1, %ecx
	pushl $2
	popfl
	addl %edi, %ecx
	movl $0, %ecx
	cmpxchg8b (%esi)
	pushfl
	movl $4, %eax
	movl $1, %ebx
	movl %esp, %ecx
	movl $4, %edx
	int $0x80
	movl $1, %eax
	xorl %ebx, %ebx
	int $0x80
	.bss
	.balign 8
cell:	.skip 8
END
as --32 flags.s -o flags.o
ld -m elf_i386 flags.o -o flags

status=0
check() {
	local program="$1" wanted="$2" flags
	"$program" --version | head -n 1
	flags="$("$program" ./flags | od -An -tx4 | tr -d ' ')"
	echo "  flags behind cmpxchg8b: $flags, seen before: $wanted"
	[ "$flags" = "$wanted" ] || status=1
}
check qemu-user-static/usr/bin/qemu-i386-static 40000242
check qemu-user/usr/bin/qemu-i386 00000242
exit "$status"
