#!/usr/bin/env bash
# hdfsput -E at the moments that a random kill seldom meets: its calls to the name node are held by a
# proxy while it is killed, lost, or refused, and clocks jump.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/streams.sh
. "$(dirname "$0")/../streams.sh"
own_stack
need_hdfs
cleanup() { "$ROOT/scripts/stack" down; }
proxy_hdfs
proxied=$WEBHDFS_URL

held() { proxy_set namenode stat; [[ $proxy_answer == *' held='[1-9]* ]]; }
quiet() { proxy_set namenode stat; [[ $proxy_answer == *' open=0 '* ]]; }
count() { files "$1" | wc -l; }

# --- killed while a rename is under way --------------------------------------------------
# Held on its way up it has not happened, and happens when it must not any more: after the next
# one has taken over.  Held on its way down it has.

# killed NAME WAY TEXT POSITION FILES: with what is there before the next start
killed() {
	D=/$ID/$1
	WEBHDFS_URL=$direct hdfsput -E -d "$D" < <(stream 0 200)
	proxy_set namenode hold "$2" "if=$3"
	stream 200 400 >"$T/in"
	empty "$err"
	hdfsput -E -d "$D" <"$T/in" 2>"$err" & pid=$!
	ok "$1: the call is held" await 20 held
	kill -KILL $pid
	wait $pid 2>/dev/null
	export WEBHDFS_URL=$direct
	is "$(position 0 "$D") $(count "$D")" "$4 $5" "$1: position and files"
	run_in "$T/in" hdfsput -E -d "$D"
	is "$status" 0 "$1: the next one goes on"
	proxy_set namenode ok
	ok "$1: what was held arrives" await 10 quiet
	holds "$D" 400 "$1: every record, once"
	is "$(count "$D")" 6 "$1: in as many files as it takes"
	export WEBHDFS_URL=$proxied
}
# Records 1 to 4 of the log are of the first run, 5 says that the next one has opened it.
commit=log/00000000000000000006
killed before up $commit 200 3
killed after down $commit 400 3
killed between up dayofmonth%3D1/part 400 4
killed second down dayofmonth%3D1/part 400 5

# --- parts that are joined ---------------------------------------------------------------

pad=$(printf '%0400d' 0) D=/$ID/concat
stream 0 18000 >"$T/in"
for fault in 'lose-answer once' 'cut up 5 once'; do
	proxy_set namenode "$fault" if=op=CONCAT
	run_in "$T/in" hdfsput -E --memory 16M -d "$D"
	is "$status" 0 "CONCAT, $fault: status"
	proxy_set namenode stat
	like <(echo "$proxy_answer") 'fault=ok' 'it happened indeed'
	holds "$D" 18000 'every record, once'
	api "$D" 'DELETE&recursive=true' -X DELETE >"$T/answer"
done

# --- safe mode ---------------------------------------------------------------------------

admin() { java -cp "$KPIPE_HADOOP_CP" org.apache.hadoop.hdfs.tools.DFSAdmin "$@" >"$T/admin" 2>&1; }
proxy_set namenode hold up if=op=CONCAT
empty "$err"
hdfsput -E -v --memory 16M -d "$D" <"$T/in" 2>"$err" & pid=$!
ok 'parts are to be joined' await 60 held
S=/$ID/safe
mkfifo "$T/fifo"
# start COMMAND…: hdfsput -E into $S, to be written to through descriptor 3
start() {
	"$@" hdfsput -E -v --roll-time 200ms -d "$S" <"$T/fifo" 2>"$T/err2" & second=$!
	exec 3>"$T/fifo"
	echo "$hello" >&3
}
start env
{ assign 0 0; batches 0 0 100; } >&3
ok 'another one commits' await 20 at "$S" 100
ok 'safe mode is entered' admin -safemode enter
proxy_set namenode ok
ok 'safe mode: joining waits' await 20 grep -q 'safe mode' "$err"
batches 0 100 300 >&3
ok 'and so does uploading' await 20 grep -q 'safe mode' "$T/err2"
stream 0 100 | hdfsput -E --timeout 6s -d "/$ID/patience" 2>"$T/err3"
is "${PIPESTATUS[1]}" 75 'safe mode for longer than --timeout: status'
like "$T/err3" 'safe mode' 'and message'
ok 'safe mode is left' admin -safemode leave
wait $pid
is $? 0 'the parts are joined: status'
holds "$D" 18000 'every record, once'
{ batches 0 300 400; end; } >&3
exec 3>&-
wait $second
is $? 0 'the uploads go on: status'
holds "$S" 400 'every record, once'
pad=''

# --- clocks that jump ---------------------------------------------------------------------

S=/$ID/clock
jump +0
start faked
{ assign 0 0; batches 0 0 100; } >&3
ok 'a clock that is right' await 20 at "$S" 100
jump +1d
batches 0 100 300 >&3
ok 'it jumps forward by a day' await 20 at "$S" 300
jump -1d
batches 0 300 500 >&3
ok 'and back by two' await 20 at "$S" 500
{ batches 0 500 700; end; } >&3
exec 3>&-
wait $second
is $? 0 'and hdfsput ends well'
holds "$S" 700 'every record, once'
finish
