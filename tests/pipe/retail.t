#!/usr/bin/env bash
# The retail pipeline on the real servers: from the log file to dated directories.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_hdfs
dir=/kpipe-test/$ID
cleanup() {
	ktopic delete "$ID" "$ID-live"
	hdfsrm -r -f --skip-trash "$dir"
}

run ktopic create -p 3 --wait "$ID" "$ID-live"
is "$status" 0 'topics'

# 40,000 lines, a millisecond apart: 20,000 on each side of a midnight.
run genlogs -r 0 -n 40000 -s 1 -t 2026-01-31T23:59:40Z -z Z --sequence
mv "$out" "$T/access.log"
ktail --once -n +1 "$T/access.log" | kprod "$ID"
is "${PIPESTATUS[*]}" '0 0' 'ktail --once | kprod'
kcons -e "$ID" | logcheck -u -n 40000 >"$out"
is "${PIPESTATUS[*]}" '0 0' 'the topic is complete'
kcons -e -G "$ID" "$ID" | hdfsput -d "$dir/by-day"
is "${PIPESTATUS[*]}" '0 0' 'kcons -e -G | hdfsput -d'
hdfscat "$dir/by-day/year=*/month=*/dayofmonth=*/*" >"$T/landed"
is $? 0 'hdfscat with a pattern'
ok 'what landed is complete' logcheck -u -n 40000 "$T/landed"
ok 'and the same lines' cmp <(sort "$T/access.log") <(sort "$T/landed")
is "$(hdfscat "$dir/by-day/year=2026/month=1/dayofmonth=31/*" | wc -l)" 20000 'one half on the first day'
is "$(hdfscat "$dir/by-day/year=2026/month=2/dayofmonth=1/*" | wc -l)" 20000 'the other on the second'
is "$(kcons -e -G "$ID" "$ID" | wc -l)" 0 'the group has nothing left'
run kgroup lag "$ID"
like "$out" 'total.* 0( |$)' 'and no lag'

# SIGTERM to every program of both lines at once, in full flight.
mkfifo "$T/lines" "$T/records"
kprod "$ID-live" <"$T/lines" 2>"$T/kprod.err" & prod=$!
genlogs -r 4000 --sequence > >(tee "$T/given" >"$T/lines") & gen=$!
hdfsput -d "$dir/live" <"$T/records" 2>"$T/hdfsput.err" & put=$!
kcons -G "$ID-live" "$ID-live" >"$T/records" 2>"$T/kcons.err" & cons=$!
some() { [ "$(ktopic offsets "$ID-live" | awk '{ n += $3 } END { print n }')" -ge 5000 ]; }
ok 'records flow' await 30 some
committed() { kgroup lag "$ID-live" >"$T/lag" 2>&1 && awk '$3 ~ /^[0-9]+$/ { n += $3 } END { exit n < 1000 }' "$T/lag"; }
ok 'and are committed' await 30 committed
kill "$gen" "$prod" "$put" "$cons"
for name in gen prod put cons; do
	wait "${!name}"
	is $? 0 "SIGTERM: $name ends with 0"
done
kcons -e "$ID-live" >"$T/topic"
n=$(wc -l <"$T/given")
ok "all that genlogs gave is in the topic ($n lines)" logcheck -u -n "$n" "$T/topic"
hdfscat "$dir/live/year=*/month=*/dayofmonth=*/*" >"$T/landed"
kcons -e -G "$ID-live" "$ID-live" >"$T/rest"
is $? 0 'the group goes on'
ok 'what was committed has landed, the rest comes again' cmp <(sort "$T/topic") <(sort "$T/landed" "$T/rest")
finish
