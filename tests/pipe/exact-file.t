#!/usr/bin/env bash
# From a log file to a topic, each line once, whatever is killed and whenever.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
log=$T/access.log
group=''
cleanup() {
	[ -z "$group" ] || kill -KILL -- "-$group"
	kprod --id "$ID" --position "$ID" | while read -r _ shard _; do
		[ -z "$shard" ] || printf '%s/file/%s:\n' "$ID" "$shard" | kprod -Z -K : kpipe-positions
	done
	ktopic delete "$ID"
}
ktopic create -p 1 --wait "$ID"

positions() { kprod --id "$ID" --position "$ID"; }
# line [OPTION]: the whole pipe line, whose statuses go to $T/statuses
line() {
	kprod --id "$ID" --position "$ID" | ktail -E "$@" --from - "$log" | kprod -E --id "$ID" "$ID"
	echo "${PIPESTATUS[*]}" >"$T/statuses"
} 2>>"$T/line.err"
start() {
	set -m
	line &
	group=$!
	set +m
}
one() { pgrep -g "$group" -f "$1"; }
await_end() {
	await 30 gone "$group" || _not 'the line ends'
	wait "$group" 2>/dev/null
	group=''
}
values() { kcons -e -q "$ID"; }
has() { [ "$(values | wc -l)" -ge "$1" ]; }
# whole N NAME: the topic has the numbers 1 … N, each once and in order.  The last transaction is
# committed before a reader is shown it.
whole() {
	await 10 has "$1"
	values >"$out"
	seq 1 "$1" >"$T/want"
	same "$out" "$T/want" "$2"
}

# --- a first run and its end ---
echo history >"$log.1"
touch -d '-1 hour' "$log.1"
seq 1 1000 >"$log"
start
ok 'lines arrive' await 20 has 1000
seq 1001 1010 >>"$log"
ok 'and those that are added' await 20 has 1010
# By name: kprod --position has come to its end.
kill -TERM "$(one 'ktail -E')"
await_end
is "$(cat "$T/statuses")" '0 0 0' 'the source is told to stop: all ends well'
whole 1010 'each line once'
is "$(positions | awk '{ print $1, $3 }')" "file $(stat -c %s "$log")"$'\n. ' 'the position is the end of the file'
seq 1011 1500 >>"$log"
start
await 20 has 1500
kill -TERM -- "-$group"
await_end
whole 1500 'SIGTERM to all of it: what was read has landed'

# --- rotation while it is down ---
for n in 1501 1601 1701; do
	seq "$n" $((n + 99)) >>"$log"
	rotate "$log"
done
seq 1801 1900 >"$log"
line --once
is "$(cat "$T/statuses")" '0 0 0' 'rotated three times meanwhile'
whole 1900 'each line once, in the order of the files'

# --- killed ---
# A writer that rotates every 2,000 lines.
(for ((n = 1901; n <= 21900; n += 100)); do
	seq "$n" $((n + 99)) >>"$log"
	[ $((n % 2000)) != 1901 ] || rotate "$log"
	command sleep 0.05
done) &
writer=$!
for victim in 'ktail -E' 'kprod -E' 'ktail -E' 'kprod -E' all; do
	before=$(positions | cksum)
	start
	changed() { [ "$(positions | cksum)" != "$before" ]; }
	await 20 changed
	if [ "$victim" = all ]; then
		kill -KILL -- "-$group"
	else
		kill -KILL "$(one "$victim")"
	fi
	await_end
	case $victim in
	ktail*) is "$(cat "$T/statuses")" '0 137 75' 'ktail is killed' ;;
	kprod*) is "$(cut -d ' ' -f 1,3 "$T/statuses")" '0 137' 'kprod is killed' ;;
	esac
done
wait "$writer"
line --once
is "$(cat "$T/statuses")" '0 0 0' 'the last run ends well'
whole 21900 'each line once'

# --- positions do not grow with every rotation ---
rm "$(grep -lx history "$log".*)"
rotate "$log"
: >"$log"
touch -d '-1 minute' "$log".*
line --once
rm -f "$log".*
line --once
is "$(positions | awk '{ print $1, $4 }')" $'file done\n. ' 'files that were read to their end and removed leave one position'

# --- an unfinished file vanishes ---
seq 21901 22000 >"$log"
line --once
is "$(positions | awk '{ print $1, $4 }')" $'file \n. ' 'until the next one is read'
rm "$log"
seq 22001 22100 >"$log"
line --once
is "$(cat "$T/statuses")" '0 65 65' 'an unfinished file vanishes'
like "$T/line.err" '^ktail: continue: .* has vanished' 'and is said'
kprod --id "$ID" --position "$ID" | sed 's/^file .*/& done/' |
	ktail -E --once --from - "$log" | kprod -E --id "$ID" "$ID"
is "${PIPESTATUS[*]}" '0 0 0 0' 'it is given up by hand'
whole 22100 'and the rest goes on'

# --- the command that lists fails ---
kprod --id "$ID" --position "$ID" -b "127.0.0.1:$(free_port)" 2>/dev/null |
	ktail -E --once --from - "$log" 2>/dev/null | kprod -E --id "$ID" "$ID" 2>/dev/null
is "${PIPESTATUS[*]}" '69 75 75' 'no list: nothing starts anew'
whole 22100 'and nothing is doubled'
finish
