#!/usr/bin/env bash
# Dependencies point one way, a tool links what it needs, and nothing grows too long.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

# What each folder of lib/ may include, of ours and of foreign libraries.
declare -A may=(
	[base]='base jansson'
	[weblog]='base weblog jansson'
	[stat]='base frame weblog stat'
	[tail]='base tail frame jansson'
	[frame]='base frame'
	[kafka]='base kafka frame librdkafka jansson'
	[store]='base store curl jansson expat'
	[sink]='base sink store weblog frame jansson zlib'
)
for folder in lib/*/; do
	layer=$(basename "$folder")
	sed -nE 's/^#include "([a-z0-9]+)\/.*/\1/p; s/^#include <(librdkafka|curl)\/.*/\1/p; s/^#include <(jansson|expat|zlib)\.h>.*/\1/p' \
		"$folder"*.[ch] | sort -u >"$T/uses"
	: >"$T/bad"
	while read -r used; do
		[[ " ${may[$layer]-} " == *" $used "* ]] || echo "$used" >>"$T/bad"
	done <"$T/uses"
	is "$(cat "$T/bad")" '' "lib/$layer includes only what is below it"
done
is "$(grep -hs '#include "store/' lib/sink/*.[ch] | grep -v '"store/store.h"')" '' \
	'lib/sink knows store.h and no kind of store'

for source in cmd/*.c; do
	tool=$(basename "$source" .c)
	readelf -d "$BIN/$tool" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' >"$T/needed"
	case $tool in
	hdfs*) alien='^librdkafka' ;;
	kcons | kprod | ktopic | kgroup | kmock) alien='^lib(curl|expat)' ;;
	logcheck) alien='^lib(rdkafka|curl|expat|jansson|z)$' ;;
	*) alien='^lib(rdkafka|curl|expat|z)$' ;;
	esac
	like "$T/needed" '^libc$' "$tool: what it links is seen"
	unlike "$T/needed" "$alien" "$tool links only what it needs"
done

# too_long LINES FILE…: those that have more.
too_long() { wc -l "${@:2}" | awk -v most="$1" '$2 != "total" && $1 > most { print $2 ": " $1 " lines" }'; }
is "$(too_long 300 cmd/*.c)" '' 'no tool has more than 300 lines'
is "$(too_long 500 lib/*/*.c)" '' 'no library file has more than 500 lines'
is "$(awk '/^\{$/ { from = FNR } /^}$/ && from { if (FNR - from + 1 > 60) print FILENAME ":" from; from = 0 }' \
	cmd/*.c lib/*/*.c)" '' 'no function has more than 60 lines'

finish
