#!/usr/bin/env bash
# scripts/check is believed: so what it counts, and how it ends, is tested on a small tree
# that passes and fails as we want it.
. "$(dirname "$0")/../lib.sh"

tree=$T/tree
mkdir -p "$tree/scripts" "$tree/tests/cmd" "$tree/tests/house"
cp "$ROOT/scripts/check" "$tree/scripts/"
cp "$ROOT/tests/run" "$tree/tests/"
printf 'all units:\n' >"$tree/Makefile"
cat >"$tree/scripts/stack" <<S
#!/bin/sh
echo "\$*" >>$T/calls
[ "\$1" != status ] || printf '%s\n' 'kafka down' 'namenode up, process 1' 'connect does not answer'
S
chmod +x "$tree/scripts/stack"
good() { printf '%s\n' 'echo "ok 1"' 'echo "ok 2"' 'echo "1..2"' >"$tree/tests/cmd/good.t"; }
bad() { printf '%s\n' "$@" >"$tree/tests/cmd/bad.t"; }
check() { run "$tree/scripts/check" -n cmd; }
last() { tail -n 1 "$out"; }

good
check
is "$status" 0 'all passes: status'
is "$(last)" '3 passed, 0 failed' 'all passes: the build and each test are counted'
like "$T/calls" '^down kafka connect$' 'servers that did not run before are stopped'

bad 'echo "not ok 1"' 'echo "ok 2"' 'echo "1..2"' 'exit 1'
check
is "$status" 1 'one fails: status'
is "$(last)" '4 passed, 1 failed' 'one fails: count'
bad 'echo "ok 1"' 'exit 3'
check
is "$status-$(last)" '1-4 passed, 1 failed' 'one without a plan'
bad 'echo "ok 1"' 'echo "1..1"' 'exit 3'
check
is "$status-$(last)" '1-4 passed, 1 failed' 'one that ends badly behind its plan'
bad 'echo "ok 1"' 'echo "1..2"'
check
is "$status-$(last)" '1-4 passed, 1 failed' 'one that stops short of its plan'
bad 'echo "ok 1 # skip no server"' 'echo "1..1"'
check
is "$status-$(last)" '1-3 passed, 1 failed' 'a skipped test is a failure'
bad 'echo "1..0 # skip nothing here"'
check
is "$status-$(last)" '1-3 passed, 1 failed' 'so is a skipped file'
bad 'echo "Bail out!  no more"'
check
is "$status" 1 'one that bails out'
unlike <(last) ', 0 failed' 'is counted'
rm "$tree/tests/cmd/bad.t"

mkdir -p "$tree/build/tests/unit" "$tree/tests/unit"
printf '%s\n' '#!/bin/sh' 'echo "ok 1"' 'echo "1..1"' | tee "$tree/build/tests/unit/new" >"$tree/build/tests/unit/old"
chmod +x "$tree/build/tests/unit/"*
: >"$tree/tests/unit/new.c"
run "$tree/scripts/check" -n unit
is "$status-$(last)" '0-2 passed, 0 failed' 'a unit test whose source is gone is not run'

sed '/^step .build with gcc/afalse' "$ROOT/scripts/check" >"$tree/scripts/broken"
chmod +x "$tree/scripts/broken"
run "$tree/scripts/broken" -n cmd
is "$status-$(last)" '1-1 passed, 1 failed' 'what ends half way is a failure'

# The tests that run are told of a signal, and servers are stopped behind them.
bad "trap 'echo ended >>$T/calls; exit 1' TERM" "echo \$\$ >$T/test" 'echo "ok 1"' 'while :; do sleep 0.1; done'
cat >>"$tree/scripts/stack" <<S
[ "\$1" != download ] || { echo \$\$ >$T/download; exec sleep 600; }
S
for signal in TERM INT; do
	empty "$T/calls" "$T/test" "$T/download"
	set -m
	"$tree/scripts/check" -n cmd eco >"$out" 2>"$err" &
	set +m
	ok "SIG$signal: a test and a download run" await 60 test -s "$T/test" -a -s "$T/download"
	# As a supervisor tells it, or a terminal.
	if [ $signal = TERM ]; then kill $!; else kill -INT -- -$!; fi
	wait $!
	is "$?" 1 "SIG$signal: status"
	like <(last) '^[0-9]+ passed, [1-9][0-9]* failed$' 'the last line is the count'
	is "$(grep -xE 'ended|down .*' "$T/calls" | paste -s)" $'ended\tdown kafka connect' 'the test ended, and then the servers'
	ok 'it is gone' await 10 gone "$(cat "$T/test")"
	ok 'and so is the download' await 10 gone "$(cat "$T/download")"
done
rm "$tree/tests/cmd/bad.t"

printf 'all units:\n\tfalse\n' >"$tree/Makefile"
check
is "$status-$(last)" '1-0 passed, 1 failed' 'a build that fails'
printf 'all units:\n' >"$tree/Makefile"
run "$tree/scripts/check" nonsense
is "$status" 64 'a part that does not exist'

finish
