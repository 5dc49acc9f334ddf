# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For findings: packages of Debian releases other than the machine's, by an apt whose state is
# below the folder that it is called in. Nothing is installed.

# private_apt SUITE…: from here on apt-get knows these suites of the machine's own mirror, alone.
private_apt() {
	local folder="$PWD" mirror
	# shellcheck disable=SC2016 # apt's variable
	mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
		sed -n 's#/debian/*$#&#p' | sort -u | head -n 1)"
	[ -n "$mirror" ] || { echo "apt has no source of Debian here" >&2; return 1; }
	mkdir -p state/lists/partial cache/archives/partial sources
	touch state/status
	cat >sources/debian.sources <<-END
		Types: deb
		URIs: $mirror
		Suites: $*
		Components: main
		Architectures: amd64
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	cat >apt.conf <<-END
		Dir::State "$folder/state/"; Dir::State::status "$folder/state/status";
		Dir::Cache "$folder/cache/"; Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$folder/sources/"; Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null"; APT::Sandbox::User "root";
		Acquire::Languages "none";
	END
	export APT_CONFIG="$folder/apt.conf"
	apt-get -qq update
}
