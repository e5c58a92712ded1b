#!/usr/bin/env bash
# ktail -E: a framed stream, from positions that somebody else keeps.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_tools unframe
cd "$T" || exit 1

fresh() {
	rm -rf "${T:?}/d" pos got lines
	mkdir d
	: >got
	printf '.\n' >pos
}
# again FILE…: what is new into got, its control lines into lines
again() {
	ktail -E --once --from pos "$@" 2>"$err" >stream
	status=$?
	unframe -c <stream >lines
	unframe -r -s pos <stream >>got
	sink=$?
}
numbers() { seq 1 "$1" >want; same got want "$2"; }
# controls: the control lines without the names of files and batches
controls() { awk '{ print $1, $1 == "R" ? $4 : $1 == "A" ? $4 : $1 == "E" ? $2 : $4 "-" $5 }' lines | tr '\n' ' '; }
# follow FILE…: run it, its lines into got and positions into pos when it ends
follow() {
	rm -f fifo
	mkfifo fifo
	tee -a stream <fifo | unframe -r -s pos >>got 2>"$T/sink.err" &
	reader=$!
	: >stream
	ktail -E --from pos "$@" >fifo 2>"$err" &
	pid=$!
}
# follow_rotated: it follows d/a, which has come after another that is done
follow_rotated() {
	fresh
	seq 1 10 >d/a
	follow d/a
	await 10 lines_in got 10
	rotate d/a
	seq 11 20 >d/a
	await 10 lines_in got 20
	await 20 said 'R.*done'
}
leave() {
	kill "$pid"
	wait "$pid"
	status=$?
	wait "$reader"
	sink=$?
	unframe -c <stream >lines 2>/dev/null
}
# said KIND…: the stream has such control lines by now
said() { unframe -c <stream 2>/dev/null | grep -q "^$1"; }
asleep() { grep -q "^State:.S" "/proc/$1/status"; }
two_done() { [ "$(unframe -c <stream 2>/dev/null | grep -c 'R.*done')" = 2 ]; }
old() { touch -d "-$1 minutes" "$2"; }

# --- a first run ---
fresh
echo history >d/a.1
old 1 d/a.1
seq 1 10 >d/a
again d/a
numbers 10 'without positions: line 1 of the file that has the name'
is "$(controls)" 'A 0 B 0-21 E 0 ' 'the shard is assigned, the batch, the end'
is "$status $sink" '0 0' 'both end well'
like lines "^A file $(stat -c %i d/a)-21-[0-9a-f]{16} 0$" 'a shard is the identity of a file'
ktail -E --once d/a >other
is "$(unframe -c <other | tail -n +2)" "$(tail -n +2 lines)" 'no list is the same as an empty one'
again d/a
is "$(controls)" 'A 21 E 0 ' 'then nothing is new'
seq 11 15 >>d/a
ktail -E --once --from - d/a <pos >stream
unframe -r <stream >>got
numbers 15 'positions from standard input'

fresh
: >d/a
again d/a
is "$(controls)" 'E 0 ' 'an empty file is no shard yet'

# --- every position ---
fresh
for i in {1..12}; do printf '%*d\n' $((i % 4 + 1)) "$i"; done >d/a
again d/a
id=$(awk '/^A/ { print $3 }' lines)
bad=0 at=0
while IFS= read -r line; do
	at=$((at + ${#line} + 1))
	printf 'file %s %d\n.\n' "$id" "$at" >pos
	ktail -E --once --from pos d/a | unframe -r >rest
	tail -c +$((at + 1)) d/a | cmp -s - rest || bad=$((bad + 1))
done < <(cat d/a)
is "$bad" 0 'from each line on'
printf 'file %s 0\n.\n' "$id" >pos
again d/a
same got <(cat d/a d/a) 'from the first byte on'

# --- rotation ---
fresh
echo history >d/a.1
old 1 d/a.1
seq 1 20 >d/a
again d/a
seq 21 25 >>d/a
rotate d/a
seq 26 30 >d/a
rotate d/a
seq 31 35 >d/a
rotate d/a
seq 36 40 >d/a
again d/a
numbers 40 'three rotations while it was not running'
is "$(grep -c '^A' lines)" 4 'a shard each'
again d/a
numbers 40 'and are known afterwards'
rotate d/a
seq 41 45 >d/a
rotate d/a
again d/a
numbers 45 'no file has the name'
is "$status" 1 'which is said'
seq 46 50 >d/a
again d/a
numbers 50 'and then one has it again'

fresh
seq 1 20 >d/a
again d/a
cp d/a d/a.bak
rotate d/a
seq 21 25 >d/a
again d/a
numbers 25 'a copy of a file is not read'

fresh
seq 1 10 >d/a
again d/a
rotate d/a
seq 11 15 >d/a
rotate d/a
seq 16 20 >d/a
old 2 d/a.1 # late lines went to the older file
again d/a
numbers 20 'a file last written before the older one'

# --- done and gone ---
follow_rotated
leave
is "$(controls)" 'A 0 B 0-21 A 0 B 0-30 R done E 0 ' 'a rotated file that is quiet is done'
is "$status $sink" '0 0' 'SIGTERM: a clean end'
is "$(grep -c ' done$' pos)" 1 'the list tells so'
again d/a
is "$(controls)" 'A 30 E 0 ' 'a done file is not assigned again'
echo late >>d/a.1
again d/a
is "$(tail -n 1 got) $(grep -c '^A' lines)" 'late 2' 'unless it has grown'
rotate d/a
seq 21 22 >d/a
again d/a
old 1 d/a.1
old 1 d/a.2
again d/a
rm d/a d/a.1 d/a.2
again d/a
is "$status $sink" '65 65' 'a file vanishes that was not done'
like "$err" '^ktail: continue: [0-9a-f-]+: the file has vanished and was not read behind byte [0-9]+: put it back' \
	'which is said with what to do'
is "$(controls)" 'E 65 ' 'and nothing else'
sed -i '/ done$/!s/^file .*/& done/' pos
: >d/a
again d/a
is "$status" 0 'it can be given up by hand'
is "$(grep -c '^R.*gone' lines)" 2 'the vanished ones are gone'
is "$(grep -c ' done$' pos) $(wc -l <pos)" '1 2' 'but for one, which stays until there is another'
again d/a
is "$(controls | sed 's/[0-9]\+/N/')" 'A N R done E 0 ' 'also over a restart'
echo new >>d/a
again d/a
is "$(controls | sed 's/[0-9]\+/N/') $(wc -l <pos)" 'A N R done A 0 R gone B 0-4 E 0  2' 'then it is gone, too'

follow_rotated
rm d/a.1
await 20 said 'R.*gone'
rotate d/a
rm d/a.1
await 20 two_done
seq 21 25 >d/a
await 10 lines_in got 25
leave
is "$(controls)" 'A 0 B 0-21 A 0 B 0-30 R done R gone R done A 0 R gone B 0-15 E 0 ' \
	'files vanish while it runs, the last one when there is another'

# The list must not become empty: then what was rotated would be history at the next start.
follow_rotated
rm d/a d/a.1
await 20 two_done
leave
is "$(grep -c ' done$' pos) $(wc -l <pos)" '1 2' 'of files that are all gone one position is left'
seq 21 25 >d/a
rotate d/a
seq 26 30 >d/a
again d/a
numbers 30 'what is rotated after that is read'

fresh
echo history >d/a.old
old 2 d/a.old
gzip -c d/a.old >d/a.2.gz
seq 1 10 >d/a
follow d/a
await 10 lines_in got 10
mv d/a d/a.1
: >d/a
gzip d/a.1
await 20 said 'R.*done'
leave
again d/a
is "$status $(cat "$err")" '0 ' 'a packed file is known by its length: what is older is no loss'
seq 11 20 >>d/a
mv d/a d/a.1
seq 21 30 >d/a
again d/a
numbers 30 'nor read, but what is younger is'
is "$status $(cat "$err")" '0 ' 'nothing is told'

follow_rotated
prlimit --pid "$pid" --nofile=3:
: >d/a.new
await 10 grep -q 'too many' "$err"
leave
is "$(controls)" 'A 0 B 0-21 A 0 B 0-30 R done E 0 ' 'what could not be looked at is not gone'

fresh
seq 1 10 >d/a
again d/a
rotate d/a
old 1 d/a.1
seq 11 20 >d/a
follow d/a
await 10 lines_in got 20
leave
numbers 20 'a file that was complete and rotated while it was not running'
is "$(controls)" 'A 21 R done A 0 B 0-30 E 0 ' 'is done at once'

# --- whose a vanished file was, the list does not tell ---
vanished='file 8390-1024-97e6f1d3c54b8a20 2048 done'
fresh
echo history >d/b.1
old 1 d/b.1
seq 1 10 >d/a
again d/a
sed -i "1i $vanished" pos
: >d/b
again d/a d/b
numbers 10 'what was written before a listed file was made is not read for a new name'

fresh
seq 1 10 >d/a
again d/a
sed -i "1i $vanished" pos
seq 11 15 >d/b.1
seq 16 20 >d/b
again d/a d/b
numbers 20 'what was written since is'

fresh
seq 1 10 >d/a
again d/a
seq 11 20 >>d/a
rotate d/a
seq 21 30 >d/a
rotate d/a
seq 31 40 >d/a
echo 0 >d/b
printf '.\n' >other
ktail -E --once d/b | unframe -s other >"$out"
sed -i "1i $(sed 1q pos)" other
mv other pos
again d/a d/b
numbers 40 'a file that was rotated before another name was listed is read'

# --- an inode is used again ---
fresh
seq 1 20 >d/a
again d/a
seq 1001 1100 >d/a # the same inode, as after rm
again d/a
is "$status" 65 'an inode is used again: the old file has vanished'
sed -i 's/^file .*/& done/' pos
again d/a
is "$(controls)" 'A 51 R done A 0 R gone B 0-500 E 0 ' 'and is another shard'

# --- a copy takes the place of a file ---
fresh
seq 1 10 >d/a
follow d/a
await 10 lines_in got 10
seq 1 20 >d/new
mv d/new d/a
await 10 lines_in got 20
leave
is "$(controls)" 'A 0 B 0-21 A 21 R done B 21-51 E 0 ' 'it is another shard, which begins where the old one ended'
seq 21 25 >>d/a
again d/a
numbers 25 'and is known after a restart'

# --- copytruncate ---
fresh
seq 1 20 >d/a
follow d/a
await 10 lines_in got 20
cp d/a d/a.1
: >d/a
seq 21 25 >>d/a
await 10 lines_in got 25
await 20 said R
leave
numbers 25 'copied and truncated'
is "$(controls)" 'A 0 B 0-51 A 0 B 0-15 R done E 0 ' 'the copy is done when it is quiet'
is "$status" 0 'nothing was lost'

fresh
seq 1 20 >d/a
follow d/a
await 10 lines_in got 20
printf unfinished >>d/a
: >d/a
await 10 said R
seq 21 25 >>d/a
await 10 lines_in got 25
leave
is "$(controls)" 'A 0 B 0-51 R done A 0 R gone B 0-15 E 0 ' 'truncated without a copy'
numbers 25 'whole lines are all there'

fresh
seq 1 20 >d/a
follow d/a
await 10 lines_in got 20
: >d/a
await 10 said R
leave
seq 21 25 >>d/a
rotate d/a
seq 26 30 >d/a
again d/a
numbers 30 'and rotated before it is started again'

fresh
seq 1 20 >d/a
follow d/a
await 10 lines_in got 20
await 10 asleep "$pid"
kill -STOP "$pid"
cp d/a d/a.1
: >d/a
gzip d/a.1
seq 21 25 >>d/a
kill -CONT "$pid"
await 10 lines_in got 25
leave
again d/a
numbers 25 'truncated, the copy compressed before the next look'
is "$status" 0 'and started again'

fresh
seq 1 20 >d/a
again d/a
for n in 21 26 31; do
	seq "$n" $((n + 4)) >>d/a
	for i in 3 2 1; do [ ! -e "d/a.$i" ] || mv "d/a.$i" "d/a.$((i + 1))"; done
	cp d/a d/a.1
	: >d/a
done
seq 36 40 >>d/a
again d/a
numbers 40 'three times copied and truncated while it was not running'

fresh
echo '# header' >d/a
again d/a
seq 1 10 >>d/a
again d/a
mv d/a away
(echo '# header' && seq 101 200) >d/a
again d/a
is "$status $sink" '65 65' 'what only begins with the same line is no copy'

fresh
seq 1 20 >d/a
again d/a
seq 30 35 >d/a
again d/a
is "$status $sink" '65 65' 'truncated without a copy while it was not running'

# The same first line each time: the identities do not differ.
fresh
echo '# header' >d/a
follow d/a
await 10 lines_in got 1
seq 1 5 >>d/a
await 10 lines_in got 6
cp d/a d/a.1
: >d/a
await 10 asleep "$pid"
echo '# header' >>d/a
await 10 lines_in got 7
leave
is "$sink" 0 'a new file that begins as the old one takes its identity over'
like <(controls) 'R done R gone A 0 B 0-9 E 0' 'when that is done'

# --- a last line without newline ---
fresh
printf '1\n2' >d/a
again d/a
is "$(controls)" 'A 0 B 0-2 B 2-3 E 0 ' 'at --once it is a batch of its own'
like lines '^B file [^ ]* 2 3 1 2$' 'one byte longer than its place'
numbers 2 'with a newline'
printf '3' >>d/a
rotate d/a
old 1 d/a.1
seq 4 5 >d/a
follow d/a
await 10 lines_in got 5
leave
numbers 5 'a rotated file gets no end of its last line any more'

# --- long lines ---
fresh
{
	echo 1
	head -c 3000000 /dev/zero | tr '\0' x
	printf '\n3\n4\n'
} >d/a
again d/a
same got d/a 'a line of 3 MB'
like lines ' 3000001$' 'is one batch'
rm d/a
{
	echo 1
	head -c 67108863 /dev/zero | tr '\0' x
	printf '\n3\n'
	head -c 67108864 /dev/zero | tr '\0' x
	printf '\n5\n'
} >d/b
printf '.\n' >pos
: >got
again d/b
is "$(wc -lc <got | tr -s ' ')" ' 3 67108868' 'a line of 64 MiB'
is "$status $sink" '65 65' 'the next is longer'
like "$err" '^ktail: read: d/b: the line at byte 67108868 is longer than 64 MiB' 'which is said'
rm d/b

# --- several files ---
fresh
seq 1 10 >d/a
seq 11 20 >d/b
again d/a d/b
sort -n got >sorted
seq 1 20 >want
same sorted want 'two files'
rotate d/a
seq 21 25 >d/a
seq 26 30 >>d/b
again d/a d/b
sort -n got >sorted
seq 1 30 >want
same sorted want 'one of them rotated'
echo 31 >d/c
mv d/b d/e
again 'd/[!a]' d/a
sort -n got >sorted
seq 1 31 >want
same sorted want 'another name, by a pattern'

fresh
for i in a b; do seq 1 5 >"d/$i.log"; done
again 'd/*.log'
seq 6 10 | tee -a d/a.log >>d/b.log
mv d/a.log d/a.log.1
mv d/b.log d/b-20260101.log
again 'd/*.log'
sort -n got | uniq -c | awk '{ print $1 }' | uniq -c >sorted
is "$(tr -s ' ' <sorted)" ' 10 2' 'files whose names, which a pattern gave, led to nothing'
is "$sink" 0 'are found'

# --- killed ---
fresh
seq 1 200000 >d/a
for i in {1..5}; do
	ktail -E --from pos d/a 2>"$err" | { head -c $((i * 90001)); kill -KILL "$(pgrep -P $$ -x ktail)"; } >stream 2>/dev/null
	unframe -r -s pos <stream >>got 2>/dev/null
	sink=$?
	[ "$sink" = 75 ] || break
done
is "$sink" 75 'killed in the middle of a frame: no clean end'
again d/a
numbers 200000 'and every line once'

fresh
seq 1 600000 >d/a # more than the pipe holds
{ { ktail -E --once d/a; echo $? >status; } | unframe -r -k 2; } >/dev/null 2>&1
is "$(cat status)" 141 'the sink is killed: SIGPIPE'
again d/a
numbers 600000 'it starts where the sink is'

fresh
seq 1 10 >d/a
mkfifo pipe
ktail -E d/a >pipe 2>"$err" &
pid=$!
head -c 100 <pipe >/dev/null
wait "$pid"
is $? 141 'an idle one notices that its reader has gone'
is "$(cat "$err")" '' 'quietly'

# --- wrong lists and options ---
fresh
seq 1 10 >d/a
again d/a
cp pos good
head -n 1 good >pos
ktail -E --once --from pos d/a >stream 2>"$err"
is "$?" 75 'a list without its dot'
unframe <stream >"$out" 2>&1
is "$?" 75 'is no end for the sink'
for bad in 'file x 1' 'retaildg 0 1' 'file 1-0-0000000000000000 1' "$(sed 1q good)"$'\n'"$(sed 1q good)" 'file 1'; do
	printf '%s\n.\n' "$bad" >pos
	ktail -E --once --from pos d/a >stream 2>"$err"
	is "$?" 65 "a list that says '${bad//$'\n'/ }'"
	like "$err" '^ktail: read positions: ' 'and the message'
	unframe <stream >"$out" 2>&1
	is "$?" 65 'the sink hears it'
done
run ktail -E --once --from d/none d/a
is "$status" 78 'a list that does not exist'
run ktail -E --once d/none
is "$status" 1 'a file that does not exist'
for args in '-E --state s' '-E -n 1' '-E -c 1' '-E -f' '--from pos'; do
	# shellcheck disable=SC2086 # words
	run ktail $args d/a
	is "$status" 64 "$args"
	like "$err" '^ktail: (-E|--from) ' 'and why'
done
run ktail -E -
is "$status" 64 'standard input has no positions'
run sh -c 'ktail -E --once d/a >/dev/full'
is "$status" 74 '/dev/full'

as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 755 "$T" d
chmod 644 good
cp "$BIN/ktail" ktail
chmod 000 d/a
run "${as_nobody[@]}" ./ktail -E --once --from good d/a
is "$status" 77 'a listed file that may not be read'
finish
