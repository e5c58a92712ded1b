#!/usr/bin/env bash
# The proxy that the fault tests rely on must itself do what it says.
. "$(dirname "$0")/../lib.sh"
need_kafka
need_hdfs

real=$WEBHDFS_URL dir=/tmp/$ID
cleanup() { curl -s -X DELETE "$real/webhdfs/v1$dir?op=DELETE&recursive=true&user.name=$HADOOP_USER_NAME"; }
proxy_hdfs
head -c 3000000 /dev/urandom >"$T/data"

url() { printf '%s/webhdfs/v1%s/%s?user.name=%s&op=%s' "$1" "$dir" "$2" "$HADOOP_USER_NAME" "$3"; }
shorter() { [ "$(length "$1")" -lt "$2" ]; }
has() { [ "$(length "$1")" = "$2" ]; }
put() { run curl -s -S -L -m 20 -o "$T/body" -w '%{http_code} %{url_effective}\n' -T "$T/data" "$(url "$WEBHDFS_URL" "$1" CREATE)"; }
length() { curl -s "$(url "$real" "$1" GETFILESTATUS)" | jq .FileStatus.length; }

put whole
is "$status" 0 'nothing is broken: status'
like "$out" "^201 http://$PROXY_HOST:" 'and the redirect leads through the proxy'
is "$(length whole)" 3000000 'and all bytes arrive'
run curl -s -L "$(url "$WEBHDFS_URL" whole OPEN)"
same "$out" "$T/data" 'and come back'

proxy_set datanode cut up 1000000 once
put cut
like <(echo "$status") '^5[56]$' 'cut up: curl sees the connection end'
ok 'and a short file is left under the name' await 10 shorter cut 1000000
put after
is "$status" 0 'once: the next upload passes'
like <(echo "$proxy_answer") 'fault=cut up 1000000 once$' 'the answer names the fault'

proxy_set datanode lose-answer
put lost
is "$status" 52 'lose-answer: no answer'
ok 'but the file is whole' await 10 has lost 3000000

proxy_set datanode cut up 5000 rst if=other
put miss
is "$status" 0 'if=TEXT: a connection without it passes'
proxy_set datanode cut up 5000 rst if=op=CREATE
put match
ok 'and one with it is reset' test "$status" -ne 0

proxy_set datanode refuse
put refused
is "$status" 7 'refuse: connection refused'
proxy_set datanode ok
put again
is "$status" 0 'ok: it listens again'

proxy_set datanode hole up
run curl -s -L -m 1 -T "$T/data" "$(url "$WEBHDFS_URL" hole CREATE)"
is "$status" 28 'hole: no answer comes'
proxy_set datanode rate up 2000000
put slow
is "$status" 0 'rate: slow, but whole'
is "$(length slow)" 3000000 'all of it'
proxy_set datanode ok
proxy_set namenode hold up if=/held?
curl -s -S -L -m 20 -o "$T/body" -T "$T/data" "$(url "$WEBHDFS_URL" held CREATE)" & held=$!
waits() { proxy_set namenode stat; [[ $proxy_answer == *' held=1 '* ]]; }
ok 'hold: a connection waits' await 10 waits
is "$(length held)" null 'and nothing of it has come through'
proxy_set namenode ok
wait $held
is "$? $(length held)" '0 3000000' 'it goes on where it was'
proxy_set datanode delay down 1
put late
is "$status" 0 'delay: late, but whole'

exec 7<>"/dev/tcp/$PROXY_HOST/${KPIPE_DATANODE##*:}"
counted() { proxy_set datanode stat && [[ $proxy_answer == *' open=1 '* ]]; }
ok 'stat counts open connections' await 5 counted
proxy_set datanode drop
ok 'drop ends them' timeout 5 cat <&7
exec 7>&-

at=$(cut -d ' ' -f 2 "$T/proxy.datanode")
for line in nonsense 'cut up' 'cut 5 up' 'rate up 0' 'hole' 'delay up 5 once' 'cut up 5 loudly'; do
	exec 7<>"/dev/tcp/${at%:*}/${at#*:}"
	echo "$line" >&7
	like <(cat <&7) "^error: $line: " "\"$line\" is refused"
done

proxy_kafka
run kcat -L -b "$KAFKA_BROKERS" -m 5
is "$status" 0 'Kafka answers through the proxy'
like "$out" "broker 1 at $PROXY_HOST:" 'and names the proxy as the broker'

finish
