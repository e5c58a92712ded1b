#!/usr/bin/env bash
# Run genlogs in the background, into a log that is rotated by size.
set -eu
# shellcheck source=scripts/logs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/logs_common.sh"

usage() {
	cat <<'U'
usage: start_logs.sh
Write the access log of a made-up shop in the background, until stop_logs.sh.

The log is access.log. When it has grown to LOGS_MAX it is renamed to access.log.1,
access.log.1 to access.log.2 and so on, and a new one begins; each line is whole, and in
one of them. A disk that is full ends the run; stop_logs.sh and the next start say so.

  LOGS_DIR   the folder (default: /opt/gen_logs/logs if it is there and can be written,
             else $XDG_STATE_HOME/gen_logs/logs or ~/.local/state/gen_logs/logs)
  LOGS_ARGS  options for genlogs, such as "-r 100" (default: none, one line a second)
  LOGS_MAX   the size of a log, with k, M or G (default: 64M)
  LOGS_KEEP  how many old logs to keep (default: 4)

Beside the log: genlogs.pid, and start_logs.err with what went wrong.
U
}

# A size such as 64M as bytes; nothing if it is none.
bytes() {
	local n=${1%[kMG]} unit=1
	case $1 in
	*k) unit=1024 ;;
	*M) unit=1048576 ;;
	*G) unit=1073741824 ;;
	esac
	[[ $n =~ ^[1-9][0-9]{0,9}$ ]] && echo $((n * unit))
}

size() { stat -Lc %s -- "$log" 2>/dev/null || echo 0; }

rotate() {
	local i
	for ((i = keep; i > 1; i--)); do
		[ ! -e "$log.$((i - 1))" ] || mv -f -- "$log.$((i - 1))" "$log.$i" || return
	done
	mv -f -- "$log" "$log.1" && : >>"$log"
}

# Copy standard input to the log. dd passes on what is there at once and never takes more
# than it was asked for, so that the rest of a cut line is still to be read.
write_log() {
	local have rest more=yes
	while [ $more ]; do
		have=$(size)
		[ "$have" -lt "$max" ] || { rotate && have=0; } || return
		{
			dd bs=64k count=$((max - have)) iflag=count_bytes status=none || return
			IFS= read -r rest || more=
			printf '%s' "$rest${more:+$'\n'}"
		} >>"$log" || return
	done
}

# The run itself. Only genlogs heeds a signal: the rest ends when it has written all.
run() {
	local ended
	trap '' TERM INT HUP
	set +e
	# shellcheck disable=SC2086 # options are words
	genlogs ${LOGS_ARGS:-} | write_log
	ended=("${PIPESTATUS[@]}")
	if [ "${ended[1]}" -ne 0 ]; then
		say "write: $log: failed, so genlogs was stopped; make room and start again"
		exit 74
	fi
	[ "${ended[0]}" -eq 0 ] || say "genlogs ended with status ${ended[0]}"
	exit "${ended[0]}"
}

# Make sure of a log that ends with a line: one that a full disk cut stays alone.
mend() {
	: >>"$log" || return
	if [ -f "$log" ] && [ -n "$(tail -c 1 -- "$log")" ]; then
		echo >>"$log"
	fi
}

start() {
	local before code=0
	need genlogs
	mkdir -p -- "$LOGS_DIR"
	exec 9>>"$pidfile"
	flock -w 1 9 || die 1 "start: $log: pid $(cat "$pidfile") writes it already; stop_logs.sh ends that"
	[ -z "$(trouble)" ] || say "start: the last run ended early: $(trouble)"

	# This gives the notes their block, so that there is room to tell of a full disk.
	if ! printf 'start_logs: started %s\n' "$(date)" >"$notes" || ! mend; then
		die 74 "start: $LOGS_DIR: cannot be written; make room, or set LOGS_DIR"
	fi
	before=$(stat -Lc %i:%s -- "$log")
	setsid "$scripts/start_logs.sh" --run </dev/null >/dev/null 2>>"$notes" &
	printf '%s\n' $! >"$pidfile"
	exec 9>&-

	while [ "$(stat -Lc %i:%s -- "$log")" = "$before" ]; do
		if ! running; then
			wait $! || code=$?
			die $code "start: $log: ended at once: $(trouble)"
		fi
		sleep 0.05
	done
	say "genlogs writes $log"
}

case ${1-} in
--help | -h) usage && exit ;;
--run) ;;
'') ;;
*) usage >&2 && exit 64 ;;
esac
max=$(bytes "${LOGS_MAX:-64M}") || die 64 "LOGS_MAX: $LOGS_MAX: wants a size such as 64M"
keep=${LOGS_KEEP:-4}
[[ $keep =~ ^[1-9][0-9]{0,3}$ ]] || die 64 "LOGS_KEEP: $keep: wants a number from 1 to 9999"
if [ "${1-}" = --run ]; then run; else start; fi
