#!/usr/bin/env bash
# ktail with many files, long lines, much data, and files that may not be read.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 1
mkdir d
pid=

# fits PID KIB: it has never used more memory (a sanitizer's own is not ours to bound)
fits() { grep -q __asan_init "$BIN/ktail" || [ "$(peak "$1")" -lt "$2" ]; }
peak() { awk '/VmHWM/ { print $2 }' "/proc/$1/status"; }
asleep() { grep -q '^State:.S' "/proc/$1/status"; }

# --- 1,000 files ---
for i in {1..1000}; do echo "$i" >"d/f$i.log"; done
ktail d/*.log >got 2>"$err" &
pid=$!
await 10 lines_in got 1000
ok '1,000 files: a line of each' test "$(sort -nu got | wc -l)" = 1000
await 10 asleep "$pid"
for i in {1..1000}; do echo "$((i + 1000))" >>"d/f$i.log"; done
for i in {1..1000}; do
	mv "d/f$i.log" "d/f$i.log.1"
	echo "$((i + 2000))" >"d/f$i.log"
done
await 20 lines_in got 3000
sort -n got >sorted
seq 1 3000 >want
same sorted want 'all are rotated: every line once'
is "$(cat "$err")" '' 'and nothing is said'
ok 'in 16 MB' fits "$pid" 16384
kill "$pid"
wait "$pid"
is $? 0 'status 0'

# --- long lines ---
{
	echo first
	head -c 20000000 /dev/zero | tr '\0' x
	printf '\nlast\n'
} >long
ktail -n +1 long >got 2>"$err" &
pid=$!
await 20 cmp -s long got
same got long 'a line of 20 MB'
{
	head -c 3000000 /dev/zero | tr '\0' y
} >>long
echo other >>d/f1.log
printf 'z\nend\n' >>long
await 20 cmp -s long got
same got long 'a long line that comes in two parts'
ok 'in 8 MB' fits "$pid" 8192
kill "$pid"
wait "$pid"

# Lines longer than a buffer of several files do not mix.
for i in a b c; do
	for n in {1..20}; do
		head -c 300000 /dev/zero | tr '\0' "$i"
		echo "$n"
	done >"d/$i"
done
ktail --once -n +1 d/a d/b d/c >got
is "$(grep -cE '^(a+|b+|c+)[0-9]+$' got)" 60 'long lines of several files do not mix'
for i in a b c; do
	grep "^$i" got >one
	same one "d/$i" "and are in order: $i"
done

# --- a big file in a while others wait ---
seq 1 3000000 >big
ktail -n +1 big >got 2>"$err" &
pid=$!
await 20 lines_in got 3000000
seq 3000001 3000010 >>big
mv big big.1
seq 3000011 3000020 >big
await 10 lines_in got 3000020
cat big.1 big >want
same got want 'a backlog and then a rotation'
kill "$pid"
wait "$pid"

# A busy writer that rotates all the time.
rm -f d/a*
: >d/a
ktail -n +1 d/a >got 2>"$err" &
pid=$!
await 10 asleep "$pid"
for i in {1..200}; do
	seq $((i * 100 - 99)) $((i * 100)) >>d/a
	mv d/a "d/a.$i"
	: >d/a
done
await 20 lines_in got 20000
seq 1 20000 >want
same got want '200 rotations under load'
kill "$pid"
wait "$pid"

# The same with the position kept, and ktail killed and started again.
rm -f d/a*
: >d/a
ktail --once --state state d/a 2>"$err"
(for i in {1..200}; do
	seq $((i * 100 - 99)) $((i * 100)) >>d/a
	mv d/a "d/a.$i"
	: >d/a
done) &
writer=$!
: >got
while :; do
	gone "$writer" && done=yes || done=no
	ktail --state state d/a >>got 2>>"$err" &
	pid=$!
	await 10 asleep "$pid"
	kill "$pid"
	wait "$pid"
	[ "$done" = no ] || break
done
ktail --once --state state d/a >>got 2>>"$err"
same got want '200 rotations while it is stopped and started'

# --- not allowed for a while ---
chmod 755 "$T" d
seq 1 5 >d/secret
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
cp "$BIN/ktail" ktail
denied_twice() { [ "$(grep -c 'permission denied' "$err")" = 2 ]; }
for mode in '' '--poll -s 20ms'; do
	seq 1 5 >d/secret
	chmod 000 d/secret
	: >"$err"
	# shellcheck disable=SC2086 # two words
	"${as_nobody[@]}" ./ktail $mode d/secret >got 2>>"$err" &
	pid=$!
	await 10 grep -q 'permission denied' "$err"
	like "$err" '^ktail: open: d/secret: permission denied: waiting' "permission denied is said ${mode:-inotify}"
	chmod 644 d/secret
	await 10 lines_in got 5
	seq 6 10 >>d/secret
	await 10 lines_in got 10
	chmod 000 d/secret
	seq 11 15 >>d/secret
	await 10 lines_in got 15
	mv d/secret d/secret.1
	(umask 777; seq 16 20 >d/secret)
	await 10 denied_twice
	chmod 644 d/secret
	await 10 lines_in got 20
	kill "$pid"
	wait "$pid"
	seq 1 20 >want
	same got want "and when it is allowed, reading goes on ${mode:-inotify}"
	ok "said at most once each time ${mode:-inotify}" test "$(wc -l <"$err")" -le 2
	rm -f d/secret*
done

# What was read to its end and then may not be read for a while is known again.
chmod 777 d
rm -f d/state
: >got
as() { "${as_nobody[@]}" ./ktail --once --state d/state d/secret >>got 2>"$err"; }
seq 1 5 >d/secret
as
rotate d/secret
seq 6 10 >d/secret
as
chmod 000 d/secret.1
as
chmod 644 d/secret.1
rotate d/secret
seq 11 15 >d/secret
as
seq 1 15 >want
same got want 'a finished file that could not be read for a while is not read again'
rm -f d/secret*

# --- no descriptor is left for a look at the directory ---
limit() { prlimit --pid "$pid" --nofile="$1:"; }
holds() { find "/proc/$pid/fd" -lname "$T/$1" | grep -q .; }
only_holds() { ! holds "$1" && holds "$2"; }
seq 1 5 >d/full
ktail d/full >got 2>"$err" &
pid=$!
await 10 lines_in got 5
rotate d/full
seq 6 10 >d/full
await 20 only_holds d/full.1 d/full
limit 3
rotate d/full
seq 11 15 >d/full
await 10 grep -q 'too many' "$err"
is "$(cat "$err")" 'ktail: open: d/full: too many open files: trying again' 'no descriptor left is said'
limit 100
await 10 lines_in got 15
rotate d/full
seq 16 20 >d/full
await 10 lines_in got 20
kill "$pid"
wait "$pid"
is $? 0 'and is no loss'
seq 1 20 >want
same got want 'what could not be looked at is neither read again nor missed'

# --- an empty file is rotated, and left ---
: >d/empty
ktail -n +1 d/empty >got 2>"$err" &
pid=$!
await 10 holds d/empty
mv d/empty d/empty.1
: >d/empty
await 20 only_holds d/empty.1 d/empty
echo late >>d/empty.1
echo new >>d/empty
await 10 lines_in got 2
kill "$pid"
wait "$pid"
is "$(sort got)" $'late\nnew' 'a file that was empty when it was rotated is known again'

# --- a file is moved away, and left ---
seq 1 5 >d/moved
ktail d/moved >got 2>"$err" &
pid=$!
await 10 lines_in got 5
mv d/moved moved
seq 6 10 >d/moved
await 20 only_holds moved d/moved
echo late >>moved
await 10 test -s "$err"
kill "$pid"
wait "$pid"
is "$? $(head -n 1 "$err")" "1 ktail: d/moved: the file that was read up to byte 10 is gone: what followed is lost, if anything did" \
	'what is written to a file that nobody finds is a loss'

# --- looked at more rarely than a rotated file must be quiet ---
seq 1 5 >d/rare
exec 5>>d/rare
ktail -v --poll -s 6s d/rare >got 2>"$err" 5>&- &
pid=$!
await 10 lines_in got 5
rm d/rare
await 10 grep -q 'has gone' "$err"
seq 6 10 >&5
exec 5>&-
await 15 lines_in got 10
kill "$pid"
wait "$pid"
seq 1 10 >want
same got want 'a removed file that has grown since the last look is read to its end'

# --- a link in the path moves on, which no watch tells, and then events are lost ---
mkdir d/old d/next
ln -s old d/dir
seq 1 5 >d/old/a
ktail d/dir/a >got 2>"$err" &
pid=$!
await 10 lines_in got 5
await 10 asleep "$pid"
kill -STOP "$pid"
ln -sfn next d/dir
seq 6 10 >d/next/a
(
	cd d/old || exit
	seq -f a.%g "$(cat /proc/sys/fs/inotify/max_queued_events)" >../names
	xargs touch <../names
	xargs rm <../names
)
kill -CONT "$pid"
await 10 lines_in got 10
rotate d/next/a
seq 11 15 >d/next/a
await 10 lines_in got 15
kill "$pid"
wait "$pid"
seq 1 15 >want
same got want 'then the directory to which it leads is watched'

# --- the output beside the input ---
seq 1 5 >d/log
ktail -n +1 'd/log*' >d/log.out 2>"$err" &
pid=$!
await 10 lines_in d/log.out 5
mv d/log d/log.1
seq 6 10 >d/log
await 10 lines_in d/log.out 10
kill "$pid"
wait "$pid"
seq 1 10 >want
same d/log.out want 'the output is never read'
finish
