#!/usr/bin/env bash
# The exactly-once pipe lines under what comes from around them: offsets that expire, members that come, go
# and are taken for dead, records as large as they may be.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
# What a group has committed is forgotten a minute after its last member left.
export KAFKA_SETTINGS='offsets.retention.minutes=1 offsets.retention.check.interval.ms=1000'
cleanup() { "$ROOT/scripts/stack" down; }
need_kafka
need_hdfs
# ask DIR: the command that tells its positions
ask() { echo "hdfsput --offsets -d /$ID/$1"; }
# landed DIR: every record
landed() { files "/$ID/$1" | while read -r f; do get "$f"; done; }
# proven DIR N NAME: the records 1 … N of genlogs --sequence, each once
proven() {
	landed "$1" | logcheck -u -n "$2" >"$out" 2>"$err"
	is "${PIPESTATUS[1]} $(tail -n 1 "$out")" "0 $2 lines, 0 missing, 0 doubled, 0 out of order" "$3"
}
# land NAME: a topic into the directory of its name, to its end; the statuses in $both
land() {
	kcons -E -e -G "$1" --offsets-cmd "$(ask "$1")" "$1" 2>"$T/kcons.err" |
		hdfsput -q -E -d "/$ID/$1" 2>"$T/hdfsput.err"
	both=${PIPESTATUS[*]}
}
# feed NAME: its log file into the topic of its name
feed() {
	kprod --id "$1" --position "$1" | ktail -E --once --from - "$T/$1.log" |
		kprod -E --max-line 64M --id "$1" "$1" 2>"$T/kprod.err"
	both=${PIPESTATUS[*]}
}
sum() { [ "$(hdfsput --offsets -d "/$ID/$1" | awk '{ s += $3 } END { print s }')" = "$2" ]; }
arrived() { [ "$(kcons -e -q "$1" | wc -l)" -ge "$2" ]; }

# --- a source that is idle for longer than the group's offsets live -------------------------

topic idle -p 2
genlogs -n 2000 -r 0 --sequence >"$T/idle.all"
head -n 1000 "$T/idle.all" >"$T/idle.log"
feed idle
land idle
# What the first has landed, a later one tells the group.
knows() { land idle; kgroup lag idle >"$T/lag" && grep -qE '^total +0$' "$T/lag"; }
ok 'idle: the group knows its positions' await 60 knows

# --- members: 1 → 3 → 2, one of them taken for dead meanwhile -------------------------------

member() { # NAME
	mkfifo "$T/$1.pipe"
	kcons -E -v -G storm -X session.timeout.ms=6000 --offsets-cmd "$(ask storm)" storm \
		>"$T/$1.pipe" 2>"$T/$1.err" & source[$1]=$!
	tee "$T/$1.stream" <"$T/$1.pipe" | hdfsput -q -E --roll-time 300ms -d "/$ID/storm" 2>"$T/$1.put" & sink[$1]=$!
}
reads() { grep -q reading "$T/$1.err"; }
lost() { grep -qa "^$(printf '\036')R storm [0-2] lost$" "$T/$1.stream"; }
ends() { # NAME
	kill -TERM "${source[$1]}"
	wait "${source[$1]}"
	status=$?
	wait "${sink[$1]}"
	is "$status $? $(cat "$T/$1.put")" '0 0 ' "member $1 ends well"
}
declare -A source sink
N=24000
topic storm -p 3
genlogs -n $N -r 2000 -t 2026-01-31T23:59:55Z -z +0000 --sequence | kprod -q storm & writer=$!
member a
ok 'storm: one member reads' await 20 reads a
member b
member c
ok 'three do' await 20 reads b
ok 'each of them' await 20 reads c
kill -STOP "${source[a]}"
gave() { [ "$(cat "$T/b.err" "$T/c.err" | grep -c reading)" -ge 3 ]; }
ok 'one is stopped and taken for dead' await 30 gave
kill -CONT "${source[a]}"
ok 'it is told what it has lost' await 30 lost a
ends b
wait $writer
ok 'two are left and come to the end' await 60 sum storm $N
ends a
ends c
proven storm $N 'every record, once'
day() { files "/$ID/storm/year=2026/month=$1/dayofmonth=$2" | while read -r f; do get "$f"; done; }
is "$(day 1 31 | grep -c '\[31/Jan/2026:23:59:') $(day 2 1 | grep -c '\[01/Feb/2026:00:00:')" \
	"$(day 1 31 | wc -l) $(day 2 1 | wc -l)" 'each in the directory of its date'
ok 'and there are two' test "$(day 2 1 | wc -l)" -gt 0

# --- records as large as they may be --------------------------------------------------------

topic big -c max.message.bytes=70000000
{ head -c 66000000 /dev/zero | tr '\0' x; echo; echo small; } >"$T/big.log"
peak() { /usr/bin/time -f %M -o "$T/peak.$1" "$@"; }
kprod --id big --position big | peak ktail -E --once --from - "$T/big.log" |
	peak kprod -E --max-line 64M --id big big 2>"$err"
is "${PIPESTATUS[*]}" '0 0 0' 'a record of 63 MiB into a topic'
peak kcons -E -e --offsets-cmd "$(ask big)" big 2>"$T/kcons.err" | peak hdfsput -q -E -d "/$ID/big" 2>"$err"
is "${PIPESTATUS[*]}" '0 0' 'and from there into HDFS'
landed big | cmp - "$T/big.log"
is "${PIPESTATUS[1]}" 0 'byte for byte'
ok "in bounded memory (KiB: $(cat "$T"/peak.* | xargs))" test "$(sort -n "$T"/peak.* | tail -n 1)" -lt $((200 * 1024))
head -c 67108864 /dev/zero | tr '\0' x >"$T/huge"
{ cat "$T/huge"; echo; } >>"$T/big.log"
feed big
is "$both" '0 65 65' 'a line of 64 MiB is refused'
kprod --max-line 65M big "$T/huge" 2>"$err"
land big
is "$both" '65 65' 'and so is a record of that length'
like "$T/kcons.err" 'kcons: frame: .* has 67108864 bytes: a framed stream takes' 'and said'

# --- idle ------------------------------------------------------------------------------------

forgotten() { kgroup list >"$T/groups" && ! grep -qx idle "$T/groups"; }
ok 'idle: the group has forgotten its positions' await 90 forgotten
tail -n 1000 "$T/idle.all" >>"$T/idle.log"
feed idle
ok 'idle: new lines arrive' await 20 arrived idle 2000
land idle
proven idle 2000 'idle: every record, once'
finish
