#!/usr/bin/env bash
# End what start_logs.sh has started.
set -eu
# shellcheck source=scripts/logs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/logs_common.sh"

case ${1-} in
--help | -h)
	cat <<'U'
usage: stop_logs.sh
End the run of start_logs.sh behind a whole line, and wait until it is gone. It is no
error if nothing runs; if the run had ended by itself, the reason is told.

  LOGS_DIR   the folder of the log, as for start_logs.sh
U
	exit
	;;
'') ;;
*) "$scripts/stop_logs.sh" --help >&2 && exit 64 ;;
esac

if running; then
	signal TERM || ! running || not_ours
	if flock -w 10 "$pidfile" truncate -s 0 "$pidfile"; then
		say 'stopped'
	else
		signal KILL || true
		die 75 "stop: $log: did not end in 10 s and was killed"
	fi
elif [ -n "$(trouble)" ]; then
	say "was not running: $(trouble)"
else
	say 'was not running'
fi
