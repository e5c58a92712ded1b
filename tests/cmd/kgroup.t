#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka

G=$ID-group TOPIC=$ID-topic
cleanup() {
	kgroup list | grep "^$ID" | xargs -r kgroup delete
	ktopic delete "$TOPIC" "$ID-other"
}

ktopic create -p 2 --wait "$TOPIC" "$ID-other"
seq 10 | kcat -P -t "$TOPIC" -p 0

# commit NAME STATUS LINES…: the input's escapes are printf's
commit() {
	# shellcheck disable=SC2059 # a format on purpose
	printf "$3" >"$T/in"
	run_in "$T/in" kgroup commit "$G"
	is "$status" "$2" "commit: $1"
}
lag() { kgroup lag -J "$G" | jq -r '.partitions[] | "\(.topic) \(.partition) \(.committed) \(.end) \(.lag)"'; }

refused() { # NAME STATUS REGEX ARG…
	run kgroup "${@:4}"
	is "$status" "$2" "$1: status"
	like "$err" "^kgroup: $3" "$1: message"
}
refused 'lag of an unknown group' 1 "look for group: $G: there is no such group\$" lag "$G"
refused 'seek of an unknown group' 1 "look for group: $G: there is no such group\$" seek -o end "$G" "$TOPIC"
refused 'delete of an unknown group' 1 "delete: $G: there is no such group\$" delete "$G"

commit 'nothing' 0 ''
for bad in "$TOPIC 0\n" "$TOPIC 0 1 2\n" "$TOPIC 0 x\n" "$TOPIC 0 -1\n" "$TOPIC -1 0\n" '\n' \
	"$TOPIC 0 1\\\\0\n" 'a/b 0 1\n' "$TOPIC 0 1\r\n" "$(printf '%02000d' 1) 0 1\n"; do
	commit "a bad line: $(printf %.40s "$bad")" 65 "$TOPIC 1 0\n$bad$TOPIC 0 3\n"
	like "$err" '^kgroup: read: standard input: line 2: ' 'is named'
done
commit 'a partition twice' 65 "$TOPIC 0 1\n$TOPIC 0 2\n"
like "$err" "partition 0 of $TOPIC is there twice" 'is named'
run kgroup lag "$G"
is "$status" 1 'and nothing was committed'

commit 'a new group; blanks, tabs, no last newline' 0 "$TOPIC 0\t3\n $TOPIC  1 0"
is "$(lag)" "$(printf '%s\n' "$TOPIC 0 3 10 7" "$TOPIC 1 0 0 0")" 'lag -J'
run kgroup list
like "$out" "^$G\$" 'list'
ok 'list: sorted' sort -c "$out"
run kgroup lag "$G"
like "$out" "^$TOPIC +0 +3 +10 +7 -\$" 'lag: a line for each partition'
like "$out" '^total +7$' 'lag: the sum'
ktopic offsets "$TOPIC" >"$T/in"
run_in "$T/in" kgroup commit "$G"
is "$(kgroup lag -J "$G" | jq .lag)" 0 'what ktopic offsets prints can be committed'
commit 'no such topic' 1 "$ID-none 0 0\n"
like "$err" "^kgroup: commit: $ID-none\[0\]: there is no such partition" 'is named'
commit 'no such partition' 1 "$TOPIC 9 0\n"

# seek NAME WANT ARG…
seek() {
	local name=$1 want=$2
	shift 2
	run kgroup seek "$@" "$G" "$TOPIC"
	is "$status $(sed "s/^$TOPIC //" "$out" | tr '\n' ,)" "$want" "seek: $name"
}
seek 'the beginning' '0 0 0,1 0,' -o beginning
is "$(lag | head -1)" "$TOPIC 0 0 10 10" 'and there it is'
seek 'the end' '0 0 10,1 0,' -o end
seek 'the last four' '0 0 6,1 0,' -o -4
seek 'a time' '0 0 0,1 0,' -o @2026-01-01T06:00Z
seek 'an offset' '0 0 0,1 0,' -o 0
refused 'an offset that is not there' 1 "offset: $TOPIC\[0\]: it has 0 to 10 and not 11\$" seek -o 11 "$G" "$TOPIC"
seek 'the end again' '0 0 10,1 0,' -o end
refused 'one topic of two is not there' 1 "topic: $ID-none: there is no such topic" \
	seek -o beginning "$G" "$TOPIC" "$ID-none"
is "$(lag | head -1)" "$TOPIC 0 10 10 0" 'and nothing is changed'

# An open transaction: nobody can read past its beginning.
mkfifo "$T/hold"
command kcat -b "$KAFKA_BROKERS" -P -t "$TOPIC" -p 0 -X transactional.id="$ID" <"$T/hold" 2>"$T/kcat" &
producer=$!
exec 7>"$T/hold"
seq 2000 >&7
offset_end() { [ "$(ktopic offsets "$@" "$TOPIC" | head -1)" = "$TOPIC 0 $end" ]; }
in_transaction() { [ "$(ktopic offsets -X isolation.level=read_uncommitted "$TOPIC" | sed -n 's/.* 0 //p')" -gt 10 ]; }
ok 'a transaction has written' await 10 in_transaction
end=10
ok 'offsets: the end is the last stable offset' offset_end
is "$(lag | head -1)" "$TOPIC 0 10 10 0" 'lag: what is not committed is no lag'
exec 7>&-
wait "$producer"
end=2011
ok 'offsets: after the transaction' await 10 offset_end

# A group with a member.
command kcat -G "$G" -b "$KAFKA_BROKERS" -X group.instance.id="$ID-m" -X session.timeout.ms=6000 "$TOPIC" >/dev/null 2>&1 &
member=$!
member_reads() { kgroup lag "$G" | grep -qE "^$TOPIC +1 .* $ID-m\$"; }
ok 'lag names the member' await 20 member_reads
refused 'seek with a member' 1 "commit: $G: the group has members: stop them first\$" seek -o end "$G" "$TOPIC"
printf '%s 0 0\n' "$TOPIC" >"$T/in"
run_in "$T/in" kgroup commit "$G"
is "$status" 1 'commit with a member: status'
like "$err" "^kgroup: commit: $G: the group has members" 'commit with a member: message'
refused 'delete with a member' 1 "delete: $G: the group has members" delete "$G"
kill "$member"
wait "$member"

# Watching, through a proxy that can go away.
proxy_kafka
kgroup lag -w -i 100ms "$G" >"$out" 2>"$err" &
watch=$!
totals() { [ "$(grep -c ^total "$out")" -ge "$1" ]; }
ok 'lag -w: again and again' await 10 totals 3
kill "$watch"
wait "$watch"
is $? 0 'lag -w: SIGTERM ends it'
empty "$out" "$err"
kgroup lag -J -w -i 100ms "$G" >"$out" 2>"$err" &
watch=$!
ok 'lag -J -w: a line each' await 10 lines_in "$out" 3
proxy_set kafka hole down
ok 'lag -w: a server that is away is told' await 15 grep -q '^kgroup: ' "$err"
seen=$(wc -l <"$out")
proxy_set kafka drop
ok 'lag -w: and waited for' await 20 lines_in "$out" $((seen + 2))
kill "$watch"
wait "$watch"
is $? 0 'lag -w: and ended'
proxy_set kafka hole down
run kgroup list --timeout 1s
is "$status" 69 'a broker that does not answer: status'
like "$err" '^kgroup: connect: ' 'a broker that does not answer: message'
proxy_set kafka ok
need_kafka

{ kgroup lag -w -i 100ms "$G" 2>"$err"; echo $? >"$T/status"; } | head -1 >"$out"
is "$(cat "$T/status")" 141 'lag -w: a closed reader ends it'
is "$(cat "$err")" '' 'without a message'

kgroup lag -w -i 100ms "$G" >/dev/full 2>"$err"
is "$? $(cat "$err")" '74 kgroup: write: standard output: no space left on device' 'lag -w onto a full disk'

refused 'a name that is not UTF-8' 64 'lag: ' lag "$G"$'\xff'
for command in lag delete commit; do
	refused "$command: no name" 64 "$command: a name is empty\$" "$command" ''
done
refused 'no place' 64 'seek: --offset is missing' seek "$G" "$TOPIC"
refused 'stored is no place' 64 '--offset: stored: ' seek -o stored "$G" "$TOPIC"
refused 'no topic' 64 'operands: seek: one is missing' seek -o end "$G"
refused 'two groups' 64 'operands: lag: too many' lag "$G" "$G"
refused 'an option of another command' 64 'option: --watch: not one of list' list -w
refused 'an interval' 64 '--interval: 1x: ' lag -i 1x "$G"
refused 'no command' 64 'command: none given'
refused 'a broker that is down' 69 'connect: .*127.0.0.1:1 ' list -b 127.0.0.1:1
kgroup lag "$G" >/dev/full 2>"$err"
is $? 74 'full disk: status'
like "$err" '^kgroup: write: standard output: no space left' 'full disk: message'
kgroup lag -w -i 1h "$G" >/dev/full 2>"$err"
is $? 74 'full disk and lag -w'
kgroup --help >/dev/full 2>"$err"
is $? 74 'full disk and --help'

run kgroup delete "$G" "$ID-none"
is "$status" 1 'delete: one is not there: status'
like "$err" "^kgroup: delete: $ID-none: there is no such group\$" 'delete: message'
run kgroup list
unlike "$out" "^$G\$" 'delete: the other one is gone'

finish
