#!/usr/bin/env bash
# logstat over what has landed in HDFS, as a job of Hadoop Streaming on YARN.
set -eu

usage() {
	cat <<'U'
usage: scripts/yarn/logstat.sh INPUT [OPTION of logstat]…

INPUT is a path in HDFS, which may be a pattern, of access lines; the answer goes to standard
output.  logjson is the mapper and logstat the one reducer; both travel with the job, so the nodes
need no more than the library jansson.  The answer is that of

  hdfscat INPUT | logjson | logstat OPTION…

The servers are those of `scripts/stack up yarn`, unless its variables say otherwise.
U
}

say() { printf 'logstat.sh: %s\n' "$*" >&2; }

case ${1:-} in
-h | --help) usage; exit 0 ;;
'' | -*) usage >&2; exit 64 ;;
esac
input=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${KPIPE_BIN:-$root/bin}
[ -n "${KPIPE_YARN_CP:-}" ] || eval "$("$root/scripts/stack" env)"
read -ra opens <<<"$KPIPE_JAVA_OPENS"
output=/tmp/kpipe-logstat-$(id -un)-$$
log=$(mktemp "${TMPDIR:-/tmp}/kpipe-logstat.XXXXXX")
# The driver splits the command at blanks and has no word for one within an argument.
for arg; do
	[[ $arg != *[[:space:]\"\']* ]] || { say "option '$arg': no blanks and quotes here"; exit 64; }
done

finish() {
	rm -f "$log"
	"$bin/hdfsrm" -r -f --skip-trash "$output"
}
trap finish EXIT
trap 'exit 1' INT TERM

# A line that is none must not fail its task, and is counted as nothing by the pipe either.
if ! "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${opens[@]}" -XX:TieredStopAtLevel=1 -cp "$KPIPE_YARN_CP" \
	org.apache.hadoop.streaming.HadoopStreaming -D mapreduce.job.name=logstat -D mapreduce.job.reduces=1 \
	-files "$bin/logjson,$bin/logstat" -input "$input" -output "$output" \
	-mapper './logjson -a 9000000000' -reducer "./logstat $*" >"$log" 2>&1; then
	say "the job failed:"
	tail -n 15 "$log" >&2
	exit 70
fi
"$bin/hdfscat" "$output/part-*" | sed 's/\t$//'
