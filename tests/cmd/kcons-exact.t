#!/usr/bin/env bash
# kcons -E: the framed stream, from the positions of a sink.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_tools txn unframe

cleanup() { ktopic delete "${topics[@]}"; }

# frames [kcons options]: the control lines, and both statuses
frames() {
	kcons -E -e "$@" 2>"$err" </dev/null | unframe -c >"$out" 2>"$T/unframe.err"
	both=${PIPESTATUS[*]}
}
# list POSITION…: of partitions 0, 1, … of $1
list() {
	local t=$1 p=0
	shift
	for position; do echo "$t $((p++)) $position"; done
	echo .
}

# --- a stream ---------------------------------------------------------------------------

one=$ID-one
topic "$one"
frames "$one"
is "$both $(xargs <"$out")" "0 0 A $one 0 0 E 0" 'an empty topic: assigned, and the end'

printf 'one\ntwo\n\nfour\n' | kprod "$one"
frames "$one"
is "$both $(xargs <"$out")" "0 0 A $one 0 0 B $one 0 0 4 4 14 E 0" 'a batch'
kcons -E -e "$one" | unframe -r >"$out"
printf 'one\ntwo\n\nfour\n' >"$T/want"
same "$out" "$T/want" 'and what is in it'
kcons -E -e "$one" >"$T/stream"
is "$(head -1 "$T/stream" | cut -c 2-9)" 'KPIPE 1 ' 'the first line'
is "$(grep -a -c "^$(printf '\036')B $one 0 0 4 4 14 1[0-9]\{12\}$" "$T/stream")" 1 'a time in ms'

odd=$ID-odd
topic "$odd" -c message.timestamp.after.max.ms=9223372036854775807
echo '{"value":"x","ts":1763805600123000000}' | kprod -J "$odd"
frames "$odd"
is "$both $(sed -n 2p "$out")" "0 0 B $odd 0 0 1 1 2" 'a time in ns is none'

frames -o 2 "$one"
is "$(head -2 "$out" | xargs)" "A $one 0 2 B $one 0 2 4 2 6" '-o: where a sink without a position begins'
frames -o end "$one"
is "$(xargs <"$out")" "A $one 0 4 E 0" '-o end'
frames -o -1 "$one"
is "$(head -2 "$out" | xargs)" "A $one 0 3 B $one 0 3 4 1 5" '-o -N'
frames -o 1000 "$one"
is "$(head -1 "$out")" "A $one 0 4" '-o past the end: the end'
frames -c 2 "$one"
is "$both $(xargs <"$out")" "0 0 A $one 0 0 B $one 0 0 2 2 8 E 0" '-c'

# --- values -----------------------------------------------------------------------------

nl=$ID-nl
topic "$nl"
printf 'a\nb|c|\n\n|' | kcat -P -t "$nl" -D '|'
frames "$nl"
is "$(sed -n 2p "$out")" "B $nl 0 0 3 3 9 V 3,1,2" 'newlines in values: their lengths'
kcons -E -e "$nl" | unframe >"$out"
printf '%s 0 0 a\nb\n%s 0 1 c\n%s 0 2 \n\n\n' "$nl" "$nl" "$nl" >"$T/want"
same "$out" "$T/want" 'and they arrive'
kcons -E -e -J "$nl" | unframe -r >"$out"
is "$(jq -r '.value | @json' "$out" | xargs -d '\n')" '"a\nb" "c" "\n\n"' '-J: envelopes'
printf 'k:\n' | kcat -P -t "$nl" -K : -Z
kcons -E -e -o 3 "$nl" | unframe >"$out"
is "$(cat "$out")" "$nl 0 3 " 'a null value is an empty record'
kcons -E -e -o 3 -J "$nl" | unframe -r >"$out"
is "$(jq -c '[.key, .value]' "$out")" '["k",null]' 'and stays null with -J'

big=$ID-big
topic "$big"
seq -f '%g-0123456789abcdef0123456789abcdef0123456789' 1 60000 >"$T/big"
kprod "$big" <"$T/big"
kcons -E -e "$big" | unframe -r >"$out"
same "$out" "$T/big" 'many batches'
frames "$big"
# shellcheck disable=SC2016 # awk's $
ok 'of about 256 KiB' awk '$1 == "B" { n++; s += $7; if ($7 > 300000) exit 1 } END { exit s / n < 100000 }' "$out"

# --- gaps -------------------------------------------------------------------------------

txn=$ID-txn
topic "$txn"
txn "$txn" commit:3 abort:2 plain:1 commit:1 abort:4
# The last transaction has ended before a reader is shown it.
reads_to() { frames "$txn" && grep -qx "P $txn 0 $1" "$out"; }
await 10 reads_to 15
sed "s/$txn 0 //" "$out" >"$T/got"
is "$both $(xargs <"$T/got")" '0 0 A 0 B 0 3 3 27 P 7 B 7 9 2 17 P 15 E 0' \
	'markers and aborted records move the position, at the end too'
txn "$txn" open:2 plain:1
frames -o 8 "$txn"
is "$both $(tail -2 "$out" | xargs)" "0 0 P $txn 0 15 E 0" '-e ends at the last stable offset'

gap=$ID-gap
topic "$gap" -c cleanup.policy=compact -c segment.ms=100 -c min.cleanable.dirty.ratio=0.001 \
	-c max.compaction.lag.ms=100 -c delete.retention.ms=100
for n in {1..20}; do echo "k$n:$n"; done | kcat -P -t "$gap" -K :
compacted() {
	seq -f 'k%g:again' 2 2 12 | kcat -P -t "$gap" -K : && echo "last:$SECONDS" | kcat -P -t "$gap" -K :
	kcons -E -e "$gap" | unframe -c >"$T/gap"
	grep -q "P $gap 0" "$T/gap"
}
if await 40 compacted; then
	# The broker may compact once more between the two.
	as_kcat() {
		kcons -E -e "$gap" | unframe >"$out"
		both="${PIPESTATUS[*]}"
		kcat -C -q -e -t "$gap" -f '%t %p %o %s\n' | cmp -s "$out"
	}
	ok 'compaction gaps: each record keeps its offset' await 10 as_kcat
	is "$both" '0 0' 'and a sink takes them'
else
	is compacted 'not compacted' 'compaction gaps'
fi

# --- the sink's positions ---------------------------------------------------------------

three=$ID-three
topic "$three" -p 3
for p in 0 1 2; do seq -f "$p %g" 1 20 | kcat -P -t "$three" -p "$p"; done
{ echo 'other 0 5'; list "$three" 0 7; } >"$T/list"
frames --offsets-from "$T/list" "$three"
grep " $three 0 " "$out" | xargs >"$T/got"
is "$(cat "$T/got")" "A $three 0 0 B $three 0 0 20 20 91" 'from a position: 0 is the beginning'
grep " $three 1 " "$out" | xargs >"$T/got"
is "$(cat "$T/got")" "A $three 1 7 B $three 1 6 7 1 4 B $three 1 7 20 13 63" \
	'another: one record earlier, in a batch of its own'
grep " $three 2 " "$out" | xargs >"$T/got"
is "$(cat "$T/got")" "A $three 2 0 B $three 2 0 20 20 91" 'a partition that is not in the list begins as -o says'
frames -c 13 -p 1 --offsets-from - "$three"
is "$both" '75 75' 'a list that is empty is a command that failed'
kcons -E -c 3 -p 1 --offsets-from - "$three" <"$T/list" | unframe -c >"$out"
is "$(tail -2 "$out" | xargs)" "B $three 1 7 10 3 13 E 0" '-c does not count the record before, a list on standard input'
frames --offsets-cmd "cat $T/list" -p 1 "$three"
is "$both $(head -1 "$out")" "0 0 A $three 1 7" '--offsets-cmd'
frames --offsets-cmd "head -2 $T/list" "$three"
is "$both" '75 75' '--offsets-cmd: no dot'
like "$err" '^kcons: read positions: head -2 .*: the list ends without its dot' 'and said'
frames --offsets-cmd "cat $T/list; exit 3" "$three"
is "$both" '75 75' '--offsets-cmd: a status'
like "$err" '^kcons: ask for positions: .*: ended with status 3' 'and said'
frames --offsets-cmd "cat $T/list; kill -9 \$\$" "$three"
like "$err" 'killed by signal 9' '--offsets-cmd: killed'
frames --offsets-from "$T/none" "$three"
is "$both" '75 75' '--offsets-from: no such file'

# A sink that keeps its positions, and everything is there once, run after run.
: >"$T/all"
for n in 5 1 17 20 30; do
	kcons -E -e -c $n --offsets-cmd "cat $T/store 2>/dev/null || echo ." "$three" | unframe -s "$T/store" >>"$T/all"
done
is "$(wc -l <"$T/all") $(sort -u "$T/all" | wc -l)" '60 60' 'run after run: every record once'

# --- partitions that are added ----------------------------------------------------------

more=$ID-more
topic "$more"
txn "$more" plain:2
echo "$more 0 1" >"$T/list"
echo . >>"$T/list"
often=(-X topic.metadata.refresh.interval.ms=200)
kcons -E "${often[@]}" -o end --offsets-from "$T/list" "$more" >"$T/more" 2>"$T/more.err" & framed=$!
kcons "${often[@]}" -o end "$more" >"$T/plain" 2>"$err" & plain=$!
await 10 grep -aq "^${RS}B " "$T/more"
txn "$more" parts:3
txn -p 2 "$more" plain:3
ok 'partitions that are added are read' await 10 lines_in "$T/plain" 3
ok 'with -E, too' await 10 grep -aq 'plain 3' "$T/more"
kill $framed $plain
wait $plain
is $? 0 'to the end'
like "$err" "^kcons: read: $more\[2\]: a new partition: " 'and that is said'
wait $framed
unframe -c <"$T/more" >"$out"
is "$? $(grep -c "^A $more [12] 0$" "$out")" '0 2' 'from their beginning'
is "$(unframe -r <"$T/more" | wc -l) $(wc -l <"$T/plain")" '4 3' 'each record once'

kcons -E "${often[@]}" --offsets-from <(printf '%s 3 9\n.\n' "$more") "$more" >"$T/more" 2>"$err" & framed=$!
await 10 grep -aq 'plain 3' "$T/more"
txn "$more" parts:4
await 10 gone $framed
wait $framed
is $? 65 'a new partition that the sink has more of'

# --- what cannot be continued -----------------------------------------------------------

list "$one" 9 >"$T/list"
frames --offsets-from "$T/list" "$one"
is "$both" '65 65' 'the topic ends below the position: status'
like "$out" '^E 65$' 'the sink is told'
like "$err" "^kcons: read: $one\[0\]: there is no position 9, the topic ends at 4: it was made anew" 'and the user'
old=$ID-old
topic "$old"
txn "$old" plain:10 before:4
list "$old" 3 >"$T/list"
frames --offsets-from "$T/list" "$old"
is "$both $(tail -1 "$out")" '65 65 E 65' 'retention passed the position: status'
like "$err" "read: $old\[0\]: records 3 to 3 are gone \(deleted by retention\): .*forget" 'retention: message'
frames -G "$ID-old" --offsets-from "$T/list" "$old"
is "$both $(tail -1 "$out")" '65 65 E 65' 'the same in a group'
list "$old" 4 >"$T/list"
frames --offsets-from "$T/list" "$old"
is "$both $(xargs <"$out")" "0 0 A $old 0 4 B $old 0 4 10 6 49 E 0" 'a position at the first record is none'
frames "$old"
is "$both $(head -1 "$out")" "0 0 A $old 0 4" 'nor is no position'
frames "$ID-none"
is "$both" '1 75' 'no such topic'

# --- groups -----------------------------------------------------------------------------

rm -f "$T/store"
ask="cat $T/store 2>/dev/null || echo ."
kcons -E -G "$ID-g" --member m1 -c 25 --offsets-cmd "$ask" "$three" | unframe -s "$T/store" >"$T/all"
is "${PIPESTATUS[*]}" '0 0' 'a group'
kcons -E -G "$ID-g" --member m1 -e --offsets-cmd "$ask" "$three" | unframe -s "$T/store" >>"$T/all"
is "$(wc -l <"$T/all") $(sort -u "$T/all" | wc -l)" '60 60' 'goes on where the sink is, not the group'
run kcons -G "$ID-g" --member m1 -e "$three"
is "$(wc -l <"$out")" 35 'what had landed at the beginning of the end is committed'

# --- how it ends ------------------------------------------------------------------------

run kcons -E -e -G "$ID-once" --offsets-cmd "echo >>$T/asked; echo ." "$one"
is "$status $(wc -l <"$T/asked")" '0 2' '--offsets-cmd is run at the assignment and at the end'
run kcons -E -e -G "$ID-fails" --offsets-cmd 'exit 3' "$one"
is "$status $(wc -l <"$err")" '75 1' 'and when it fails, that is told once'

mkfifo "$T/fifo"
empty "$err"
kcons -E -v -G "$ID-idle" "$one" >"$T/fifo" 2>"$err" &
idle=$!
exec 7<"$T/fifo"
await 10 grep -q 'the end' "$err"
exec 7<&-
ok 'idle, and the reader goes: it ends' await 2 gone $idle
wait $idle
is $? 141 'by SIGPIPE'

empty "$err"
kcons -E -v -G "$ID-term" "$one" >"$T/stream" 2>"$err" &
term=$!
await 10 grep -q 'the end' "$err"
kill -TERM $term
wait $term
is $? 0 'SIGTERM: status 0'
unframe -c <"$T/stream" >"$out"
is "$? $(tail -1 "$out")" '0 E 0' 'and the end is told'

kcons -E -e "$one" >/dev/full 2>"$err"
is $? 74 'full disk'

usage() { local name=$1; shift; run kcons "$@"; is "$status" 64 "usage: $name"; }
usage '--offsets-from without -E' --offsets-from x "$one"
usage 'both kinds of list' -E --offsets-from x --offsets-cmd y "$one"
usage '-E with a format' -E -f %s "$one"
usage '-E with a delimiter' -E -D x "$one"
usage '-E from stored' -E -G g -o stored "$one"

finish
