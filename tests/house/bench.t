#!/usr/bin/env bash
# scripts/bench measures, believes only what was delivered, and README.md shows its results.
. "$(dirname "$0")/../lib.sh"
need_kafka
cd "$ROOT" || exit

bench() { run scripts/bench -n -l 1000 -p 2 -o "$T/to" "$@"; }
rows() { jq -r "$1" "$T/to/results.json"; }

run scripts/bench --list
is "$status" 0 '--list: status'
grep '^row ' bench/rows.sh | cut -d ' ' -f 2 >"$T/rows"
is "$(cut -d ' ' -f 1 "$out" | diff - "$T/rows")" '' '--list: every row'
row() { printf '%s\n' "$4" >>"$T/goals"; }
# shellcheck source=bench/rows.sh
. bench/rows.sh
while read -r name; do
	ok "$name: can be run" declare -F "ours_$name"
done <"$T/rows"
run python3 -c '
import sys; sys.path.insert(0, "bench"); import report
sys.exit(not all([report.goals_of(line.strip()) for line in open(sys.argv[1])]))' "$T/goals"
is "$status" 0 'every row has goals, which can be read'

# shellcheck disable=SC2034 # for rows.sh
logs=$T/logs lines=1000
for _ in {1..20}; do
	rm -rf "$logs"
	tail -n +1 "$(access_log)" | cmp - "$(access_log)"
done >"$out" 2>&1
is "$(cat "$out")" '' 'an input that both ends of a pipe make'

bench genlogs kprod growth-ktail
is "$status" 0 'three rows: status'
is "$(rows '.rows[].name' | tr '\n' ' ')" 'kprod genlogs growth-ktail ' 'and their results, in the usual order'
is "$(rows '.rows[0].samples | [.ours, .theirs][] | .wall, .cpu, .peak | length' | sort -u)" 2 \
	'each side of a pair has wall, CPU and memory'
is "$(rows '.rows[0].goals | map(.metric) | join(" ")')" 'wall cpu peak' 'the goals were judged'
is "$(rows '.rows[0].goals[0].reached > 0')" true 'by a ratio'
is "$(rows '.rows[2].medians.ours["time-growth"] > 0')" true 'growth was computed'
like "$T/to/results.json" '"Kafka": "[0-9.]+"' 'versions are there'
like "$out" '^  wall .* goal ' 'a table on standard output'
ok 'the chart is well-formed' python3 -c \
	'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$T/to/chart.svg"
like "$T/to/chart.svg" 'beside kcat -P' 'and names the peer'

bench genlogs
is "$(rows '.rows | length')" 3 'a row that is run again replaces its old result'

mkdir "$T/bin"
printf '#!/bin/sh\nprintf "too short\\n"\n' >"$T/bin/dd"
chmod +x "$T/bin/dd"
PATH=$T/bin:$PATH bench genlogs
is "$status" 1 'what delivers something else fails'
like "$err" 'genlogs: theirs: failed' 'and is named'
bench nonsense
is "$status" 64 'a row that does not exist'

cp README.md "$T/readme"
python3 bench/report.py readme bench/results.json "$T/readme"
same README.md "$T/readme" 'README.md has the table of bench/results.json'
python3 bench/report.py chart bench/results.json "$T/chart.svg"
same bench/chart.svg "$T/chart.svg" 'and bench/chart.svg shows it'

finish
