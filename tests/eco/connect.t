#!/usr/bin/env bash
# The file source of Kafka Connect, as the original flow has it, and what becomes of its lines
# and of ktail -E | kprod -E where a log is rotated and the reader killed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack

export CONNECT_FILE=$T/access.log
genlogs -r 0 -n 500 -s 1 --sequence >"$CONNECT_FILE"
need_connect
arrived() { [ "$(kcons -q -e retaildg 2>"$err" | wc -l)" -ge "$1" ]; }
ok 'connect reads the file that CONNECT_FILE names' await 60 arrived 500
genlogs -r 0 -n 600 -s 1 --sequence | tail -n +501 >>"$CONNECT_FILE"
ok 'and what is appended to it' await 60 arrived 600
kcons -q -e retaildg | logcheck -u -n 600 >"$out"
is "${PIPESTATUS[*]}" '0 0' 'the topic has all of it'

run env CONNECT_FILE="$T/other" "$ROOT/scripts/stack" up connect
is "$status" 1 'another file is not taken for the one that it reads'
like "$err" "^stack: start connect: it runs with CONNECT_FILE=$CONNECT_FILE: stop it first" 'and it is said'
run env CONNECT_FILE= "$ROOT/scripts/stack" up connect
is "$status" 0 'no file: it runs already'

run "$ROOT/scripts/connect/compare.sh"
is "$status" 0 'compare.sh'
sed 's/^/# /' "$out"
for mishap in 'rename \+ create' copytruncate 'kill -9'; do
	like "$out" "^\| $mishap .*\| 0 \| 0 \| 0 \|$" "$mishap: ktail -E | kprod -E gives each line once"
done
# What it doubles when it is killed depends on when it stored its offset last.
for mishap in 'rename \+ create' copytruncate; do
	like "$out" "^\| $mishap \| [0-9]+ \| [1-9]" "$mishap: the file source of Connect loses lines"
done
finish
