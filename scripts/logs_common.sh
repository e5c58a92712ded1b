# What start_logs.sh, tail_logs.sh and stop_logs.sh share; they source it.
#
# Whether the logs run is told by a lock on the pid file, which every process of a run
# holds open as descriptor 9: the kernel lets go of it however they end, so that a pid
# file that was left behind, or whose pid is another program's by now, means nothing.
# shellcheck shell=bash disable=SC2034 # what is set here is used there

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=${KPIPE_BIN:-$scripts/../bin}:$PATH

if [ -z "${LOGS_DIR:-}" ]; then
	LOGS_DIR=/opt/gen_logs/logs
	[ -w "$LOGS_DIR" ] || LOGS_DIR=${XDG_STATE_HOME:-${HOME:?is not set: set it, or LOGS_DIR}/.local/state}/gen_logs/logs
fi
log=$LOGS_DIR/access.log
pidfile=$LOGS_DIR/genlogs.pid
notes=$LOGS_DIR/start_logs.err

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
die() { # STATUS MESSAGE…
	local status=$1
	shift
	say "$@"
	exit "$status"
}

need() { command -v "$1" >/dev/null || die 69 "start: $1: not found; build it with make, or add it to PATH"; }

not_ours() { die 77 "look: $pidfile: somebody else's? use another LOGS_DIR, or their account"; }

running() {
	local rc=0
	[ -e "$pidfile" ] || return 1
	flock -n -E 99 "$pidfile" true || rc=$?
	[ $rc -eq 0 ] || [ $rc -eq 99 ] || not_ours
	[ $rc -eq 99 ]
}

# Send a signal to the processes of the run, and to nobody else; 1 if none of them is seen.
signal() {
	local fd pid none=1
	for fd in /proc/[0-9]*/fd/9; do
		[ "$fd" -ef "$pidfile" ] || continue
		pid=${fd#/proc/}
		kill "-$1" "${pid%%/*}" 2>/dev/null || true
		none=0
	done
	return $none
}

# What went wrong in the last run, in one line.
trouble() { [ ! -e "$notes" ] || sed 1d "$notes" | tail -n 4 | paste -sd ';'; }
