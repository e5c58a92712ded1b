#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
need_hdfs

cleanup() { hdfsrm -r --skip-trash "/tmp/$ID"; }
hdfsmkdir -p "/tmp/$ID/d"
mkdir "$T/d"
for f in a b c; do
	echo "$f" >"$T/d/$f"
	upload "$T/d/$f" "/tmp/$ID/d/$f"
done
all() { hdfsls -R "$dir" | sed "s|.* $dir/||" | tr '\n' ' '; }

for dir in "/tmp/$ID/d" "file://$T/d"; do
	run hdfsmv "$dir/a" "$dir/a b%41"
	is "$status" 0 "$dir: rename"
	is "$(hdfscat "$dir/a b%41")" a 'the bytes'
	run hdfsmv "$dir/b" "$dir/c"
	is "$status" 1 'onto a file: status'
	like "$err" "^hdfsmv: rename: .*exists" 'and message'
	is "$(hdfscat "$dir/c")" c 'nothing was replaced'
	hdfsmkdir "$dir/sub"
	run hdfsmv "$dir/none" "$dir/b" "$dir/sub"
	is "$status" 1 'into a directory, one not there: status'
	like "$err" "^hdfsmv: rename: .*/none: " 'and message'
	is "$(all)" 'a b%41 c sub sub/b ' 'and the others moved'
	run hdfsmv "$dir/c" "$dir/sub/b"
	is "$status" 1 'onto a file in a directory'
	run hdfsmv "$dir/c" "$dir/sub/b" "$dir/new"
	is "$status" 1 'several onto a name that is not there: status'
	like "$err" "^hdfsmv: rename: $dir/new: is no directory" 'and message'
	for target in "$dir/new" "$dir/c"; do
		run hdfsmv "$dir/[ac]*" "$target"
		is "$status" 1 "several matches onto ${target##*/}: status"
		is "$(cat "$err")" "hdfsmv: rename: $target: is no directory to move several files into" 'and message'
		is "$(all)" 'a b%41 c sub sub/b ' 'and none is moved'
	done
	run hdfsmv "$dir/c*" "$dir/new"
	is "$status-$(all)" '0-a b%41 new sub sub/b ' 'a single match is renamed'
	run hdfsmv "$dir/ne?" "$dir/c"
	run hdfsmv "$dir/{c,a*}" "$dir/sub"
	is "$(all)" 'sub sub/a b%41 sub/b sub/c ' 'patterns'
	run hdfsmv "$dir/sub" "$dir/other"
	is "$(all)" 'other other/a b%41 other/b other/c ' 'a directory'
	run hdfsmv "$dir/other" "$dir/other/in"
	like <(echo "$status") '^(1|74)$' 'a directory into itself'
	is "$(all)" 'other other/a b%41 other/b other/c ' 'stays'
	run hdfsmv "$dir/other/b" "$dir/no/where"
	is "$status" 1 'into a directory that is not there'
done
run hdfsmv "/tmp/$ID/d/other/b" "file://$T/b"
is "$status" 64 'to another store: status'
like "$err" 'lies in another store' 'and message'
run hdfsmv "/tmp/$ID/d/other/b" "/tmp/$ID/d/12:30"
is "$status" 64 "a ':' in the new name"
HADOOP_USER_NAME=someone run hdfsmv "/tmp/$ID/d/other/b" "/tmp/$ID/d/b"
is "$status" 77 'not allowed'

# Of many that rename to one name, one wins.
for i in 1 2 3 4 5 6 7 8; do upload "$T/d/other/b" "/tmp/$ID/race$i"; done
for i in 1 2 3 4 5 6 7 8; do
	(hdfsmv "/tmp/$ID/race$i" "/tmp/$ID/won" 2>/dev/null; echo $? >"$T/race$i") &
done
wait
is "$(cat "$T"/race? | sort | tr -d '\n')" 01111111 'a race has one winner'

run hdfsmv "file://$T/d/other/b" "file://$T/no/where"
like "$err" "^hdfsmv: rename: file://$T/no/where: no such file" 'what is not there is named'
run hdfsmv "file://$T/d/other/b" "file:///dev/shm/kpipe-$ID"
is "$status" 74 'onto another file system: status'
like "$err" 'lies on another file system: hdfscat | hdfsput copies' 'and message'

run hdfsmv /x
is "$status" 64 'one operand'
run hdfsmv --nonsense /x /y
is "$status" 64 'no such option'
nobody=webhdfs://127.0.0.1:$(free_port)
run hdfsmv "$nobody/x" "$nobody/y"
is "$status" 69 'nobody listens'

finish
