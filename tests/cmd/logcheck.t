#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"

lines() { for n in "$@"; do printf 'h - - [x] "GET /p?seq=%s HTTP/1.1" 200\n' "$n"; done; }

lines 0 1 2 3 >"$T/in"
run logcheck "$T/in"
is "$status" 0 'complete: status'
is "$(cat "$out")" '4 lines, 0 missing, 0 doubled, 0 out of order' 'complete: verdict'

lines 0 2 2 1 5 >"$T/in"
run_in "$T/in" logcheck
is "$status" 1 'incomplete: status'
is "$(cat "$out")" '5 lines, 2 missing, 1 doubled, 1 out of order' 'incomplete: verdict'

lines 3 1 2 0 >"$T/in"
run logcheck -u "$T/in"
is "$status" 0 'unordered is allowed'
run logcheck -u -n 5 "$T/in"
is "$status" 1 'a line lost at the end is seen with -n'
like "$out" '^4 lines, 1 missing' 'and counted'

lines 10 11 >"$T/in"
run logcheck -f 10 "$T/in"
is "$status" 0 'another first number'
run logcheck -n 2 "$T/in"
is "$status" 1 'numbers outside the range fail'
like "$err" '^logcheck: check: 2 lines: no number in the expected range' 'with a message'

lines 4600000000000000001 4600000000000000002 >"$T/in"
run logcheck -f 4600000000000000001 "$T/in"
is "$status $(cat "$out")" '0 2 lines, 0 missing, 0 doubled, 0 out of order' 'very high numbers'
lines 99999999999999999990 >"$T/in"
run logcheck -f 999999999999999990 "$T/in"
is "$status" 1 'a number that is too high is none'

printf 'no number here\nGET /?eseq=1\n' >"$T/in"
run logcheck "$T/in"
is "$status" 1 'lines without a number fail'

lines 0 1 >"$T/a"
lines 2 3 >"$T/b"
run logcheck "$T/a" - "$T/b" </dev/null
is "$(cat "$out")" '4 lines, 0 missing, 0 doubled, 0 out of order' 'several files are one input'
run logcheck "$T/a" "$T/none" "$T/b"
is "$status" 1 'a missing operand is remembered'
like "$err" '^logcheck: open: .*/none: no such file' 'and named'
like "$out" '^4 lines, 0 missing' 'and the others are read'

run logcheck /dev/null
is "$(cat "$out")" '0 lines, 0 missing, 0 doubled, 0 out of order' 'an empty input'
is "$status" 0 'is complete'

run logcheck -n 1x
is "$status" 64 'a bad number: status'
like "$err" 'wants a whole number' 'a bad number: message'
run logcheck --nonsense
is "$status" 64 'an unknown option'

logcheck "$T/a" >/dev/full 2>"$err"
is $? 74 'full disk: status'
like "$err" '^logcheck: write: standard output: no space left' 'full disk: message'

head -c 3000000 /dev/zero >"$T/long"
run logcheck "$T/long"
is "$status" 1 'a very long line is one line'
like "$out" '^1 lines' 'and counted once'

# A signal.
mkfifo "$T/pipe"
logcheck -u <"$T/pipe" >"$out" 2>"$err" & job=$!
exec 7>"$T/pipe"
await 10 heeds "$job"
kill -TERM "$job"
lines 1 0 >&7
exec 7>&-
wait "$job"
is "$? $(cat "$out")" '0 2 lines, 0 missing, 0 doubled, 0 out of order' 'SIGTERM: reads on to the end, and gives its verdict'

finish
