#!/usr/bin/env bash
# Kafka to HDFS exactly once, through a plain pipe: kcons -E | hdfsput -E on the real servers.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_hdfs

topic=$ID dir=/tmp/$ID N=30000
cleanup() {
	ktopic delete "$topic"
	hdfsrm -r --skip-trash "$dir"
}
ktopic create --wait -p 3 "$topic" >/dev/null
genlogs -n $N -r 0 -s 7 -t 2026-01-01T10:00:00Z -z +0000 --sequence >"$T/in"
head -n 20000 "$T/in" | kprod -q "$topic"

ask="hdfsput --offsets -d $dir"
# land [kcons options]: a run of the whole line; the statuses in $both
land() {
	kcons -E -G "$topic" --offsets-cmd "$ask" "$@" "$topic" 2>"$T/kcons.err" |
		hdfsput -q -E --roll-records 2000 -d "$dir" 2>"$T/hdfsput.err"
	both=${PIPESTATUS[*]}
}
# What has landed: the files of each partition in the order of their positions.
landed() {
	hdfsls -R "$dir" | grep -o "$dir/year=.*/part-.*" | sort -t- -k"$dashes"n >"$T/files"
	[ ! -s "$T/files" ] || xargs hdfscat <"$T/files"
}
name=year=x/part-$topic-
dashes=$(($(tr -dc - <<<"$dir/$name" | wc -c) + 2)) # the field of the first position
proven() { # NAME: every line of the input up to $1, once
	landed >"$T/landed"
	logcheck <"$T/landed" >"$T/check" 2>&1
	sort "$T/landed" >"$T/got"
	head -n "$1" "$T/in" | sort >"$T/want"
	same "$T/got" "$T/want" "$2"
}
alive() { pgrep -P "$1" -x "$2"; }

# --- one line, killed ------------------------------------------------------------------

land --member m1 -e -c 5000
is "$both" '0 0' 'a part of it'
for victim in kcons hdfsput kcons; do
	land --member m1 -e &
	line=$!
	await 10 alive $line $victim
	pid=$(alive $line $victim)
	before=$(hdfsls -R "$dir" | wc -l)
	more() { [ "$(hdfsls -R "$dir" | wc -l)" -gt "$before" ] || gone "$pid"; }
	await 10 more
	kill -KILL "$pid" 2>/dev/null
	wait $line
done
land --member m1 -e
is "$both" '0 0' 'killed again and again: the last run ends well'
proven 20000 'and every line has landed once'
for p in 0 1 2; do
	landed >/dev/null
	grep "part-$topic-$p-" "$T/files" | xargs hdfscat >"$T/order"
	kcons -e -p $p "$topic" >"$T/topic"
	same "$T/order" "$T/topic" "partition $p: in its order"
done
is "$($ask | awk '{ s += $3 } END { print s }')" 20000 'the positions add up'

# --- members come and go ---------------------------------------------------------------

start() { # NAME
	kcons -E -v -G "$topic" --member "$1" --offsets-cmd "$ask" "$topic" 2>"$T/$1.err" |
		hdfsput -q -E --roll-records 1000 -d "$dir" 2>"$T/$1.put" &
}
start a
await 20 grep -q reading "$T/a.err"
sed -n '20001,25000p' "$T/in" | kprod -q "$topic"
start b
await 30 grep -q reading "$T/b.err"
sed -n '25001,30000p' "$T/in" | kprod -q "$topic"
caught_up() { kgroup lag "$topic" | grep -qE '^total +0$'; }
# The whole line is told to end, once all is read: what was read has landed.
ends() { sed -n 's/.*\[\([0-9]*\)\]: the end, at \([0-9]*\)$/\1 \2/p' "$T/a.err" "$T/b.err" | sort -k 1n -k 2nr | sort -u -k 1,1; }
taken() { [ "$(ends)" = "$(ktopic offsets "$topic" | cut -d ' ' -f 2,3)" ]; }
await 20 taken
pkill -TERM -P $$ -x kcons
wait
is "$(cat "$T/a.put" "$T/b.put")" '' 'two members: no complaint'
land --member a -e
is "$both" '0 0' 'and one again'
proven $N 'every line has landed once'
# What a line landed last, the next one of each member tells the group.
land --member a -e
land --member b -e
ok 'and the group knows' await 10 caught_up

# --- a sink that dies -------------------------------------------------------------------

land --member a &
line=$!
await 20 alive $line hdfsput
await 20 caught_up
kill -KILL "$(alive $line hdfsput)"
await 3 gone $line
wait $line
ok 'hdfsput dies while the topic is idle: kcons ends' gone $line

# --- the topic is made anew -------------------------------------------------------------

ktopic delete --wait "$topic" >/dev/null
ktopic create --wait -p 3 "$topic" >/dev/null
kprod -q "$topic" <"$T/in"
kprod -q "$topic" <"$T/in"
land --member a -e
is "${both#* }" 65 'a topic that was made anew, and is longer now: refused'
like "$T/hdfsput.err" 'made anew' 'and said'
proven $N 'and nothing of it has landed'

finish
