#!/usr/bin/env bash
# kprod: records that are refused, servers that are not there, and signals.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
cleanup() { ktopic delete "$ID" "$ID-small" "$ID-strict"; }
count() { read_topic -t "$1" -f '.\n' | wc -l; }

ktopic create --wait -p 1 "$ID"
ktopic create --wait -p 1 -c max.message.bytes=20000 "$ID-small"
ktopic create --wait -p 1 -c cleanup.policy=compact "$ID-strict"

# Longer than --max-line
{ echo a; head -c 100 /dev/zero | tr '\0' x; echo; echo b; } >"$T/in"
run_in "$T/in" kprod --max-line 99 "$ID"
is "$status" 1 'a long line: status'
like "$err" '^kprod: refuse: standard input line 2: longer than 99 bytes' 'and where it is'
is "$(read_topic -t "$ID" -f '%s ')" 'a ' 'what came before is delivered, and then it stops'
run_in "$T/in" kprod --max-line 99 --on-error skip --reject "$T/rej" "$ID"
is "$status" 1 'skip: status'
is "$(read_topic -t "$ID" -o 1 -f '%s ')" 'a b ' 'skip: the rest is delivered'
sed -n 2p "$T/in" >"$T/want"
same "$T/rej" "$T/want" 'the whole line is in the reject file'
run_in "$T/in" kprod --max-line 100 "$ID"
is "$status" 0 'a line of just the limit passes'

# As long as it likes: memory stays bounded
{ echo a; head -c 1000000000 /dev/zero; echo; echo b; } |
	/usr/bin/time -o "$T/rss" -f %M kprod --on-error skip --reject "$T/rej" "$ID-small" 2>"$err"
is "${PIPESTATUS[1]}" 1 'a line of 1 GB: status'
is "$(read_topic -t "$ID-small" -f '%s ')" 'a b ' 'the others are delivered'
is "$(wc -c <"$T/rej")" 1000000102 'and it is in the reject file'
limit=102400
if ldd "$BIN/kprod" | grep -q libasan; then limit=1024000; fi # its shadow memory
ok 'without more memory' [ "$(tail -1 "$T/rss")" -lt $limit ]
rm "$T/rej"

# Larger than the broker takes: small records go in batches that fit, the large one is named
{ seq 20000; head -c 30000 /dev/zero | tr '\0' x; echo; seq 20001 30000; } >"$T/in"
run_in "$T/in" kprod --on-error skip --reject "$T/rej" "$ID-small"
is "$status" 1 'the broker refuses one: status'
like "$err" '^kprod: refuse: standard input line 20001: message size too large' 'and its line is named'
is "$(count "$ID-small")" 30002 'the others are delivered'
ok 'in order' sh -c "kcat -C -e -q -b $KAFKA_BROKERS -t $ID-small -o 2 2>/dev/null | sort -nc"
sed -n 20001p "$T/in" >"$T/want"
same "$T/rej" "$T/want" 'the refused one is in the reject file'
run_in "$T/in" kprod "$ID-small"
is "$status" 1 'stop: status'

# The topic's own rules
printf 'no key\n' | kprod "$ID-strict" 2>"$err"
is $? 1 'a compacted topic wants keys'
like "$err" '^kprod: refuse: standard input line 1: ' 'and the line is named'
printf 'k:v\n' | kprod -K : "$ID-strict"
is $? 0 'and takes them'
printf 'k1:v\nno key\nk2:v\n' >"$T/in2"
run_in "$T/in2" kprod -K : --on-error skip --reject "$T/batch" "$ID-strict"
same "$T/batch" "$T/in2" 'it refuses a batch as a whole'
run_in "$T/batch" kprod -X batch.num.messages=1 -K : --on-error skip --reject "$T/alone" "$ID-strict"
is "$(cat "$T/alone")" 'no key' 'or each record for itself'

# No envelopes
printf '%s\n' '{"value":"1"}' '{"value":2}' 'x' '{"value":"3"}' >"$T/in"
run_in "$T/in" kprod -J --on-error skip --reject "$T/rej2" "$ID"
is "$status" 1 'no envelope: status'
like "$err" '^kprod: refuse: standard input line 2: envelope: value: wants a string' 'why'
like "$err" '^kprod: refuse: standard input line 3: envelope: not JSON' 'and why'
sed -n 2,3p "$T/in" >"$T/want"
same "$T/rej2" "$T/want" 'both are in the reject file'
is "$(read_topic -t "$ID" -o -2 -f '%s ')" '1 3 ' 'the others are delivered'
yes x | head -100 >"$T/in"
run_in "$T/in" kprod -J --on-error skip "$ID"
ok 'a flood of refusals is not a flood of messages' [ "$(wc -l <"$err")" -lt 15 ]
like "$err" ' 100 records refused' 'but counted'

# What is refused is kept before more is read
mkfifo "$T/fifo"
kprod --max-line 3 --on-error skip --reject "$T/kept" "$ID" <"$T/fifo" 2>/dev/null & pid=$!
exec 3>"$T/fifo"
echo long >&3
ok 'a refused line is in the reject file at once' await 10 grep -qx long "$T/kept"
kill -KILL $pid
wait $pid 2>/dev/null
exec 3>&-
rm "$T/fifo"

# An input that breaks in the middle of a long line: a terminal that is closed
printf 'yyyyyyyyyyyy\nb\n' >"$T/in2"
mark=$(count "$ID")
python3 -c 'import os, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
os.write(slave, b"a\n" + b"x" * 20)
os.close(slave)
os.dup2(master, 0)
os.execvp("kprod", sys.argv[1:])' kprod --max-line 9 --on-error skip --reject "$T/torn" "$ID" - "$T/in2" 2>"$err"
is $? 74 'an input that breaks: status'
is "$(read_topic -t "$ID" -o "$mark" -f '%s ')" 'a b ' 'what came before it and after it is delivered'
is "$(cat "$T/torn")" $'xxxxxxxxxxxxxxxxxxxx\nyyyyyyyyyyyy' 'and its last line is one of the reject file'

# The reject file's disk is full
run_in "$T/in" kprod -J --on-error skip --reject /dev/full --receipt "$T/r" "$ID"
is "$status" 74 'a reject file that cannot be written'
is "$(grep -c '^kprod: write: /dev/full: no space left on device$' "$err")" 1 'is told once'
is "$(jq .records_in "$T/r")" 1 'and no more is read than was kept'
run_in "$T/in" kprod -J --on-error skip --reject "$T/none/r" "$ID"
is "$status" 74 'a reject file in no directory'

# A framed stream is no lines
printf '\036KPIPE 1 x\n' >"$T/in"
run_in "$T/in" kprod "$ID"
is "$status" 64 'a framed stream: status'
like "$err" '^kprod: read: standard input: a framed stream' 'and a sentence'
printf 'line\n\036KPIPE 1 x\n' | kprod "$ID"
is $? 0 'further down it is a line as any other'

# Nobody there
port=$(free_port)
SECONDS=0
echo '{"status":0}' >"$T/r"
run_in "$T/in" kprod -b "127.0.0.1:$port" --receipt "$T/r" "$ID"
is "$status" 69 'no server: status'
is "$(jq -c '[.status, .records_in, .positions]' "$T/r")" '[69,0,[]]' 'and no receipt of an older run'
like "$err" "^kprod: connect: 127.0.0.1:$port: .*connection refused" 'its address and the cause'
ok 'in a few seconds' [ $SECONDS -le 6 ]
KAFKA_BROKERS='' run kprod "$ID"
is "$status" 78 'no server named: status'
like "$err" 'KAFKA_BROKERS' 'and how to'
run kprod -X key.serializer=x "$ID"
is "$status" 78 'a property of Java'
run kprod -X sasl.mechanism=PLAIN -X sasl.username=u -X sasl.password=geheim -X security.protocol=nonsense "$ID"
is "$status" 78 'a wrong value'
unlike "$err" geheim 'without the secret'

# Signals: it reads on to the end, so that a whole pipe line can be stopped
for sig in TERM INT; do
	mkfifo "$T/fifo"
	before=$(count "$ID")
	# In the background of a script SIGINT is ignored, unless env resets it.
	env --default-signal=INT kprod --receipt "$T/r" "$ID" <"$T/fifo" & pid=$!
	exec 3>"$T/fifo"
	echo before >&3
	arrived() { [ "$(count "$ID")" -gt "$before" ]; }
	await 10 arrived
	kill -$sig $pid
	echo after >&3
	exec 3>&-
	wait $pid
	is $? 0 "SIG$sig: status"
	is "$(read_topic -t "$ID" -o -2 -f '%s ')" 'before after ' "SIG$sig: what the source still gave is delivered"
	is "$(jq -r .status "$T/r")" 0 "SIG$sig: there is a receipt"
	rm "$T/fifo"
done

# A FIFO that nobody writes to
mkfifo "$T/fifo"
kprod "$ID" "$T/fifo" "$T/in" 2>"$err" & pid=$!
opening() { grep -qs wait_for_partner /proc/"$pid"/wchan; }
ok 'it waits for a writer' await 10 opening
kill $pid
wait $pid
is $? 75 'and is stopped: status'
like "$err" "^kprod: open: $T/fifo: stopped before there was any input" 'and message'

finish
