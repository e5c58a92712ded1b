#!/usr/bin/env bash
# kcons -E while members come and go, readers stall, brokers die and topics are made anew.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A broker of its own, to be killed.
own_stack
cleanup() { stack wipe; }
need_kafka
need_tools txn unframe lagging.so

topic=$ID
N=60000
ktopic create --wait -p 3 "$topic" >/dev/null
seq 1 $N | kcat -P -t "$topic" -X sticky.partitioning.linger.ms=0 -X batch.num.messages=100

exact() { is "$(sort -un "$1" | wc -l) $(wc -l <"$1")" "$N $N" "$2"; }
ends() { # PID STATUS NAME: within 20 s
	await 20 gone "$1"
	wait "$1"
	is $? "$2" "$3"
}

# What landed goes to the group every 30 s: looked at when the rest is done.
printf '%s 0 5\n%s 1 6\n.\n' "$topic" "$topic" >"$T/landed"
kcons -E -G lag --offsets-cmd "cat $T/landed" -v "$topic" >"$T/lag.out" 2>"$T/lag.err" &
lag=$!
await 20 grep -q reading "$T/lag.err"
printf '%s 0 7\n%s 1 8\n.\n' "$topic" "$topic" >"$T/next" && mv "$T/next" "$T/landed"

# --- killed again and again -------------------------------------------------------------

empty "$T/all"
for n in 1 2 3 4 5 0; do
	kcons -E -e --offsets-cmd "cat $T/store 2>/dev/null || echo ." "$topic" 2>>"$err" |
		{ if [ $n -gt 0 ]; then head -c $((n * 20011)); else cat; fi; } | unframe -r -s "$T/store" >>"$T/all" 2>>"$err"
	ended=${PIPESTATUS[*]}
done
is "$ended" '0 0 0' 'streams that are torn: the last one ends well'
exact "$T/all" 'and each record is there once'

# --- a reader that goes once it has all, before kcons knows that it has -------------------

lags() { LD_PRELOAD=$ROOT/build/tests/tools/lagging.so kcons "$@" 2>"$err"; }
lags -E --offsets-cmd "echo $topic 0 $((N + 1)); echo ." "$topic" | sed "/^${RS}E 65/q" >"$out"
is "${PIPESTATUS[*]}" '65 0' 'the sink goes at the end of the stream: its status stays'
like "$err" 'there is no position' 'and its reason'
lags -c 3 "$topic" | head -n 3 >"$out"
is "${PIPESTATUS[*]} $(wc -l <"$out")" '0 0 3' 'a reader that goes after the last record has them all'

# --- members ----------------------------------------------------------------------------

mkfifo "$T/a" "$T/b"
kcons -E -G g1 -v "$topic" >"$T/a" 2>"$T/a.err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
empty "$T/b.out" "$T/b.err"
kcons -E -G g1 -v "$topic" >"$T/b.out" 2>"$T/b.err" &
b=$!
unframe -c <&7 >"$T/a.out" 2>"$T/a.bad" &
sink=$!
exec 7<&-
await 30 grep -q reading "$T/b.err"
kill -TERM $a
ends $a 0 'a member that gave up partitions: SIGTERM'
wait $sink
is "$? $(tail -1 "$T/a.out")" '0 E 0' 'its stream is whole'
like "$T/a.out" "^R $topic [0-2] revoked$" 'and told what went away'
await 20 grep -aq "^${RS}A " "$T/b.out"
kill -TERM $b
ends $b 0 'the other member'
unframe -c <"$T/b.out" >"$out"
is "$?" 0 'has a whole stream, too'
moved=$(sed -n "s/^R $topic \([0-2]\) .*/\1/p" "$T/a.out" | head -1)
like "$out" "^A $topic $moved " 'in which that partition was assigned'

# --- a sink that sleeps for longer than max.poll.interval.ms ----------------------------
# Envelopes, for values alone would fit into the pipe.

kcons -E -J -G g2 -v -X max.poll.interval.ms=6000 -X session.timeout.ms=6000 "$topic" >"$T/a" 2>"$err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
until=$((SECONDS + 8))
await 20 passed $until
unlike "$err" 'gave up|exceeded' 'a sink that sleeps: no eviction'
kill -TERM $a
ends $a 75 'SIGTERM while nobody reads: transient'
unframe -r <&7 >"$out" 2>/dev/null
is $? 75 'and its stream has no end'
exec 7<&-

# --- the command ------------------------------------------------------------------------

kcons -E -G g3 --offsets-cmd "sleep 9$$" "$topic" >"$T/stream" 2>"$err" &
a=$!
await 20 pgrep -fx "sleep 9$$"
kill -TERM $a
ends $a 0 'SIGTERM while the command does not answer: an end'
is "$(unframe -c <"$T/stream")" 'E 0' 'of an empty stream'
run kcons -E -G g3 -e --offsets-cmd 'exit 1' "$topic"
is "$status" 75 'a command that fails in a group'

# --- brokers ----------------------------------------------------------------------------

empty "$T/a.out" "$err"
kcons -E -o end -v "$topic" >"$T/a.out" 2>"$err" &
a=$!
empty "$T/b.out" "$T/b.err"
kcons -E -G g4 -o end -v "$topic" >"$T/b.out" 2>"$T/b.err" &
b=$!
await 20 grep -q 'the end' "$err"
await 20 grep -q 'the end' "$T/b.err"
stack kill kafka
stack start kafka
seq 1 1000 | kcat -P -t "$topic"
all_of() { [ "$(unframe -r <"$1" 2>/dev/null | wc -l)" -ge 1000 ]; }
await 90 all_of "$T/a.out"
await 90 all_of "$T/b.out"
kill -TERM $a $b
ends $a 0 'a broker that was killed: the stream goes on'
ends $b 0 'in a group, too'
is "$(unframe -r <"$T/a.out" | sort -n | uniq | wc -l) $(unframe -r <"$T/b.out" | wc -l)" '1000 1000' 'with every record once'

# Away from the moment that the positions are known: the ends of the partitions are asked for in vain.
away="'$ROOT/scripts/stack' kill kafka >/dev/null 2>&1; echo >>$T/asked; echo ."
kcons -E --timeout 3s --offsets-cmd "$away" "$topic" >"$T/a.out" 2>"$err" &
a=$!
await 20 test -s "$T/asked"
ends $a 75 'a broker that goes before the ends are known: --timeout is kept'
like "$err" "^kcons: ask for the ends of: $topic: " 'and said'
stack start kafka
rm "$T/asked"
kcons -E --offsets-cmd "$away" "$topic" >"$T/a.out" 2>"$err" &
a=$!
await 20 test -s "$T/asked"
kill -TERM $a
ends $a 0 'and so is the patience after SIGTERM'
stack start kafka

# --- the topic goes ---------------------------------------------------------------------

old=$ID-old
ktopic create --wait "$old" >/dev/null
txn "$old" plain:10
empty "$T/a.out" "$err"
kcons -E -v "$old" >"$T/a.out" 2>"$err" &
a=$!
ten_of() { [ "$(unframe -r <"$1" 2>/dev/null | wc -l)" -eq 10 ]; }
await 20 ten_of "$T/a.out"
ktopic delete --wait "$old" >/dev/null
ends $a 65 'a topic that is deleted meanwhile'
unframe -r <"$T/a.out" >"$out"
is "$? $(wc -l <"$out")" '65 10' 'the sink is told, behind what there was'
ktopic create --wait "$old" >/dev/null
txn "$old" plain:3
printf '%s 0 10\n.\n' "$old" >"$T/list"
run kcons -E -e --offsets-from "$T/list" "$old"
is "$status" 65 'and made anew'

# --- retention is faster ----------------------------------------------------------------

late=$ID-late
ktopic create --wait "$late" >/dev/null
genlogs -n 60000 -r 0 | kprod -q "$late"
kcons -E -X queued.max.messages.kbytes=1 -X fetch.message.max.bytes=100000 \
	-X auto.offset.reset=earliest "$late" >"$T/a" 2>"$err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
txn "$late" before:60000 plain:1
unframe -r <&7 >"$T/a.out" 2>"$T/a.bad"
is $? 65 'retention passes a slow reader: the sink is told'
exec 7<&-
ends $a 65 'and that is the end'
like "$err" "$late\[0\]: records [0-9]* to 59999 are gone" 'with what is gone'
ok 'nothing behind the gap has come' test "$(wc -l <"$T/a.out")" -lt 60000

# --- lag --------------------------------------------------------------------------------

committed() { kgroup lag lag | grep -qE "$topic +0 +7 "; }
await 90 committed
kgroup lag lag >"$out" 2>"$err"
like "$out" "$topic +1 +8 " 'what has landed is committed every 30 s'
kill -TERM $lag
cp "$T/lag.err" "$err"
ends $lag 0 'and its member ends'

finish
