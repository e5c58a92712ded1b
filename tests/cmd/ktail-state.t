#!/usr/bin/env bash
# ktail over restarts: rotation while it was not running, and what the state file says.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 1

fresh() {
	rm -rf "${T:?}/d" state got
	mkdir "$T/d"
}
# again ARG…: read what is new into got, keep the status
again() { ktail --once --state state "$@" >>got 2>"$err" </dev/null; status=$?; }
# numbers N NAME: they are 1 … N, and no other
numbers() { seq 1 "$1" >want; same got want "$2"; }
copytruncate() {
	older d/a
	cp d/a d/a.1
	: >d/a
}

fresh
echo history >d/a.1
echo history >d/a-20250101
seq 1 20 >d/a
again d/a
numbers 20 'the first run begins with line 1'
seq 21 30 >>d/a
again d/a
numbers 30 'the second goes on'
again d/a
numbers 30 'and says nothing twice'
is "$status" 0 'status 0'
seq 31 35 >>d/a
rotate d/a
seq 36 40 >d/a
rotate d/a
seq 41 45 >d/a
rotate d/a
seq 46 50 >d/a
again d/a
numbers 50 'three rotations while it was not running'
is "$status" 0 'lose nothing'
again d/a
numbers 50 'and are known afterwards'
(cd d && ktail --once --state ../state a >>../got)
numbers 50 'from another directory the file is the same'
rotate d/a
again d/a
is "$status" 1 'no file has the name'
seq 51 55 >d/a
again d/a
numbers 55 'and then one has it again'

fresh
: >d/a
again d/a
seq 1 5 >>d/a
rotate d/a
seq 6 10 >d/a
rotate d/a
seq 11 15 >d/a
again d/a
numbers 15 'an empty file that is rotated is not forgotten'

fresh
again d/a
is "$status" 1 'a missing file'
seq 1 5 >d/a
rotate d/a
seq 6 10 >d/a
again d/a
numbers 10 'that comes and is rotated is not forgotten either'

fresh
seq 1 20 >d/a
again d/a
for n in 21 26 31; do
	seq "$n" $((n + 4)) >>d/a
	copytruncate
done
seq 36 40 >>d/a
again d/a
numbers 40 'three times copied and truncated'
is "$status" 0 'loses nothing that is known of'

fresh
seq 1 20 >d/a
again d/a
seq 21 25 >>d/a
mv d/a d/a.1
printf '26\n27\nunfin' >d/a
mv d/a.1 d/a-20260101
again d/a
numbers 27 'an unfinished line is held with --state'
printf 'ished\n' >>d/a
again d/a
is "$(tail -1 got)" unfinished 'and given whole by the next run'
printf 'end' >>d/a
mv d/a d/a.1
echo new >d/a
again d/a
is "$(tail -2 got)" "$(printf 'end\nnew')" 'a rotated file gets no end of its last line any more'

fresh
seq 1 20 >d/a
again d/a
ino=$(stat -c %i d/a)
rm d/a
# The freed inode comes round soon, unless another process is faster; writing over the
# file then leaves the very same thing behind.
for ((i = 0; i < 200; i++)); do
	seq 1001 1100 >"d/new$i"
	[ "$(stat -c %i "d/new$i")" != "$ino" ] || break
done
if [ -e "d/new$i" ]; then
	mv "d/new$i" d/a
else
	fresh
	seq 1 20 >d/a
	again d/a
	ino=$(stat -c %i d/a)
	seq 1001 1100 >d/a
fi
is "$(stat -c %i d/a)" "$ino" 'an inode is used again'
again d/a
{ seq 1 20; seq 1001 1100; } >want
same got want 'and is another file'
is "$status" 1 'the old one is gone: status'
like "$err" 'd/a: the file that was read up to byte 51 is gone' 'and message'

fresh
seq 1 20 >d/a
again d/a
mkdir elsewhere
cp d/a elsewhere/a
seq 21 25 >>elsewhere/a
rm d/a
mv elsewhere/a d/a
again d/a
numbers 25 'a copy in its place goes on where the original was'
is "$status" 0 'and nothing is lost'

fresh
echo '# header' >d/a
again d/a
seq 1 10 >>d/a
again d/a
mv d/a header
(echo '# header' && seq 101 200) >d/a
again d/a
cat header d/a >want
same got want 'a file that only begins with the same line is another'
is "$status" 1 'and the old one is gone'

fresh
seq 1 20 >d/a
again d/a
seq 21 30 >>d/a
rotate d/a
gzip d/a.1
seq 31 35 >d/a
again d/a
{ seq 1 20; seq 31 35; } >want
same got want 'a compressed file is not read'
is "$status" 1 'which is a loss'
like "$err" 'd/a.1.gz: 30 bytes lost: compressed' 'that is counted'
like "$err" 'ktail: lost: 30 bytes' 'and summed up'
again d/a
is "$status" 0 'once'

fresh
seq 1 20 >d/a
again d/a
cp d/a d/a.bak
rotate d/a
seq 21 25 >d/a
again d/a
numbers 25 'a copy of a file that was complete is not read'

fresh
seq 1 20 >d/a
again d/a
rotate d/a
gzip d/a.1
seq 21 25 >d/a
again d/a
numbers 25 'a file that was complete when it was compressed'
is "$status" 0 'is no loss'

fresh
echo a1 >d/a
echo b1 >d/b
again 'd/*'
echo b2 >>d/b
mv d/b d/c
again 'd/*'
echo b3 >>d/c
rm d/a
again 'd/*'
is "$(tr '\n' ' ' <got)" 'a1 b1 b2 b3 ' 'a pattern: a file that moves to another name goes on'

fresh
seq 1 20 >d/a
again -n 5 d/a
seq 21 25 >>d/a
again -n 5 d/a
is "$(head -1 got) $(wc -l <got)" '16 10' '-n counts only where no position is stored'
seq 1 3 >d/b
again d/b
seq 26 27 >>d/a
: >got
again d/a
is "$(tr '\n' ' ' <got)" '26 27 ' 'names that are not followed keep their positions'

# --- the directory is not there at first ---
fresh
seq 1 5 >d/a
again ./d/a
mv d away
ktail --state state ./d/a >>got 2>"$err" &
pid=$!
await 10 test -s "$err"
seq 6 10 >>away/a
mv away d
await 10 lines_in got 10
kill "$pid"
wait "$pid"
again ./d/a
numbers 10 'a directory that comes late is the one that was known'

fresh
ktail --state state ./d/sub/a >got 2>"$err" &
pid=$!
await 10 test -s "$err"
mkdir d/sub
seq 1 5 >d/sub/a
await 10 lines_in got 5
kill "$pid"
wait "$pid"
again ./d/sub/a
numbers 5 'and one that is new is known afterwards'

# --- the process ends in other ways ---
fresh
seq 1 300000 >d/a
ktail --state state d/a 2>/dev/null | head -c 600000 >part
is "${PIPESTATUS[0]}" 141 'the reader goes: SIGPIPE'
pos=$(grep -o ' [0-9]* current' state)
ok 'the position is one of what was written' test "${pos% current}" -ge 200000 -a "${pos% current}" -lt 2000000

fresh
seq 1 5 >d/a
sh -c 'exec ktail --state state d/a 2>/dev/null' >got &
pid=$!
await 10 lines_in got 5
seq 6 10 >>d/a
await 10 lines_in got 10
await 15 grep -q ' 21 current' state
ok 'the state is saved while it runs' grep -q ' 21 current' state
kill -KILL "$pid"
wait "$pid" 2>/dev/null
seq 11 15 >>d/a
again d/a
numbers 15 'killed when all had been saved: goes on there'

mkfifo fifo
fresh
seq 1 5 >d/a
ktail --state state d/a >fifo 2>"$err" &
pid=$!
head -5 <fifo >/dev/null
wait "$pid"
is $? 141 'an idle reader that goes is noticed'
is "$(cat "$err")" '' 'without a message'
ok 'after the state was saved' grep -q ' 10 current' state

fresh
mkdir d/kept
seq 1 5 >d/a
ktail --state d/kept/state d/a >got 2>"$err" &
pid=$!
await 10 lines_in got 5
rm -r d/kept
kill "$pid"
wait "$pid"
is $? 74 'the directory of the state has gone: status'
like "$err" '^ktail: state: d/kept/state.*: no such file' 'and message'

# --- the state file ---
for bad in '' garbage 'kpipe-tail 2' $'kpipe-tail 1\nx' $'kpipe-tail 1\n1-1-0 0 0 current /x'; do
	printf '%s\n' "$bad" >state
	run ktail --once --state state d/a
	is "$status" 78 "a state file that says '${bad//$'\n'/ }'"
	like "$err" '^ktail: state: state: ' 'and the message'
done
run ktail --once --state d/none/state d/a
is "$status" 78 'no directory for the state'
like "$err" '^ktail: state: d/none/: no such file' 'and the message'
run ktail --once --state state/none d/a
is "$status" 78 'what is no directory, for the state'
run ktail --once --state "$T" d/a
is "$status" 74 'a directory as state'
fresh
seq 1 3 >d/a
again d/a
cp state d/a.state
ktail --once --state d/a.state d/a 'd/a*' >got
is "$(cat got)" '' 'a state file among the files is not read'
printf '%s' $'x\ny\\' >"d/new
line\\"
again "d/new
line\\"
echo z >>"d/new
line\\"
again "d/new
line\\"
is "$(tail -n +1 got | tr '\n' ' ')" 'x y\z ' 'a name with a newline'
finish
