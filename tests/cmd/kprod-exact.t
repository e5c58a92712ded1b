#!/usr/bin/env bash
# kprod -E: a framed stream into a topic, each record once, whatever happens in between.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
cleanup() {
	local id
	for id in "${ids[@]}"; do
		kprod --id "$id" --position "$ID" | while read -r _ shard _; do
			[ -z "$shard" ] || printf '%s/file/%s:\n' "$id" "$shard" | kprod -Z -K : kpipe-positions
		done
	done
	ktopic delete "$ID" "$ID-small" "$ID-compact"
}
ids=()
ktopic create --wait -p 2 "$ID"

# batch SHARD BASE FROM TO: numbers of 8 digits, so that record n of a shard lies at 9 n.
batch() {
	local n=$(($4 - $3))
	control "B file $1 $2 $(($2 + 9 * n)) $n $((9 * n)) -1"
	seq -f "%08.0f" "$3" $(($4 - 1))
}
# shard NAME FROM TO: all of it in batches of 100.
shard() {
	local at
	for ((at = $2; at < $3; at += 100)); do batch "$1" $((9 * at)) "$at" $((at + 100)); done
}
use() { id=$ID-$1; ids+=("$id"); }
exact() { kprod -E --id "$id" "$@" "$ID"; } # options
positions() { kprod --id "$id" --position "$ID"; }
values() { kcons -e -q "$ID" | sort; }
known=0
# came N NAME: N records more than before, and each number once.  The last transaction is
# committed before a reader is shown it.
shown() { values >"$T/values"; [ "$(wc -l <"$T/values")" -ge "$known" ]; }
came() {
	known=$((known + $1))
	await 10 shown
	is "$(wc -l <"$T/values") $(uniq -d "$T/values" | wc -l)" "$known 0" "$2"
}

# The whole life of a file.
use a
run positions
is "$status $(cat "$out")" '0 .' 'an id that nobody knows has no positions'
{ echo "$hello"; control A file f1 0; shard f1 0 1000; control "R file f1 done"; control E 0; } >"$T/in"
run_in "$T/in" exact --receipt "$T/receipt"
is "$status" 0 'a whole stream: status'
came 1000 'each record is there'
is "$(positions)" "file f1 9000 done"$'\n.' 'and its position'
is "$(jq -c '[.records_in, .records_out, .bytes_out, .status]' "$T/receipt")" '[1000,1000,9000,0]' 'the receipt'
run_in "$T/in" exact
is "$status" 0 'the same again: status'
came 0 'nothing comes twice'
{ echo "$hello"; control A file f1 8900; batch f1 8901 989 1010; control A file f2 0; control "R file f1 done"
	control R file f1 gone; control E 65; } >"$T/next"
run_in "$T/next" exact
is "$status" 65 'the status of the source is passed on'
came 10 'of a batch that lies on both sides what is new'
is "$(positions)" "file f2 0"$'\n.' 'a file that is gone is forgotten, one that was taken up known'
unlike "$err" . 'all that without a word'
{ echo "$hello"; control E 0; } >"$T/none"
run_in "$T/none" exact --timeout 5m
is "$status" 0 'a --timeout beyond that of a transaction'
run_in "$T/none" exact -X message.timeout.ms=600000
is "$status" 0 'and a record that may wait so long'

# What cannot be continued.
refused() { # STATUS REGEX NAME FRAMES…
	{ echo "$hello"; control A file f3 0; printf '%s' "${@:4}"; control E 0; } >"$T/bad"
	run_in "$T/bad" exact
	is "$status" "$1" "$3: status"
	like "$err" "$2" "$3: message"
}
refused 75 'file f2: it was not read to its end' 'an unfinished file that is not taken up' \
	"$(batch f3 0 2000 2001)"$'\n'
refused 65 'f2: it begins at 9, but only what is before 0' 'a file taken up too late' "$(control A file f2 9)"$'\n'
refused 65 'f2: 0 to 8 are missing' 'a gap' "$(control A file f2 0; batch f2 9 2001 2002)"$'\n'
refused 65 'f9 was never assigned' 'a batch of nobody' "$(control A file f2 0; batch f9 0 2001 2002)"$'\n'
refused 65 'f2: it vanished before' 'a file that vanishes unread' "$(control R file f2 gone)"$'\n'
refused 65 'a record of file f2, 9 bytes behind position 0: longer than' 'a record that is too long' \
	"$(control A file f2 0; control B file f2 0 2000010 2 2000010 -1; echo 00000001; printf '%02000000d' 0)"$'\n'
came 0 'none of them left a record'
{ echo "$hello"; control A file f2 0; control A file f3 0; shard f2 3000 3100; } | sed 's/ 27000 27900 / 0 900 /' >"$T/torn"
run_in "$T/torn" exact
is "$status" 75 'a stream without an end: status'
like "$err" 'ends without its end' 'and message'
came 100 'its whole batches are there'
{ echo "$hello"; control A file f2 900; control A file f3 0; control B file f2 900 909 1 9 -1; printf 0000; } >"$T/torn"
run_in "$T/torn" exact
is "$status" 75 'a torn batch: status'
came 0 'and nothing of it'
echo 'GET / HTTP/1.1' >"$T/log"
run_in "$T/log" exact
is "$status" 64 'lines instead of frames'
run_in "$T/in" kprod "$ID"
is "$status" 64 'frames without -E'

# Envelopes, keys, values that hold newlines.
use b
{ echo "$hello"; control A t 0 5; control 'B t 0 5 7 2 19 -1 V 11,6'; printf '00005000 \n.\n00005\n\n'
	control P t 0 9; control E 0; } >"$T/v"
run_in "$T/v" exact
is "$status $(positions)" $'0 t 0 9\n.' 'records with newlines, and a position without records'
is "$(kcons -e -J "$ID" | jq -c 'select(.value | test("\n")) | .value' | sort)" \
	$'"00005000 \\n."\n"00005\\n"' 'they arrive as they were'
known=$((known + 4))
use c
envelope='{"key":"k","value":"00006000","headers":[{"name":"h","value":"v"}],"ts":1700000000000}'
{ echo "$hello"; control A file j 0; control "B file j 0 $((${#envelope} + 1)) 1 $((${#envelope} + 1)) -1"
	echo "$envelope"; control E 0; } >"$T/j"
run_in "$T/j" exact -J
is "$status" 0 'envelopes: status'
is "$(kcons -e -J "$ID" | jq -c 'select(.key == "k") | [.value, .ts, .headers[0].value]')" \
	'["00006000",1700000000000,"v"]' 'and what they say'
known=$((known + 1))

# Killed in mid-transaction: what is not committed is not there, and comes once.
use d
mkfifo "$T/fifo"
{ echo "$hello"; control A file f 0; shard f 10000 30000; control "R file f done"; control E 0; } |
	awk -v rs="$RS" 'index($0, rs "B ") == 1 { $4 -= 90000; $5 -= 90000 } { print }' >"$T/in"
kprod -E --id "$id" -X transaction.timeout.ms=60000 "$ID" <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
head -c 60000 "$T/in" >&3
taken() { positions | grep -q 'file f [1-9]'; }
ok 'a batch without the next one is committed' await 10 taken
{ tail -c +60001 "$T/in" | head -c 60000; } >&3
kill -KILL $pid
wait $pid 2>/dev/null
exec 3>&-
run_in "$T/in" exact
is "$status" 0 'killed and started again: status'
came 20000 'each record is there, once'
is "$(positions)" "file f 180000 done"$'\n.' 'and the position'

# Two with one id: the younger shuts the older out.
use e
kprod -E --id "$id" "$ID" <"$T/fifo" 2>"$T/old.err" & pid=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; batch f 0 40000 40100; } >&3
await 10 taken
{ echo "$hello"; control A file f 0; batch f 0 40000 40200; control E 0; } >"$T/in"
run_in "$T/in" exact
is "$status" 0 'the younger of two: status'
batch f 900 40100 40300 >&3
wait $pid
is $? 75 'the older of two: status'
like "$T/old.err" 'another kprod has taken over' 'and message'
exec 3>&-
came 200 'no record came twice'

# Usage, and places to fail.
run_in "$T/none" kprod -E --id "$id" -X transaction.timeout.ms=3600000 "$ID"
is "$status" 78 'a transaction longer than the broker allows: status'
like "$err" "transaction: $id: transaction timeout is larger than the maximum" 'and message'
for args in "-E" "--id x" "--position" "-E --id x --position" "-E --id a/b" "-E --id x -c 1" "-E --id x -D ;"; do
	# shellcheck disable=SC2086 # words
	run kprod $args "$ID"
	is "$status" 64 "kprod $args: status"
done
run kprod -E --id x "$ID" file
is "$status" 64 'a file operand'
run_in "$T/in" kprod -E --id x "$ID-none"
is "$status" 1 'a topic that does not exist'
run kprod --id "$id" --position other
is "$status" 78 'an id that feeds another topic: status'
like "$err" "it feeds the topic $ID: choose another id" 'and message'
kprod --id "$id" --position "$ID" >/dev/full 2>"$err"
is $? 74 'positions onto a full disk'
mkfifo "$T/unread"
exec 8<>"$T/unread"
exec 9>"$T/unread" 8<&-
kprod --id "$id" --position "$ID" >&9 2>"$err"
is "$?-$(cat "$err")" 141- 'and to a closed reader: SIGPIPE, no message'
exec 9>&-

# Memory: almost all that an open transaction holds, and then the longest batch there is.
use f
long() { # BASE BYTES
	control "B file f $1 $(($1 + $2)) $(($2 / 65536)) $2 -1"
	yes "$(printf '%065535d' 7)" | head -n $(($2 / 65536))
}
{ echo "$hello"; control A file f 0; for ((at = 0; at < 60; at++)); do long $((at << 20)) $((1 << 20)); done
	long $((at << 20)) $((64 << 20)); control E 0; } >"$T/in"
/usr/bin/time -o "$T/rss" -f %M kprod -E --id "$id" "$ID" <"$T/in" 2>"$err"
is $? 0 'the longest batch: status'
limit=163840
if ldd "$BIN/kprod" | grep -q libasan; then limit=1638400; fi # its shadow memory
ok 'memory stays as kprod(1) has it' [ "$(tail -1 "$T/rss")" -lt $limit ]

# What librdkafka or the broker does not take is refused as well, however late it is told.
refuses() { # NAME TOPIC OPTION…
	use "for-$2"
	{ echo "$hello"; control A file f4 0; cat "$T/frames"; control E 0; } >"$T/bad"
	run_in "$T/bad" kprod -E --id "$id" "${@:3}" "$2"
	is "$status" 65 "$1: status"
	like "$err" 'a record of file f4, [0-9]+ bytes behind position [0-9]+: ' "$1: message"
	run kprod --id "$id" --position "$2"
	is "$(cat "$out")" $'file f4 0\n.' "$1: it is not committed"
}
ktopic create --wait -c max.message.bytes=100000 "$ID-small"
ktopic create --wait -c cleanup.policy=compact "$ID-compact"
{ batch f4 0 4000 4002; control B file f4 18 200019 1 200001 -1; printf '%0200000d\n' 0; } >"$T/frames"
refuses 'larger than message.max.bytes' "$ID" -X message.max.bytes=100000
refuses 'larger than the topic takes' "$ID-small"
batch f4 0 4000 4002 >"$T/frames"
refuses 'without a key, into a compacted topic' "$ID-compact"
finish
