#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka

cleanup() { ktopic list | grep "^$ID" | xargs -r ktopic delete; }

run ktopic create -p 3 -c retention.ms=60000 -c cleanup.policy=compact --wait "$ID"
is "$status" 0 'create: status'
is "$(cat "$out")$(cat "$err")" '' 'create says nothing'
for i in 1 2 3 4 5; do echo "$i"; done | kcat -P -t "$ID" -p 1 -k k
is $? 0 'and with --wait it can be written to at once'
run ktopic create "$ID" "$ID-b"
is "$status" 1 'create what is there: status'
like "$err" "^ktopic: create: $ID: there is such a topic already\$" 'create what is there: message'
run ktopic create -i --wait "$ID" "$ID-b"
is "$status" 0 '--if-not-exists; and the operand after the wrong one had been made'

run ktopic list
is "$(grep "^$ID" "$out")" "$(printf '%s\n%s-b' "$ID" "$ID")" 'list: in order'
ok 'list: sorted' sort -c "$out"
unlike "$out" '^__' 'list: no internal topics'

run ktopic describe "$ID" "$ID-none" "$ID-b"
is "$status" 1 'describe: one of three is not there: status'
like "$err" "^ktopic: describe: $ID-none: there is no such topic\$" 'describe: message'
like "$out" "^$ID: 3 partitions\$" 'describe: partitions'
like "$out" '^  retention.ms=60000$' 'describe: a property'
unlike "$out" 'segment.bytes' 'describe: no defaults'
like "$out" '^ +2 +1 1 +1$' 'describe: leader, replicas, isr'
like "$out" "^$ID-b: " 'describe: the topic after the wrong one'
run ktopic describe -J "$ID"
is "$(jq -c '[.topic, (.partitions | length), .partitions[2], .config["cleanup.policy"]]' "$out")" \
	"[\"$ID\",3,{\"partition\":2,\"leader\":1,\"replicas\":[1],\"isr\":[1]},\"compact\"]" 'describe -J'

# offsets NAME WANT ARG…
offsets() {
	local name=$1 want=$2
	shift 2
	run ktopic offsets "$@" "$ID"
	is "$status $(sed "s/^$ID //" "$out" | tr '\n' ,)" "$want" "offsets: $name"
}
offsets 'the end' '0 0 0,1 5,2 0,'
offsets 'the beginning' '0 0 0,1 0,2 0,' -o beginning
offsets 'a time before the first record' '0 0 0,1 0,2 0,' -o @2020-01-01
offsets 'a time after the last one is the end' '0 0 0,1 5,2 0,' -o @2100-01-01T00:00Z
offsets 'the last two' '0 0 0,1 3,2 0,' -o -2
run ktopic offsets -o 3 "$ID"
is "$status" 1 'offsets: a number that is not in every partition'
like "$err" "^ktopic: offset: ${ID}\[0\]: it has 0 to 0 and not 3\$" 'is named'
run ktopic offsets "$ID-none" "$ID"
is "$status" 1 'offsets: no such topic'
is "$(wc -l <"$out")" 3 'offsets: the other one'
run ktopic list
unlike "$out" "^$ID-none" 'asking made no topic'

refused() { # NAME STATUS REGEX ARG…
	run ktopic "${@:4}"
	is "$status" "$2" "$1: status"
	like "$err" "^ktopic: $3" "$1: message"
}
refused 'a property with a wrong value' 78 "create: $ID-c: Invalid value x for configuration retention.ms" create -c retention.ms=x "$ID-c"
refused 'a property that does not exist' 78 "create: $ID-c: Unknown topic config name: nope" create -c nope=1 "$ID-c"
refused 'too many replicas' 64 "create: $ID-c: .*replication factor" create -r 9 "$ID-c"
refused 'a property without value' 64 '--set: nope: wants name=value' create -c nope "$ID-c"
refused 'a name that no topic can have' 64 'topic: a/b: ' create a/b
topic "$ID.d"
collides="create: ${ID}_d: Topic '${ID}_d' collides with existing topics?: $ID.d\$"
refused "a name that collides with another's" 64 "$collides" create "${ID}_d"
refused 'which is not there with -i either' 64 "$collides" create -i "${ID}_d"
run kprod --create "${ID}_d"
is "$status" 64 'nor for kprod --create: status'
like "$err" "^kprod: $collides" 'nor for kprod --create: message'
ktopic delete "$ID.d"
refused 'no partitions' 64 '--partitions: 0: ' create -p 0 "$ID-c"
refused 'where' 64 '--offset: middle: ' offsets -o middle "$ID"
refused 'stored' 64 '--offset: stored: ' offsets -o stored "$ID"
refused 'no command' 64 'command: none given'
refused 'an unknown command' 64 'command: crate: ' crate "$ID"
refused 'an option of another command' 64 'option: --json: not one of create' create -J "$ID"
refused 'no operand' 64 'operands: describe: one is missing' describe
refused 'an operand too many' 64 'operands: list: takes none' list "$ID"
refused 'an unknown option' 64 "unrecognized option '--nonsense'" list --nonsense
refused 'a property that librdkafka does not have' 78 '' list -X nope=1
refused 'a broker that is down' 69 'connect: .*127.0.0.1:1 ' list -b 127.0.0.1:1

for option in describe offsets list create; do
	ktopic "$option" --help >"$out"
	like "$out" "^usage: ktopic $option " "$option --help"
done
like "$out" '--partitions=N' 'create --help tells its options'
unlike "$out" '--json' 'and no other ones'

ktopic list >/dev/full 2>"$err"
is $? 74 'full disk: status'
like "$err" '^ktopic: write: standard output: no space left' 'full disk: message'
ktopic --help >/dev/full 2>"$err"
is $? 74 'full disk and --help'
mkfifo "$T/unread"
exec 8<>"$T/unread"
exec 9>"$T/unread" 8<&-
ktopic describe -J "$ID" "$ID-b" >&9 2>"$err"
is $? 141 'a closed reader'
exec 9>&-
is "$(cat "$err")" '' 'is no message'

# Away in the middle: a request waits for as long as --timeout says.
proxy_kafka
proxy_set kafka hole down
run ktopic list --timeout 1s
is "$status" 69 'a broker that does not answer: status'
proxy_set kafka ok
run ktopic list
is "$status" 0 'and again, when it does'
need_kafka

run ktopic delete --wait "$ID" "$ID-none" "$ID-b"
is "$status" 1 'delete: one is not there: status'
like "$err" "^ktopic: delete: $ID-none: there is no such topic\$" 'delete: message'
run ktopic describe "$ID"
is "$status" 1 'delete --wait: gone'
run ktopic list
unlike "$out" "^$ID" 'delete: all the others'

finish
