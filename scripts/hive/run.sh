#!/bin/sh
# Run HiveQL on the Hive of scripts/stack, or wherever HIVE_JDBC_URL says, with the beeline
# that comes with Spark.
set -eu

usage() {
	cat <<'U'
usage: scripts/hive/run.sh FILE.sql [NAME=VALUE]…

Results are tab-separated on standard output, the rest goes to standard error.  In the file
${hivevar:NAME} stands for the value.  FILE - is standard input.

  HIVE_JDBC_URL  where Hive is, such as jdbc:hive2://host:10000/default
  SPARK_HOME     where bin/beeline is; both are told by `scripts/stack env` else
U
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
'') usage >&2; exit 64 ;;
esac
file=$1
shift
[ "$file" != - ] || file=/dev/stdin
if [ -z "${HIVE_JDBC_URL:-}" ] || [ -z "${SPARK_HOME:-}" ]; then
	env=$("$(dirname "$0")/../stack" env)
	url=${HIVE_JDBC_URL:-}
	eval "$env"
	HIVE_JDBC_URL=${url:-$HIVE_JDBC_URL}
fi
[ -x "$SPARK_HOME/bin/beeline" ] || {
	echo "run.sh: find beeline: $SPARK_HOME: it is not there: run scripts/stack up spark, or set SPARK_HOME" >&2
	exit 69
}
for arg; do
	shift
	case $arg in
	[a-z]*=*) set -- "$@" --hivevar "$arg" ;;
	*) usage >&2; exit 64 ;;
	esac
done
log=$(mktemp "${TMPDIR:-/tmp}/kpipe-hive.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 75' INT TERM
status=0
"$SPARK_HOME/bin/beeline" --silent=true --showHeader=false --outputformat=tsv2 \
	-u "$HIVE_JDBC_URL" -n "${HADOOP_USER_NAME:-$(id -un)}" "$@" -f "$file" 2>"$log" || status=$?
cat "$log" >&2
# It ends with 0 even where it could not connect.
! grep -q '^Error: Could not open client transport' "$log" || status=69
exit "$status"
