#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the Debian packages that are missing, and nothing else. Shell, since
# a fresh machine has no python3. The one list of packages is scripts/packages.
#
#   setup.sh run|check|lint|kernel...    what for; each includes `run`'s packages
#
# Exit status: 0 nothing missing any more, 20 missing and not ours to install.
set -euo pipefail

readonly missing_status=20
list="${PERCPU_SCOPE_PACKAGES:-$(dirname "$0")/packages}"

fail() {
	echo "percpu-scope: $*" >&2
	exit "$missing_status"
}

# Packages for the purposes given, one choice ("a|b") per line.
wanted() {
	awk -v purposes="$*" '
		BEGIN { split(purposes, given, " "); for (i in given) want[given[i]] = 1; want["run"] = 1 }
		/^[[:space:]]*(#|$)/ { next }
		($1 in want) { print $2 }
	' "$list" | sort -u
}

# Installed packages, one name per line.
installed() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '/^ii/ { print $2 }' | sort -u
}

# Does apt know a version of the package?
available() {
	local policy
	# Not through a pipe: with pipefail, a grep that is done early fails it.
	policy="$(LC_ALL=C apt-cache policy "$1" 2>/dev/null)" || return 1
	[[ "$policy" =~ Candidate:\ [^\(] ]]
}

# The choices none of whose packages is installed.
missing_choices() {
	awk -F '|' '
		NR == FNR { have[$1] = 1; next }
		{ for (i = 1; i <= NF; i++) if ($i in have) next; print }
	' <(installed) <(wanted "$@")
}

# The first available package of each choice given on stdin, '!choice' if none is.
choose() {
	local choice name picked
	while IFS= read -r choice; do
		picked="!$choice"
		for name in ${choice//|/ }; do
			if available "$name"; then
				picked="$name"
				break
			fi
		done
		echo "$picked"
	done
}

# Can this user install packages? Sets `root`, the words in front of a command.
become_root() {
	if [ "$(id -u)" = 0 ]; then
		root=()
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		root=(sudo)
	else
		return 1
	fi
}

main() {
	command -v dpkg-query >/dev/null || fail "this needs Debian's packages, and dpkg-query is not here"
	local choices packages
	local -a root=()
	choices="$(missing_choices "$@")"
	[ -n "$choices" ] || exit 0

	if ! become_root; then
		fail "packages are missing, and this is neither root nor able to use sudo. As root, run:
  apt-get update
  apt-get install --no-install-recommends -y $(awk -F '|' '{ printf "%s ", $1 }' <<<"$choices")"
	fi
	packages="$(choose <<<"$choices")"
	if grep -q '^!' <<<"$packages"; then
		echo "+ apt-get update" >&2
		"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 ||
			echo "percpu-scope: note: apt-get update did not fully succeed, going on with what is known" >&2
		packages="$(choose <<<"$choices")"
	fi
	if grep -q '^!' <<<"$packages"; then
		fail "this machine's apt has no package for: $(sed -n 's/^!//p' <<<"$packages" | tr '\n' ' ')"
	fi

	local -a line
	mapfile -t line <<<"$packages"
	line=(apt-get install --no-install-recommends -y "${line[@]}")
	echo "+ ${line[*]}" >&2
	local log
	log="$(mktemp)"
	# Hundreds of lines that matter only when it fails.
	if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive "${line[@]}" </dev/null >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		fail "installing failed; the line above says with what command"
	fi
	rm -f "$log"
	choices="$(missing_choices "$@")"
	[ -z "$choices" ] || fail "still missing after installing: $choices"
}

main "$@"
