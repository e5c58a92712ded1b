#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$T" || exit 1
pid=
mode=()

# start ARG…: a ktail in the background that writes to $T/got and says to $err
start() {
	: >got
	: >"$err"
	ktail "${mode[@]}" "$@" >>got 2>>"$err" </dev/null &
	pid=$!
}
# start_blocked ARG…: the same into a pipe that nobody reads yet, from descriptor 7
start_blocked() {
	rm -f pipe
	mkfifo pipe
	exec 7<>pipe
	: >"$err"
	ktail "${mode[@]}" "$@" >pipe 2>"$err" </dev/null 7<&- &
	pid=$!
	await 10 blocked "$pid"
	exec 8<pipe 7<&8 8<&-
}
# stop: by SIGTERM; its status is in $status
stop() {
	kill -TERM "$pid"
	wait "$pid"
	status=$?
}
# has N NAME: N lines have come; numbers N NAME: they are 1 … N, and no other
has() { await 10 lines_in got "$1" || _not "$2: lines come" "$(tail -3 got)" "$(cat "$err")"; }
numbers() {
	has "$1" "$2"
	stop
	seq 1 "$1" >want
	same got want "$2"
}
fresh() {
	rm -rf "${T:?}/d" state
	mkdir "$T/d"
}

# --- what is printed at first ---
fresh
seq 1 20 >d/a
run ktail --once d/a
is "$(cat "$out")" "$(seq 11 20)" 'the last 10 lines by default'
for n in 0 1 3 20 50 +1 +3 +20 +21 +50 -4; do
	is "$(ktail --once -n "$n" d/a)" "$(tail -n "$n" d/a)" "-n $n is as tail has it"
	is "$(ktail --once -c "$n" d/a)" "$(tail -c "$n" d/a)" "-c $n is as tail has it"
done
printf '%s' 21 >>d/a
is "$(ktail --once -n 2 d/a)" "$(tail -n 2 d/a)" 'an unfinished line counts as the last'
ktail --once -n 2 d/a >got
is "$(wc -c <got)" 5 'and is given as it is'
is "$(ktail --once -n 0 d/a)" '' 'but it is none of the last 0'
echo x >d/b
is "$(ktail --once -n 1 d/a d/b)" "$(printf '21\nx')" 'but does not run into the next file'
: >d/empty
is "$(ktail --once d/empty)" '' 'an empty file'
seq 1 300000 >d/big
for n in 1 29999 299999 300000 +150000; do
	ktail --once -n "$n" d/big >got
	tail -n "$n" d/big >want
	same got want "-n $n of many lines"
done
printf 'a\0b\r\n\n\377\n' >d/bytes
ktail --once d/bytes >got
same got d/bytes 'NUL, CR, an empty line and bytes that are no text'

# --- operands ---
run ktail
is "$status" 64 'no FILE: status'
run ktail -n 1x d/a
is "$status" 64 'a bad number'
run ktail --nonsense d/a
is "$status" 64 'an unknown option'
run ktail --once d/none d/b
is "$status" 1 '--once and a missing file: status'
is "$(cat "$out")" x 'the others are given'
like "$err" '^ktail: open: d/none: no such file' 'and it is named'
run ktail --once 'd/none*' d/b
is "$status" 1 '--once and a pattern that matches nothing: status'
is "$(cat "$out")" x 'the files are given'
is "$(cat "$err")" 'ktail: open: d/none*: no file matches' 'and it is told'
run ktail -f d/none
is "$status" 1 '-f and a missing file'
run ktail --once d
is "$status" 1 'a directory: status'
like "$err" 'not a regular file' 'a directory: message'
mkfifo d/fifo
run ktail --once d/fifo
is "$status" 1 'a fifo does not hang it'
run_in d/b ktail -
same "$out" d/b 'standard input is copied'
run_in d/b ktail --once - d/b
is "$(cat "$out")" "$(printf 'x\nx')" 'and then the files'
run_in d ktail --once - d/b
is "$status $(cat "$out")" '74 x' 'standard input is a directory: the files are still given'
like "$err" '^ktail: read: standard input: is a directory' 'and it is told'
ktail --once d/big >/dev/full 2>"$err"
is $? 74 'full disk: status'
like "$err" '^ktail: write: standard output: no space left' 'full disk: message'
ktail -n +1 d/big 2>"$err" | head -1 >got
is "${PIPESTATUS[0]} $(cat got "$err")" '141 1' 'a closed reader ends it without a message'
ktail --help >/dev/full 2>/dev/null
is $? 74 '--help into a full disk'
is "$(cd d && ktail --once '[ab]' | wc -l)" 11 'a pattern is expanded'

fresh
truncate -s 1T d/a
reads_on() { [ "$(awk '/rchar/ { print $2 }' "/proc/$pid/io")" -gt 10000000 ]; }
start --once -n +1 d/a
await 10 reads_on
kill -TERM "$pid"
ok 'SIGTERM ends it in a line that has no end' await 5 gone "$pid"
kill -KILL "$pid" 2>/dev/null
wait "$pid"

following() {
	local m="(${mode[*]:-inotify})"

	fresh
	seq 1 5 >d/a
	start d/a
	has 5 "first $m"
	seq 6 10 >>d/a
	has 10 "append $m"
	printf 1 >>d/a
	mv d/a d/a.1
	seq 12 20 >d/a
	has 19 "held $m"
	printf '1\n' >>d/a.1
	has 20 "late $m"
	stop
	sort -n got >sorted
	seq 1 20 >want
	same sorted want "a line is held until it is complete, even in the rotated file $m"
	is "$status" 0 "SIGTERM: status 0 $m"

	fresh
	start -v d/a
	await 10 grep -q 'no such file' "$err"
	seq 1 5 >d/a
	has 5 "appear $m"
	rm d/a
	await 10 grep -q 'has gone' "$err"
	seq 6 10 >d/a
	numbers 10 "a file that appears late, is deleted and made again $m"

	fresh
	start d/sub/a
	await 10 grep -q 'no such file' "$err"
	mkdir d/sub
	seq 1 5 >d/sub/a
	has 5 "directory $m"
	rm -r d/sub
	mkdir d/sub
	seq 6 10 >d/sub/a
	numbers 10 "a directory that appears late and is made again $m"

	fresh
	seq 1 5 >d/a
	start d/a
	has 5 "burst $m"
	kill -STOP "$pid"
	seq 6 5000 >>d/a
	mv d/a d/a.1
	seq 5001 6000 >d/a
	mv d/a.1 d/a.2
	mv d/a d/a.1
	seq 6001 7000 >d/a
	kill -CONT "$pid"
	numbers 7000 "a burst and two rotations at once $m"

	fresh
	seq 1 5 >d/a
	echo history >d/a.1
	echo foreign >d/a.old
	start d/a
	has 5 "history $m"
	seq 6 10 >>d/a
	cp d/a d/a.bak
	mv d/a.1 d/a.2
	mv d/a d/a.1
	seq 11 15 >d/a
	numbers 15 "siblings that were there before are not read $m"

	fresh
	seq 1 5 >d/a
	start -v d/a
	has 5 "copytruncate $m"
	cp d/a d/a.1
	: >d/a
	await 10 grep -q truncated "$err"
	seq 6 10 >>d/a
	numbers 10 "copytruncate $m"
	like "$err" 'd/a: truncated after byte 10: ' "is said $m"
	is "$status" 0 "and is no known loss $m"

	fresh
	seq 1 5 >d/a
	start d/a
	has 5 "unread $m"
	kill -STOP "$pid"
	seq 6 100 >>d/a
	cp d/a d/a.1
	: >d/a
	seq 101 110 >>d/a
	mv d/a.1 d/a.2
	cp d/a d/a.1
	: >d/a
	seq 111 1000 >>d/a
	kill -CONT "$pid"
	numbers 1000 "copytruncate twice before a look: the copies are read $m"

	fresh
	seq 1 5 >d/a
	start d/a
	has 5 "cut $m"
	kill -STOP "$pid"
	seq 6 100 >d/a
	kill -CONT "$pid"
	numbers 100 "truncated and rewritten longer between two looks $m"
	like "$err" 'd/a: truncated' "is said $m"

	fresh
	seq 1 5 >d/a
	printf unfinished >>d/a
	start d/a
	has 5 "torn $m"
	: >d/a
	await 10 grep -q truncated "$err"
	seq 6 10 >>d/a
	numbers 10 "an unfinished line that is truncated $m"
	is "$status" 1 "is a loss $m"
	like "$err" 'ktail: lost: 10 bytes' "and counted $m"

	fresh
	seq 1 5 >d/a
	start d/a
	has 5 "replaced $m"
	seq 1 10 >d/new
	mv d/new d/a
	has 10 "replaced by a copy that is longer $m"
	seq 11 15 >>d/a
	numbers 15 "a copy in the place of the file goes on where that was $m"

	fresh
	seq 1 5 >d/one
	seq 6 10 >d/two
	ln -s one d/link
	start d/link
	has 5 "link $m"
	ln -s two d/new
	mv -T d/new d/link
	has 10 "moved $m"
	mv d/two d/two.1
	seq 11 15 >d/two
	numbers 15 "a link that moves, and a target that is rotated $m"

	fresh
	start 'd/*.log'
	await 10 test -s "$err"
	seq 1 3 >d/x.log
	has 3 "glob $m"
	is "$(cat "$err")" 'ktail: open: d/*.log: no file matches: waiting for one' "a pattern without files is told $m"
	seq 4 6 >d/y.log
	has 6 "glob, second $m"
	seq 7 9 >>d/x.log
	has 9 "glob, append $m"
	mv d/y.log d/z.log
	seq 10 12 >>d/z.log
	numbers 12 "a pattern takes up files as they appear, and none twice $m"

	fresh
	seq 1 3 >d/a
	echo b >d/b
	start d/a d/b
	has 4 "two $m"
	mv d/a d/b
	seq 4 6 >d/a
	has 7 "two, renamed $m"
	seq 7 9 >>d/b
	has 10 "two, append $m"
	stop
	is "$(grep -v b got | sort -n | tr '\n' ' ')" '1 2 3 4 5 6 7 8 9 ' "one name takes another's file $m"

	fresh
	seq 1 5 >d/a
	start -f d/a
	has 5 "descriptor $m"
	mv d/a d/b
	echo no >d/a
	seq 6 10 >>d/b
	has 10 "descriptor, moved $m"
	seq 11 12 >d/b
	numbers 12 "-f stays with the file, and sees it truncated $m"

	fresh
	head -c 3000000 /dev/zero | tr '\0' x >d/a
	echo >>d/a
	start_blocked -f -n +1 d/a
	: >d/a
	cat <&7 >got &
	await 10 grep -q truncated "$err"
	kill -TERM "$pid"
	ok "-f, truncated inside a long line: SIGTERM ends it $m" await 10 gone "$pid"
	kill -KILL "$pid" 2>/dev/null
	wait
	exec 7<&-
}

mode=()
following
mode=(--poll -s 20ms)
following
mode=()
finish
