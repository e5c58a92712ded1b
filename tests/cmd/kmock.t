#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

export KAFKA_BROKERS=none.invalid:1 KAFKA_CONFIG=$T/none

# shellcheck disable=SC2016 # the inner shell expands it
run kmock -t "$ID-a:3" -t "$ID-b" -- sh -c 'echo "$KAFKA_BROKERS"; echo "${KAFKA_CONFIG-unset}"; kcat -L -b "$KAFKA_BROKERS"'
is "$status" 0 'a command: status'
like "$out" '^127\.0\.0\.1:[0-9]+$' 'KAFKA_BROKERS names the broker'
like "$out" '^unset$' 'KAFKA_CONFIG is unset'
like "$out" "topic \"$ID-a\" with 3 partitions" 'a topic of three partitions'
like "$out" "topic \"$ID-b\" with 1 partitions" 'a topic of one'
is "$(cat "$err")" '' 'nothing else is said'

printf 'one\ntwo\n' >"$T/in"
# shellcheck disable=SC2016
run_in "$T/in" kmock -t t sh -c 'kcat -P -b "$KAFKA_BROKERS" -t t && kcat -C -e -q -b "$KAFKA_BROKERS" -t t'
same "$out" "$T/in" 'records go in and come out; the command has the standard streams'

run kmock sh -c 'exit 42'
is "$status" 42 "the command's status"
# shellcheck disable=SC2016
run kmock sh -c 'kill -KILL $$'
is "$status" 137 'a command that was killed'
run kmock printf %s. -t --help -- x
is "$(cat "$out")" '-t.--help.--.x.' "the command's options are its own"
run kmock "$T/none"
is "$status" 127 'no such command: status'
like "$err" '^kmock: run: .*/none: no such file' 'no such command: message'
run kmock "$T/in"
is "$status" 126 'a command that cannot be run: status'
like "$err" '^kmock: run: .*/in: permission denied' 'a command that cannot be run: message'

# In bash, for dash can lose a signal while it starts another program.  A shell starts what
# it puts into the background with SIGINT ignored.
signals() { # SIGNAL: the command hears of it, and of nothing else
	empty "$out"
	env --default-signal=INT kmock -- bash -c "trap 'echo heard; exit 7' $1; echo ready; while :; do sleep 0.05; done" >"$out" 2>"$err" &
	await 10 grep -q ready "$out"
	kill "-$1" $!
	wait $!
	is $? 7 "SIG$1 is handed on"
	is "$(tail -1 "$out")" heard "SIG$1 is heard by the command"
}
signals TERM
signals INT
signals HUP

# Against librdkafka's mock an administrator's request would hang, or fail an assertion.
for request in 'ktopic create x' 'ktopic delete t' 'ktopic describe t' 'kgroup list' \
	'kgroup lag g' 'kgroup seek -o end g t' 'kgroup delete g' 'kgroup commit g'; do
	# shellcheck disable=SC2086 # words
	run timeout 5 kmock -t t $request
	is "$status" 69 "$request: status"
	like "$err" 'does not know this request' "$request: message"
done
run kmock -t "$ID:2" ktopic list
is "$(cat "$out")" "$ID" 'ktopic list works'
run kmock -t "$ID:2" ktopic offsets "$ID"
is "$(cat "$out")" "$(printf '%s 0 0\n%s 1 0' "$ID" "$ID")" 'ktopic offsets works'

usage() { # NAME ARG…
	local name=$1
	shift
	run kmock "$@"
	is "$status" 64 "$name: status"
	like "$err" '^kmock: ' "$name: message"
}
usage 'no command'
usage 'no command behind --' --
usage 'an unknown option' --nonsense true
usage 'no partitions' -t a:0 true
usage 'too many partitions' -t a:1001 true
usage 'partitions that are no number' -t a:b true
usage 'a name that no topic can have' -t 'a b' true
usage 'a topic twice' -t a -t a true

kmock --help >/dev/full 2>"$err"
is $? 74 'full disk: status'
kmock yes 2>"$err" | head -1 >"$out"
is "${PIPESTATUS[0]}" 141 'a closed reader ends the command, and kmock tells'
is "$(cat "$err")" '' 'without a message'

finish
