#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

batch() { printf '%sB t 0 %s %s %s %s -1%s\n%s' "$RS" "$1" "$2" "$3" "${#4}" "${5-}" "$4"; }
stream() { printf '%s\n' "$hello" "${RS}A t 0 5"; "$@"; printf '%s\n' "${RS}R t 0 revoked" "${RS}E 0"; }
two() { batch 5 8 3 $'one\ntwo\nthree\n'; batch 8 9 1 $'four\n'; }

stream two >"$T/in"
run_in "$T/in" kmap cat
is "$status" 0 'a whole stream: status of its end'
{ printf '%s\n' "$hello" "${RS}A t 0 5"; batch 5 8 3 $'one\ntwo\nthree\n' ' M'; batch 8 9 1 $'four\n' ' M'
	printf '%s\n' "${RS}R t 0 revoked" "${RS}E 0"; } >"$T/want"
same "$out" "$T/want" 'cat: the same records, marked'

run_in "$T/in" kmap grep o
is "$status" 0 'grep: status'
like "$out" '^.B t 0 5 8 2 8 -1 M$' 'grep: fewer records, the same positions'
run_in "$T/in" kmap grep nothing
is "$status" 0 'grep that matches nothing: status'
is "$(grep -c "^${RS}P t 0 [89]\$" "$out")" 2 'its positions are passed on'
mkdir "$T/bin"
ln -s "$(command -v grep)" "$T/bin/mygrep"
run_in "$T/in" kmap "$T/bin/mygrep" nothing
is "$status" 0 'and for whatever is called so'
# shellcheck disable=SC2016 # the inner shell expands it
run_in "$T/in" kmap sh -c 'grep nothing || test $? = 1'
is "$status $(grep -c "^${RS}P" "$out")" '0 2' 'and in a shell'
run_in "$T/in" kmap printf x
like "$out" '^.B t 0 5 8 1 2 -1 M$' 'a last line without newline is completed'
run_in "$T/in" kmap true
is "$status" 0 'a filter that does not read'

run_in "$T/in" timeout 20 env --ignore-signal=CHLD kmap cat
is "$status" 0 'SIGCHLD ignored by who started it'
same "$out" "$T/want" 'is no matter'

run_in "$T/in" kmap sh -c 'cat; exit 3'
is "$status" 70 'a filter that fails: status'
like "$err" '^kmap: run: sh: ended with status 3' 'and message'
unlike "$out" '^.E' 'and no end is given'
run_in "$T/in" kmap sed 's/a/b'
is "$status" 70 'a filter that fails as grep finds nothing: status'
like "$err" '^kmap: run: sed: ended with status 1' 'and message'
unlike "$out" '^.[BP]' 'and no position is passed on'
run_in "$T/in" kmap sh -c 'kill -9 $$'
is "$status" 75 'a filter that is killed'
run_in "$T/in" kmap no-such-command-here
is "$status" 64 'a filter that is not there: status'
like "$err" '^kmap: run: no-such-command-here: no such file' 'and message'

as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
# Looking for leaks takes a process of its own.
run_in "$T/in" "${as_nobody[@]}" bash -c 'ulimit -u 1 && ASAN_OPTIONS=detect_leaks=0 exec kmap cat'
is "$status" 75 'no process left for the filter: another try may do'
like "$err" '^kmap: run: cat: resource temporarily unavailable' 'and message'

head -c $(($(wc -c <"$T/in") - 5)) "$T/in" >"$T/torn"
run_in "$T/torn" kmap cat
is "$status" 75 'an end that was not said'
head -c 80 "$T/in" >"$T/torn"
run_in "$T/torn" kmap cat
is "$status" 75 'a torn batch: status'
unlike "$out" '^.B' 'and nothing of it is given'
printf '%s\n%sE 78\n' "$hello" "$RS" >"$T/in78"
run_in "$T/in78" kmap cat
is "$status" 78 'the status of the source is passed on'

printf 'GET / HTTP/1.1\n' >"$T/log"
run_in "$T/log" kmap cat
is "$status" 64 'not a framed stream'
{ printf '%s\n' "$hello"; printf '%sB t 0 0 1 1 4 -1 V 3\na\nb\n' "$RS"; } >"$T/v"
run_in "$T/v" kmap cat
is "$status" 65 'records with newlines are refused'

big() { local d; d=$(seq -f '%010.0f' 100000)$'\n'; batch 5 100005 100000 "$d"; }
stream big >"$T/big"
run_in "$T/big" kmap sed 's/^0*//'
is "$(grep -cE '^[0-9]+$' "$out")" 100000 'a batch larger than the pipes'

# shellcheck disable=SC2016 # the inner shell expands it
run_in "$T/big" kmap sh -c 'exec >/dev/null; cat >"$0"' "$T/copy"
is "$status $(wc -l <"$T/copy")" '0 100000' 'a filter that closes its output and reads on: gets all of the batch'

# The largest batch, as it came and as it goes: once each.
huge() { local d; d=$(head -c 62914559 /dev/zero | tr '\0' x)$'\n'; batch 5 6 1 "$d"; }
stream huge >"$T/huge"
/usr/bin/time -f %M -o "$T/rss" kmap cat <"$T/huge" >"$out" 2>"$err"
is $? 0 'a batch of 60 MiB'
[[ $BIN == */san/bin ]] || ok 'memory is what the page says' test "$(tail -1 "$T/rss")" -lt 140000
rm "$T/huge" "$out"

kmap cat <"$T/in" >/dev/full 2>"$err"
is $? 74 'full disk'
kmap cat <"$T/big" | head -c 10 >/dev/null
is "${PIPESTATUS[0]}" 141 'a closed reader: dies of SIGPIPE'
mkfifo "$T/idle"
{ kmap cat <"$T/idle" 2>"$err"; echo $? >"$T/status"; } | true &
exec 7>"$T/idle"
(printf '%s\n' "$hello" >&7) || : # it may have ended by now
ok 'idle, and the reader goes: it ends' await 10 test -s "$T/status"
is "$(cat "$T/status" "$err")" 141 'by SIGPIPE, without a message'
exec 7>&-
# shellcheck disable=SC2016 # the inner shell expands it
kmap sh -c 'echo $$ >"$0"; exec sleep 600' "$T/hung" <"$T/in" >"$out" 2>"$T/hung.err" &
hung=$!
await 10 test -s "$T/hung"
kill $hung
# shellcheck disable=SC2016
kmap sh -c 'echo $$ >"$0"; exec sleep 600 >&-' "$T/mute" <"$T/in" >"$out" 2>"$T/mute.err" &
mute=$!
await 10 test -s "$T/mute"
kill $mute
mkfifo "$T/second.go"
# shellcheck disable=SC2016
kmap sh -c '[ ! -e "$0.one" ] || read -r go <"$0.go"; : >"$0.one"; cat' "$T/second" <"$T/in" >"$T/second.out" 2>"$err" &
second=$!
ok 'a batch is written while the next one is filtered' await 10 grep -qx three "$T/second.out"
echo >"$T/second.go"
wait $second
is $? 0 'which then goes on'
same "$T/second.out" "$T/want" 'to the end'
mkfifo "$T/slow.go"
# shellcheck disable=SC2016
setsid kmap sh -c '[ -e "$0.ready" ] || { echo >"$0.ready"; read -r go <"$0.go"; }; cat' "$T/slow" <"$T/in" >"$T/slow.out" 2>"$err" &
slow=$!
await 10 test -s "$T/slow.ready"
kill -TERM -- -$slow
echo >"$T/slow.go"
wait $slow
is $? 0 'SIGTERM for all of the pipe line: the filter ends what it does'
same "$T/slow.out" "$T/want" 'and nothing of the input is left'
ok 'SIGTERM and a filter that hangs: it ends' await 14 gone $hung
wait $hung
is $? 75 'when the time is over: status'
like "$T/hung.err" '^kmap: run: sh: did not end within 10 s of the signal' 'and message'
ok 'and the filter with it' gone "$(cat "$T/hung")"
ok 'one that hangs with its output closed' await 14 gone $mute
wait $mute
is $? 75 'ends it, too'
ok 'and is ended' gone "$(cat "$T/mute")"
run kmap
is "$status" 64 'no command'
run kmap --nonsense
is "$status" 64 'a wrong option'
finish
