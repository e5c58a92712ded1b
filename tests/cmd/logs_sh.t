#!/usr/bin/env bash
# start_logs.sh, tail_logs.sh and stop_logs.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

export LOGS_DIR="$T/logs dir" LOGS_MAX=100k LOGS_KEEP=500 LOGS_ARGS=
log=$LOGS_DIR/access.log
PATH=$ROOT/scripts:$PATH
cleanup() { stop_logs.sh; }

stopped() { flock -n "$LOGS_DIR/genlogs.pid" true; }
rotated() { [ -e "$log.$1" ]; }
all() { # every log, the oldest first
	(cd "$LOGS_DIR" && printf '%s\0' access.log* | sort -zVr | xargs -0 cat)
}

for script in start_logs.sh stop_logs.sh tail_logs.sh; do
	run $script --help
	is "$status" 0 "$script --help: status"
	like "$out" "^usage: $script" "$script --help"
done
run stop_logs.sh
is "$status" 0 'a stop before any start: status'
like "$err" '^stop_logs: was not running$' 'a stop before any start: message'

# By default, and twice

run start_logs.sh
is "$status" 0 'start: status'
like "$err" "^start_logs: genlogs writes .*/access.log$" 'start: message'
like "$log" '^[0-9.]+ - - \[.*"GET /' 'the first line is there'
run start_logs.sh
is "$status" 1 'a second start: status'
like "$err" "^start_logs: start: .*/access.log: pid [0-9]+ writes it already" 'a second start: message'
run stop_logs.sh
is "$status" 0 'stop: status'
ok 'the run is gone when stop is done' stopped
run stop_logs.sh
like "$err" '^stop_logs: was not running$' 'a second stop'

in_folder() { run env -C "$ROOT/scripts" PATH="${PATH#"$ROOT/scripts:"}" bash "$@"; }
in_folder start_logs.sh
is "$status" 0 'start, as bash start_logs.sh in its folder: status'
in_folder stop_logs.sh operand
is "$status" 64 'wrong usage there: status'
run stop_logs.sh

# A pid file that was left behind, whose pid is another program's by now

sleep 1000 &
echo $! >"$LOGS_DIR/genlogs.pid"
run stop_logs.sh
ok 'a stop does not kill the stranger' kill -0 $!
run start_logs.sh
is "$status" 0 'and a start is not held up by it'
run stop_logs.sh
ok 'nor does the stop after that' kill -0 $!
kill $!

# One that cannot be locked says nothing of a run

rm "$LOGS_DIR/genlogs.pid"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$LOGS_DIR/genlogs.pid"
run stop_logs.sh
is "$status" 77 'a pid file that cannot be opened: status'
like "$err" "^stop_logs: look: .*genlogs.pid: somebody else's" 'and message'

rm "$LOGS_DIR/genlogs.pid"

# Nor can a run be ended that this account does not see

flock "$LOGS_DIR/genlogs.pid" sh -c "echo >'$T/held'; exec sleep 600" &
await 10 test -s "$T/held"
run stop_logs.sh
is "$status" 77 "somebody else's run: status"
like "$err" "^stop_logs: look: .*genlogs.pid: somebody else's" 'and message'
pkill -P $! sleep

# Rotation loses and cuts nothing

rm -r "$LOGS_DIR"
LOGS_ARGS='-r 0 -n 20000 --sequence' run start_logs.sh
ok 'a run that ends by itself' await 60 stopped
all | logcheck -n 20000 >"$out"
is "${PIPESTATUS[1]}" 0 "rotated at full speed: $(cat "$out")"
ok 'there are many logs' rotated 30
ok 'no log is much over the limit' test -z "$(find "$LOGS_DIR" -name 'access.log*' -size +101k)"
ok 'no log has cut lines' test "$(for f in "$log"*; do tail -c 1 "$f"; done | tr -d '\n' | wc -c)" = 0

rm -r "$LOGS_DIR"
LOGS_ARGS='-r 4000 --sequence' run start_logs.sh
ok 'a run with a rate is rotated' await 60 rotated 4
run stop_logs.sh
is "$status" 0 'and stopped in the middle'
all | logcheck >"$out"
is "${PIPESTATUS[1]}" 0 "whole: $(cat "$out")"

rm -r "$LOGS_DIR"
LOGS_KEEP=2 LOGS_ARGS='-r 0 -n 3000' run start_logs.sh
ok 'another run' await 60 stopped
ok 'keeps so many old logs' rotated 2
ok 'and no more' test ! -e "$log.3"

# What remains of another run is gone on with

rm -r "$LOGS_DIR"
for n in 1 2; do
	LOGS_ARGS="-r 0 -n $((n * 100))" run start_logs.sh
	await 60 stopped
done
is "$(wc -l <"$log")" 300 'a log is appended to'

# Following

rm -r "$LOGS_DIR"
LOGS_ARGS='-r 0 -n 1 --sequence' start_logs.sh 2>"$err"
await 60 stopped
tail_logs.sh -n +1 >"$T/followed" 2>"$err" &
ok 'tail_logs.sh has begun' await 60 lines_in "$T/followed" 1
LOGS_MAX=1M LOGS_ARGS='-r 2000 -n 8000 --sequence' run start_logs.sh
ok 'it follows through rotation' await 60 lines_in "$T/followed" 8001
kill -TERM $!
wait $!
is $? 0 'and ends by a signal'
tail -n +2 "$T/followed" | logcheck -n 8000 >"$out"
is "${PIPESTATUS[1]}" 0 "with every line: $(cat "$out")"

# A full disk

rm -r "$LOGS_DIR"
mkdir "$LOGS_DIR"
ln -s /dev/full "$log"
run start_logs.sh
is "$status" 74 'a disk that is full from the start: status'
like "$err" 'ended at once: .*[Nn]o space left.*make room and start again' 'its message'
rm "$log"
LOGS_MAX=1M LOGS_ARGS='-r 0 --sequence' run bash -c 'trap "" XFSZ; ulimit -f 200; exec start_logs.sh'
is "$status" 0 'a start before the disk is full'
like "$err" '^start_logs: start: the last run ended early: .*make room' 'tells of the run before'
ok 'the generator ends' await 60 stopped
run stop_logs.sh
is "$status" 0 'a stop: status'
like "$err" '^stop_logs: was not running: .*[Ff]ile too large.*make room' 'a stop: message'
before=$(wc -l <"$log")
LOGS_MAX=1M LOGS_ARGS='-r 0 -n 10 --sequence' run start_logs.sh
is "$status" 0 'a start when there is room again'
await 60 stopped
tail -n 10 "$log" | logcheck -n 10 >"$out"
is "${PIPESTATUS[1]}" 0 'the new lines are whole'
ok 'and the line that was cut stands alone' test $(($(wc -l <"$log") - before)) -le 11

# Killed

LOGS_ARGS='-r 100' run start_logs.sh
kill -KILL "$(cat "$LOGS_DIR/genlogs.pid")"
LOGS_ARGS='' run start_logs.sh
is "$status" 1 'what survives kill -9 of its parent is still a run'
run stop_logs.sh
is "$status" 0 'that can be stopped'
run start_logs.sh
is "$status" 0 'and started again'
stop_logs.sh 2>"$err"

# Usage

run start_logs.sh --nonsense
is "$status" 64 'a wrong option'
LOGS_MAX=64Q run start_logs.sh
is "$status" 64 'a wrong size: status'
like "$err" '^start_logs: LOGS_MAX: 64Q: wants a size' 'a wrong size: message'
LOGS_KEEP=0 run start_logs.sh
is "$status" 64 'a wrong number'
LOGS_ARGS=--nonsense run start_logs.sh
is "$status" 64 'wrong options for genlogs: status'
like "$err" "ended at once: genlogs: unrecognized option" 'wrong options for genlogs: message'

finish
