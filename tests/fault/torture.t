#!/usr/bin/env bash
# Both halves of the exactly-once pipeline, killed 25 times at random.
#	TORTURE_ROUNDS   another number
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
own_stack
need_kafka
need_hdfs
rounds=${TORTURE_ROUNDS:-25}

for half in file hdfs; do
	run "$ROOT/scripts/torture" -s 1 "$half" "$rounds"
	is "$status" 0 "$half: status"
	like "$out" "^$rounds rounds, [0-9]+ records, 0 lost, 0 doubled$" "$half: every record once"
done
finish
