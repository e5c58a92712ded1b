#!/usr/bin/env bash
# kcons among members that come, go, stall and die, with a broker that does the same.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A broker of its own, to be killed.
own_stack
cleanup() { stack wipe; }
need_kafka

# The first to ask for a group is told that there is no coordinator yet.
run timeout 60 kgroup lag none
is "$status" 1 'a question about groups to a broker that has just started'

topic=$ID
N=60000
ktopic create --wait -p 3 "$topic" >/dev/null
seq 1 $N | kcat -P -t "$topic" -X sticky.partitioning.linger.ms=0 -X batch.num.messages=100

# exact FILE NAME: each of the N lines is there once
exact() { is "$(sort -un "$1" | wc -l) $(wc -l <"$1")" "$N $N" "$2"; }

# A count that is reached is no signal: looked at when the rest is done.
mkfifo "$T/c"
kcons -G g6 -c 20000 "$topic" >"$T/c" 2>"$T/c.err" &
counted=$!
exec 9<"$T/c"
await 20 blocked $counted
kcons -G g6 -v "$topic" >/dev/null 2>"$T/c2.err" &
second=$!

# --- two members, and a rebalance while both are reading --------------------------------

mkfifo "$T/a" "$T/b"
kcons -G g1 -v "$topic" >"$T/a" 2>"$T/a.err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
kcons -G g1 -v "$topic" >"$T/b" 2>"$T/b.err" &
b=$!
exec 8<"$T/b"
cat <&7 >"$T/a.out" &
cat <&8 >"$T/b.out" &
exec 7<&- 8<&-
await 20 grep -q 'gave up' "$T/a.err"
await 20 grep -q 'reading' "$T/b.err"
all_read() { [ $(($(wc -l <"$T/a.out") + $(wc -l <"$T/b.out"))) -ge "$N" ]; }
await 20 all_read
kill -TERM $a $b
wait $a
is $? 0 'the first member ends with 0'
wait $b
is $? 0 'and the second'
cat "$T/a.out" "$T/b.out" >"$T/all"
exact "$T/all" 'two members, a rebalance while reading: each record once'
like "$T/b.err" 'reading' 'the second had its share'

# --- a reader that sleeps for longer than max.poll.interval.ms --------------------------

kcons -G g2 -v -X max.poll.interval.ms=6000 -X session.timeout.ms=6000 "$topic" >"$T/a" 2>"$err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
until=$((SECONDS + 8))
await 20 passed $until
unlike "$err" 'gave up|exceeded' 'a reader that sleeps: the member stays in its group'
empty "$T/a.out"
cat <&7 >"$T/a.out" &
exec 7<&-
await 20 lines_in "$T/a.out" $N
kill -TERM $a
wait $a
is $? 0 'and goes on when it wakes'
exact "$T/a.out" 'with each record once'

# --- SIGTERM while nobody reads ---------------------------------------------------------

kcons -G g3 "$topic" >"$T/a" 2>"$err" &
a=$!
exec 7<"$T/a"
await 20 blocked $a
kill -TERM $a
await 15 gone $a
wait $a
is $? 75 'SIGTERM while nobody reads: transient, within 15 s'
like "$err" 'nobody reads' 'and said'
cat <&7 >"$T/a.out"
exec 7<&-
run kcons -G g3 -e "$topic"
is "$(awk 1 "$T/a.out" "$out" | sort -un | wc -l)" "$N" 'and what the pipe did not take is not committed'

# --- kill -9 ----------------------------------------------------------------------------

empty "$T/a.out" "$err"
kcons -G g4 --member m1 -v "$topic" >"$T/a.out" 2>"$err" &
a=$!
await 20 lines_in "$T/a.out" $N
kill -KILL $a
wait $a 2>/dev/null
began=$SECONDS
run kcons -G g4 --member m1 -e "$topic"
is "$status" 0 'a static member that was killed starts again'
ok 'without waiting for its session to end' test $((SECONDS - began)) -lt 20
is "$(cat "$T/a.out" "$out" | sort -un | wc -l)" $N 'and nothing is lost'

# --- the broker goes, and comes back ----------------------------------------------------

empty "$T/a.out"
kcons -G g5 "$topic" >"$T/a.out" 2>"$err" &
a=$!
empty "$T/b.out" "$T/b.err"
kcons -o end -v "$topic" >"$T/b.out" 2>"$T/b.err" &
b=$!
await 20 lines_in "$T/a.out" $N
await 20 grep -q 'the end' "$T/b.err"
await 90 grep -q reading "$T/c2.err"
cat <&9 >"$T/c.out" &
exec 9<&-
await 20 gone $counted
wait $counted
is "$? $(wc -l <"$T/c.out")" '0 20000' 'a slow reader of -c N, and another member: all of it is written'
like "$T/c.err" 'the reader is too slow for a rebalance' 'and what comes twice is told'
kill -TERM $second
wait $second

stack kill kafka
stack start kafka
seq $((N + 1)) $((2 * N)) | kcat -P -t "$topic"
await 60 lines_in "$T/a.out" $((2 * N))
await 60 lines_in "$T/b.out" $N
kill -TERM $a $b
wait $a
is "$? $(sort -un "$T/a.out" | wc -l) $(wc -l <"$T/a.out")" "0 $((2 * N)) $((2 * N))" \
	'a broker that was killed: a member goes on'
wait $b
is "$? $(sort -un "$T/b.out" | wc -l) $(wc -l <"$T/b.out")" "0 $N $N" 'and so does a lone reader'

empty "$T/b.err"
kcons --timeout 3s -o end -v "$topic" >"$T/b.out" 2>"$T/b.err" &
b=$!
empty "$T/a.out" "$T/a.err"
kcons --timeout 3s -G g5 -o end -v "$topic" >"$T/a.out" 2>"$T/a.err" &
a=$!
await 20 grep -q 'the end' "$T/b.err"
await 20 grep -q 'the end' "$T/a.err"
stack kill kafka
await 20 gone $b
wait $b
is $? 75 'away for longer than --timeout: transient'
like "$T/b.err" '^kcons: read: no broker for 3 s: 127.0.0.1:[0-9]+(/1)?: ' 'with the address'
await 20 gone $a
wait $a
is $? 75 'in a group, too'

finish
