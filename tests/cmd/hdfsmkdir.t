#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
need_hdfs

cleanup() { hdfsrm -r --skip-trash "/tmp/$ID"; }
hdfsmkdir -p "/tmp/$ID"

for dir in "/tmp/$ID/d" "file://$T/d"; do
	run hdfsmkdir "$dir"
	is "$status" 0 "$dir: made"
	ok 'it is there' hdfsls -d "$dir"
	run hdfsmkdir "$dir"
	is "$status" 1 'again: status'
	like "$err" "^hdfsmkdir: make directory: $dir: already exists\$" 'and message'
	run hdfsmkdir "$dir/a/b" "$dir/c"
	is "$status" 1 'without its parent: status'
	like "$err" "^hdfsmkdir: make directory: $dir/a/b: its parent is not there" 'and message'
	ok 'and the next one is made' hdfsls -d "$dir/c"
	run hdfsmkdir -p "$dir/a/b" "$dir/a/b" "$dir/a"
	is "$status" 0 '-p: with its parents, and again'
	run hdfsmkdir "$dir/*"
	is "$(hdfsls "$dir" | sed 's|.*/||' | tr '\n' ' ')" '* a c ' 'no patterns here'
done
run hdfsmkdir -p "/tmp/$ID/10:15"
is "$status" 64 "a ':' in a name: status"
like "$err" "^hdfsmkdir: make directory: .*/10:15: HDFS allows no ':' in a name\$" 'and the reason'
run hdfsmkdir "file://$T/10:15"
is "$status" 0 'a local directory may have one'
run hdfsmkdir -p "/tmp/$ID/$(printf '\377')"
is "$status" 64 'a name that is not UTF-8'
like "$err" 'is not UTF-8' 'and the reason'
echo x >"$T/file"
upload "$T/file" "/tmp/$ID/file"
for file in "/tmp/$ID/file" "file://$T/file"; do
	run hdfsmkdir -p "$file"
	is "$status" 1 "$file: a file is in the way"
	run hdfsmkdir -p "$file/below"
	is "$status" 1 'also above'
done
ln -s nowhere "$T/link"
run hdfsmkdir "file://$T/link"
is "$status" 1 'a link to nowhere is in the way'
run hdfsmkdir -p "file://$T/link"
is "$status" 1 'with -p, too'
HADOOP_USER_NAME=someone run hdfsmkdir -p "/tmp/$ID/theirs"
is "$status" 77 'not allowed: status'
like "$err" '^hdfsmkdir: make directory: .*: permission denied: user=someone' 'and message'

run hdfsmkdir
is "$status" 64 'no operand'
run hdfsmkdir --parent-s /x
is "$status" 64 'no such option'
run hdfsmkdir "webhdfs://127.0.0.1:$(free_port)/x"
is "$status" 69 'nobody listens'

finish
