#!/usr/bin/env bash
# The whole line, from a file to dated directories, while its servers are killed one after the other:
# no tool ends by itself, and every record lands once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
cleanup() { "$ROOT/scripts/stack" down; }
need_kafka
need_hdfs

D=/$ID
topic shop -p 3
mkfifo "$T/lines" "$T/records"
empty "$T/access.log"
genlogs -n 1000000 -r 2000 --sequence >>"$T/access.log" & writer=$!
kprod --id shop --position shop >"$T/positions"
ktail -E --from "$T/positions" "$T/access.log" >"$T/lines" 2>"$T/ktail.err" & ktail=$!
kprod -q -E --id shop shop <"$T/lines" 2>"$T/kprod.err" & kprod=$!
kcons -E -G shop --offsets-cmd "hdfsput --offsets -d $D" shop >"$T/records" 2>"$T/kcons.err" & kcons=$!
hdfsput -q -E --roll-time 300ms -d "$D" <"$T/records" 2>"$T/hdfsput.err" & hdfsput=$!

sum() { hdfsput --offsets -d "$D" 2>/dev/null | awk '{ s += $3 } END { print s + 0 }'; }
beyond() { [ "$(sum)" -gt "$1" ]; }
ok 'records land' await 60 beyond 0
for svc in namenode kafka datanode namenode; do
	stack kill $svc
	stack start $svc
	ok "the $svc was killed: more land" await 60 beyond $(($(sum) + 3000))
done

ends() { # NAME PID
	wait "$2"
	status=$?
	cp "$T/$1.err" "$err"
	is $status 0 "$1 ends well"
}
kill "$writer"
wait "$writer"
n=$(wc -l <"$T/access.log")
arrived() { [ "$(kcons -e -q shop | wc -l)" -ge "$n" ]; }
ok 'all lines arrive' await 60 arrived
kill -TERM "$ktail"
ends ktail "$ktail"
ends kprod "$kprod"
kill -TERM "$kcons"
ends kcons "$kcons"
ends hdfsput "$hdfsput"
kcons -E -e --offsets-cmd "hdfsput --offsets -d $D" shop 2>"$err" | hdfsput -q -E -d "$D"
is "${PIPESTATUS[*]}" '0 0' 'what had not been read lands'
files "$D" | while read -r f; do get "$f"; done | logcheck -u -n "$n" >"$out" 2>"$err"
is "${PIPESTATUS[1]} $(tail -n 1 "$out")" "0 $n lines, 0 missing, 0 doubled, 0 out of order" 'every record, once'
finish
