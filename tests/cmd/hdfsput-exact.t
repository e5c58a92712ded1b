#!/usr/bin/env bash
# hdfsput -E and --offsets on a local directory, with streams made by hand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

D=$T/lake U=file://$T/lake

# records BASE NEXT: numbered access lines of three days
records() {
	seq "$1" $(($2 - 1)) | awk '{ printf "h - - [%02d/Jan/2026:10:00:00 -0800] \"GET /p?seq=%d HTTP/1.1\" 200 1\n", $1 % 3 + 1, $1 }'
}
# frame SHARD BASE NEXT [FLAGS [TS]]: a batch of topic t; the data is standard input
frame() {
	local data
	data=$(cat && echo .)
	data=${data%.}
	printf '%sB t %s %s %s %s %s %s%s\n%s' "$RS" "$1" "$2" "$3" \
		"$(grep -c '' <<<"${data%$'\n'}")" "${#data}" "${5:-$(($3 * 10))}" "${4-}" "$data"
}
batch() { records "$2" "$3" | frame "$@"; }
assign() { printf '%sA t %s %s\n' "$RS" "$1" "$2"; }
revoke() { printf '%sR t %s revoked\n' "$RS" "$1"; }
end() { printf '%sE %s\n' "$RS" "${1:-0}"; }
# put OPTION… <FRAMES: hdfsput -E
put() { { echo "$hello"; cat; } >"$T/in"; run_in "$T/in" hdfsput -E -d "$U" "$@"; }
parts() { find "$D" -name 'part-*' 2>/dev/null | LC_ALL=C sort; }
landed() { parts | xargs -r cat; }
# holds BASE NEXT NAME: the records that have landed
holds() { landed | sort >"$T/got"; records "$1" "$2" | sort >"$T/want"; same "$T/want" "$T/got" "$3"; }
offsets() { hdfsput --offsets -d "$U" | tr '\n' ' '; }
fresh() { rm -rf "$D"; }

# There and back.
run hdfsput --offsets -d "$U"
is "$status-$(cat "$out")" 0-. '--offsets of no directory: an empty list'
put -v --receipt "$T/receipt" < <(assign 0 5; batch 0 5 10; batch 0 10 20; revoke 0; end)
is "$status" 0 'a stream: status'
holds 5 20 'every record, once'
is "$(parts | sed -E "s|$D/||; s|-[0-9a-f]{8}(-[0-9]+.log)|\1|" | tr '\n' ' ')" "$(for day in 1 2 3; do
	printf '%s ' "year=2026/month=1/dayofmonth=$day/part-t-0-000000000005-000000000020-000003-$((day % 3 + 1)).log"; done)" 'the names'
is "$(offsets)" 't 0 20 . ' '--offsets'
is "$(grep -c '^hdfsput: landed: .*: 5 records, ' "$err")" 3 '-v names each file'
is "$(jq -c '[.records_in,.records_out,.positions.files,.status]' "$T/receipt")" '[15,15,3,0]' 'the receipt'
run hdfsput -E -d "$U"
is "$status" 75 'an input without a first line: status'
run_in "$T/in" hdfsput -E -d "$U"
is "$status" 0 'the same stream again: status'
holds 5 20 'nothing is doubled'
put < <(assign 0 5; batch 0 5 16; batch 0 16 25; printf '%sP t 0 30\n' "$RS"; batch 0 30 31; end)
is "$status" 0 'a batch on both sides of the position, and positions without records: status'
{ records 5 25; records 30 31; } | sort | cmp - <(landed | sort)
is "${PIPESTATUS[2]}" 0 'what is known is cut off'
is "$(offsets)" 't 0 31 . ' 'the position'
put < <(printf '%s\n' "$(assign 0 31)" "${RS}P t 0 40" "$(end)")
is "$status-$(offsets)" '0-t 0 40 . ' 'nothing but a position'

# What cannot be continued.
put < <(assign 0 40; batch 0 41 45; end)
is "$status" 65 'a gap: status'
like "$err" 'continue: t 0: 40 to 40 are missing' 'and message'
put < <(assign 0 50; printf '%sP t 0 60\n' "$RS"; end)
is "$status-$(offsets)" '65-t 0 40 . ' 'a gap that no batch shows'
fresh
put < <(assign 0 0; batch 0 0 10; assign 1 0; batch 1 0 7; batch 0 11 20)
is "$status-$(offsets)" '65-t 0 10 t 1 7 . ' 'what came before a gap has landed'
put < <(assign 0 9; batch 0 9 10 '' 100; batch 0 10 12; end)
is "$status-$(offsets)" '0-t 0 12 t 1 7 . ' 'the record before the position, the same'
put < <(assign 0 11; batch 0 11 12 '' 121; batch 0 12 13; end)
is "$status" 65 'another one: status'
like "$err" 'was the topic made anew' 'and message'
is "$(offsets)" 't 0 12 t 1 7 . ' 'nothing moved'
put < <(assign 0 12; printf 'a\nb\n' | frame 0 12 13 ' V 3' | sed 's/ 13 2 4/ 13 1 4/'; end)
is "$status" 65 'a value that holds newlines: status'
like "$err" 'kcons -E -J' 'and message'
put < <(assign 0 10; batch 0 10 14 ' M'; end)
is "$status" 75 'a mapped batch that would have to be cut'
put < <(assign 0 12; batch 0 12 14; end 65)
is "$status-$(offsets)" '65-t 0 14 t 1 7 . ' "the source's status is passed on, and what it gave lands"
put < <(batch 0 14 16)
is "$status" 65 'a shard that was not assigned'
echo 'GET /' >"$T/log"
run_in "$T/log" hdfsput -E -d "$U"
is "$status" 64 'no framed stream'
put < <(printf '%sA a/b 0 1\n' "$RS"; end)
is "$status" 65 'a name that leads out'
put < <(printf '%sA t %065d 1\n' "$RS" 0; end)
is "$status" 65 "a shard's name that is too long"
put < <({ assign 0 14; batch 0 14 16; batch 0 16 20; } | head -c -5)
is "$status-$(offsets)" '75-t 0 16 t 1 7 . ' 'a torn stream: whole batches land'
put < <(assign 0 16; batch 0 16 18; revoke 0; assign 0 18; batch 0 18 20; end)
is "$status-$(offsets)" '0-t 0 20 t 1 7 . ' 'revoked and assigned again'

# The position is moved by hand: the next one begins anew, with the same positions and commits.
put < <(assign 0 20; end)
rm -r "$D/_kpipe/t/0"
put < <(assign 0 0; batch 0 0 10; end)
rm -r "$D/_kpipe/t/0"
run_in "$T/in" hdfsput -E -d "$U"
is "$status-$(offsets)" '0-t 0 10 t 1 7 . ' 'the same records after a log was removed: status'
is "$(landed | grep -c 'seq=9 ')" 3 'they land beside those that are there'

# The longest name that a topic can have.
fresh
topic=$(printf %0249d 0)
put -z gzip < <({ assign 0 0; batch 0 0 10; } | sed "s/^$RS\(.\) t /$RS\1 $topic /"; end)
is "$status-$(offsets)" "0-$topic 0 10 . " 'a topic with a name of 249 characters'
is "$(parts | wc -l)-$(parts | sed 's|.*/||' | awk '{ print length }' | sort -u)" 3-255 'its files have the longest names'
fresh

# A file: its bytes are the positions.
fresh
text=$(records 0 3; echo .) text=${text%.}
put < <(printf '%sA file f1 0\n%sB file f1 0 %d 3 %d -1\n%s%sR file f1 done\n' "$RS" "$RS" ${#text} ${#text} "$text" "$RS"; end)
is "$status-$(offsets)" "0-file f1 ${#text} done . " 'a file that is done'
put < <(printf '%sA file f1 0\n%sB file f1 0 %d 3 %d -1\n%s' "$RS" "$RS" ${#text} ${#text} "$text"; end)
is "$status-$(landed | wc -l)" 0-3 'the same again: nothing is doubled'
put < <(printf '%sA file f1 %d\n%sR file f1 done\n%sR file f2 gone\n' "$RS" ${#text} "$RS" "$RS"; end)
is "$status-$(offsets)" "0-file f1 ${#text} done . " 'done again, and one that is not known gone'
put < <(printf '%sA file f1 %d\n' "$RS" ${#text})
is "$status-$(offsets)" "75-file f1 ${#text} done . " 'a source that dies behind A: it stays done'
put < <(printf '%sR file f1 gone\n' "$RS"; end)
is "$status-$(offsets)" '0-. ' 'gone: it is forgotten'

# Rolling.
fresh
put --roll-records 100 < <(assign 0 0; for i in $(seq 0 10 990); do batch 0 "$i" $((i + 10)); done; end)
is "$status" 0 '--roll-records: status'
is "$(parts | sed 's/.*-t-0-//; s/-[0-9]*.log//' | sort -u | wc -l)" 10 'as many rolls'
holds 0 1000 'every record'
fresh
run_in "$T/in" hdfsput -E -d "$U" --roll-size 2k -z gzip
is "$(find "$D" -name '*.log.gz' -exec zcat {} \; | sort | cmp - <(records 0 1000 | sort) && echo same)" same 'gzip'
is "$(find "$D" -name '*.log.gz' -exec sh -c 'zcat "$1" | wc -c' - {} \; | awk '$1 > 2048' | wc -l)" 0 '--roll-size'
ok 'in many rolls' test "$(find "$D" -name '*.log.gz' | wc -l)" -gt 50
fresh
seq 1 1100 | awk '{ printf "%04d-01-01 x\n", $1 }' >"$T/years"
put --time iso -p 'y=%Y' < <(assign 0 0; frame 0 0 1100 <"$T/years"; end)
is "$status-$(parts | wc -l)-$(offsets)" '0-1100-t 0 1100 . ' 'more partitions in a batch than can be open'
landed | sort | cmp - "$T/years"
is "${PIPESTATUS[2]}" 0 'every record'
put --time iso -p 'y=%Y' < <(assign 0 1100; frame 0 1100 2200 ' M' <"$T/years"; end)
is "$status-$(offsets)" '65-t 0 1100 . ' 'and where that batch cannot be cut'
fresh
{ head -n 1024 "$T/years"; head -c 12000000 /dev/urandom | base64 | sed 's/^/2026-01-01 /'; } >"$T/lines"
n=$(wc -l <"$T/lines")
{ echo "$hello"; assign 0 0; printf '%sB t 0 0 %d %d %d -1\n' "$RS" "$n" "$n" "$(stat -c %s "$T/lines")"; cat "$T/lines"; end; } >"$T/in"
(trap '' XFSZ; ulimit -f 512; exec hdfsput -E -d "$U" --time iso -p 'y=%Y' --memory 16M -z gzip) <"$T/in" 2>"$err"
is "$?-$(offsets)" '74-t 0 1024 . ' 'a disk that is full behind the first roll of a batch'
like "$err" "^hdfsput: 1024 files with 1024 records have landed, $((n - 1024)) records that were read have not\$" 'what that means'

# Partitions that have one directory.
fresh
printf '%s\n' 2026-01-11 2026-11-01 2026-01-11T10 >"$T/lines"
put --time iso -p 'd=%Y%-m%-d' < <(assign 0 0; frame 0 0 3 <"$T/lines"; end)
is "$status-$(offsets)" '0-t 0 3 . ' 'two dates with one name: status'
same <(sort "$T/lines") <(landed | sort) 'every record'
fresh
printf '%s\n' 2026-01-11 none 2026-01-12 >"$T/lines"
put --time iso -p all < <(assign 0 0; frame 0 0 3 <"$T/lines"; end)
is "$status-$(offsets)" '0-t 0 3 . ' 'one directory for all: status'
same "$T/lines" <(landed) 'every record, in order'

# A source that goes on.
fresh
mkfifo "$T/fifo"
start() { hdfsput -E -d "$U" "$@" <"$T/fifo" 2>"$err" & pid=$!; exec 3>"$T/fifo"; echo "$hello" >&3; }
have() { [ "$(landed | wc -l)" = "$1" ]; }
position() { [ "$(offsets)" = "$1" ]; }
opened() { [[ $(cat "$D"/_kpipe/t/0/log/* | tail -c 200) == *'"open"'* ]]; }
noted() { grep -qs note "$D/_kpipe/t/0/log/"*"$1"; }
start --roll-time 300ms
{ assign 0 0; batch 0 0 3; } >&3
ok 'a quiet input rolls' await 10 have 3
ok 'and notes that' await 10 noted 4
rm -rf "$D/year=2026"
batch 0 3 6 >&3
ok 'a deleted partition is made again' await 10 have 3
{ records 6 7; echo bad; records 8 9 | sed s/Jan/Feb/; records 9 10; } | frame 0 6 10 >&3
ok 'late and bad lines' await 10 have 7
is "$(grep -l 'seq=8' -r "$D" --include='part-*' | sed "s|$D/||; s|/part.*||")" year=2026/month=2/dayofmonth=3 'midnight'
is "$(cat "$D"/*/*/dayofmonth=__HIVE*/*)" bad 'are in the right directories'
printf '%sP t 0 12\n' "$RS" >&3
ok 'a position without records is committed' await 10 position 't 0 12 . '
batch 0 12 15 >&3
{ batch 0 15 18; } >&3
kill -TERM "$pid"
end >&3
exec 3>&-
wait "$pid"
is "$?-$(offsets)" '0-t 0 18 . ' 'SIGTERM: reads to the end'
start --roll-time 1h
{ assign 0 18; batch 0 18 20; batch 0 20 30 | head -c 50; } >&3
ok 'it has been opened' await 10 opened
kill -TERM "$pid"
wait "$pid"
is "$?-$(offsets)" '75-t 0 20 . ' 'SIGTERM and no end: whole batches land'
exec 3>&-

# Two writers.
start --roll-time 1h
{ assign 0 20; batch 0 20 25; assign 1 0; batch 1 0 3; } >&3
ok 'the older one has both shards' await 10 test -e "$D/_kpipe/t/1/log/00000000000000000002"
hdfsput -E -d "$U" 2>"$T/err2" < <(echo "$hello"; assign 0 20; batch 0 20 22; end)
is "$?-$(offsets)" '0-t 0 22 t 1 0 . ' 'another takes one of them over'
{ revoke 0; end; } >&3
exec 3>&-
wait "$pid"
is "$?-$(offsets)" '0-t 0 22 t 1 3 . ' 'the older one, revoked, drops it silently'
start --roll-time 300ms
{ assign 0 22; } >&3
ok 'the older one has it' await 10 opened
hdfsput -E -d "$U" < <(echo "$hello"; assign 0 22; batch 0 22 24; end)
batch 0 22 30 >&3
wait "$pid"
is "$?-$(offsets)" '75-t 0 24 t 1 3 . ' 'still assigned, it ends with 75'
like "$err" 'another writer has taken it over' 'and says why'
exec 3>&-

# Files that somebody takes away.
fresh
start --roll-time 1h
{ assign 0 0; batch 0 0 3; } >&3
ok 'it has staging, and a position' await 10 position 't 0 0 . '
rm -rf "$D/_kpipe/t/0/w"
exec 3>&-
wait "$pid"
is "$?-$(offsets)" '75-t 0 0 . ' 'staging that was deleted: 75, nothing lands'
put < <(assign 0 0; batch 0 0 3; end)
last=$(find "$D/_kpipe/t/0/log" -type f | sort | tail -n 1)
rm "$last"
lost=$(parts | head -n 1)
rm "$lost"
run_in "$T/in" hdfsput -E -d "$U"
is "$status" 70 'a committed file that is nowhere: status'
like "$err" "${lost##*/}: it was committed and is neither staged nor in place: bring it back, or make an empty file" 'and the way on'
: >"$lost"
run_in "$T/in" hdfsput -E -d "$U"
is "$status" 0 'that goes on'
rm "$lost"
run_in "$T/in" hdfsput -E -d "$U"
is "$status" 0 'after a clean end, a file that retention took is not missed'

# What is no record under the name of one.
fresh
put < <(assign 0 0; batch 0 0 3; end)
damaged() {
	is "$(timeout -s KILL 20 hdfsput --offsets -d "$U" 2>"$err"; echo $?)" 65 "$1: --offsets: status"
	like "$err" 'log/00000000000000000099: it is listed, but is no file that can be read: move it away and start again' \
		'and what to do'
	timeout -s KILL 20 hdfsput -E -d "$U" <"$T/in" 2>"$err"
	is $? 65 "$1: -E: status"
}
mkdir "$D/_kpipe/t/0/log/00000000000000000099"
damaged 'a directory'
rmdir "$D/_kpipe/t/0/log/00000000000000000099"
ln -s nowhere "$D/_kpipe/t/0/log/00000000000000000099"
damaged 'a link that leads nowhere'
rm "$D/_kpipe/t/0/log/00000000000000000099"
run_in "$T/in" hdfsput -E -d "$U"
is "$status-$(offsets)" '0-t 0 3 . ' 'without it, the log is well again'

# Memory: 64 dates at once, a batch as large as allowed.
fresh
seq 1 200000 | awk '{ d = $1 * 7919 % 64; printf "h - - [%02d/%s/2026:10:00:00 -0800] \"GET /p?seq=%d&x=%0300d HTTP/1.1\" 200 1\n", d % 28 + 1, substr("JanFebMar", int(d / 28) * 3 + 1, 3), $1, 0 }' >"$T/lines"
{ echo "$hello"; assign 0 0; awk -v rs="$RS" '{ buf = buf $0 "\n" } NR % 800 == 0 { printf "%sB t 0 %d %d 800 %d -1\n%s", rs, NR - 800, NR, length(buf), buf; buf = "" }' "$T/lines"; end; } >"$T/big"
/usr/bin/time -f %M -o "$T/rss" hdfsput -E -d "$U" --memory 16M <"$T/big" 2>"$err"
is $? 0 '64 dates, 80 MB, 16 MiB: status'
grep -q -e __asan_init -e __tsan_init "$BIN/hdfsput" || ok "within the limit (peak $(cat "$T/rss") KiB)" test "$(cat "$T/rss")" -lt $((50 * 1024))
landed | sort | cmp - <(sort "$T/lines")
is "${PIPESTATUS[2]}" 0 'every line'

# A command that is told what has landed, and a kill before it was done.
fresh
mkfifo "$T/frames" "$T/gate"
hdfsput -E -d "$U" --roll-records 10 --on-commit "cat >$T/told; read -r go <$T/gate" <"$T/frames" 2>"$err" &
pid=$!
exec 3>"$T/frames"
{ echo "$hello"; assign 0 0; batch 0 0 10; } >&3
ok '--on-commit: it is told' await 10 test -s "$T/told"
parts >"$T/want"
is "$(grep -vxFf "$T/want" "$T/told")" '' 'of files that are there'
kill -KILL "$pid"
wait "$pid" 2>/dev/null
exec 3>&-
echo >"$T/gate"
put --on-commit cat < <(assign 0 10; end)
is "$status" 0 'the next start: status'
same "$T/want" <(LC_ALL=C sort "$out") 'tells them again'
put --on-commit cat < <(assign 0 10; end)
is "$status-$(cat "$out")" 0- 'the one behind does not'
put --on-commit 'exit 1' < <(assign 0 10; batch 0 10 12; end)
is "$status-$(offsets)" '1-t 0 12 . ' 'one that fails: status, and what has landed stays'

# Usage.
usage() { run "$@"; is "$status" 64 "usage: ${*:2}"; }
usage hdfsput -E
usage hdfsput -E "$U/file"
usage hdfsput --offsets
usage hdfsput -E -f -d "$U"
hdfsput --offsets -d "$U" >/dev/full 2>"$err"
is $? 74 '--offsets into /dev/full'
mkfifo "$T/unread"
exec 8<>"$T/unread"
exec 9>"$T/unread" 8<&-
hdfsput --offsets -d "$U" >&9 2>"$err"
is "$?-$(cat "$err")" 141- 'and to a closed reader: SIGPIPE, no message'
exec 9>&-
run hdfsput --offsets -d "webhdfs://127.0.0.1:$(free_port)/x"
is "$status-$(cat "$out")" 69- '--offsets of a server that is not there'

finish
