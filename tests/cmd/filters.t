#!/usr/bin/env bash
# What every filter does when its reader goes away and when a signal comes, though no input does.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

filters=(logjson 'logjson -E' logstat 'logstat -E' logcheck 'kmap cat')
mkfifo "$T/in" "$T/in2" "$T/out"
exec 7<>"$T/in" 8<>"$T/in2"

for filter in "${filters[@]}"; do
	# shellcheck disable=SC2086 # a command and its option
	$filter <"$T/in" >"$T/out" 2>"$err" 7>&- 8>&- & pid=$!
	exec 9<"$T/out"
	exec 9<&-
	ok "an idle $filter ends when its reader has gone" await 5 gone $pid
	wait $pid
	is "$? $(cat "$err")" '141 ' "$filter: of SIGPIPE, without a message"
done

pids=() n=0
for filter in "${filters[@]}" "logstat $T/in $T/in2" "logcheck $T/in $T/in2"; do
	# shellcheck disable=SC2086
	$filter <"$T/in" >/dev/null 2>"$T/err.$n" 7>&- 8>&- &
	pids+=($!) n=$((n + 1))
done
for pid in "${pids[@]}"; do await 10 heeds "$pid"; done
from=$SECONDS
kill -TERM "${pids[@]}"
n=0
for filter in "${filters[@]}" 'logstat, two files' 'logcheck, two files'; do
	await 15 gone "${pids[$n]}"
	wait "${pids[$n]}"
	is "$? $(grep -c 'stopped before the end of the input' "$T/err.$n")" '75 1' \
		"$filter: SIGTERM, and the input has no end"
	n=$((n + 1))
done
ok 'the ten seconds for that are those of all files together' test $((SECONDS - from)) -lt 19
finish
