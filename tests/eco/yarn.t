#!/usr/bin/env bash
# The filters of the pipe, unchanged, as mapper and reducer on YARN: the same answer.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_hdfs
need_yarn

dir=/kpipe-test/$ID
cleanup() { hdfsrm -r -f --skip-trash "$dir"; }
for day in 2026-01-05 2026-01-31; do
	genlogs -r 0 -n 3000 -s "${day#*-*-}" -t "${day}T23:00:00Z" -z Z
done >"$T/in"
echo 'no access line' >>"$T/in"
hdfsput -q -d "$dir" <"$T/in"
input="$dir/year=2026/*/*"

run "$ROOT/scripts/yarn/logstat.sh" "$input" -b path -w 1d -l inf -n 3 -f json
is "$status" 0 'logstat.sh'
hdfscat "$input/part-*" | logjson | logstat -b path -w 1d -l inf -n 3 -f json >"$T/want"
is "${PIPESTATUS[*]}" '0 0 0' 'the pipe'
is "$(wc -l <"$T/want")" 6 'three paths a day'
same "$out" "$T/want" 'YARN gives the answer of the pipe'
in_history() {
	curl -s --noproxy '*' "$HISTORY_URL/ws/v1/history/mapreduce/jobs" |
		jq -e '.jobs.job[]? | select(.name == "logstat" and .state == "SUCCEEDED")'
}
ok 'the job is in the history' await 20 in_history

run "$ROOT/scripts/yarn/logstat.sh" "$dir/nothing"
is "$status" 70 'a job that fails is told'
like "$err" 'Input path does not exist' 'and why'
run "$ROOT/scripts/yarn/logstat.sh"
is "$status" 64 'no input'
finish
