#!/usr/bin/env bash
# Spark lands a topic as kcons -E | hdfsput -E does, its notebook goes on from there, and its rdd.pipe
# gives the shell pipe's answer.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export PYTHONDONTWRITEBYTECODE=1

cd "$ROOT/scripts/spark" || exit
is "$(jq -c '[.cells[] | select(.cell_type == "code") | .outputs, .execution_count] | flatten | unique' retail.ipynb)" \
	'[null]' 'the notebook is kept without outputs'

need_kafka
need_hdfs
need_spark
need_tools txn
topic=$ID dir=/kpipe-test/$ID
cleanup() {
	ktopic delete "$topic"
	hdfsrm -r -f --skip-trash "$dir"
}

# Short jobs: quick to start rather than quick for long.
cp -r "$SPARK_CONF_DIR" "$T/conf"
cat >>"$T/conf/spark-defaults.conf" <<'C'
spark.ui.enabled                false
spark.sql.shuffle.partitions    2
spark.driver.extraJavaOptions   -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
C
export SPARK_CONF_DIR=$T/conf
submit() { run "$SPARK_HOME/bin/spark-submit" "$@"; }

run "$PYSPARK_PYTHON" land.py --once "$topic"
is "$status" 64 'land.py without DIR: status'
run env -u KAFKA_BROKERS "$PYSPARK_PYTHON" land.py "$topic" "$dir"
is "$status" 64 'land.py without brokers: status'
run "$PYSPARK_PYTHON" land.py -b "127.0.0.1:$(free_port)" "$topic" "$dir"
is "$status" 69 'land.py without a broker that listens: status'
like "$err" '^land.py: connect: 127.0.0.1:[0-9]*: .*refused' 'and says so'

# --- the same rows ----------------------------------------------------------------------

# Two zones and four days, what has no real date, and bytes that are no text.
ktopic create -p 3 --wait "$topic" >/dev/null
{
	genlogs -r 0 -n 2000 -s 1 -t 2026-11-21T18:29:59Z -z +0530
	genlogs -r 0 -n 2000 -s 2 -t 2026-12-01T07:59:59Z -z -0800
	printf '%s\n' '' 'no time' '[05/Jan/2026:00:00:00 +0000] "' '[::1] - - [05/Jan/2026:00:00:00 +0000]'
	get='"GET / HTTP/1.1" 200 1'
	for time in 29/Feb/2024:23:59:60\ +1245 29/Feb/2025:00:00:00\ +0000 29/Feb/2000:00:00:00\ +2400 \
		29/Feb/2100:00:00:00\ +0000 31/Apr/2026:00:00:00\ +0000 05/Jan/0099:00:00:00\ +2400 \
		05/Jan/0099:00:00:00\ +2401 05/Jan/2026:24:00:00\ +0000 00/Jan/2026:00:00:00\ +0000; do
		printf 'h - - [%s] %s\nh - J. [x] "[05/Jan/2026:00:00:00 +0000]" [%s] %s\n' "$time" "$get" "$time" "$get"
	done
	printf 'h - - [22/Nov/2026:03:14:07 +0000] "GET /\xe9\xff\x80 HTTP/1.1" 200 1\r\n\xf0\x9f \0 \xe2\x82\xac\r\n'
} >"$T/in"
genlogs -r 0 -n 1000 -s 3 -t 2026-11-21T18:29:59Z -z +0530 >"$T/more"
kprod -q "$topic" <"$T/in"
submit land.py --once "$topic" "$dir/spark"
is "$status" 0 'land.py --once: status'
# spark-submit gives both outputs of Python as its standard output.
like "$out" "^land.py: batch 0: $(wc -l <"$T/in") records" 'and the number of records'

# The notebook goes on where land.py stopped; what a transaction took back is not there.
"$ROOT/build/tests/tools/txn" "$topic" commit:30 abort:50 commit:20 2>/dev/null
kprod -q "$topic" <"$T/more"
n=$(($(wc -l <"$T/in") + $(wc -l <"$T/more") + 50))
TOPIC=$topic DIR=$dir/spark run "$PYSPARK_PYTHON" -m nbconvert --to notebook --execute \
	--ExecutePreprocessor.timeout=600 --output-dir "$T" --output executed retail.ipynb
is "$status" 0 'the notebook runs'
jq -r '.cells[].outputs[]? | .text[]?' "$T/executed.ipynb" >"$T/shown"
is "$(jq '[.cells[].outputs[]? | select(.output_type == "error")] | length' "$T/executed.ipynb")" 0 'without an error'
like "$T/shown" "^new records: $((n - $(wc -l <"$T/in")))\$" 'what was there does not land again'
like "$T/shown" "^lines: $n\$" 'and it counts every line'
is "$(jq '[.cells[].outputs[]? | .data["image/png"]? // empty | select(length > 10000)] | length' "$T/executed.ipynb")" 1 \
	'and draws'

kcons -E -G "$topic" --member m -e --offsets-cmd "hdfsput --offsets -d $dir/put" "$topic" |
	hdfsput -q -E -d "$dir/put"
is "${PIPESTATUS[*]}" '0 0' 'kcons -E | hdfsput -E'
# rows DIR: each line behind its partition
rows() {
	local part
	hdfsls -R "$1" | grep -o "$1/year=.*/part-.*" | sed 's|/part-[^/]*$||' | sort -u >"$T/parts"
	while read -r part; do
		hdfscat "$part/part-*" | LC_ALL=C sed "s|^|${part#"$1"/} |"
	done <"$T/parts" | LC_ALL=C sort
}
rows "$dir/spark" >"$T/got"
rows "$dir/put" >"$T/want"
same "$T/got" "$T/want" 'the same rows in the same partitions, byte for byte'
is "$(wc -l <"$T/want")" "$n" 'as many as went in'
is "$(cut -d ' ' -f 1 "$T/want" | sort -u | wc -l)" 9 'in nine partitions'

# --- the same answer --------------------------------------------------------------------

hdfscat "$dir/put/year=*/month=*/dayofmonth=*/*" | logjson -a 1000 2>/dev/null | logstat -n 0 -b path >"$T/want"
is "${PIPESTATUS[*]}" '0 0 0' 'hdfscat | logjson | logstat'
submit pipe.py --map 'logjson -a 1000' --reduce 'logstat -n 0 -b path' "$dir/spark"
is "$status" 0 'pipe.py: status'
same "$out" "$T/want" 'rdd.pipe gives the same answer'

# --- a batch every second, until it is told to stop ---------------------------------------

landed=$(hdfscat "$dir/spark/year=*/month=*/dayofmonth=*/part-*" | wc -l)
empty "$err"
"$PYSPARK_PYTHON" land.py --trigger '1 second' "$topic" "$dir/spark" >"$out" 2>"$err" & pid=$!
kprod -q "$topic" <"$T/more"
told() { [ "$(sed -n 's/^land.py: batch [0-9]*: \([0-9]*\) records$/\1/p' "$err" | awk '{ n += $1 } END { print n }')" = 1000 ]; }
ok 'land.py without --once lands what comes' await 120 told
kill -TERM "$pid"
wait "$pid"
is $? 0 'SIGTERM ends it'
is "$(hdfscat "$dir/spark/year=*/month=*/dayofmonth=*/part-*" | wc -l)" $((landed + 1000)) 'and all of it has landed, once'
finish
