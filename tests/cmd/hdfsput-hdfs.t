#!/usr/bin/env bash
# hdfsput on a real HDFS.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_hdfs

D=/tmp/$ID
api() { curl -s "${@:3}" "$WEBHDFS_URL/webhdfs/v1$1?user.name=$HADOOP_USER_NAME&op=$2"; }
get() { api "$1" OPEN -L; }
cleanup() { api "$D" 'DELETE&recursive=true' -X DELETE; }
# The files below a directory, by name; what is hidden from Hive as well.
files() {
	local type name
	while read -r type name; do
		if [ "$type" = FILE ]; then echo "$1/$name"; else files "$1/$name"; fi
	done < <(api "${1//=/%3D}" LISTSTATUS | jq -r '.FileStatuses.FileStatus[]? | .type + " " + .pathSuffix')
}
lines() { seq "$1" "$2" | sed "s|.*|h - - [$3:10:00:00 -0800] \"GET /p?seq=& HTTP/1.1\" 200 1|"; }

# One file.
head -c 50000000 /dev/urandom >"$T/big"
echo hello >"$T/in"
run_in "$T/in" hdfsput -v "$D/a/b"
is "$status" 0 'a small file: status'
get "$D/a/b" >"$T/got"
same "$T/in" "$T/got" 'and bytes'
like "$err" "^hdfsput: landed: .*$D/a/b: 6 bytes$" '-v names it'
run_in "$T/big" hdfsput "$D/a/b"
is "$status" 1 'an existing file: status'
like "$err" 'exists: -f replaces it' 'and message'
head -c 50000000 "$T/big" | hdfsput -f --memory 32M "$D/a/b"
is "${PIPESTATUS[1]}" 0 '-f, in parts: status'
get "$D/a/b" >"$T/got"
same "$T/big" "$T/got" 'and bytes'
run hdfsput "$D/a/empty"
is "$status-$(get "$D/a/empty" | wc -c)" 0-0 'an empty file'
run_in "$T/in" hdfsput "$WEBHDFS_URL$D/a b/50%#?&+ü.txt"
is "$status" 0 'a name with odd characters, a full URL'
is "$(get "$D/a%20b/50%25%23%3F%26%2B%C3%BC.txt")" hello 'is that name'
run_in "$T/in" hdfsput "$D/10:30"
is "$status" 64 "a ':' in the name: status"
like "$err" ':.*not allowed|allows no' 'and reason'
for to in "$D/x,y/z" "-d $D/x,y" "-E -d $D/x,y"; do
	# shellcheck disable=SC2086 # words
	run_in "$T/in" hdfsput $to
	is "$status" 64 "a ',' in the directory: $to: status"
	like "$err" "^hdfsput: write: .*$D/x,y: HDFS joins no parts below a ','" 'and reason'
done
run_in "$T/big" hdfsput --memory 32M "$D/x,y"
is "$status" 0 "a ',' in the file's own name is none"
run_in "$T/in" hdfsput "$D/a/b/c"
ok 'below a file: fails' test "$status" -ne 0
is "$(files "$D" | grep -c kpipe)" 0 'no staging is left'
staging() { api "$D" LISTSTATUS | grep -q '\.kpipe-'; }
(await 10 staging; hdfsput "$D/race" <"$T/in"; echo x) | hdfsput "$D/race" 2>"$err"
is "${PIPESTATUS[1]}-$(get "$D/race")" 1-hello 'a file that appears meanwhile is not replaced'

# Partitions.
L=$D/lake%2F\ x
{ lines 1 3000 31/Dec/2025; lines 3001 6000 01/Jan/2026; echo bad; } >"$T/in"
run_in "$T/in" hdfsput -d "$L/" --roll-size 100k
is "$status" 0 'partitions: status'
E=${L//%/%25} E=${E// /%20}
files "$E" >"$T/files"
is "$(sed 's|/part.*||' "$T/files" | sort -u | sed 's/.*%20x//' | tr '\n' ' ')" \
	"/year=2025/month=12/dayofmonth=31 /year=2026/month=1/dayofmonth=1 /year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__/dayofmonth=__HIVE_DEFAULT_PARTITION__ " 'the directories'
while read -r f; do get "$f"; done <"$T/files" >"$T/got"
same "$T/in" "$T/got" 'every line, in order'
ok 'in rolled files' test "$(wc -l <"$T/files")" -gt 4
run_in "$T/big" hdfsput -d "$D/parts" -p all --memory 16M
is "$status" 0 'one file out of many parts: status'
while read -r f; do get "$f"; done < <(files "$D/parts") >"$T/got"
same <(cat "$T/big"; echo) "$T/got" 'and bytes'
is "$(files "$D/parts" | wc -l)" 1 'it is one'

mkfifo "$T/fifo"
hdfsput -d "$D/quiet" --roll-time 300ms <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
rolled() { [ "$(files "$D/quiet" | grep -c "$1")" = "$2" ]; }
lines 1 2 01/Jan/2026 >&3
ok 'a quiet input rolls' await 10 rolled year=2026 1
api "$D/quiet" 'DELETE&recursive=true' -X DELETE >/dev/null
lines 3 4 01/Jan/2026 >&3
ok 'a deleted directory is made again' await 10 rolled year=2026 1
lines 5 6 02/Jan/2026 >&3
exec 3>&-
wait "$pid"
is $? 0 'the end: status'
is "$(files "$D/quiet" | wc -l)" 2 'and the rest has landed'

# A command that is told what has landed.
lines 1 3 01/Jan/2026 >"$T/in2"
run_in "$T/in2" hdfsput -d "$D/told" --on-commit cat
is "$status-$(cat "$out")" "0-$(files "$D/told")" '--on-commit: the path within HDFS'

# A server that is not there.
port=$(free_port)
for to in "webhdfs://127.0.0.1:$port/x" "-d webhdfs://127.0.0.1:$port/x"; do
	SECONDS=0
	# shellcheck disable=SC2086 # two words
	run_in "$T/in" hdfsput $to
	is "$status" 69 "no name node: ${to%% *}: status"
	like "$err" "127.0.0.1:$port" 'the message names it'
	ok 'in a few seconds' test "$SECONDS" -lt 8
done
api "$D/shut" 'MKDIRS&permission=755' -X PUT >/dev/null
HADOOP_USER_NAME=nobody run_in "$T/in" hdfsput "$D/shut/x"
is "$status" 77 'not allowed: status'
like "$err" "nobody|ermission" 'and message'

finish
