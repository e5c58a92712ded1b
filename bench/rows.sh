# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2317 # read by scripts/bench, whose variables these are
# shellcheck disable=SC2002 # what is fed by cat is to read a pipe
#
# The rows of scripts/bench.  For each a line
#
#	row NAME SECONDS NEEDS GOALS WHAT BESIDE
#
# and two functions, ours_NAME and theirs_NAME, which run it once: what is to be measured behind m,
# and a check of what was delivered, whose failure is the row's.  In the run that warms up ($warm)
# the check is of every byte.  SECONDS: for the usual five pairs, on two cores.  A goal is
# "METRIC RATIO" (ours by theirs), "METRIC < MOST" or "METRIC > LEAST" of ours alone; metrics are
# wall and cpu (seconds), peak (bytes), rate (lines a second), and what `also` gives.

# --- input ----------------------------------------------------------------------------

logs=$(realpath -m -- "${XDG_CACHE_HOME:-${HOME:?}/.cache}/kpipe/bench") # kept from run to run

# input NAME COMMAND…: the file of what the command writes, made once for this many lines.
input() {
	local file=$logs/$1.$lines new
	if [ ! -s "$file" ]; then
		new=$file.$BASHPID # both ends of a pipe may ask for it at once
		mkdir -p "$logs"
		if ! "${@:2}" >"$new"; then
			rm -f "$new"
			return 1
		fi
		mv "$new" "$file"
	fi
	printf '%s\n' "$file"
}
one_day=(genlogs -r 0 -s 1 -t 2026-01-31T00:00:00Z -z Z)
make_log() { "${one_day[@]}" -n "$lines"; }
access_log() { input access.log make_log; }

# The same lines, every one of another day than the one before: 64 dates.
make_dates() { awk 'BEGIN { split("Jan Feb Mar", month) } {
	day = NR % 64
	date = sprintf("[%02d/%s/2026:", day % 22 + 1, month[int(day / 22) + 1])
	at = index($0, "[")
	print substr($0, 1, at - 1) date substr($0, at + 13)
}' "$(access_log)"; }
dates_log() { input dates.log make_dates; }

# The log N times, as one file.
make_copies() { local i; for ((i = 0; i < $1; i++)); do cat "$(access_log)"; done; }
copies() { input "access.log.x$1" make_copies "$1"; }

# --- what was delivered ---------------------------------------------------------------

bytes() { stat -c %s "$1"; }
same_size() { [ "$(bytes "$1")" = "$(bytes "$2")" ]; }
# counted FILE: is standard input's number of lines and bytes that of the file?
count() { wc -lc | awk '{ print $1, $2 }'; }
counted() { [ "$(count)" = "$(count <"$1")" ]; }
# same_lines FILE: has standard input the file's lines, in whatever order?
same_lines() { [ "$(LC_ALL=C sort -S 25% | cksum)" = "$(LC_ALL=C sort -S 25% "$1" | cksum)" ]; }

topic='' path='' dir=/bench-$$ serial=0
row_cleanup() {
	[ -z "$topic" ] || ktopic delete "$topic"
	topic=
	[ -z "${WEBHDFS_URL-}" ] || hdfsrm -r -f --skip-trash "$dir"
	rm -f "$tmp/out" "$tmp/grows.log"
}
new_topic() {
	[ -z "$topic" ] || ktopic delete "$topic"
	topic=bench-$$-$((++serial))
	ktopic create -p 1 --wait "$topic"
}
# The topic that is read, one partition with the log in it.
full_topic() {
	[ -z "$topic" ] || return 0
	new_topic && kprod -q "$topic" "$(access_log)"
}
records() { ktopic offsets "$1" | awk '{ n += $3 } END { print n + 0 }'; }
# holds FILE: does the topic hold the file's lines?
holds() {
	[ "$(records "$topic")" -ge "$(wc -l <"$1")" ] || return 1
	[ -z "$warm" ] || kcat -b "$KAFKA_BROKERS" -C -e -q -o beginning -t "$topic" | cmp - "$1"
}
new_path() {
	hdfsrm -r -f --skip-trash "$dir"
	path=$dir/$((++serial))
	hdfsmkdir -p "$dir"
}
# landed FILE: is it what lies in HDFS at $path?
landed() {
	[ "$(hdfsls -J "$path" | jq .length)" = "$(bytes "$1")" ] || return 1
	[ -z "$warm" ] || hdfscat "$path" | cmp - "$1"
}
# landed_dated FILE DATES: are its lines in so many dated directories below $path?
landed_dated() {
	[ "$(hdfsls "$path/year=*/*" | grep -c dayofmonth=)" = "$2" ] || return 1
	if [ -n "$warm" ]; then
		hdfscat "$path/year=*/*/*/*" | same_lines "$1"
	else
		[ "$(hdfsls -J "$path/year=*/*/*" | jq -s 'map(.length) | add')" = "$(bytes "$1")" ]
	fi
}
url() { printf '%s/webhdfs/v1%s?op=CREATE&overwrite=true&user.name=%s' "$WEBHDFS_URL" "$1" "$HADOOP_USER_NAME"; }

# --- Kafka ----------------------------------------------------------------------------


# --- Kafka ----------------------------------------------------------------------------

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# As kafka-run-class.sh and hdfs start it.
kafka_java() { m "$java" -Xmx512M -cp "$KPIPE_KAFKA_CP" "$@"; }
hdfs_dfs() { m "$java" -cp "$KPIPE_HADOOP_CP" org.apache.hadoop.fs.FsShell "$@"; }

# produce COMMAND…: the log through it into a new topic, which it gets as its last argument.
produce() { new_topic && cat "$(access_log)" | m "$@" "$topic" && holds "$(access_log)"; }
kcat_produce() { produce kcat -b "$KAFKA_BROKERS" -P "$@" -t; }

row kprod 30 kafka 'wall 0.5, cpu 0.5, peak < 100M' 'kprod, from a pipe' 'kcat -P'
ours_kprod() { produce kprod; }
theirs_kprod() { kcat_produce; }

row kprod-lz4 45 kafka 'wall 0.6' 'kprod -z lz4' 'kcat -P -z lz4'
ours_kprod-lz4() { produce kprod -z lz4; }
theirs_kprod-lz4() { kcat_produce -z lz4; }

row kprod-zstd 45 kafka 'wall 0.6' 'kprod -z zstd' 'kcat -P -z zstd'
ours_kprod-zstd() { produce kprod -z zstd; }
theirs_kprod-zstd() { kcat_produce -z zstd; }

row java-producer 90 kafka 'wall 0.15' 'kprod, from a pipe' 'kafka-console-producer'
ours_java-producer() { produce kprod; }
theirs_java-producer() {
	new_topic && cat "$(access_log)" | kafka_java org.apache.kafka.tools.ConsoleProducer \
		--bootstrap-server "$KAFKA_BROKERS" --topic "$topic" && holds "$(access_log)"
}

# consumed: is standard input the log?
consumed() {
	if [ -n "$warm" ]; then cmp - "$(access_log)"; else counted "$(access_log)"; fi
}
kcat_consume() { m kcat -b "$KAFKA_BROKERS" -C -e -q -o beginning -t "$topic"; }

row kcons-pipe 25 kafka 'wall 0.5, cpu 0.4' 'kcons to a pipe' 'kcat -C'
ours_kcons-pipe() { full_topic && m kcons -e "$topic" | consumed; }
theirs_kcons-pipe() { kcat_consume | consumed; }

row kcons-file 30 kafka 'wall 0.5, cpu 0.4' 'kcons to a file' 'kcat -C'
ours_kcons-file() { full_topic && m kcons -e "$topic" >"$tmp/out" && consumed <"$tmp/out"; }
theirs_kcons-file() { kcat_consume >"$tmp/out" && consumed <"$tmp/out"; }

row java-consumer 75 kafka 'wall 0.15' 'kcons to a pipe' 'kafka-console-consumer'
ours_java-consumer() { ours_kcons-pipe; }
theirs_java-consumer() {
	kafka_java org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$KAFKA_BROKERS" \
		--topic "$topic" --from-beginning --max-messages "$lines" | consumed
}

last_ten() { tail -n 10 "$(access_log)" | cmp - "$tmp/out"; }
row kcons-tail-cold 15 kafka 'wall 0.1' 'kcons -o -10 -e, cold' 'kcat -C -o -10 -e'
ours_kcons-tail-cold() { full_topic && m kcons -o -10 -e "$topic" >"$tmp/out" && last_ten; }
theirs_kcons-tail-cold() { m kcat -b "$KAFKA_BROKERS" -C -e -q -o -10 -t "$topic" >"$tmp/out" && last_ten; }

# --- lines and files ------------------------------------------------------------------

row genlogs 15 '' 'wall 2.5, rate > 5M' 'genlogs -r 0 into a pipe' 'as many bytes from /dev/zero (dd)'
ours_genlogs() { m "${one_day[@]}" -n "$lines" | consumed; }
theirs_genlogs() {
	local size
	size=$(bytes "$(access_log)")
	[ "$(m dd if=/dev/zero bs=256K count="$size" iflag=count_bytes status=none | count)" = "0 $size" ]
}

# line_time COMMAND…: following $tmp/grows.log.
line_time() {
	rm -f "$tmp/grows.log"
	: >"$tmp/grows.log"
	"$latency" "$tmp/grows.log" 1000 "$@" >>"$tmp/also"
}
row ktail-latency 80 '' 'p50 1.1, p99 1.1' "ktail, one line's time through it" 'tail -F'
ours_ktail-latency() { line_time ktail "$tmp/grows.log"; }
theirs_ktail-latency() { line_time tail -F "$tmp/grows.log"; }

backlog() { counted "$(copies 5)"; }
row ktail-backlog 40 '' 'wall 1.2' 'ktail, a backlog of five logs (2 GB)' 'cat'
ours_ktail-backlog() { copies 5 >/dev/null && m ktail --once -n +1 "$(copies 5)" | backlog; }
theirs_ktail-backlog() { m cat "$(copies 5)" | backlog; }

# idle COMMAND…: what it takes to follow 1,000 files in which nothing happens for ten seconds.
# That it follows them is seen at the end, by a line in each.
idle() {
	local pid i
	if [ ! -e "$tmp/idle" ]; then
		mkdir "$tmp/idle"
		for ((i = 0; i < 1000; i++)); do echo begin >"$tmp/idle/$i.log"; done
	fi
	: >"$tmp/out"
	"$measure" "$tmp/measured" "$@" "$tmp"/idle/*.log >"$tmp/out" &
	pid=$!
	sleep 10
	for ((i = 0; i < 1000; i++)); do echo end >>"$tmp/idle/$i.log"; done
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -c end "$tmp/out")" -lt 1000 ] || break
		sleep 0.1
	done
	kill -TERM "$pid"
	wait "$pid" || [ $? -eq 143 ]
	[ "$(grep -c end "$tmp/out")" -eq 1000 ]
}
row ktail-idle 130 '' 'cpu 1.0' 'ktail, 1,000 idle files for ten seconds' 'tail -F'
ours_ktail-idle() { idle ktail -n 0; }
theirs_ktail-idle() { idle tail -q -F -n 0; }

row frames 40 '' 'wall 1.15' 'ktail -E, a backlog of five logs (2 GB)' 'ktail, without -E'
ours_frames() {
	copies 5 >/dev/null && m ktail -E --once "$(copies 5)" | if [ -n "$warm" ]; then
		"$unframe" -r | cmp - "$(copies 5)"
	else
		[ "$(wc -c)" -gt "$(bytes "$(copies 5)")" ]
	fi
}
theirs_frames() { ours_ktail-backlog; }

row logjson 20 '' 'rate > 1.5M' 'logjson, the log into JSON lines' ''
ours_logjson() { [ "$(cat "$(access_log)" | m logjson | wc -l)" = "$lines" ]; }

# --- from a line in a file to a line that comes out of a topic ------------------------

row chain-latency 60 kafka 'p50 < 2, p99 < 10' 'a line in the file until kcons writes it (ms)' \
	'tail -F, kafka-console-producer, kcat'
ours_chain-latency() {
	new_topic && line_time bash -c "ktail '$tmp/grows.log' | kprod -q $topic & exec kcons -q -o end $topic"
}
theirs_chain-latency() {
	new_topic && line_time bash -c "tail -F -n 0 '$tmp/grows.log' | '$java' -Xmx512M -cp '$KPIPE_KAFKA_CP' \
		org.apache.kafka.tools.ConsoleProducer --bootstrap-server $KAFKA_BROKERS --topic $topic --timeout 1 &
		exec kcat -b $KAFKA_BROKERS -C -u -q -o end -t $topic"
}

# --- HDFS -----------------------------------------------------------------------------

row hdfsput-800mb 60 hdfs 'wall 1.0' 'hdfsput from a pipe, two logs (800 MB)' 'curl -T of the same file'
ours_hdfsput-800mb() {
	new_path && cat "$(copies 2)" | m hdfsput -q "$path" && landed "$(copies 2)"
}
theirs_hdfsput-800mb() {
	new_path && m curl -sS -f -L -o /dev/null -T "$(copies 2)" "$(url "$path")" && landed "$(copies 2)"
}

row hdfsput-hdfs-put 120 hdfs 'wall 0.45, cpu 0.1' 'hdfsput from a pipe, two logs (800 MB)' 'hdfs dfs -put -'
ours_hdfsput-hdfs-put() { ours_hdfsput-800mb; }
theirs_hdfsput-hdfs-put() {
	new_path && cat "$(copies 2)" | hdfs_dfs -put - "$path" && landed "$(copies 2)"
}

# dated FILE DATES
dated() { new_path && cat "$1" | m hdfsput -q -d "$path" && landed_dated "$1" "$2"; }
curl_log() { new_path && m curl -sS -f -L -o /dev/null -T "$1" "$(url "$path")" && landed "$1"; }
row hdfsput-dates 40 hdfs 'wall 1.1' 'hdfsput -d, by event time, one date' 'curl -T of the same file'
ours_hdfsput-dates() { dated "$(access_log)" 1; }
theirs_hdfsput-dates() { curl_log "$(access_log)"; }

row hdfsput-dates-64 45 hdfs 'wall 1.1' 'hdfsput -d, by event time, 64 dates at once' 'curl -T of the same file'
ours_hdfsput-dates-64() { dated "$(dates_log)" 64; }
theirs_hdfsput-dates-64() { curl_log "$(dates_log)"; }

# A folder with 200 files, which both list.
many_files() {
	[ "$(hdfsls "$dir/many" 2>/dev/null | wc -l)" -ne 200 ] || return 0
	new_path && hdfsmkdir "$dir/many" && seq 12800 |
		hdfsput -q -d "$dir/many" --time arrival --roll-records 64 -p files &&
		hdfsmv "$dir/many/files/*" "$dir/many" && hdfsrm -r --skip-trash "$dir/many/files"
}
listed() { [ "$(grep -c /many/part- "$tmp/out")" -eq 200 ]; }
row hdfsls 40 hdfs 'wall 0.03' 'hdfsls, a directory of 200 files' 'hdfs dfs -ls'
ours_hdfsls() { many_files && m hdfsls "$dir/many" >"$tmp/out" && listed; }
theirs_hdfsls() { hdfs_dfs -ls "$dir/many" >"$tmp/out" && listed; }

# --- exactly once ---------------------------------------------------------------------

file_to_kafka() { m kprod --id "$topic" --position "$topic" | m ktail -E --once --from - "$1" |
	m kprod -q -E --id "$topic" "$topic"; }
kafka_to_hdfs() { m kcons -E -e --offsets-cmd "hdfsput --offsets -d $path" "$topic" | m hdfsput -q -E -d "$path"; }
all_there() { kcons -q -e "$topic" | consumed; }

row exact-file 45 kafka 'wall 1.15' 'ktail -E | kprod -E' 'ktail | kprod'
plain_to_kafka() { m ktail --once -n +1 "$1" | m kprod -q "$topic"; }
ours_exact-file() { new_topic && file_to_kafka "$(access_log)" && all_there; }
theirs_exact-file() { new_topic && plain_to_kafka "$(access_log)" && all_there; }

row exact-file-long 200 kafka 'wall 1.15' 'ktail -E | kprod -E, five logs (2 GB)' 'ktail | kprod'
ours_exact-file-long() { new_topic && file_to_kafka "$(copies 5)" && kcons -q -e "$topic" | counted "$(copies 5)"; }
theirs_exact-file-long() { new_topic && plain_to_kafka "$(copies 5)" && kcons -q -e "$topic" | counted "$(copies 5)"; }

row exact-hdfs 60 'kafka hdfs' 'wall 1.15' 'kcons -E | hdfsput -E -d' 'kcons | hdfsput -d'
ours_exact-hdfs() { full_topic && new_path && kafka_to_hdfs && landed_dated "$(access_log)" 1; }
theirs_exact-hdfs() {
	new_path && m kcons -e "$topic" | m hdfsput -q -d "$path" && landed_dated "$(access_log)" 1
}

# Connect is stopped when the topic has all lines: it has no end of its own.
row file-to-kafka 150 'kafka connect' 'wall 0.2, cpu 0.12, peak 0.1' 'file to Kafka, exactly once, cold' \
	'Connect FileStreamSource, at least once'
ours_file-to-kafka() { ours_exact-file; }
theirs_file-to-kafka() {
	local folder jar pid until=$((SECONDS + 240))
	folder=${KPIPE_KAFKA_CP%/kafka-*}
	jar=$(find "$folder" -path '*/connect-[0-9]*/connect-file-*.jar' | head -n 1)
	[ -n "$jar" ] || { leave_out "there is no connect-file below $folder"; return; }
	new_topic
	printf '%s\n' >"$tmp/worker.properties" "bootstrap.servers=$KAFKA_BROKERS" "plugin.path=$jar" \
		{key,value}.converter=org.apache.kafka.connect.storage.StringConverter \
		"offset.storage.file.filename=$tmp/connect.offsets" listeners=HTTP://127.0.0.1:0
	printf '%s\n' >"$tmp/source.properties" name=bench tasks.max=1 "topic=$topic" \
		connector.class=org.apache.kafka.connect.file.FileStreamSourceConnector "file=$(access_log)"
	rm -f "$tmp/connect.offsets"
	"$measure" "$tmp/measured" "$java" -Xmx1g -cp "${jar%/*}/*" org.apache.kafka.connect.cli.ConnectStandalone \
		"$tmp/worker.properties" "$tmp/source.properties" >"$tmp/connect.log" &
	pid=$!
	until [ "$(records "$topic")" -ge "$lines" ] || [ $SECONDS -gt $until ]; do sleep 0.1; done
	kill -TERM "$pid"
	wait "$pid" || [ $? -eq 143 ]
	all_there
}

# Spark with all of the machine in one process, which is quicker than a cluster on one machine.
row kafka-to-hdfs 240 'kafka hdfs spark-master' 'wall 0.12, cpu 0.06, peak 0.2' 'Kafka to HDFS by date, exactly once, cold' \
	'Spark Structured Streaming, local'
ours_kafka-to-hdfs() { ours_exact-hdfs; }
theirs_kafka-to-hdfs() {
	[ -x "${SPARK_HOME-}/bin/spark-submit" ] || { leave_out 'scripts/stack has no Spark'; return; }
	new_path && m "$SPARK_HOME/bin/spark-submit" --master "local[$(nproc)]" --driver-memory 1500m \
		"$root/bench/stream.py" "$KAFKA_BROKERS" "$topic" "$path" "$path.checkpoint" >"$tmp/out" &&
		landed_dated "$(access_log)" 1
}

# --- growth ---------------------------------------------------------------------------

# grows COMMAND…: it, with five times the lines, a tenth and a hundredth of that.  time-growth is how
# long all take, by ten times what a tenth takes; memory-growth is the largest memory by that with a tenth.
grows() {
	local all=$((5 * lines)) lines part
	for part in 100 10 1; do
		lines=$((all / part))
		[ "$lines" -gt 0 ] || lines=1
		: >"$tmp/measured"
		"$@" || return 1
		awk -v part="$part" '{ wall = $2 - $1; peak = $4 }
			END { printf "wall-%dx %.6f\npeak-%dx %d\n", 100 / part, wall, 100 / part, peak }' \
			"$tmp/measured" >>"$tmp/also"
	done
	awk '{ of[$1] = $2 } END { printf "time-growth %.4f\nmemory-growth %.4f\n",
		of["wall-100x"] / of["wall-10x"] / 10, of["peak-100x"] / of["peak-10x"] }' "$tmp/also" >"$tmp/grown"
	cat "$tmp/grown" >>"$tmp/also"
}
linear='time-growth < 1.1, memory-growth < 1.1'

row growth-kprod 100 kafka "$linear" 'kprod, 2 GB, a tenth and a hundredth' ''
ours_growth-kprod() { grows produce kprod; }

row growth-kcons 140 kafka "$linear" 'kcons, 2 GB, a tenth and a hundredth' ''
read_all() { new_topic && kprod -q "$topic" "$(access_log)" && m kcons -e "$topic" | consumed; }
ours_growth-kcons() { grows read_all; }

row growth-ktail 50 '' "$linear" 'ktail, 2 GB, a tenth and a hundredth' ''
tail_all() { m ktail --once -n +1 "$(access_log)" | consumed; }
ours_growth-ktail() { grows tail_all; }

row growth-hdfsput 100 hdfs "$linear" 'hdfsput -d, in 32 MB, 2 GB, a tenth and a hundredth' ''
put_all() {
	new_path && cat "$(access_log)" | m hdfsput -q --memory 32M -d "$path" && landed_dated "$(access_log)" 1
}
ours_growth-hdfsput() { grows put_all; }
