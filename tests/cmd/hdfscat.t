#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
need_hdfs

dir=/tmp/$ID
cleanup() { hdfsrm -r --skip-trash "$dir"; }
hdfsmkdir -p "$dir/sub"
head -c 3000000 /dev/urandom >"$T/big"
printf 'one\n' >"$T/one"
: >"$T/empty"
for f in big one empty; do upload "$T/$f" "$dir/$f"; done

run hdfscat "$dir/big"
is "$status" 0 'a file: status'
same "$out" "$T/big" 'and bytes'
echo input >"$T/in"
run_in "$T/in" hdfscat "$dir/one" - "file://$T/one" "$dir/empty"
is "$(cat "$out")" $'one\ninput\none' 'several files and standard input'
run hdfscat "$dir/{one,empty,one}"
is "$(cat "$out")" $'one\none' 'patterns'
run hdfscat "$dir/none" "$dir/sub" "$dir/one"
is "$status" 1 'operands that cannot be read: status'
like "$err" "^hdfscat: read: .*$dir/none: no such file" 'one that is not there'
like "$err" "^hdfscat: read: .*$dir/sub: path is not a file" 'one that is a directory'
is "$(cat "$out")" one 'and the next one is copied'
run hdfscat "file://$T/none" "file://$T"
is "$status" 1 'and locally'
like "$err" "^hdfscat: read: file://$T: is a directory" 'with the same sense'

mkfifo "$T/fifo"
echo piped >"$T/fifo" &
run hdfscat "file://$T/fifo"
is "$status-$(cat "$out")" 0-piped 'a named pipe'

hdfscat "$dir/big" "$dir/big" 2>"$err" | head -c 10 >/dev/null
is "${PIPESTATUS[0]}" 141 'a closed reader: SIGPIPE'
is "$(cat "$err")" '' 'and no message'
hdfscat "$dir/one" "$dir/big" >/dev/full 2>"$err"
is $? 74 'a full disk: status'
is "$(cat "$err")" 'hdfscat: write: standard output: no space left on device' 'said once'
hdfscat - </etc >"$out" 2>"$err"
is $? 74 'standard input is a directory'

upload "$T/one" "$dir/secret"
curl -sf -X PUT "$WEBHDFS_URL/webhdfs/v1$dir/secret?op=SETPERMISSION&permission=600&user.name=$HADOOP_USER_NAME"
HADOOP_USER_NAME=someone run hdfscat "$dir/secret"
is "$status" 77 'not allowed: status'
like "$err" "^hdfscat: read: .*$dir/secret: permission denied: user=someone, access=READ" 'and message'
unlike "$err" 'at org\.' 'without a Java stack'

run hdfscat
is "$status" 64 'no operand'
run hdfscat --nonsense
is "$status" 64 'no such option'
run hdfscat -q "webhdfs://127.0.0.1:$(free_port)/x" -
is "$status" 69 'nobody listens'

finish
