#!/usr/bin/env bash
# kprod while its broker is killed: nothing acknowledged is lost, nothing sent is doubled.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
need_kafka
acknowledged() { sed -n 's/.* \([0-9]*\) records acknowledged, \([0-9]*\) not$/\1 \2/p' "$err"; }

ktopic create --wait -p 3 "$ID"
seq -f 'line %08.0f' 400000 >"$T/in"

# Killed in the middle and started again: it waits and goes on.
mkfifo "$T/fifo"
kprod --timeout 2m "$ID" <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
head -200000 "$T/in" >&3
stack kill kafka
tail -n +200001 "$T/in" >&3 & feeder=$!
stack start kafka
wait $feeder
exec 3>&-
wait $pid
is $? 0 'a broker that comes back: status'
read_topic -t "$ID" | sort >"$T/got"
same "$T/got" "$T/in" 'each record is there, once'
for p in 0 1 2; do
	ok "partition $p in order" sh -c "kcat -C -e -q -b $KAFKA_BROKERS -t $ID -p $p 2>/dev/null | sort -c"
done
ktopic delete --wait "$ID"
ktopic create --wait -p 1 "$ID"

# Killed for good: 75 after --timeout, and the count is right.
kprod --timeout 3s "$ID" <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
head -1000 "$T/in" >&3
arrived() { [ "$(read_topic -t "$ID" | wc -l)" -ge 1000 ]; }
ok 'the first records arrive' await 20 arrived
stack kill kafka
sed -n 1001,3000p "$T/in" >&3
wait $pid
is $? 75 'a broker that stays away: status'
exec 3>&-
is "$(acknowledged)" '1000 2000' 'and how many were acknowledged'
like "$err" '^kprod: write: .*: no acknowledgement within 3 s: .*connection refused' 'and why'

# SIGTERM while the broker is away: 75 after the time of grace, not after --timeout.
stack start kafka
kprod "$ID" <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
echo x >&3
arrived() { [ "$(read_topic -t "$ID" | wc -l)" -ge 1001 ]; }
await 20 arrived
stack kill kafka
echo y >&3
exec 3>&-
kill -TERM $pid
SECONDS=0
wait $pid
is $? 75 'SIGTERM without a broker: status'
ok 'within the time of grace' [ $SECONDS -lt 30 ]
is "$(acknowledged)" '1 1' 'and the count'
finish
