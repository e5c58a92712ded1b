#!/usr/bin/env bash
# The HDFS tools when HDFS is away, will not, or does not answer.
. "$(dirname "$0")/../lib.sh"
own_stack
need_hdfs

real=$WEBHDFS_URL dir=/tmp/$ID
admin() { java -cp "$KPIPE_HADOOP_CP" org.apache.hadoop.hdfs.tools.DFSAdmin "$@"; }
there() { WEBHDFS_URL=$real hdfsls -d "$1" >/dev/null 2>&1; }
hdfsmkdir -p "$dir/d"
head -c 3000000 /dev/urandom >"$T/big"
upload "$T/big" "$dir/big"

# Safe mode: reading goes on, changing waits.
ok 'safe mode is entered' admin -safemode enter
run hdfsmkdir --timeout 5s "$dir/safe"
is "$status" 75 'safe mode: status'
like "$err" '^hdfsmkdir: make directory: .*: cannot create directory .*safe mode' 'and message'
like "$err" ': trying again for 5 s$' 'and that it waits is said'
run hdfscat "$dir/big"
same "$out" "$T/big" 'safe mode: reading goes on'
empty "$err"
hdfsmkdir "$dir/safe" 2>"$err" &
ok 'a tool waits for the end of safe mode' await 10 grep -q 'trying again for' "$err"
ok 'safe mode is left' admin -safemode leave
wait $!
is $? 0 'and the tool goes on'
ok 'and has done it' there "$dir/safe"

# Quota.
ok 'a quota is set' admin -setQuota 2 "$dir/d"
run hdfsmkdir "$dir/d/1" "$dir/d/2" "$dir/d/3"
is "$status" 74 'over the quota: status'
like "$err" '^hdfsmkdir: make directory: .*/d/2: the NameSpace quota .* is exceeded: quota=2' 'and message'
is "$(grep -c 'at org' "$err")" 0 'without a Java stack'
ok 'the quota is taken away' admin -clrQuota "$dir/d"

# Answers that are lost: the tool looks instead of guessing.
proxy_hdfs
proxy_set namenode lose-answer once if=op=RENAME
run hdfsmv "$dir/d/1" "$dir/moved"
is "$status" 0 'the answer to a rename is lost: status'
ok 'it is done' there "$dir/moved"
proxy_set namenode cut up 5 once if=PUT
run hdfsmv "$dir/moved" "$dir/again"
is "$status" 75 'a rename that did not arrive: status'
like "$err" '^hdfsmv: rename: .*: connection lost$' 'and message'
ok 'it is not done' there "$dir/moved"
for fault in 'lose-answer once' 'cut up 5 once' 'cut down 40 once'; do
	proxy_set namenode "$fault" if=lost?op=MKDIRS
	run hdfsmkdir -p "$dir" "$dir/lost"
	is "$status" 0 "a directory is made, $fault: status"
	ok 'it is there' there "$dir/lost"
	proxy_set namenode "$fault" if=DELETE
	run hdfsrm --skip-trash -r "$dir/lost"
	is "$status" 0 "it is removed, $fault: status"
	ok 'it is gone' test ! "$(WEBHDFS_URL=$real hdfsls -d "$dir/lost" 2>/dev/null)"
done

# Reading goes on where it was.
for bytes in 200 1000000 2999999; do
	proxy_set datanode cut down $bytes once
	run hdfscat "$dir/big"
	is "$status" 0 "a download is cut at $bytes: status"
	same "$out" "$T/big" 'every byte once'
done
proxy_set datanode refuse
run hdfscat --timeout 5s "$dir/big"
is "$status" 75 'no data node answers: status'
like "$err" "^hdfscat: read: .*/big: data node $PROXY_HOST:[0-9]+: connection refused\$" 'and message'
proxy_set datanode ok
proxy_set datanode hole down
run hdfscat --timeout 5s "$dir/big"
is "$status" 75 'a data node that says nothing: status'
like "$err" 'data node .*: no answer within 5 s$' 'and message'
proxy_set datanode ok
proxy_set namenode hole down
run hdfsls --timeout 1s "$dir"
is "$status" 69 'a name node that says nothing: status'
like "$err" "^hdfsls: connect: http://$PROXY_HOST:[0-9]+: no answer within 1 s\$" 'and message'
proxy_set namenode ok
export WEBHDFS_URL=$real

# Servers that die and come back.  The pipe holds the tool between two files.
mkfifo "$T/hold"
between() { # SERVICE COMMAND…: kill it after the first file, and run the command
	local svc=$1
	shift
	empty "$out" "$err"
	hdfscat "$@" "$dir/big" - "$dir/big" <"$T/hold" >"$out" 2>"$err" &
	pid=$!
	exec 7>"$T/hold"
	ok "$svc: the first file is copied" await 10 cmp -s "$T/big" "$out"
	stack kill "$svc"
	exec 7>&-
}
between namenode --timeout 5s
wait "$pid"
is $? 75 'the name node dies: status'
like "$err" "^hdfscat: read: .*/big: name node: connection refused\$" 'and message'
run hdfsls "$dir"
is "$status" 69 'it is not there at the start: status'
like "$err" "^hdfsls: connect: $real: connection refused\$" 'and its address'
stack up hdfs
between namenode
ok 'the tool waits' await 10 grep -q 'trying again for' "$err"
ok 'the name node comes back' "$ROOT/scripts/stack" up hdfs
wait "$pid"
is $? 0 'and the tool goes on'
same "$out" <(cat "$T/big" "$T/big") 'to the end'
between datanode
ok 'the tool waits' await 10 grep -q 'trying again for' "$err"
ok 'the data node comes back' "$ROOT/scripts/stack" up hdfs
wait "$pid"
is $? 0 'and the tool goes on'
same "$out" <(cat "$T/big" "$T/big") 'to the end'
between namenode
await 10 grep -q 'trying again for' "$err"
kill "$pid"
wait "$pid" 2>/dev/null
is $? 143 'a signal ends the waiting'

finish
