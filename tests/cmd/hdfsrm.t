#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
need_hdfs

dir=/tmp/$ID
trash=/user/$HADOOP_USER_NAME/.Trash/Current$dir
cleanup() { hdfsrm -r -f --skip-trash "$dir" "$trash*"; }
there() { hdfsls -d "$1" >/dev/null 2>&1; }
absent() { ! there "$1"; }
echo x >"$T/x"
hdfsmkdir -p "$dir/full/deep" "$dir/empty" "$dir/gone"
for f in a b c full/f; do upload "$T/x" "$dir/$f"; done

run hdfsrm -v "$dir/a"
is "$status" 0 'a file: status'
ok 'is no longer there' absent "$dir/a"
ok 'but in the trash' there "$trash/a"
like "$err" "moved to $trash/a\$" '-v: tells where'
upload "$T/x" "$dir/a"
run hdfsrm "$dir/a"
is "$status" 0 'again'
is "$(hdfsls "$trash" | grep -cE "$trash/a([0-9]{13})?\$")" 2 'the second one has the time behind its name'
is "$(cat "$err")" '' 'without a word'
run hdfsmv "$trash/a" "$dir/a"
is "$status" 0 'back from the trash'

run hdfsrm "$dir/full"
is "$status" 1 'a directory without -r: status'
like "$err" "^hdfsrm: remove: $dir/full: is a directory" 'and message'
run hdfsrm -r "$dir/full" "$dir/empty"
is "$status" 0 'with -r'
ok 'all of it is in the trash' there "$trash/full/deep"
run hdfsrm --skip-trash "$trash/full/f"
ok 'a file in the trash goes for good' absent "$trash/full/f"
run hdfsrm -R "$trash/full"
is "$status" 0 'a directory in the trash'
ok 'goes for good' absent "$trash/full"
run hdfsrm --skip-trash "$dir/b"
ok '--skip-trash: it goes' absent "$dir/b"
ok 'and is not in the trash' absent "$trash/b"
run hdfsrm -r "/user/$HADOOP_USER_NAME"
is "$status" 1 'what holds the trash: status'
like "$err" 'the trash lies in it' 'and message'

# In the trash, a file lies where a directory is needed.
upload "$T/x" "$dir/gone/x"
hdfsrm "$dir/gone/x"
hdfsrm -r --skip-trash "$trash/gone"
upload "$T/x" "$trash/gone"
upload "$T/x" "$dir/gone/y"
run hdfsrm -v "$dir/gone/y"
is "$status" 0 'a file in the way: status'
like "$err" "moved to /user/$HADOOP_USER_NAME/.Trash/Current/[0-9]{13}$dir/gone/y\$" 'and a place beside it'
hdfsrm -r --skip-trash "$(sed -n 's|.*moved to \(/user/[^/]*/.Trash/Current/[0-9]*\)/.*|\1|p' "$err")"

run hdfsrm "$dir/none" "$dir/c"
is "$status" 1 'what is not there: status'
like "$err" "^hdfsrm: look up: .*$dir/none: no such file" 'and message'
ok 'and the next one goes' absent "$dir/c"
run hdfsrm -f "$dir/none" "$dir/none*" "$dir/none/*" "$dir/a/none"
is "$status" 0 '-f: no error'
is "$(cat "$err")" '' 'and no message'
run hdfsrm -f "$dir/gone"
is "$status" 1 '-f and a directory without -r: status'
like "$err" "^hdfsrm: remove: $dir/gone: is a directory" 'and message'
ok 'it stays' there "$dir/gone"
run hdfsrm -r -f "/user/$HADOOP_USER_NAME"
is "$status" 1 '-f and what holds the trash: status'
like "$err" 'the trash lies in it' 'and message'

for root in / "$WEBHDFS_URL" "$WEBHDFS_URL/" /tmp/.. file:///; do
	run hdfsrm -r --skip-trash "$root"
	is "$status" 64 "the root, as $root"
done
HADOOP_USER_NAME=someone run hdfsrm -r --skip-trash "$dir"
is "$status" 77 'not allowed: status'
like "$err" 'permission denied: user=someone' 'and message'

mkdir -p "$T/l/d/e"
ln -s "$T/x" "$T/l/d/link"
run hdfsrm "file://$T/l/d"
is "$status" 1 'a local directory without -r'
run hdfsrm -r "file://$T/l/d"
is "$status" 0 'with -r'
ok 'it is gone' test ! -e "$T/l/d"
ok 'but not what a link led to' test -s "$T/x"

for option in --force --verbose; do
	ln -s nowhere "$T/l/dangling"
	run hdfsrm "$option" "file://$T/l/dangl*"
	is "$status" 0 "a link to nowhere, $option: status"
	ok 'goes' test ! -L "$T/l/dangling"
done
mkdir -p "$T/l/p/closed/in"
chmod 000 "$T/l/p/closed"
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
[ "$(id -u)" != 0 ] || chown -R 65534 "$T/l"
chmod 755 "$T"
run "${as_nobody[@]}" hdfsrm -r "file://$T/l/p"
is "$status" 77 'a directory that cannot be read: status'
like "$err" "^hdfsrm: remove: file://$T/l/p: permission denied\$" 'and message'
chmod 700 "$T/l/p/closed"

run hdfsrm
is "$status" 64 'no operand'
run hdfsrm --skiptrash /tmp/x
is "$status" 64 'no such option'
run hdfsrm "webhdfs://127.0.0.1:$(free_port)/x"
is "$status" 69 'nobody listens'

finish
