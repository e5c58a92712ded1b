#!/usr/bin/env bash
# hdfsput while servers die, connections break and it is itself killed.  A reader scans all
# along for a file that is not whole under a final name.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
need_hdfs
cleanup() { "$ROOT/scripts/stack" down; }

D=/$ID
proxy_hdfs
absent() { api "$1" GETFILESTATUS | grep -q FileNotFoundException; }
landed() { files "$1" | while read -r f; do get "$f"; done; }
staged() { api "$1" LISTSTATUS | grep -q "$2"; }
lines() { seq "$1" "$2" | sed 's|.*|h - - [01/Jan/2026:10:00:00 -0800] "GET /p?seq=& HTTP/1.1" 200 1|'; }
mkfifo "$T/fifo"
head -c 24000000 /dev/urandom >"$T/big"
head -c 12000000 "$T/big" >"$T/half"
tail -c 12000000 "$T/big" >"$T/rest"

# feed NAME OPTION…: hdfsput in the background, to be written to through descriptor 3.
feed() {
	hdfsput "$@" <"$T/fifo" >"$out" 2>"$err" & pid=$!
	exec 3>"$T/fifo"
}
ended() { exec 3>&-; wait "$pid"; status=$?; }
# whole FILE NAME: it holds what was put
whole() { get "$1" >"$T/got"; same "$T/big" "$T/got" "$2"; }

# Connections.
proxy_set datanode cut up 3000000 once
run_in "$T/big" hdfsput --memory 32M "$D/cut"
is "$status" 0 'an upload that is cut: status'
whole "$D/cut" 'the file is whole'
like "$err" 'trying again under another name' 'and it was said'
proxy_set datanode lose-answer once
run_in "$T/big" hdfsput --memory 32M "$D/unanswered"
is "$status" 0 'an upload without an answer: status'
whole "$D/unanswered" 'the file is whole'
for op in CONCAT RENAME CREATE; do
	proxy_set namenode lose-answer once if=op=$op
	run_in "$T/big" hdfsput --memory 32M "$D/lost-$op"
	is "$status" 0 "a lost answer to $op: status"
	whole "$D/lost-$op" 'the file is whole'
	proxy_set namenode stat
	like <(echo "$proxy_answer") 'fault=ok' 'it was lost indeed'
done
proxy_set namenode lose-answer once if=op=RENAME
run_in "$T/half" hdfsput -f "$D/cut"
is "$status" 0 'a lost answer when a file is replaced: status'
get "$D/cut" | cmp - "$T/half"
is "${PIPESTATUS[1]}" 0 'it is replaced'
proxy_set datanode refuse
run_in "$T/big" hdfsput --timeout 6s "$D/refused"
is "$status" 75 'no data node for longer than --timeout: status'
like "$err" '24000000 bytes were read, and no file has landed' 'and what that means'
ok 'nothing is there' absent "$D/refused"
proxy_set datanode ok
is "$(api "$D" LISTSTATUS | grep -c '\.kpipe-')" 0 'no staging is left'
feed --memory 32M --timeout 6s "$D/left"
cat "$T/half" >&3
ok 'parts are uploaded' await 20 staged "$D" '\.kpipe-'
proxy_set namenode hole up
cat "$T/rest" >&3
ended
is "$status" 75 'no name node for longer than --timeout: status'
proxy_set namenode ok
left=$(api "$D" LISTSTATUS | grep -o '\.kpipe-[^"]*')
like "$err" "^hdfsput: remove: .*$D/$left: .*: hdfsrm -r --skip-trash removes it\$" 'what is left is named'
run hdfsrm -r --skip-trash "$D/$left"
is "$status" 0 'and removed so'

# Quota.
api "$D/full" MKDIRS -X PUT >"$T/answer"
api "$D/full" 'SETQUOTA&namespacequota=9223372036854775807&storagespacequota=1000000' -X PUT
run_in "$T/half" hdfsput "$D/full/x"
is "$status" 74 'quota: status'
like "$err" 'quota' 'and message'
ok 'nothing is there' absent "$D/full/x"

# Signals.
feed "$D/half"
head -c 1000000 "$T/half" >&3
ok 'reading' await 10 staged "$D" '\.kpipe-'
signalled() { ! kill -TERM "$pid"; }
ok 'a second signal ends it' await 5 signalled
ended
is "$status" 143 'by that signal'
proxy_set datanode rate up 1800000
feed "$D/slow"
cat "$T/big" >&3
exec 3>&-
ok 'a slow upload' await 10 staged "$D" '\.kpipe-'
kill -TERM "$pid"
since=$SECONDS
wait "$pid"
is $? 0 'SIGTERM more than 10 s before its end: status'
ok 'so long before' test $((SECONDS - since)) -gt 10
whole "$D/slow" 'the file is whole'
proxy_set datanode ok
feed -d "$D/term" --roll-time 1h
lines 1 100 >&3
ok 'reading' await 10 staged "$D/term" _kpipe_tmp
kill -TERM "$pid"
wait "$pid"
is $? 75 'SIGTERM and an input that does not end: status'
exec 3>&-
landed "$D/term" | cmp - <(lines 1 100)
is "${PIPESTATUS[1]}" 0 'what was read has landed'
like "$err" 'has not ended within' 'and it is said'

feed "$D/still/x"
ok 'reading' await 10 staged "$D/still" '\.kpipe-'
proxy_set namenode hole up
echo x >&3
exec 3>&-
kill -TERM "$pid"
wait "$pid"
is $? 75 'SIGTERM and a name node that says nothing: status'
proxy_set namenode ok
like "$err" '^hdfsput: .*: name node: nothing has moved since a stop signal$' 'and message'
unlike "$err" 'trying again for' 'and the request is not repeated'

# Kill -9 at any moment, from before the first file to behind the eleventh: what is visible is whole.
torn=0 visible=0 killed=0
shows() { [ "$(files "$D/kill" | wc -l)" -ge "$1" ]; }
for i in $(seq 0 11); do
	lines 1 100000000 | hdfsput -d "$D/kill" --roll-size 500k --memory 16M -q 2>/dev/null & pid=$!
	await 30 shows "$i"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	[ $? -ne 137 ] || killed=$((killed + 1))
	while read -r f; do
		visible=$((visible + 1))
		get "$f" >"$T/got"
		first=$(head -1 "$T/got" | sed 's/.*seq=\([0-9]*\).*/\1/')
		cmp -s "$T/got" <(lines "${first:-0}" $((${first:-0} + $(wc -l <"$T/got") - 1))) || torn=$((torn + 1))
	done < <(files "$D/kill")
	api "$D/kill" 'DELETE&recursive=true' -X DELETE >"$T/answer"
done
is "$killed" 12 'kill -9: as often as wanted'
is "$torn" 0 "no torn file among $visible"
ok 'and there were some' test "$visible" -gt 0

# The same for one file: while so many parts are staged, and while a request of its landing is on its way.
name() { api "$D/one" LISTSTATUS | grep -o '\.kpipe-[^"]*'; }
parts_are() { [ "$(api "$D/one/$(name)" LISTSTATUS | grep -o '"pathSuffix":"1-' | wc -l)" -ge "$1" ]; }
holding() { proxy_set namenode stat && [[ $proxy_answer == *' held=1 '* ]]; }
quiet() { proxy_set namenode stat && [[ $proxy_answer == *' open=0 '* ]]; }
for at in 0 1 3 5 CONCAT RENAME; do
	feed --memory 16M "$D/one/f"
	if [[ $at == [0-9] ]]; then
		head -c $((at * 2200000)) "$T/big" >&3
		ok "kill -9: $at parts are staged" await 20 parts_are "$at"
	else
		proxy_set namenode hold up "if=op=$at"
		cat "$T/big" >&3
		exec 3>&-
		ok "kill -9: $at is on its way" await 20 holding
	fi
	kill -9 "$pid"
	ended 2>/dev/null
	is "$status-$(api "$D/one" LISTSTATUS | grep -c '"f"')" 137-0 'no file has the name'
	proxy_set namenode ok
	ok 'what was held arrives' await 10 quiet
	[ "$at" != RENAME ] || whole "$D/one/f" 'and then the file is whole'
	[ "$at" = RENAME ] || ok 'and still none' absent "$D/one/f"
	api "$D/one" 'DELETE&recursive=true' -X DELETE >"$T/answer"
done

# The data node dies in the middle of an upload.
export WEBHDFS_URL=$direct
feed --memory 32M "$D/node"
cat "$T/half" >&3
ok 'parts are uploaded' await 20 staged "$D" '\.kpipe-'
stack kill datanode
cat "$T/rest" >&3 & writer=$!
ok 'the uploads fail' await 20 grep -q 'trying again' "$err"
ok 'and no file is there' absent "$D/node"
stack start datanode
wait "$writer"
ended
is "$status" 0 'a data node that dies and comes back: status'
whole "$D/node" 'the file is whole'

# The name node dies.
feed -d "$D/names" --roll-time 500ms
lines 1 10 >&3
some() { [ "$(landed "$1" | wc -l)" -ge "$2" ]; }
ok 'lines land' await 20 some "$D/names" 10
stack kill namenode
lines 11 20 >&3
ok 'the roll fails' await 20 grep -q 'trying again' "$err"
stack start namenode
lines 21 30 >&3
ended
is "$status" 0 'a name node that dies and comes back: status'
landed "$D/names" | sort -t= -k2n | cmp - <(lines 1 30)
is "${PIPESTATUS[2]}" 0 'every line has landed, once'

# Safe mode: a name node without its data node's report.
stack kill datanode namenode
stack start namenode
run_in "$T/half" hdfsput --timeout 20s "$D/safe"
is "$status" 75 'safe mode for longer than --timeout: status'
like "$err" 'safe mode' 'and message'
empty "$err"
hdfsput "$D/safe" <"$T/half" 2>"$err" & pid=$!
ok 'safe mode: it waits' await 20 grep -q 'trying again' "$err"
stack start datanode
wait "$pid"
is $? 0 'and goes on: status'
get "$D/safe" | cmp - "$T/half"
is "${PIPESTATUS[1]}" 0 'the file is whole'

finish
