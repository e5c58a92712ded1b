#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
need_hdfs

dir=/tmp/$ID
cleanup() { hdfsrm -r --skip-trash "$dir"; }
names() { sed "s|.* $dir||" "$out"; }

head -c 1500 /dev/zero >"$T/1500"
hdfsmkdir -p "$dir/b/c" "$dir/x"
upload "$T/1500" "$dir/b/c/file"
: >"$T/empty"
upload "$T/empty" "$dir/a.log"

run hdfsls "$dir"
is "$status" 0 'a directory: status'
is "$(names)" $'/a.log\n/b\n/x' 'its entries by name'
like "$out" "^drwxr-xr-x   - [a-z0-9]+ +[a-z]+ +0 [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} $dir/b\$" 'in the columns of hdfs dfs'
run hdfsls "$dir/b/c/file"
like "$out" "^-rw-r--r--   1 .* 1500 .* $dir/b/c/file\$" 'a file is listed itself'
run hdfsls -h "$dir/b/c"
like "$out" ' 1\.5K ' '-h: human sizes'
run hdfsls -d "$dir" "$dir/b"
is "$(names)" $'\n/b' '-d: directories themselves'
run hdfsls -R "$dir"
is "$(names)" $'/a.log\n/b\n/b/c\n/b/c/file\n/x' '-R: all the way down'
run hdfsls "$WEBHDFS_URL$dir/b"
like "$out" " $WEBHDFS_URL$dir/b/c\$" 'paths are shown as they were given'

run hdfsls "$dir/none" "$dir/b"
is "$status" 1 'an operand that is not there: status'
like "$err" "^hdfsls: list: .*$dir/none: no such file or directory\$" 'and message'
is "$(names)" '/b/c' 'and the next one is listed'

run hdfsls -d "$dir/{b,x}" "$dir/?" "$dir/[x]" "$dir/*/c/f*"
is "$(names)" $'/b\n/x\n/b\n/x\n/x\n/b/c/file' 'patterns'
run hdfsls "$dir/*.none"
is "$status" 1 'a pattern without a match: status'
like "$err" "^hdfsls: look up: $dir/\*\.none: no match\$" 'and message'

odd=$'*?[a] \'"%41#?x=y&z+\xc3\xbc\xe6\x97\xa5;,\\'
escaped=$'\\*\\?\\[a] \'"%41#\\?x=y&z+\xc3\xbc\xe6\x97\xa5;,\\\\'
hdfsmkdir "$dir/$odd"
run hdfsls -J "$dir"
is "$(jq -r --arg dir "$dir" 'select(.path | endswith("\\")) | .path | ltrimstr($dir)' "$out")" "/$odd" '-J: an odd name'
run hdfsls -d "$dir/$escaped"
is "$(names)" "/$odd" 'a backslash takes away the meaning of a pattern'
run hdfsls -J "$dir/b/c"
is "$(jq -c '[.type, .length, .replication, .permission, (.mtime > 1.6e12)]' "$out")" '["file",1500,1,"0644",true]' '-J: the fields'

# A page has 1000 entries.
{ seq 1 1100 | sed 's|^|%41 é|'; seq 1 4 | sed 's|^|é+ |'; } >"$T/names"
sed "s|^|$dir/many/|" "$T/names" | xargs -d '\n' hdfsmkdir -p
run hdfsls "$dir/many"
is "$(names | sed 's|/many/||' | sort | cksum)" "$(sort "$T/names" | cksum)" 'a listing of several pages'
hdfsls "$dir/many" 2>"$err" | head -n 1 >"$out"
is "${PIPESTATUS[0]}" 141 'a closed reader: SIGPIPE'
is "$(cat "$err")" '' 'and no message'
hdfsls "$dir" >/dev/full 2>"$err"
is $? 74 'a full disk: status'
like "$err" '^hdfsls: write: standard output: no space left' 'and message'

HADOOP_USER_NAME=someone run hdfsls "$dir"
is "$status" 0 'another user may look'

# The same on a local directory.
mkdir -p "$T/l/sub"
head -c 3000 /dev/zero >"$T/l/big"
head -c 10 /dev/zero >"$T/l/small"
touch -d 2020-01-01T00:00:00Z "$T/l/big"
touch -d 2021-01-01T00:00:00Z "$T/l/small"
touch -d 2022-01-01T00:00:00Z "$T/l/sub"
order() { sed 's|.*/||' "$out" | tr '\n' ' '; }
run hdfsls "file://$T/l"
is "$(order)" 'big small sub ' 'file: by name'
run hdfsls -t "file://$T/l"
is "$(order)" 'sub small big ' '-t: the newest first'
run hdfsls -tr "file://$T/l"
is "$(order)" 'big small sub ' '-tr: the oldest first'
run hdfsls -S "file://$T/l"
is "$(order)" 'big small sub ' '-S: the largest first'
TZ=UTC run hdfsls "file://$T/l/big"
like "$out" "^-rw.* 3000 2020-01-01 00:00 file://$T/l/big\$" 'the time of the last change'
ln -s .. "$T/l/sub/up"
run hdfsls -R "file://$T/l"
is "$(order)" 'big small sub up ' 'a link to a directory is not followed'
run hdfsls -d "file://$T/l/sub/u*/b*" "file://$T/l/s*/u?/small"
is "$(order)" 'big small ' 'but patterns go through one'
for place in "$dir/many" "file://$T/l"; do
	hdfsmkdir -p "$place/é"
	LC_ALL=C run hdfsls -d "$place/?" "$place/[è-ê]"
	is "$(order)" 'é é ' 'a letter of two bytes is one character'
done
rmdir "$T/l/é"
(cd "$T/l/sub" && seq 1 17000 | xargs touch)
run hdfsls "file://$T/l/sub"
is "$(sed 's|.*/||' "$out" | grep -v up | LC_ALL=C sort -cu && wc -l <"$out")" 17001 'many local entries, in order'
: >"$T/l/$(printf '\377')"
run hdfsls -J "file://$T/l"
ok '-J: a name that is not UTF-8' jq -e 'select(.path_base64)' "$out"

run hdfsls
is "$status" 64 'no operand'
run hdfsls -x /
is "$status" 64 'no such option'
run hdfsls --timeout 1x /
is "$status" 64 'a bad time'
run hdfsls relative
is "$status" 64 'a relative path'
WEBHDFS_URL='' run hdfsls /
is "$status" 78 'nothing says where HDFS is: status'
like "$err" 'set WEBHDFS_URL' 'and message'
run hdfsls "webhdfs://127.0.0.1:$(free_port)/"
is "$status" 69 'nobody listens: status'
like "$err" '^hdfsls: connect: http://127.0.0.1:[0-9]+: connection refused$' 'and the address'

finish
