#!/usr/bin/env bash
# Follow the log that start_logs.sh has written, through its rotations.
set -eu
# shellcheck source=scripts/logs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/logs_common.sh"

case ${1-} in
--help | -h)
	cat <<'U'
usage: tail_logs.sh [OPTION…]
Follow the access log of start_logs.sh through its rotations: ktail with that file.
Options are ktail's, such as -n +1 to begin at the first line of the log.

  LOGS_DIR   the folder of the log, as for start_logs.sh
U
	exit
	;;
esac
need ktail
exec ktail "$@" "$log"
