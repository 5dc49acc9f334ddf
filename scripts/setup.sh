#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the Debian packages that are missing, and nothing else. Shell, since
# a fresh machine has no python3. The one list of packages is scripts/data/packages.
#
#   setup.sh run|check|lint|kernel...    what for; each includes `run`'s packages
#   setup.sh package=NAME...             these alone
#
# Exit status: 0 nothing missing any more, 2 a path that cannot serve, 20 missing and
# not ours to install.
set -euo pipefail

readonly usage_status=2 missing_status=20
here="$(cd "$(dirname "$0")" && pwd)"
list="${PERCPU_SCOPE_PACKAGES:-$here/data/packages}"

fail() {
	echo "percpu-scope: $*" >&2
	exit "$missing_status"
}

# Kbuild takes no blank and no colon in a path, and make no more: say so before anything
# is fetched.
check_paths() {
	local path
	for path in "$(dirname "$here")" "${XDG_CACHE_HOME:-${HOME:-}/.cache}"; do
		case $path in
		*[[:space:]:]*)
			echo "percpu-scope: $path: kernel modules cannot be built below a path with blanks or colons;" \
				"move the clone, or set XDG_CACHE_HOME to another folder" >&2
			exit "$usage_status"
			;;
		esac
	done
}

# "package version" of each installed package.
installed() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' 2>/dev/null |
		awk '/^ii/ { print $2, $3 }' | sort -u
}

# The version of a package that apt would install, nothing if it knows none.
candidate() {
	# Not through a pipe: with pipefail, a grep that is done early fails it.
	local policy
	policy="$(LC_ALL=C apt-cache policy "$1" 2>/dev/null)" || return 0
	[[ "$policy" =~ Candidate:\ ([^\(][^[:space:]]*) ]] && echo "${BASH_REMATCH[1]}"
	return 0
}

# 14 of g++ 4:14.2.0-1: the default compiler here; as it is if nobody knows yet.
default_gcc() {
	local version
	version="$(awk '$1 == "g++" { print $2 }' <<<"$1")"
	version="${version:-$(candidate g++)}"
	version="${version#*:}"
	echo "${version%%.*}"
}

# Packages for the purposes given, one choice ("a|b") per line.
wanted() {
	local gcc="$1" arch="$2"
	shift 2
	awk -v purposes="$*" -v gcc="$gcc" -v arch="$arch" '
		BEGIN {
			all = split(purposes, given, " ")
			for (i = 1; i <= all; i++)
				if (sub(/^package=/, "", given[i])) print given[i]
				else want[given[i]] = want["run"] = 1
		}
		/^[[:space:]]*(#|$)/ { next }
		$3 != "" && index("," $3 ",", "," arch ",") == 0 { next }
		gcc != "" { gsub(/\{gcc\}/, gcc) }
		($1 in want) { print $2 }
	' "$list" | sort -u
}

# The choices none of whose packages is installed.
missing_choices() {
	local have
	have="$(installed)"
	awk -F '[| ]' '
		NR == FNR { have[$1] = 1; next }
		{ for (i = 1; i <= NF; i++) if ($i in have) next; print }
	' <(echo "$have") <(wanted "$(default_gcc "$have")" "$(dpkg --print-architecture)" "$@")
}

# The first available package of each choice given on stdin, '!choice' if none is.
choose() {
	local choice name picked
	while IFS= read -r choice; do
		picked="!$choice"
		for name in ${choice//|/ }; do
			if [ -n "$(candidate "$name")" ]; then
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
	check_paths
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
		# Of an empty list nobody could tell the default compiler.
		choices="$(missing_choices "$@")"
		packages="$(choose <<<"$choices")"
	fi
	if grep -q '^!' <<<"$packages"; then
		fail "this machine's apt has no package for: $(sed -n 's/^!//p' <<<"$packages" | tr '\n' ' ')"
	fi

	local -a line
	mapfile -t line <<<"$packages"
	# Of a machine just started, apt's own daily run may hold the lock for a while.
	line=(apt-get install --no-install-recommends -y -o DPkg::Lock::Timeout=300 "${line[@]}")
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
