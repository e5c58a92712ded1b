#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_tools txn

cleanup() { ktopic delete "${topics[@]}"; }

# The log cleaner takes its time: what it is to do is checked at the end.
compact=$ID-compact
topic "$compact" -c cleanup.policy=compact -c segment.ms=1 -c min.cleanable.dirty.ratio=0.001 \
	-c max.compaction.lag.ms=1
for i in 1 2 3 4 5 6; do printf 'a:%s\nb:%s\n' $i $i | kprod -K : "$compact"; done

# --- what it prints ---------------------------------------------------------------------

one=$ID-one
topic "$one"
run kcons -e "$one"
is "$status $(wc -c <"$out")" '0 0' '-e on an empty topic ends with nothing'

printf 'k1:v1\nk2:\nplain\n' | kcat -P -t "$one" -K : -H a=1 -H b=2
run kcons -e "$one"
printf 'v1\n\nplain\n' >"$T/want"
same "$out" "$T/want" 'values, each with a newline'
run kcons -e -K '\t' -D '|' "$one"
printf 'k1\tv1|k2\t|\tplain|' >"$T/want"
same "$out" "$T/want" '-K and -D'
run kcons -e -D '' -t "$one"
is "$(cat "$out")" 'v1plain' 'no delimiter at all, and -t'
run kcons -e -f '%t %p %o %k %K %S %h %%\x41\n' "$one"
is "$(head -1 "$out")" "$one 0 0 k1 2 2 a=1,b=2 %A" '-f: tokens and escapes'
is "$(tail -1 "$out")" "$one 0 2  -1 5 a=1,b=2 %A" '-f: a null key'
run kcons -c 1 -f '%R' "$one"
printf '\0\0\0\2' >"$T/want"
same "$out" "$T/want" '-f %R: four bytes, big-endian'
kcat -C -q -e -t "$one" -f '%s|%k|%T|%h|%R\n' >"$T/want"
run kcons -e -f '%s|%k|%T|%h|%R\n' "$one"
same "$out" "$T/want" '-f prints what kcat prints'
run kcons -e -J "$one"
is "$(jq -r 'select(.offset == 0) | [.topic, .partition, .key, .value, .headers[1].name] | @csv' "$out")" \
	"\"$one\",0,\"k1\",\"v1\",\"b\"" '-J: envelopes'

# --- which records ----------------------------------------------------------------------

three=$ID-three
topic "$three" -p 3
for p in 0 1 2; do seq -f "$p %g" 1 20 | kcat -P -t "$three" -p "$p"; done
run kcons -e "$three"
is "$(sort "$out" | uniq | wc -l)" 60 'all partitions'
run kcons -e -p 0,2 "$three"
is "$(cut -d' ' -f1 "$out" | sort | uniq -c | xargs)" '20 0 20 2' '-p: some partitions'
run kcons -e -o -2 "$three"
is "$(sort "$out" | xargs)" '0 19 0 20 1 19 1 20 2 19 2 20' '-o -N: the last of each partition'
run kcons -e -o 17 -p 1-1 "$three"
is "$(xargs <"$out")" '1 18 1 19 1 20' '-o N: from an offset'
run kcons -e -o end "$three"
is "$status $(wc -c <"$out")" '0 0' '-o end -e'
run kcons -c 33 "$three"
is "$status $(wc -l <"$out")" '0 33' '-c is exact over all partitions'
run kcons -e -o 1000 -p 0 "$three"
is "$status $(wc -c <"$out")" '0 0' 'an offset past the end is no record'
like "$err" "^kcons: read: $three\[0\]: there is no position 1000, the topic ends at 20; going on at 20" \
	'and is said'
run kcons -e "$one" "$three"
is "$(wc -l <"$out")" 63 'several topics'

times=$ID-times
topic "$times"
for s in 1 2 3; do
	echo "{\"topic\":\"$times\",\"ts\":${s}000,\"value\":\"at $s\"}"
done >"$T/in"
kprod -J "$times" <"$T/in"
run kcons -e -o @2000 "$times"
is "$(xargs <"$out")" 'at 2 at 3' '-o @ms'
run kcons -e -o s@1970-01-01T00:00:01.500Z -o e@3000 "$times"
is "$(xargs <"$out")" 'at 2' "kcat's s@ and e@, and ISO 8601"
run kcons --until @1970-01-01T00:00:02Z "$times"
is "$status $(xargs <"$out")" '0 at 1' '--until ends at the first record of that time'
run kcons --until 1999-01-01 "$times"
is "$status $(wc -l <"$out")" '0 3' '--until a time that is past ends at the end'
run kcons -e -o @9999 "$times"
is "$status $(wc -c <"$out")" '0 0' '-o @time after the last record'

# --- transactions, gaps -----------------------------------------------------------------

txn=$ID-txn
topic "$txn"
txn "$txn" commit:3 abort:2 plain:1 commit:1 abort:4
run kcons -e "$txn"
is "$status $(xargs <"$out")" '0 commit 1 commit 2 commit 3 plain 1 commit 1' \
	'-e: aborted records are left out, markers at the end do not hang it'
txn "$txn" open:2 plain:1
run kcons -e -o 8 "$txn"
is "$status $(xargs <"$out")" '0 commit 1' '-e ends at the last stable offset'
run kcons -e -o 8 -X isolation.level=read_uncommitted "$txn"
is "$(wc -l <"$out")" 8 'and reads on with read_uncommitted'

gap=$ID-gap
topic "$gap"
txn "$gap" plain:10 before:4
run kcons -e "$gap"
is "$(wc -l <"$out")" 6 'from the beginning there is'
run kcons -e -o 1 "$gap"
is "$status $(wc -l <"$out")" '0 6' 'a position that is gone: reads on'
like "$err" "read: $gap\[0\]: records 1 to 3 are gone .*going on at 4" 'and names the gap'
run kcons -e -o -8 "$gap"
is "$status $(wc -l <"$out") $(cat "$err")" '0 6 ' 'the last 8, where there are 6: no word of a gap'
run kcons -G "$ID-last" -e -o -8 "$gap"
is "$status $(wc -l <"$out") $(cat "$err")" '0 6 ' 'nor in a group'

# --- groups -----------------------------------------------------------------------------

run kcons -G "$ID-g1" -c 25 "$three"
is "$status $(wc -l <"$out")" '0 25' 'a group: the first 25'
cat "$out" >"$T/both"
run kcons -G "$ID-g1" -e -o 0 "$three"
cat "$out" >>"$T/both"
is "$status $(sort -u "$T/both" | wc -l) $(wc -l <"$T/both")" '0 60 60' 'the rest, once'
like "$err" "group: $ID-g1: has stored positions" 'a stored position outweighs -o, and that is said'
run kcons -G "$ID-g1" -e "$three"
is "$status $(wc -c <"$out")" '0 0' 'then nothing is left'
run kcons -G "$ID-g1" -e -o e@9999999999999 "$three"
is "$status $(cat "$err")" '0 ' 'an end says nothing of where to begin'
run kcons -G "$ID-g9" -e "$three" "$three"
is "$status $(wc -l <"$out")" '0 60' 'a topic that is given twice is read once'
run kcons -G "$ID-g2" -e -o -1 "$three"
is "$(sort "$out" | xargs)" '0 20 1 20 2 20' '-o says where to begin without a position'
unlike "$err" 'stored' 'without a word'
run kcons -G "$ID-g3" -e "$txn"
run kcons -G "$ID-g3" -e -v "$txn"
like "$err" "reading $txn\[0\]" 'a position behind markers is stored'
is "$(wc -c <"$out")" 0 'and nothing is read twice'

kcons -G "$ID-g4" -v "$one" >"$T/g4.out" 2>"$T/g4.err" &
first=$!
await 15 grep -q reading "$T/g4.err"
run kcons -G "$ID-g4" -e "$one"
is "$status $(wc -c <"$out")" '0 0' 'a member without partitions ends'
kill -TERM $first
wait $first
is $? 0 'SIGTERM: status 0'
is "$(wc -l <"$T/g4.out")" 3 'with everything that was there'

kcons -G "$ID-g5" "$three" 2>"$err" | head -1 >"$out"
is "${PIPESTATUS[*]}" '141 0' 'a reader that has had enough'
is "$(cat "$err")" '' 'is no message'
run kcons -G "$ID-g5" --member m1 -e "$three"
is "$status" 0 'static membership'

kcons -G "$ID-g6" "$three" >/dev/full 2>"$err"
is $? 74 'full disk: status'
like "$err" '^kcons: write: standard output: no space left' 'full disk: message'
run kcons -G "$ID-g6" -e "$three"
is "$(wc -l <"$out")" 60 'what was not written was not committed'
kcons -G "$ID-g8" -X enable.auto.offset.store=true "$three" >/dev/full 2>"$err"
run timeout 20 kcons -G "$ID-g8" -X enable.partition.eof=false -e "$three"
is "$status $(wc -l <"$out")" '0 60' 'nor, and -e ends, with what a shared configuration may say'

lost=$ID-lost
topic "$lost" -p 2
seq 10 | kcat -P -t "$lost" -p 1
txn "$lost" plain:10 before:4
for protocol in cooperative-sticky range; do
	printf '%s 0 1\n%s 1 8\n' "$lost" "$lost" | kgroup commit "$ID-$protocol"
	run timeout 40 kcons -G "$ID-$protocol" -X partition.assignment.strategy=$protocol -e "$lost"
	is "$status $(sort -V "$out" | xargs)" '0 9 10 plain 5 plain 6 plain 7 plain 8 plain 9 plain 10' \
		"$protocol: a position that is gone: the member reads on, in all partitions"
	is "$(cat "$err")" "kcons: read: ${lost}[0]: records 1 to 3 are gone (deleted by retention); going on at 4" \
		"$protocol: and says it once"
done

command kcat -b "$KAFKA_BROKERS" -G "$ID-range" -X partition.assignment.strategy=range "$one" >/dev/null 2>"$T/kcat" &
other=$!
has_member() { kgroup lag -J "$ID-range" | jq -e '.partitions[0].member'; }
await 20 has_member
run timeout 20 kcons -G "$ID-range" "$one"
is "$status" 78 'a group whose members share partitions out in another way: status'
like "$err" "^kcons: group: $ID-range: .*Inconsistent group protocol: set partition.assignment.strategy " \
	'and what can be done'
kill $other
run timeout 20 kcons -G "$ID-g7" -X session.timeout.ms=1000 "$one"
is "$status" 78 'a session that is too short for the broker: status'
like "$err" "^kcons: group: $ID-g7: .*Invalid session timeout: set session.timeout.ms " 'and what can be done'

# --- how it ends ------------------------------------------------------------------------

mkfifo "$T/fifo"
kcons -o end -v "$one" >"$T/fifo" 2>"$err" &
idle=$!
exec 7<"$T/fifo"
await 10 grep -q 'the end' "$err"
exec 7<&-
ok 'idle, and the reader goes: it ends' await 2 gone $idle
wait $idle
is $? 141 'by SIGPIPE'

run kcons --receipt "$T/receipt" -e "$three"
is "$(jq -c '[.tool, .status, .records_out, (.positions | length), .positions[0].last]' "$T/receipt")" \
	'["kcons",0,60,3,19]' '--receipt'

run kcons -e "$ID-none"
is "$status" 1 'an unknown topic: status'
like "$err" "^kcons: topic: $ID-none: there is no such topic" 'an unknown topic: message'
run ktopic list
unlike "$out" "$ID-none" 'and it was not made'
run kcons -e "$ID-none" "$one"
is "$status $(wc -l <"$out")" '1 3' 'the other topics are read'
run kcons -e -p 3 "$three"
is "$status" 1 'an unknown partition: status'
like "$err" 'there is no such partition, the topic has 3' 'an unknown partition: message'
run kcons -b 127.0.0.1:"$(free_port)" "$one"
is "$status" 69 'no server: status'
like "$err" '^kcons: connect: 127.0.0.1:[0-9]+: .*refused' 'no server: the address and the cause'

usage() { local name=$1; shift; run kcons "$@"; is "$status" 64 "usage: $name"; }
usage 'no topic' -e
usage 'an unknown option' --nonsense "$one"
usage 'a bad offset' -o 1x "$one"
usage 'a bad partition list' -p 1,,2 "$one"
usage 'a bad count' -c 0 "$one"
usage 'a bad format' -f '%q' "$one"
usage 'a bad escape' -f '\q' "$one"
usage '-J with -f' -J -f %s "$one"
usage '-p in a group' -G g -p 1 "$one"
usage 'a group without a name' -G '' "$one"
like "$err" '^kcons: --group: wants a name' 'which is said'
usage 'a member without a name' -e -G "$ID-g1" --member '' "$one"
usage 'stored without a group' -o stored "$one"
usage '--member without a group' --member m "$one"
run kcons -X nonsense=1 "$one"
is "$status" 78 'an unknown property'
kcons --help >/dev/full 2>"$err"
is $? 74 '--help into a full disk'

# --- compaction -------------------------------------------------------------------------

compacted() { [ "$(kcons -e "$compact" | wc -l)" -lt 12 ]; }
ok 'the log cleaner has been there' await 60 compacted
run kcons -e "$compact"
is "$status $(tail -2 "$out" | xargs)" '0 6 6' '-e reads over the gaps'

finish
