#!/usr/bin/env bash
# What hdfsput -d has landed, as tables of Hive: counted through beeline and in the input.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_hdfs
need_hive

dir=/kpipe-test/$ID db=kpipe_test_$$ default_db=$HIVE_JDBC_URL
hive() { run "$ROOT/scripts/hive/run.sh" "$@"; }
cleanup() {
	HIVE_JDBC_URL=$default_db
	"$ROOT/scripts/hive/run.sh" - <<<"DROP DATABASE IF EXISTS $db CASCADE;"
	hdfsrm -r -f --skip-trash "$dir"
}

# Three days, of one and of two digits, a line that is none on a day, and one on no day.
day() { genlogs -r 0 -n "$1" -s "$1" -t "$2T10:00:00Z" -z Z; }
{ day 300 2026-01-05; day 200 2026-02-17; } >"$T/in"
day 100 2026-11-22 >"$T/later"
{
	cat "$T/in"
	echo '1.2.3.4 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" no status'
	echo 'no access line at all'
} | hdfsput -q -d "$dir/log"
logjson <"$T/in" | hdfsput -q -d "$dir/json" --time json:time

# by_day FILE…, by_status FILE…: "year month day count" and "status count" of the lines
by_day() {
	cat "$@" | sed -E 's/.*\[([0-9]+)\/([A-Z][a-z]+)\/([0-9]+).*/\3 \2 \1/; s/Jan/1/; s/Feb/2/; s/Nov/11/; s/ 0/ /' |
		sort | uniq -c | awk '{ print $2 "\t" $3 "\t" $4 "\t" $1 }' | sort
}
by_status() { cat "$@" | awk '{ print $9 }' | sort | uniq -c | awk '{ print $2 "\t" $1 }'; }
days='year, month, dayofmonth, count(*) FROM'
grouped='GROUP BY year, month, dayofmonth'

# --- the lines themselves ---------------------------------------------------------------

{
	echo "CREATE DATABASE $db; USE $db;"
	cat "$ROOT/scripts/hive/access_log.sql"
	echo "SELECT 'day', $days access_log WHERE status IS NOT NULL $grouped;"
	echo "SELECT 'status', status, count(*) FROM access_log WHERE month = 1 AND status IS NOT NULL GROUP BY status;"
	echo "SELECT 'bad', year, count(*) FROM access_log WHERE host IS NULL GROUP BY year;"
	echo "SELECT 'size', sum(size) FROM access_log;"
} >"$T/sql"
run_in "$T/sql" "$ROOT/scripts/hive/run.sh" - "dir=$dir/log"
is "$status" 0 'access_log.sql'
# rows KIND
rows() { sed -n "s/^$1	//p" "$out" | sort; }
is "$(rows day)" "$(by_day "$T/in")" 'counts by day'
is "$(rows status)" "$(head -n 300 "$T/in" | by_status)" 'counts by status, of one month'
is "$(rows bad)" $'2026\t1\n__HIVE_DEFAULT_PARTITION__\t1' 'lines that are none are rows of NULLs, on their day or on none'
is "$(rows size)" "$(awk '{ n += $10 } END { print n }' "$T/in")" 'sizes are numbers'

# --- as JSON, and a day that comes later ------------------------------------------------

HIVE_JDBC_URL=${default_db%/*}/$db
hive "$ROOT/scripts/hive/access_json.sql" "dir=$dir/json"
is "$status" 0 'access_json.sql'
again="$ROOT/scripts/hive/run.sh $ROOT/scripts/hive/access_json.sql dir=$dir/json"
logjson <"$T/later" | hdfsput -q -d "$dir/json" --time json:time --on-commit "$again" >"$out" 2>"$err"
is "${PIPESTATUS[*]}" '0 0' 'hdfsput --on-commit runs it again'
{
	echo "SELECT 'day', $days access_json $grouped;"
	echo "SELECT 'status', status, count(*) FROM access_json GROUP BY status;"
	echo "SELECT 'path', count(path) FROM access_json WHERE path LIKE '/department%';"
} >"$T/sql"
run_in "$T/sql" "$ROOT/scripts/hive/run.sh" -
is "$(rows day)" "$(by_day "$T/in" "$T/later")" 'so that the new day is there; counts by day'
is "$(rows status)" "$(by_status "$T/in" "$T/later")" 'counts by status'
is "$(rows path)" "$(cat "$T/in" "$T/later" | grep -c '"[A-Z]* /department')" 'and columns'

hive "$ROOT/scripts/hive/access_log.sql" nonsense
is "$status" 64 'a variable without a value'
HIVE_JDBC_URL=${default_db%/*}/nothing
hive "$ROOT/scripts/hive/access_json.sql" "dir=$dir/json"
is "$status" 69 'a database that does not exist is an error'

# --- compose.yml asks the metastore as well -------------------------------------------------

python3 - "$ROOT/compose.yml" >"$T/health" <<'P'
import sys, yaml
print(yaml.safe_load(open(sys.argv[1]))["services"]["hive-metastore"]["healthcheck"]["test"][3].replace("$$", "$"))
P
metastore=${HIVE_METASTORE_URI#thrift://}
sed -i "s|/dev/tcp/hive-metastore/\${METASTORE_PORT}|/dev/tcp/${metastore%:*}/${metastore#*:}|" "$T/health"
run bash "$T/health"
is "$status" 0 'the health check of compose.yml: a metastore that answers'
sed -i "s|${metastore#*:}|$(free_port)|" "$T/health"
run bash "$T/health"
is "$status" 1 'and none'
finish
