#!/usr/bin/env bash
# The landing line on several hosts: the same line on each, in a network namespace of its own
# with an address of its own, shares the partitions of a topic with the others, and not one
# record is lost or doubled while hosts join, leave and die.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_hdfs

topic=$ID dir=/kpipe-test/$ID partitions=12 net=$((240 + $$ / 81 % 10)).$(($$ / 9 % 9 + 1)).$(($$ % 9 + 1))
cleanup() {
	local i
	for i in 1 2 3; do
		[ -z "${host[$i]-}" ] || die "$i"
		ip netns del "$ID-$i"
	done
	ip addr del "$net.1/32" dev lo
	KAFKA_BROKERS=$broker WEBHDFS_URL=$direct
	ktopic delete "$topic"
	hdfsrm -r -f --skip-trash "$dir"
}
host=() broker=$KAFKA_BROKERS

# --- the hosts --------------------------------------------------------------------------

# The servers listen on loopback, which only this host sees: proxies lead to them.  The addresses
# are of a block that nobody uses, and as long as 127.0.0.1.
PROXY_HOST=$net.1
hosts() {
	local i
	ip addr add "$PROXY_HOST/32" dev lo || return
	for i in 1 2 3; do
		ip netns add "$ID-$i" &&
			ip link add "kp$$-$i" type veth peer name eth0 netns "$ID-$i" &&
			ip link set "kp$$-$i" up &&
			ip route add "$net.$((i + 1))/32" dev "kp$$-$i" &&
			ip -n "$ID-$i" addr add "$net.$((i + 1))/32" dev eth0 &&
			ip -n "$ID-$i" link set eth0 up &&
			ip -n "$ID-$i" route add "$net.1/32" dev eth0 || return
	done
}
if hosts >"$T/hosts" 2>&1; then
	proxy_kafka
	proxy_hdfs
	namespaces=yes
	echo '# each member has a network namespace'
else
	namespaces=
	echo "# no network namespaces, so the members are plain processes: $(tail -n 1 "$T/hosts")"
fi

# join NUMBER: its line, kept running as it would be on a host
join() {
	local line="kcons -q -E -G $topic -X client.id=member$1 -X session.timeout.ms=6000 \
		--offsets-cmd 'hdfsput --offsets -d $dir' $topic | hdfsput -q -E --roll-time 500ms -d $dir"
	${namespaces:+ip netns exec "$ID-$1"} "$ROOT/scripts/supervise" -p 2 "$line" 2>>"$T/$1.err" &
	host[$1]=$!
}
# end NUMBER: its line is told to end, and does
end() {
	kill "${host[$1]}"
	wait "${host[$1]}"
	is $? 0 "member $1 ended well"
}
# die NUMBER: all its programs at once
die() {
	local line
	line=$(pgrep -P "${host[$1]}")
	kill -KILL -- "${host[$1]}" ${line:+"-$line"}
} 2>/dev/null

# shared MEMBER…: each of these, and nobody else, has its share of the partitions, to one.
shared() {
	kgroup lag -J "$topic" | jq -r '.partitions[].member // empty' | cut -d - -f 1 | sort | uniq -c >"$T/shares"
	[ "$(awk '{ print $2 }' "$T/shares" | paste -s -d ' ')" = "$*" ] &&
		awk -v most=$((partitions / $# + 1)) -v all="$partitions" '
			$1 < most - 2 || $1 > most { bad = 1 } { sum += $1 }
			END { exit bad || sum != all }' "$T/shares"
}
spread() { # NAME MEMBER…
	if await 60 shared "${@:2}"; then _ok "$1"; else _not "$1" "$(cat "$T/shares")" "$(tail -n 3 "$T"/[123].err)"; fi
	awk '{ print "#   " $2 ": " $1 " partitions" }' "$T/shares"
}

# --- one host, three, two -----------------------------------------------------------------

ktopic create --wait -p $partitions "$topic" >/dev/null
mkfifo "$T/lines"
tee "$T/in" <"$T/lines" | kprod -q "$topic" &
writer=$!
genlogs -r 1000 -s 3 -t 2026-01-01T10:00:00Z -z Z --sequence >"$T/lines" &
source=$!

join 1
spread 'one member has all partitions' member1
join 2
join 3
spread 'three have a third each' member1 member2 member3
die 2
spread 'one is killed: two have a half each' member1 member3
end 1
spread 'one leaves: all go to the other' member3
join 2
spread 'one comes back' member2 member3

# 0 is of SIGTERM: it has not ended before.
kill $source
wait $source
is $? 0 'lines came in all along'
wait $writer
is $? 0 'and are in the topic'
N=$(wc -l <"$T/in")
landed() { [ "$(hdfsput --offsets -d "$dir" | awk '{ n += $3 } END { print n + 0 }')" = "$N" ]; }
ok 'and land' await 60 landed
end 2
end 3
hdfscat "$dir/year=2026/month=1/dayofmonth=1/*" >"$T/landed"
run_in "$T/landed" logcheck -u -n "$N"
is "$(cat "$out" "$err")" "$N lines, 0 missing, 0 doubled, 0 out of order" 'each line has landed once'
ok 'as it was' cmp <(sort "$T/in") <(sort "$T/landed")
finish
