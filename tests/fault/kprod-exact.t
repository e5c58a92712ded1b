#!/usr/bin/env bash
# kprod -E while brokers and producers are killed, stopped and shut out: each record once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
need_kafka
need_tools txn

# batch SHARD FROM TO: numbers of 8 digits, so that record n lies at 9 n.
batch() {
	local n=$(($3 - $2))
	control "B file $1 $((9 * $2)) $((9 * $3)) $n $((9 * n)) -1"
	seq -f "%08.0f" "$2" $(($3 - 1))
}
# whole SHARD N SIZE: a file of N records in batches of SIZE.
whole() {
	local at
	echo "$hello"
	control "A file $1 0"
	for ((at = 0; at < $2; at += $3)); do batch "$1" $at $((at + $3)); done
	control "R file $1 done"
	control E 0
}
positions() { kprod --id "$1" --position "$1" "${@:2}"; }
is_at() { positions "$1" | grep -q "^file f $((9 * $2))\( done\)\?\$"; }
# once N TOPIC NAME: the numbers from 0 to N - 1 are there, each once; the broker shows what
# was committed a moment after it has said so.
once() {
	seq -f '%08.0f' 0 $(($1 - 1)) >"$T/once"
	ok "$3" await 20 shown "$2"
}
shown() { kcons -e -q "$1" | sort | cmp -s - "$T/once"; }
end_of() { ktopic offsets -X isolation.level="$2" "$1"; }
mkfifo "$T/fifo"
# in_transaction TOPIC FD: kprod, of $pid, is stopped in mid-transaction after $n records.
in_transaction() {
	batch f "$n" $((n + 1000)) >&"$2"
	n=$((n + 1000))
	kill -STOP "$pid"
	[ "$(end_of "$1" read_uncommitted)" != "$(end_of "$1" read_committed)" ] && return
	kill -CONT "$pid"
	return 1
}

# A topic of positions that is not compacted.
ktopic create --wait -p 1 a
ktopic create --wait -p 1 kpipe-positions
whole f 1000 100 >"$T/in"
run_in "$T/in" kprod -E --id a a
is "$status" 78 'positions in a topic that is not compacted: status'
like "$err" 'kpipe-positions: its cleanup.policy is not set.*--add-config cleanup.policy=compact' 'and how to mend it'
run positions a
is "$status" 78 'and --position'
unlike "$out" . 'says nothing'
ktopic delete --wait kpipe-positions
run_in "$T/in" kprod -E --id a a
is "$status" 0 'without one it is made'
once 1000 a 'and each record comes once'

# Killed again and again, at whatever moment.
ktopic create --wait -p 3 kill
whole f 200000 2000 >"$T/in"
for _ in 1 2 3 4 5 6 7 8; do
	run_in "$T/in" timeout -s KILL "0.$((RANDOM % 5))$((RANDOM % 10))" kprod -E --id kill kill 2>/dev/null
done
run_in "$T/in" kprod -E --id kill kill
is "$status" 0 'killed eight times, then left alone: status'
once 200000 kill 'and each record came once'

# The broker is killed and comes back.
ktopic create --wait -p 3 broker
kprod -E --id broker broker <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
head -c 900000 "$T/in" >&3
stack kill kafka
tail -c +900001 "$T/in" >&3 & feeder=$!
stack start kafka
wait $feeder
exec 3>&-
wait $pid
is $? 0 'a broker that comes back: status'
once 200000 broker 'and each record came once'

# It stays away for longer than a record may wait: the transaction is written again.
ktopic create --wait -p 1 away
empty "$err"
kprod -v -X debug=eos -X transaction.timeout.ms=4000 -E --id away away <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; batch f 0 100; } >&3
ok 'a first batch is committed' await 10 is_at away 100
stack kill kafka
batch f 100 300 >&3
ok 'a record that waited too long' await 20 grep -q 'API called: abort_transaction' "$err"
stack start kafka
{ batch f 300 400; control E 0; } >&3
exec 3>&-
wait $pid
is $? 0 'a broker that was away for long: status'
once 400 away 'and each record came once'

# The broker ends the transaction itself, once it is back, and with it the producer.  Whoever
# had a batch committed meanwhile keeps the id.
ended() { [ "$(end_of "$1" read_uncommitted)" = "$(end_of "$1" read_committed)" ]; }
for topic in ended taken; do
	ktopic create --wait -p 1 $topic
	empty "$err"
	kprod -v -X transaction.timeout.ms=4000 -X linger.ms=1 -E --id $topic $topic <"$T/fifo" 2>"$err" & pid=$!
	exec 3>"$T/fifo"
	{ echo "$hello"; control A file f 0; } >&3
	n=0
	ok "$topic: stopped in mid-transaction" await 60 in_transaction $topic 3
	stack kill kafka
	kill -CONT $pid
	ok 'it hears that the broker has gone' await 20 grep -q 'Connection refused' "$err"
	kill -STOP $pid
	stack start kafka
	ok 'its transaction runs out' await 30 ended $topic
	if [ $topic = taken ]; then
		{ echo "$hello"; control A file f 0; batch f 0 $((n + 500)); control E 0; } >"$T/in"
		run_in "$T/in" kprod -E --id $topic $topic
	fi
	kill -CONT $pid
	# In a shell of its own, for who was shut out has perhaps ended, and its pipe with it.
	(batch f $n $((n + 1000)); control E 0) >&3
	exec 3>&-
	wait $pid
	status=$?
	if [ $topic = ended ]; then
		is $status 0 'a broker that ends the transaction: status'
		once $((n + 1000)) $topic 'and each record came once'
	else
		is $status 75 'another that took over meanwhile: status'
		like "$err" 'another kprod has taken over' 'and message'
		once $((n + 500)) $topic 'and each record came once'
	fi
done

# With --timeout it is over after that: not with the transaction, and not after a second one.
ktopic create --wait -p 1 patience
kprod -X transaction.timeout.ms=4000 -X linger.ms=1 --timeout 20s -E --id patience patience <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; } >&3
n=0
ok 'one that is stopped in mid-transaction' await 60 in_transaction patience 3
stack kill kafka
kill -CONT $pid
killed=$SECONDS
wait $pid
is $? 75 'a broker that is away for longer than --timeout: status'
waited=$((SECONDS - killed))
is "$((waited < 10 || waited > 36 ? waited : 20))" 20 'which is waited for, and once'
is "$(grep -c 'connection refused: trying again$' "$err")" 1 'that it is waiting is said once'
exec 3>&-
stack start kafka

# Another's transaction stands open over the positions, and one of ours is stopped.
ktopic create --wait -p 1 stop
ktopic create --wait -p 1 beside
kprod -E --id beside beside <"$T/fifo" 2>"$T/beside.err" & beside=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; batch f 0 100; } >&3
ok 'one that is running' await 10 is_at beside 100
mkfifo "$T/fifo4"
kprod -X transaction.timeout.ms=4000 -X linger.ms=1 -E --id stop stop <"$T/fifo4" 2>"$err" & pid=$!
exec 4>"$T/fifo4"
{ echo "$hello"; control A file f 0; } >&4
n=0
ok 'one that is stopped in mid-transaction' await 60 in_transaction stop 4
txn -t 30000 kpipe-positions open:1
batch f 100 200 >&3
arrived() { [ "$(kcons -e -q beside | wc -l)" = 200 ]; }
ok 'another commits while they stand open' await 10 arrived
run positions beside --timeout 1s
is "$status" 75 'positions behind an open transaction: not told before it ends'
unlike "$out" . 'and no list'
run positions beside
is "$status $(cat "$out")" "0 file f 1800"$'\n.' 'then they are right'
ok 'the transaction of the stopped one runs out' await 30 ended stop
kill -CONT $pid
(batch f $n $((n + 1000))) >&4
exec 4>&-
wait $pid
is $? 75 'the stopped one is shut out: status'
like "$err" 'stood still for longer than transaction.timeout.ms' 'and message'
whole f $((n + 2000)) 1000 >"$T/in"
run_in "$T/in" kprod -E --id stop stop
is "$status" 0 'started again: status'
once $((n + 2000)) stop 'and each record came once'

# SIGTERM: a sink reads on to the end, but not for ever.
batch f 200 300 >&3
kill -TERM $beside
{ batch f 300 400; control E 0; } >&3
wait $beside
is $? 0 'SIGTERM, then the end of the stream: status'
once 400 beside 'and all is there'
kprod -E --id beside beside <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; batch f 0 500; } >&3
await 10 is_at beside 500
kill -TERM $pid
batch f 500 600 >&3
wait $pid
is $? 75 'SIGTERM without an end: status'
exec 3>&-
once 600 beside 'and all that was read is there'

# Whoever has a record that is refused does not wait for a broker that says nothing.
straight=$KAFKA_BROKERS
proxy_kafka
ktopic create --wait -p 1 refused
empty "$err"
kprod -X linger.ms=1 --max-line 8 -E --id refused refused <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
{ echo "$hello"; control A file f 0; batch f 0 100; } >&3
ok 'a first batch is committed' await 10 is_at refused 100
proxy_set kafka hold down
# In one piece: else the first batch could be on its way already, and is waited for.
refused=$(batch f 100 200; control B file f 1800 1810 1 10 -1; echo 123456789)
echo "$refused" >&3
ok 'a record is refused while nothing is answered: it ends' await 20 gone $pid
kill -KILL $pid 2>/dev/null
exec 3>&-
wait $pid
is $? 65 'with status 65'
unlike "$err" 'trying again' 'and without another try'
proxy_set kafka ok

# Nothing is answered while positions are read: a signal is heard all the same.
proxy_set kafka hold down if=nowhere
empty "$err"
kprod -v -X debug=protocol --id refused --position -X client.rack=nowhere refused >"$out" 2>"$err" & pid=$!
ok 'a fetch that is not answered' await 10 grep -q 'Sent FetchRequest' "$err"
kill -TERM $pid
ok 'SIGTERM: it ends' await 20 gone $pid
kill -KILL $pid 2>/dev/null
wait $pid
is $? 75 'with status 75'
like "$err" '^kprod: positions: kpipe-positions: stopped' 'and message'
proxy_set kafka ok
KAFKA_BROKERS=$straight

# What waits for a transaction that stands open tells why it gave up.
txn -t 120000 kpipe-positions open:1
asked() { [ "$(grep -c 'Sent ListOffsetsRequest' "$err")" -ge 9 ]; }
ask() { # options
	kprod -v -X debug=protocol --id beside --position "$@" beside >"$out" 2>"$err" & pid=$!
	ok 'positions are waited for' await 20 asked
}
ask
kill -TERM $pid
wait $pid
is $? 75 'SIGTERM: status'
like "$err" '^kprod: positions: kpipe-positions: stopped' 'and message'
ask --timeout 10s
stack kill kafka
ok 'the broker goes away: it is given up' await 20 gone $pid
kill -KILL $pid 2>/dev/null
wait $pid
is $? 75 'with status 75'
like "$err" '^kprod: positions: kpipe-positions: .*connection refused' 'and message'

# Positions that the broker will not have.
stack start kafka
ktopic delete --wait kpipe-positions
ktopic create --wait -p 1 -c cleanup.policy=compact -c max.message.bytes=80 kpipe-positions
run_in "$T/in" kprod -E --id a a
is "$status" 78 'a position that is refused: status'
like "$err" 'kpipe-positions: a position: message size too large' 'and message'
finish
