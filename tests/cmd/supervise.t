#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
supervise=$ROOT/scripts/supervise

run "$supervise" 'true | true'
is "$status" 0 'all 0: done'
run "$supervise" '(exit 65) | (exit 75)'
is "$status" 65 'a 65 is not hidden behind a 75'
like "$err" '^supervise: ended with 65 75: stopped' 'and said'
for s in 64 70 77 78 74 1; do
	run "$supervise" "true | (exit $s) | true"
	is "$status" "$s" "$s stops"
done
run "$supervise" no-such-command-here
is "$status" 127 'a command that is not there stops'

for s in 69 75; do
	echo 0 >"$T/runs"
	run "$supervise" -p 0 "n=\$((\$(cat '$T/runs') + 1)); echo \$n >'$T/runs'; [ \$n -ge 3 ] || (exit $s) | true"
	is "$status $(cat "$T/runs")" '0 3' "$s is run again until it works"
done
echo 0 >"$T/runs"
run "$supervise" -p 0 "n=\$((\$(cat '$T/runs') + 1)); echo \$n >'$T/runs'; [ \$n -ge 2 ] || sh -c 'kill -9 \$\$' | true"
is "$status $(cat "$T/runs")" '0 2' 'death by a signal is run again'

# The shell of the line is killed, and not its programs.
run "$supervise" -p 08 "[ ! -e '$T/again' ] || exit 3; >'$T/again'; sleep 600 & echo \$! >'$T/left'; kill -9 \$\$"
is "$status" 64 'a shell that is killed is run again, one that does not run the line is not'
like "$err" '^supervise: ended with 75: again in 1 s' 'and said'
ok 'what is left of the first run is ended' await 10 gone "$(cat "$T/left")"

# SIGTERM reaches every program of the line, and supervise waits for them.
for signal in TERM HUP; do
	rm -f "$T/up" "$T/up2" "$T/told"
	"$supervise" "sh -c 'trap \"echo one >>$T/told; kill -9 \\\$!; exit 0\" TERM; tail -f /dev/null >/dev/null & echo >$T/up; wait' |
		sh -c 'trap \"\" TERM; echo >$T/up2; cat; echo two >>$T/told'" 2>"$err" &
	ok 'the line runs' await 10 test -s "$T/up" -a -s "$T/up2"
	kill -$signal $!
	wait $!
	is "$?" 0 "SIG$signal: the line ended well"
	is "$(sort "$T/told" | tr '\n' ' ')" 'one two ' 'every program was told and waited for'
done

mkdir "$T/bin"
printf '#!/bin/sh\necho $$ >"%s"\nexec %s 600\n' "$T/nap" "$(command -v sleep)" >"$T/bin/sleep"
chmod +x "$T/bin/sleep"
PATH=$T/bin:$PATH "$supervise" '(exit 75) | true' 2>"$err" &
paused=$!
ok 'between two runs' await 10 test -s "$T/nap"
kill -TERM $paused
wait $paused
is "$?" 75 'SIGTERM: it goes'
ok 'and its sleep with it' await 2 gone "$(cat "$T/nap")"

run "$supervise"
is "$status" 64 'no pipe line'
run "$supervise" -p x true
is "$status" 64 'a pause that is no number'
run "$supervise" -h
like "$out" '^usage: ' 'help'
finish
