#!/usr/bin/env bash
# scripts/stack: real servers that come up whole or not at all.
. "$(dirname "$0")/../lib.sh"
stack=$ROOT/scripts/stack
own_stack

# alive SVC: a process of this test's stack, whatever the pid file says.
alive() { pgrep -f -- "-Dkpipe.service=$KPIPE_STACK/$1( |\$)" >/dev/null; }
none_alive() { ! pgrep -f -- "-Dkpipe.service=$KPIPE_STACK/" >/dev/null; }

# --- what it refuses

run "$stack" --help
is "$status" 0 '--help'
for args in '' nonsense 'up nonsense' start kill 'env kafka'; do
	# shellcheck disable=SC2086
	run "$stack" $args
	is "$status" 64 "usage: '$args'"
done
run env KAFKA_PORT=x "$stack" env
is "$status" 1 'a port that is none'
like "$err" "KAFKA_PORT: 'x' is not a port number" 'is named'
run env KPIPE_PORT_OFFSET=99999 "$stack" env
like "$err" 'is above 65535' 'an offset that is too large'
run "$stack" env
like "$out" "^export KAFKA_BROKERS=127.0.0.1:$((19092 + KPIPE_PORT_OFFSET))$" 'the offset is added to the ports'
run "$stack" status
is "$status" 1 'nothing runs: status'
is "$(grep -c ' down$' "$out")" 3 'nothing runs: said for each'
run "$stack" status all
is "$(grep -c ' down$' "$out")" 13 'all: thirteen services'
run "$stack" status yarn
is "$(awk '{ print $1 }' "$out" | tr '\n' ' ')" 'resourcemanager nodemanager historyserver ' 'a group'
is "$(sed -n 's/_PORT=/ /p' "$ROOT/.env" | awk '$2 < 18000 || $2 > 19999 || seen[$2]++')" '' \
	'each port is another one, and in the range that offsets of 2000 keep apart'
run "$stack" down
is "$status" 0 'nothing to stop'
ok 'and no folder was made for that' test ! -e "$KPIPE_STACK"

# Whoever becomes another program has no arguments for a moment.
mkdir -p "$KPIPE_STACK/kafka"
echo "exec sh $T/again \$1" >"$T/again"
sh "$T/again" "-Dkpipe.service=$KPIPE_STACK/kafka" & pid=$!
echo $pid >"$KPIPE_STACK/kafka/pid"
for ((i = 0; i < 100; i++)); do "$stack" status kafka; done >"$out"
unlike "$out" 'down' 'a service that is being started does not count as ended'
kill $pid
wait $pid 2>/dev/null
rm -r "$KPIPE_STACK"

mkdir "$T/full"
touch "$T/full/precious"
run env KPIPE_STACK="$T/full" "$stack" up kafka
like "$err" 'it holds something else: set KPIPE_STACK' "somebody else's folder is not used"
run env KPIPE_STACK="$T/full" "$stack" wipe
is "$status" 1 'nor wiped'
ok 'what is in it stays' test -e "$T/full/precious"

# fake PROGRAM TEXT: a program of that name before all others, in $T/PROGRAM
fake() {
	mkdir -p "$T/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$T/$1/$1"
	chmod +x "$T/$1/$1"
}
fake java "echo 'openjdk version \"11.0.2\"' >&2"
fake df "printf 'x\nx 1 1 3000 1%% /\n'"
fake mvn "echo x >>$T/tries; mkdir $T/half; for a; do case \$a in -DoutputDirectory=*) mkdir -p \${a#*=}; touch \${a#*=}/half.jar;; esac; done; echo '[ERROR] no network'; exit 1"

run env JAVA_HOME="$T/none" "$stack" up kafka
like "$err" 'there is no Java: run scripts/deps real' 'no Java'
run env -u JAVA_HOME PATH="$T/java:$PATH" "$stack" up kafka
like "$err" 'this is Java 11 and 17 is needed' 'an old Java'
run env PATH="$T/df:$PATH" "$stack" up kafka
like "$err" '2 MB are free and 400 MB are needed: make room, or set KPIPE_STACK' 'a full disk'
is "$status" 1 'a full disk: status'
run env PATH="$T/mvn:$PATH" XDG_CACHE_HOME="$T/cache" "$stack" up kafka
is "$status" 1 'no network: status'
like "$err" 'try 3 of 3 failed: \[ERROR\] no network' 'no network: tried three times, and said why'
like "$err" 'look at the network' 'no network: what to do'
is "$(ls -A "$T/cache/kpipe/jars")" lock 'half a download is thrown away'

# A download that is interrupted by a terminal, where mvn ends as if by itself; and another that waits.
fake mvn "trap 'exit 130' INT; echo >$T/begun; while :; do sleep 0.1; done"
set -m
PATH=$T/mvn:$PATH XDG_CACHE_HOME=$T/cache "$stack" download kafka 2>"$T/err1" &
first=$!
set +m
ok 'a download' await 20 test -s "$T/begun"
fake mvn "for a; do case \$a in -DoutputDirectory=*) mkdir -p \${a#*=};; esac; done"
PATH=$T/mvn:$PATH XDG_CACHE_HOME=$T/cache "$stack" download kafka 2>"$T/err2" &
second=$!
ok 'another one says that it waits for it' await 20 grep -q 'kafka.*: waiting for another stack command' "$T/err2"
kill -INT -- "-$first"
ok 'Ctrl-C ends the first' await 10 gone "$first"
wait "$first"
is "$?" 1 '… which tells it'
unlike "$T/err1" failed '… and tries no more'
wait "$second"
is "$?" 0 'the other one goes on'
is "$(cd "$T/cache/kpipe/jars" && echo *)" 'kafka-4.1.0 lock' '… and has what it needs'
rm -r "$T/cache/kpipe/jars/kafka-4.1.0"

run env PATH="$T/mvn:$PATH" XDG_CACHE_HOME="$T/cache2" KPIPE_STACK="$T/none" "$stack" download datanode
is "$status $(cd "$T/cache2/kpipe/jars" && echo *)" "0 hadoop-3.4.1 lock" 'download: what a service needs'
ok 'and nothing is started' test ! -e "$T/none"

fake python3 "case \"\$*\" in *'-m venv'*) mkdir $T/venv; echo 'ERROR: no index'; exit 1;; esac"
run env PATH="$T/python3:$PATH" XDG_CACHE_HOME="$T/cache" "$stack" up jupyter
like "$err" 'try 3 of 3 failed: ERROR: no index' 'no network for Python: said why'
is "$(ls -A "$T/cache/kpipe/jars")" lock 'half an environment is thrown away'
fake python3 'exit 1'
run env PATH="$T/python3:$PATH" "$stack" up spark
like "$err" 'there is no Python of version 3.11 or later with venv: run scripts/deps eco' 'no Python'
is "$status" 1 'no Python: status'

exec 7< <(exec python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", '$((19092 + KPIPE_PORT_OFFSET))'))
print("listening", flush=True)
time.sleep(600)')
listener=$!
read -r -u 7
run "$stack" up kafka
is "$status" 1 'a port that is taken: status'
like "$err" "port $((19092 + KPIPE_PORT_OFFSET)): something else listens there: set KAFKA_PORT or KPIPE_PORT_OFFSET" \
	'a port that is taken: what to do'
kill "$listener"
ok 'the listener ends' await 10 gone "$listener"

# A killed server of which something is left that listens for two seconds more.
mkdir -p "$KPIPE_STACK/kafka"
: >"$KPIPE_STACK/.kpipe-stack"
exec 7< <(exec python3 -c 'import os, socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
server = os.getpid()
if os.fork() == 0:
    print("listening", flush=True)
    while os.getppid() == server:
        time.sleep(0.01)
    time.sleep(2)
    os._exit(0)
time.sleep(600)' $((19092 + KPIPE_PORT_OFFSET)) "-Dkpipe.service=$KPIPE_STACK/kafka")
echo $! >"$KPIPE_STACK/kafka/pid"
read -r -u 7
run "$stack" kill kafka
is "$status" 0 'a server that keeps its port for a while: killed'
ok 'and the port is free' python3 -c "import socket
assert socket.socket().connect_ex(('127.0.0.1', $((19092 + KPIPE_PORT_OFFSET))))"

run env KAFKA_HEAP=1x "$stack" up kafka
is "$status" 1 'a server that ends at once: status'
like "$err" 'start kafka: it ended' 'it is said'
like "$err" '^    Invalid maximum heap size: -Xmx1x' 'with the end of its log'
ok 'nothing runs after all that' none_alive

"$stack" up 2>"$err" &
ok 'a start that is interrupted' await 120 alive namenode
kill -TERM $!
wait $!
is $? 1 'fails'
ok 'and leaves nothing running' await 10 none_alive

# --- the servers

"$stack" up hdfs 2>"$T/err1" &
first=$!
"$stack" up kafka hdfs 2>"$T/err2" </dev/null | cat
is "${PIPESTATUS[0]}" 0 'two starts at once: one'
wait "$first"
is $? 0 'two starts at once: the other'
is "$(pgrep -fc -- "-Dkpipe.service=$KPIPE_STACK/")" 3 'each server runs once'
is "$(cat "$T/err1" "$T/err2")" '' 'no message'
run "$stack" status
is "$status" 0 'all of it answers'
run "$stack" up
is "$(cat "$out" "$err")" '' 'a second up has nothing to say'

is "$(grep -r '[$]{env[.][A-Z]' "$KPIPE_STACK/conf")" '' 'the configuration is filled'
eval "$("$stack" env)"
put() {
	curl -sf -L -T "$ROOT/VERSION" -o /dev/null \
		"$WEBHDFS_URL/webhdfs/v1/$1?op=CREATE&overwrite=true&user.name=$HADOOP_USER_NAME"
}
get() { curl -sf -L "$WEBHDFS_URL/webhdfs/v1/$1?op=OPEN"; }
ok 'HDFS can be written' put one
ok 'a topic can be made' java -cp "$KPIPE_KAFKA_CP" org.apache.kafka.tools.TopicCommand \
	--bootstrap-server "$KAFKA_BROKERS" --create --topic t
echo hello >"$T/hello"
ok 'Kafka can be written' kcat -P -b "$KAFKA_BROKERS" -t t "$T/hello"

for svc in datanode namenode kafka; do
	run "$stack" kill "$svc"
	ok "kill $svc: it is gone" eval "! alive $svc"
	run "$stack" status "$svc"
	is "$(tr -s ' ' <"$out")" "$svc down" "kill $svc: its status"
	run "$stack" start "$svc"
	is "$status" 0 "start $svc"
done
ok 'HDFS can be written to as soon as start returns' put two
is "$(get one)" "$(cat "$ROOT/VERSION")" 'and still has what it had'
is "$(kcat -C -q -e -b "$KAFKA_BROKERS" -t t)" hello 'as has Kafka'

run "$stack" down kafka
is "$status" 0 'down kafka'
ok 'it is gone' eval '! alive kafka'
ok 'the others stay' alive namenode
sleep 600 &
echo $! >"$KPIPE_STACK/kafka/pid"
run "$stack" status kafka
like "$out" ' down$' 'the process number now belongs to another program: status'
run "$stack" kill kafka
ok 'which is left alone' kill -0 $!
kill $!

run "$stack" logs namenode
ok 'logs' test -s "$out"
jars=$(dirname "${KPIPE_KAFKA_CP%/*}")
run "$stack" wipe
is "$status" 0 'wipe'
ok 'wipe: nothing runs' none_alive
ok 'wipe: the folder is gone' test ! -e "$KPIPE_STACK"
ok 'wipe: the jars are not' test -d "$jars"

finish
