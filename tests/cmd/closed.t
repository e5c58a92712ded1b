#!/usr/bin/env bash
# A standard input or output that is closed is no success: nothing is lost unsaid.
# (That all tools say so of their --help: tests/house/options.t.)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

mkdir "$T/dir"
genlogs -r 0 -n 100 --sequence >"$T/dir/log"
printf '%s\n' "$hello" "${RS}A t 0 0" "${RS}E 0" >"$T/frames"
says() { is "$status $(cat "$err")" "74 ${2%% *}: $1: it is closed" "$2: standard $3 is closed"; }

while read -r input command; do
	# shellcheck disable=SC2086 # a command and its operands
	$command <"$T/$input" >&- 2>"$err"
	status=$?
	says 'write: standard output' "$command" output
done <<L
dir/log genlogs -r 0 -n 5
dir/log genlogs -n 1
dir/log logjson
frames logjson -E
dir/log logstat
frames logstat -E
dir/log logcheck
dir/log ktail --once $T/dir/log
dir/log ktail --once -E $T/dir/log
frames kmap cat
dir/log hdfscat file://$T/dir/log
dir/log hdfsls file://$T/dir
dir/log hdfsput --offsets -d file://$T/dir
L

while read -r command; do
	# shellcheck disable=SC2086
	$command <&- >"$out" 2>"$err"
	status=$?
	says 'read: standard input' "$command" input
done <<L
logjson
logjson -E
logstat
logstat -E
logcheck
kmap cat
ktail --from - -E $T/dir/log
hdfsput file://$T/put
hdfsput -d file://$T/dir/put
hdfsput -E -d file://$T/dir/put
L
is "$(find "$T/put" "$T/dir/put" -name 'put' -type f -o -name 'year=*' 2>/dev/null)" '' 'hdfsput: and no file is there'

# shellcheck disable=SC2016 # the inner shell expands it
with_broker() { kmock -t t -- bash -c "$1"' 2>"$1"; echo $? >"$2"' - "$err" "$T/status" "$T/dir/log"; status=$(cat "$T/status"); }
with_broker 'kprod t <&-'
says 'read: standard input' 'kprod t' input
# shellcheck disable=SC2016
with_broker 'kprod -q t <"$3"; kcons -e t >&-'
says 'write: standard output' 'kcons -e t' output
# shellcheck disable=SC2016
with_broker 'kprod -q t <"$3"; kcons -e -E t >&-'
says 'write: standard output' 'kcons -e -E t' output
with_broker 'ktopic list >&-'
says 'write: standard output' 'ktopic list' output
finish
