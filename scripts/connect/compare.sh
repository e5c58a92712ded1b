#!/usr/bin/env bash
# What rotation and kill -9 do to Kafka Connect's file source, and to ktail -E | kprod -E.
set -u

usage() {
	cat <<'U'
usage: scripts/connect/compare.sh
Give the same lines to both, through the same mishaps, and print a table of what came out:

  rename + create  650 lines: 250 are read, the file is renamed, 400 go to a new one
  copytruncate     250 lines: 100 are read, the file is copied and emptied, 150 follow
  kill -9          6000 lines: 1000 are read and their offset is stored, 5000 are read, and the
                   reader is killed and started again

A line is torn when only the end of it arrived.  The servers are those of scripts/stack, where
connect is killed and started again.
U
}

say() { printf 'compare: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# await WHAT COMMAND…: until it succeeds.
await() {
	local what=$1 until=$((SECONDS + 120))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || die "$side: $what: not within two minutes"
		command sleep 0.1
	done
}

# --- the two readers: follow CASE starts one, crash kills all that run ------------------

follow_connect() {
	jq -n --arg file "$work/connect/$1/log" --arg topic "$id-connect-$1" '{ file: $file, topic: $topic,
		"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": 1 }' |
		curl -sS -f --noproxy '*' -o /dev/null -X PUT -H 'Content-Type: application/json' -d @- \
			"$CONNECT_URL/connectors/$id-$1/config" || die "connect: $1: the connector was refused"
}
crash_connect() {
	local pid
	pid=$("$root/scripts/stack" status connect | grep -o 'process [0-9]*')
	kill -KILL "${pid#* }"
	"$root/scripts/stack" start connect || die 'connect does not start again'
}
# Its offsets are stored every ten seconds.
stored_connect() {
	[ "$(curl -sS -f --noproxy '*' "$CONNECT_URL/connectors/$id-$1/offsets" |
		jq '.offsets[0].offset.position')" = "$(stat -c %s "$work/connect/$1/log")" ]
}
end_connect() {
	local case
	for case in "${cases[@]}"; do
		curl -s --noproxy '*' -o /dev/null -X DELETE "$CONNECT_URL/connectors/$id-$case"
	done
}

groups=()
follow_pipe() {
	local topic=$id-pipe-$1
	set -m
	bash -c "kprod --id $topic --position $topic | ktail -E --from - $work/pipe/$1/log | kprod -q -E --id $topic $topic" \
		2>>"$work/err" &
	groups+=($!)
	set +m
}
crash_pipe() { end_pipe; }
stored_pipe() { :; } # with the records
end_pipe() {
	local group
	for group in "${groups[@]}"; do
		kill -KILL -- "-$group" 2>/dev/null
		wait "$group" 2>/dev/null
	done
	groups=()
}

# --- the mishaps --------------------------------------------------------------------------

# write CASE FIRST LAST: those lines, to the end of the log
write() { sed -n "$2,$3p" "$work/$1.in" >>"$work/$side/$1/log"; }
# The line has arrived, which comes behind all others; behind it are ends of transactions.
has() { kcons -q -o -9 -e "$id-$side-$1" | grep -qF "?seq=$(($2 - 1)) "; }
arrived() { await "line $2 of $1" has "$1" "$2"; }

mishaps() {
	local case
	for case in "${cases[@]}"; do
		mkdir -p "$work/$side/$case"
		: >"$work/$side/$case/log"
		"follow_$side" "$case"
	done
	write rename 1 250
	write truncate 1 100
	write kill 1 1000
	arrived rename 250
	arrived truncate 100
	mv "$work/$side/rename/log" "$work/$side/rename/log.1"
	write rename 251 649
	cp "$work/$side/truncate/log" "$work/$side/truncate/log.1"
	: >"$work/$side/truncate/log"
	write truncate 101 250
	arrived truncate 250
	arrived kill 1000
	await 'the offset is stored' "stored_$side" truncate
	await 'the offset is stored' "stored_$side" kill
	write kill 1001 5999
	arrived kill 5999
	"crash_$side"
	for case in rename kill; do "follow_$side" "$case"; done
	write rename 650 650
	write kill 6000 6000
	arrived rename 650
	arrived kill 6000
	"end_$side"
}

# verdict SIDE CASE: "lost | doubled | torn"
verdict() {
	kcons -q -e "$id-$1-$2" | sort | uniq -c | sed 's/^ *//' >"$work/got"
	awk 'NR == FNR { want[$0]; next }
		{ n = $1; sub(/^[0-9]+ /, "") }
		$0 in want { came++; doubled += n - 1; next }
		{ torn += n }
		END { printf "%d | %d | %d", length(want) - came, doubled, torn }' "$work/$2.in" "$work/got"
}

finish() {
	end_pipe
	end_connect
	ktopic delete "${topics[@]}"
	rm -rf "$work"
} >/dev/null 2>&1

[ $# -eq 0 ] || { usage; [ "$1" = --help ] && exit; exit 64; }
root=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${KPIPE_BIN:-$root/bin}:$PATH
id=compare-$$ side='' topics=()
declare -A lines=([rename]=650 [truncate]=250 [kill]=6000) name=([rename]='rename + create' [truncate]=copytruncate [kill]='kill -9')
cases=(rename truncate kill)
"$root/scripts/stack" up connect >/dev/null || exit
eval "$("$root/scripts/stack" env)"
work=$(mktemp -d "${TMPDIR:-/tmp}/kpipe-compare.XXXXXX") || exit 74
trap finish EXIT
trap 'exit 1' INT TERM
for case in "${cases[@]}"; do
	genlogs -r 0 -n "${lines[$case]}" -s 1 -t 2026-11-22T10:00:00Z -z Z --sequence >"$work/$case.in"
	topics+=("$id-connect-$case" "$id-pipe-$case")
done
ktopic create --wait -p 1 "${topics[@]}" >/dev/null || exit
for side in pipe connect; do mishaps; done

cat <<'T'
| mishap | lines | Connect: lost | doubled | torn | `ktail -E \| kprod -E`: lost | doubled | torn |
|---|---|---|---|---|---|---|---|
T
for case in "${cases[@]}"; do
	echo "| ${name[$case]} | ${lines[$case]} | $(verdict connect "$case") | $(verdict pipe "$case") |"
done
