#!/usr/bin/env bash
# scripts/deps asks for what a bare machine lacks, where nothing is recommended along.
. "$(dirname "$0")/../lib.sh"

mkdir "$T/bin"
fake() { printf '#!/bin/sh\n%s\n' "$2" >"$T/bin/$1" && chmod +x "$T/bin/$1"; }
fake sudo 'exec "$@"'
fake dpkg-query 'exit 1'
fake apt-cache "! grep -qx \"\$2\" $T/unknown"
fake apt-get "echo \" \$* \" >>$T/calls"
: >"$T/unknown"

# asks SET NAME…: it wants to install these
asks() {
	local name
	: >"$T/calls"
	run env PATH="$T/bin:$PATH" "$ROOT/scripts/deps" "$1"
	is "$status" 0 "$1: status"
	for name in "${@:2}"; do like "$T/calls" " install .* $name " "$1: $name"; done
}
asks real curl procps
asks package build-essential debhelper
asks lint clang libclang-rt-dev
echo libclang-rt-dev >"$T/unknown"
asks lint clang
unlike "$T/calls" ' install .*libclang-rt-dev' 'where clang itself has its libraries'

finish
