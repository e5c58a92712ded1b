#!/usr/bin/env bash
# hdfsput -E on a real HDFS while it is killed, stopped and taken over, and while connections and
# servers break.  What has landed is compared with what was sent, and every file that is seen
# under a final name, at whatever moment, must be whole.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/streams.sh
. "$(dirname "$0")/../streams.sh"
own_stack
need_hdfs
cleanup() { touch "$T/stop"; "$ROOT/scripts/stack" down; }

proxy_hdfs

# A reader that scans all along: each file holds just what its name and directory say.
whole() { # FILE
	local name=${1##*/} day=${1%/*} shard from to
	IFS=- read -r _ _ shard from to _ <<<"$name"
	cmp -s "$T/scanned" <(records "$shard" $((10#$from)) $((10#$to)) | grep -F "$(printf '[%02d/' "${day##*=}")")
}
scan() {
	declare -A known=()
	local f
	until [ -e "$T/stop" ]; do
		while read -r f; do
			if [ -n "${known[$f]-}" ] || ! api "$f" OPEN -L -f -o "$T/scanned"; then continue; fi
			known[$f]=1
			if whole "$f"; then echo "$f" >>"$T/seen"; else echo "$f" >>"$T/torn"; fi
		done < <(files "/$ID")
		command sleep 0.2
	done
}
touch "$T/seen" "$T/torn"
scan & scanner=$!

# Answers that are lost and uploads that are cut.
D=/$ID/proxy to=0
for fault in 'namenode lose-answer once if=op=RENAME' 'namenode lose-answer once if=op=CREATE' \
	'namenode cut up 9 once if=op=RENAME' 'datanode lose-answer once' 'datanode cut up 1000 once'; do
	# shellcheck disable=SC2086 # several words
	proxy_set $fault
	from=$to to=$((to + 700))
	stream "$from" "$to" >"$T/in"
	run_in "$T/in" hdfsput -E -d "$D" --roll-records 200
	is "$status-$(position 0 "$D")" "0-$to" "$fault: goes on"
	proxy_set "${fault%% *}" stat
	like <(echo "$proxy_answer") 'fault=ok' 'it happened indeed'
	proxy_set "${fault%% *}" ok
done
holds "$D" "$to" 'every record, once'

# Killed at any moment, and started again with its own positions as the only guide.
D=/$ID/kill to=6000 kills=0
hdfsput -E -d "$D" < <(echo "$hello"; assign 0 0; assign 1 0; end)
for round in $(seq 1 60); do
	{
		echo "$hello"
		for shard in 0 1; do
			from=$(position "$shard" "$D")
			assign "$shard" $((from > 30 ? from - 30 : 0))
			batches "$shard" $((from > 30 ? from - 30 : 0)) "$to"
		done
		end
	} >"$T/in"
	hdfsput -E -d "$D" --roll-records 300 --memory 16M <"$T/in" 2>>"$T/kill.log" & pid=$!
	if [ "$round" -le 10 ]; then
		command sleep "0.$((round * 37 % 10))$((round % 7))"
		kill -9 "$pid" 2>/dev/null
	fi
	wait "$pid" 2>/dev/null
	status=$?
	[ $status != 137 ] || kills=$((kills + 1))
	[ $status != 0 ] || break
	[ $status = 137 ] || [ $status = 75 ] || break
done
is "$status-$(position 0 "$D")-$(position 1 "$D")" "0-$to-$to" "killed $kills times: it comes to its end"
ok '… which is often enough' test "$kills" -ge 5
landed "$D" >"$T/got"
{ records 0 0 "$to"; records 1 0 "$to"; } | sort >"$T/want"
same "$T/want" "$T/got" 'every record of both shards, once'

# Stopped, taken over, woken.
D=/$ID/stop
mkfifo "$T/fifo"
start() { : >"$err"; hdfsput -E -d "$D" "$@" <"$T/fifo" 2>>"$err" & pid=$!; exec 3>"$T/fifo"; echo "$hello" >&3; }
start --roll-records 100
{ assign 0 0; batches 0 0 1000; } >&3
ok 'the older one commits' await 20 at "$D" 1000
kill -STOP "$pid"
batches 0 1000 1200 >&3
stream 900 1100 | hdfsput -E -d "$D" 2>"$T/err2"
is "${PIPESTATUS[1]}" 0 'another takes over while it is stopped'
kill -CONT "$pid"
wait "$pid"
is "$?-$(position 0 "$D")" 75-1100 'the older one ends with 75, and moves nothing'
like "$err" 'another writer has taken it over' 'and says why'
exec 3>&-
stream 1000 1300 | hdfsput -E -d "$D"
holds "$D" 1300 'every record, once'

# Held up by a server when it knows that another one has taken over: R may be waiting unread.
D=/$ID/held
held() { proxy_set namenode stat && [[ $proxy_answer == *' held=1 '* ]]; }
other_at() { [ "$(position 1 "$D")" = "$1" ]; }
start --roll-time 300ms
{ assign 0 0; assign 1 0; } >&3
ok 'the older one has both shards' await 20 other_at 0
ok '… both' await 20 at "$D" 0
stream 0 100 | hdfsput -E -d "$D" 2>"$T/err2"
is "${PIPESTATUS[1]}" 0 'another takes one of them over'
{ batches 0 0 150; batches 1 0 50; } >&3
ok 'the older one goes on with the other' await 20 other_at 50
batches 1 50 100 >&3
ok '… and on' await 20 other_at 100
proxy_set namenode hold up if=op=MKDIRS
printf '%s\n' "$(assign 2 0; batches 2 0 20)" >&3 # in one piece, and read before what follows is there
ok 'a third shard is held up' await 20 held
ok 'for longer than R is waited for' await 10 passed $((SECONDS + 6))
{ control R t 0 revoked; end; } >&3
proxy_set namenode ok
exec 3>&-
wait "$pid"
is "$?-$(position 0 "$D")-$(position 1 "$D")-$(position 2 "$D")" 0-100-100-20 'then it finds R, and nothing is wrong'

# Quota.
D=/$ID/quota
api "$D" MKDIRS -X PUT >"$T/answer"
api "$D" 'SETQUOTA&namespacequota=9223372036854775807&storagespacequota=1000' -X PUT
stream 0 500 | hdfsput -E -d "$D" 2>"$err"
is "${PIPESTATUS[1]}" 74 'quota: status'
like "$err" quota 'and message'
api "$D" 'SETQUOTA&namespacequota=9223372036854775807&storagespacequota=-1' -X PUT

# A gateway that takes renameoptions for nothing, as HttpFS does.
cat >"$T/gateway" <<'P'
import http.client, http.server, sys
class Gateway(http.server.BaseHTTPRequestHandler):
    def do(self):
        c = http.client.HTTPConnection(sys.argv[1])
        c.request(self.command, self.path, self.rfile.read(int(self.headers.get('Content-Length') or 0)))
        r = c.getresponse()
        body = r.read()
        if 'op=RENAME' in self.path and r.status == 200:
            body = b'{"boolean":true}'
        self.send_response(r.status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_PUT = do_POST = do_DELETE = do
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 0), Gateway)
print(s.server_port, flush=True)
s.serve_forever()
P
python3 "$T/gateway" "${direct#http://}" >"$T/gateway.port" &
await 20 test -s "$T/gateway.port"
stream 0 100 | WEBHDFS_URL=http://127.0.0.1:$(cat "$T/gateway.port") hdfsput -E -d "/$ID/gateway" 2>"$err"
is "${PIPESTATUS[1]}" 78 'HttpFS: status'
like "$err" 'HttpFS gateway' 'and reason'

# Servers that die are waited for, without a limit.
export WEBHDFS_URL=$direct
D=/$ID/servers
start -v --roll-time 300ms
{ assign 0 0; batches 0 0 100; } >&3
ok 'records land' await 20 at "$D" 100
stack kill namenode
batches 0 100 300 >&3
ok 'the name node dies: it waits' await 20 grep -q 'trying again' "$err"
stack start namenode
ok 'and goes on' await 60 at "$D" 300
stack kill datanode
: >"$err"
batches 0 300 500 >&3
ok 'the data node dies: it waits' await 30 grep -q 'trying again' "$err"
stack start datanode
ok 'and goes on' await 60 at "$D" 500
stack kill namenode datanode
stack start namenode
: >"$err"
batches 0 500 600 >&3
ok 'a name node without data nodes: it waits' await 30 grep -q 'trying again' "$err"
kill -TERM "$pid"
wait "$pid"
is $? 75 'and a signal ends that'
exec 3>&-
stack start datanode
stream 400 700 | hdfsput -E -d "$D" 2>"$err"
is "${PIPESTATUS[1]}" 0 'the next one goes on'
holds "$D" 700 'every record, once'

touch "$T/stop"
wait "$scanner"
is "$(cat "$T/torn")" '' "no file was seen that was not whole"
ok 'and many were seen' test "$(wc -l <"$T/seen")" -gt 30
finish
