# shellcheck shell=bash
# shellcheck disable=SC2034 # ID, status and others are for the test that reads this
#
# Shell tests: sourced by every tests/*/*.t, which are bash and print TAP.
#
#	. "$(dirname "$0")/../lib.sh"
#	run genlogs -n 3            # sets $status, and the files $out and $err
#	is "$status" 0 'genlogs -n 3: status'
#	like "$err" 'no such'       'the message'
#	finish
#
# A tool's status is never lost: `run` keeps it, and a pipe line is checked through
# PIPESTATUS.  Waiting is for a condition with a deadline: `await 10 test -s file`.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${KPIPE_BIN:-$ROOT/bin}
PATH=$BIN:$PATH
export PATH LC_ALL=C.UTF-8
unset KAFKA_CONFIG HADOOP_CONF_DIR

T=$(mktemp -d "${TMPDIR:-/tmp}/kpipe-test.XXXXXX")
out=$T/out err=$T/err status=0
NAME=$(basename "$0" .t)
ID=$NAME-$$ # for topics, groups and directories of this run
_n=0 _bad=0

_cleanup() {
	local job
	for job in $(jobs -p); do kill -KILL "$job" 2>/dev/null; done
	if declare -F cleanup >/dev/null; then cleanup >/dev/null 2>&1; fi
	[ "${KPIPE_STACK-}" != "$T/stack" ] || "$ROOT/scripts/stack" kill all >/dev/null 2>&1
	rm -rf "$T"
}
trap _cleanup EXIT
trap 'exit 1' INT TERM

# Run a command with its output in $out and $err and its status in $status.
run() { "$@" >"$out" 2>"$err" </dev/null; status=$?; }
# The same, with standard input from the file $1.
run_in() { local in=$1; shift; "$@" >"$out" 2>"$err" <"$in"; status=$?; }

_ok() { _n=$((_n + 1)); printf 'ok %d - %s\n' "$_n" "$1"; }
_not() {
	_n=$((_n + 1)) _bad=$((_bad + 1))
	printf 'not ok %d - %s\n' "$_n" "$1"
	shift
	printf '%s\n' "$@" | head -c 2000 | sed 's/^/# /'
}

# is GOT WANT NAME
is() { if [ "$1" = "$2" ]; then _ok "$3"; else _not "$3" "got:  $1" "want: $2" "stderr: $(tail -5 "$err" 2>/dev/null)"; fi; }
# like FILE REGEX NAME: some line of the file matches (grep -E)
like() { if grep -qE -e "$2" "$1"; then _ok "$3"; else _not "$3" "no line matches: $2" "$(head -5 "$1")"; fi; }
unlike() { if grep -qE -e "$2" "$1"; then _not "$3" "a line matches: $2" "$(grep -E -e "$2" "$1" | head -3)"; else _ok "$3"; fi; }
# same FILE FILE NAME: byte for byte
same() { if cmp -s "$1" "$2"; then _ok "$3"; else _not "$3" "$(cmp "$1" "$2" 2>&1; diff "$1" "$2" | head -8)"; fi; }
# ok NAME COMMAND…: it succeeds
ok() { local name=$1; shift; if "$@" >"$T/ok.log" 2>&1; then _ok "$name"; else _not "$name" "failed: $*" "$(tail -5 "$T/ok.log")"; fi; }

# await SECONDS COMMAND…: until it succeeds; 1 after the deadline, which on a busy machine is
# three times as far away.
await() {
	local until=$((SECONDS + 3 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		command sleep 0.05
	done
}
gone() { ! kill -0 "$1" 2>/dev/null; }
lines_in() { [ "$(wc -l <"$1")" -ge "$2" ]; }
passed() { [ "$SECONDS" -ge "$1" ]; }
# on_tty COMMAND…: run it in the background, with standard output and error on a terminal whose screen
# is $T/tty, and what is written to descriptor 3 as its input.  progresses LINE: feed it until the
# progress line is seen.
on_tty() {
	mkfifo "$T/tty.in"
	script -qfec "$* <$T/tty.in" "$T/tty" >"$out" 2>"$err" </dev/null & pid=$!
	exec 3>"$T/tty.in"
}
progresses() { printf '%s\n' "$1" >&3 && grep -q ' records .* MB/s' "$T/tty"; }
# blocked PID: it waits for somebody to read its output
blocked() { grep -qs pipe_write /proc/"$1"/task/*/wchan; }
# heeds PID: SIGTERM does not simply kill it
heeds() { [ "$(cat "/proc/$1/comm")" != bash ] && [ $((16#$(awk '$1 == "SigCgt:" { print $2 }' /proc/"$1"/status) & 16#4000)) -ne 0 ]; }

# empty FILE…: before a command in the background writes it, lest what it held be waited for
empty() { local file; for file; do : >"$file"; done; }

# older FILE: FILE.1, FILE.2 … each get the next number; rotate FILE: it then becomes FILE.1
older() {
	local i
	for ((i = 30; i > 0; i--)); do
		[ ! -e "$1.$i" ] || mv "$1.$i" "$1.$((i + 1))"
	done
}
rotate() { older "$1" && mv "$1" "$1.1"; }

# Where the real servers are; the tests that need them begin with `need_kafka`, `need_hdfs` …, which start
# what is not running (scripts/stack) rather than skip.
need_kafka() { _need kafka; }
need_hdfs() { _need hdfs; }
need_yarn() { _need yarn; }
need_hive() { _need hive; }
need_spark() { _need spark; }
need_connect() { _need connect; }
need_jupyter() { _need jupyter; }
_need() {
	local env
	if ! "$ROOT/scripts/stack" up "$1" >"$T/stack.log" 2>&1; then
		_not "scripts/stack up $1" "$(tail -n 20 "$T/stack.log")"
		finish
	fi
	env=$("$ROOT/scripts/stack" env) && eval "$env"
	direct=$WEBHDFS_URL
}

# stack kill|start|up SVC…: a failure is told.
stack() { "$ROOT/scripts/stack" "$@" >"$T/stack.log" 2>&1 || _not "scripts/stack $*" "$(tail -n 20 "$T/stack.log")"; }

# need_tools NAME…: programs for tests only, of tests/tools
need_tools() {
	if ! make -s -C "$ROOT" "${@/#/build/tests/tools/}" >"$T/make.log" 2>&1; then
		_not "make $*" "$(tail -n 20 "$T/make.log")"
		finish
	fi
	PATH=$ROOT/build/tests/tools:$PATH
}

# topic NAME [ktopic options]: make it, and remember it in $topics
topics=()
topic() {
	if ! ktopic create --wait "${@:2}" "$1" >"$T/ktopic.log" 2>&1; then
		_not "topic $*" "$(cat "$T/ktopic.log")"
		finish
	fi
	topics+=("$1")
}
# Another client, to compare with
kcat() { command kcat -b "$KAFKA_BROKERS" "$@"; }
read_topic() { kcat -C -e -q "$@" 2>/dev/null; }

# Framed streams made by hand.
RS=$'\x1e'
hello="${RS}KPIPE 1 01234567-89ab-4def-8123-456789abcdef"
control() { printf '%s%s\n' "$RS" "$*"; }

# Servers of this test's own, which it may kill: all later calls of scripts/stack and need_…
# mean these.  Each of six tests side by side has 2000 ports, as long as its shell lives; a
# lock says which, and where somebody's servers are listening the next ports are taken.
own_stack() {
	export KPIPE_STACK=$T/stack KPIPE_PORT_OFFSET
	export KAFKA_JAVA='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' # it lives for seconds
	local locks=${XDG_CACHE_HOME:-$HOME/.cache}/kpipe
	mkdir -p "$locks"
	if ! await 250 _own_ports "$locks"; then
		_not 'own_stack: all ports were taken for twelve minutes'
		finish
	fi
}
_own_ports() {
	local slot
	for slot in 1 2 3 4 5 6; do
		KPIPE_PORT_OFFSET=$((2000 * slot))
		exec 6>"$1/slot.$slot"
		if flock -n 6 && ! _ports_taken; then return 0; fi
		exec 6>&-
	done
	return 1
}
_ports_taken() { # does anybody listen on one of the 2000?
	local at state port
	while read -r _ at _ state _; do
		port=$((16#${at##*:}))
		if [ "$state" = 0A ] && [ "$((port - KPIPE_PORT_OFFSET))" -ge 18000 ] &&
			[ "$((port - KPIPE_PORT_OFFSET))" -lt 20000 ]; then return 0; fi
	done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep ':')
	return 1
}

# A free port on loopback, and one where nobody listens.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Faults: a proxy before a real server, whose connections can be broken on demand; how, is
# told in tests/faultproxy.  It listens on the server's own port at another address of
# loopback, which the server's redirects and metadata are made to name.
#
#	proxy_kafka                             # proxy "kafka"; sets KAFKA_BROKERS
#	proxy_hdfs                              # "namenode" and "datanode"; sets WEBHDFS_URL
#	proxy_set datanode cut up 100000 once   # the answer is in $proxy_answer
PROXY_HOST=127.$(($$ / 81 % 9 + 1)).$(($$ / 9 % 9 + 1)).$(($$ % 9 + 1)) # as long as 127.0.0.1
proxy_up() { # NAME UPSTREAM [FROM=TO]…
	"$ROOT/tests/faultproxy" "$PROXY_HOST:${2##*:}" "$2" 127.0.0.1:0 "${@:3}" >"$T/proxy.$1" 2>&1 &
	if ! await 20 grep -q '^[0-9]' "$T/proxy.$1"; then
		_not "proxy_up $1" "$(tail -n 3 "$T/proxy.$1")"
		finish
	fi
}
proxy_set() { # NAME FAULT…
	local at
	at=$(cut -d ' ' -f 2 "$T/proxy.$1")
	exec 8<>"/dev/tcp/${at%:*}/${at#*:}"
	printf '%s\n' "${*:2}" >&8
	proxy_answer=$(cat <&8)
	exec 8>&-
	case $proxy_answer in error:*) _not "proxy_set $*" "$proxy_answer" ;; esac
}
proxy_kafka() {
	proxy_up kafka "$KAFKA_BROKERS" "127.0.0.1=$PROXY_HOST"
	export KAFKA_BROKERS=$PROXY_HOST:${KAFKA_BROKERS##*:}
}
proxy_hdfs() {
	local datanode=${KPIPE_DATANODE##*:}
	proxy_up datanode "127.0.0.1:$datanode"
	proxy_up namenode "${WEBHDFS_URL#http://}" "127.0.0.1:$datanode=$PROXY_HOST:$datanode"
	export WEBHDFS_URL=http://$PROXY_HOST:${WEBHDFS_URL##*:}
}

# A clock that jumps: `faked COMMAND…` sees that of the machine moved by what `jump +1d` said last;
# monotonic time goes on.
jump() { echo "$1" >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
faked() {
	local lib=(/usr/lib/*/faketime/libfaketimeMT.so.1)
	env LD_PRELOAD="${lib[0]}" FAKETIME_TIMESTAMP_FILE="$T/clock" FAKETIME_NO_CACHE=1 \
		DONT_FAKE_MONOTONIC=1 "$@"
}

# HDFS by itself, past any proxy.
#	api PATH OP [curl options]; get FILE; files DIR: what Hive would read below it
api() { curl -s "${@:3}" "$direct/webhdfs/v1$1?user.name=$HADOOP_USER_NAME&op=$2"; }
get() { api "$1" OPEN -L; }
files() {
	local type name
	while read -r type name; do
		case $name in [_.]*) continue ;; esac
		if [ "$type" = FILE ]; then echo "$1/$name"; else files "$1/$name"; fi
	done < <(api "$1" LISTSTATUS | jq -r '.FileStatuses.FileStatus[]? | .type + " " + .pathSuffix' 2>/dev/null)
}

# upload FILE PATH: into HDFS, with curl, for the tests of what reads it.
upload() {
	curl -sS -f -L -o "$T/upload" -T "$1" \
		"$WEBHDFS_URL/webhdfs/v1$2?op=CREATE&overwrite=true&user.name=$HADOOP_USER_NAME"
}

# Every test file ends with this: the plan, so that a test that dies half way is seen.
finish() {
	printf '1..%d\n' "$_n"
	[ "$_bad" -eq 0 ]
	exit
}
