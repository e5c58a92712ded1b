#!/usr/bin/env bash
# hdfsput on a local directory: everything that needs no server.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

D=$T/lake U=file://$T/lake

# lines FIRST LAST DATE: numbered access lines
lines() { seq "$1" "$2" | sed "s|.*|h - - [$3:10:00:00 -0800] \"GET /p?seq=& HTTP/1.1\" 200 1|"; }
parts() { find "$D" -name 'part-*' | LC_ALL=C sort; }
landed() { parts | xargs -r cat; }
staged() { find "$D" -path "$D/_kpipe*" -type f; }
one_like() { [ "$(parts | grep -c -- "$1")" = 1 ]; }
fresh() { rm -rf "$D"; }

# One file.
echo hello >"$T/in"
run_in "$T/in" hdfsput "$U/a b/50%#?ü.txt"
is "$status" 0 'a file: status'
same "$T/in" "$D/a b/50%#?ü.txt" 'its bytes; parents are made, odd names kept'
is "$(cat "$out" "$err")" '' 'nothing is said'
is "$(find "$D" -name '.kpipe*')" '' 'no staging is left'
echo other >"$T/in2"
run_in "$T/in2" hdfsput "$U/a b/50%#?ü.txt"
is "$status" 1 'an existing file: status'
like "$err" '^hdfsput: write: file://.*: exists: -f replaces it$' 'and message'
same "$T/in" "$D/a b/50%#?ü.txt" 'it is untouched'
run_in "$T/in2" hdfsput -f -v "$U/a b/50%#?ü.txt"
is "$status" 0 '-f: status'
same "$T/in2" "$D/a b/50%#?ü.txt" '-f replaces it'
like "$err" '^hdfsput: landed: file://.*: 6 bytes$' '-v names it'
run_in "$T/in" hdfsput -f "$U/a b"
is "$status" 1 'a directory: status'
like "$err" 'is a directory: name a file in it, or use -d' 'and message'
run_in "$T/in" hdfsput "$U/new/"
is "$status" 64 'a name that ends with a slash'
run_in "$T/in" hdfsput webhdfs://u:SECRET@h/new/
unlike "$err" SECRET 'of which no password is shown'
run hdfsput "$U/empty"
is "$status-$(stat -c %s "$D/empty")" 0-0 'an empty input is an empty file'
head -c 30000000 /dev/urandom >"$T/big"
head -c 30000000 "$T/big" | hdfsput --memory 16M "$U/big"
is "${PIPESTATUS[1]}" 0 'many parts: status'
same "$T/big" "$D/big" 'and bytes'
staging() { compgen -G "$D/.kpipe-*"; }
(await 10 staging; touch "$D/race"; echo x) | hdfsput "$U/race" 2>"$err"
is "${PIPESTATUS[1]}-$(cat "$D/race")" 1- 'a file that appears meanwhile is not replaced'
like "$err" 'no file has landed' 'and that is said'
is "$(find "$D" -name '.kpipe*')" '' 'no staging is left'

# Partitions.
fresh
{ lines 1 3 31/Dec/2025; lines 4 5 01/Jan/2026; echo bad; lines 6 6 31/Dec/2025; printf 'last'; } >"$T/in"
run_in "$T/in" hdfsput -d "$U/" --receipt "$T/receipt"
is "$status" 0 'partitions: status'
is "$(parts | sed "s|$D/||; s|part-[0-9]*T[0-9]*Z-[0-9a-f]*-|part-|")" \
"year=2025/month=12/dayofmonth=31/part-000001.log
year=2026/month=1/dayofmonth=1/part-000002.log
year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__/dayofmonth=__HIVE_DEFAULT_PARTITION__/part-000003.log" 'the directories'
{ cat "$T/in"; echo; } | sort >"$T/want"
landed | sort >"$T/got"
same "$T/want" "$T/got" 'every line, the last one with a newline'
is "$(grep -o 'seq=[0-9]*' "$D"/year=2025/*/*/* | tr -dc '0-9\n' | tr '\n' ' ')" '1 2 3 6 ' 'in order'
is "$(jq -c '[.records_in,.records_out,.bytes_out,.positions.files,.status]' "$T/receipt")" \
	"[8,8,$(stat -c %s "$T/want"),3,0]" 'the receipt'
like "$T/receipt" '"first":"file://.*part-' 'names the first file'
is "$(staged)" '' 'nothing is left in staging'

fresh
printf '%s\n' '2026-02-03T04:05:06Z x' 'a 2026-02-03 04 b' |
	hdfsput -d "$U" --time iso -p 'd=%Y%m%d/%H'
is "$(parts | sed "s|$D/||; s|/part.*||" | tr '\n' ' ')" 'd=20260203/00 d=20260203/04 ' '--time iso and a pattern'
fresh
printf '%s\n' '{"ts":1767596889}' '{"ts":"2026-01-05T23:00:00-08:00"}' '{"ts":[]}' |
	hdfsput -d "$U" --time json:ts -p 'day=%j'
is "$(parts | sed "s|$D/||; s|/part.*||" | tr '\n' ' ')" 'day=005 day=__HIVE_DEFAULT_PARTITION__ ' '--time json'
fresh
echo x | TZ=Asia/Tokyo hdfsput -d "$U" --time arrival -p %Y
is "$(parts | wc -l)" 1 '--time arrival'
ok 'is a year' test -d "$D/$(date -u +%Y)"

# Rolling.
fresh
lines 1 1000 01/Jan/2026 >"$T/in"
run_in "$T/in" hdfsput -d "$U" --roll-size 4k
is "$(parts | xargs stat -c %s | awk '$1 > 4096' | wc -l)" 0 '--roll-size: no file is larger'
ok 'there are several' test "$(parts | wc -l)" -gt 10
landed | cmp - "$T/in"
is "${PIPESTATUS[1]}" 0 'and by name they are in order'
is "$(parts | tr -dc 'A-Za-z0-9._\n/=-' | cmp - <(parts) && echo plain)" plain 'names are plain'
fresh
run_in "$T/in" hdfsput -d "$U" --roll-records 300
is "$(parts | xargs -n1 wc -l | cut -d' ' -f1 | tr '\n' ' ')" '300 300 300 100 ' '--roll-records'
fresh
mkfifo "$T/fifo"
hdfsput -d "$U" --roll-time 300ms <"$T/fifo" 2>"$err" & pid=$!
exec 3>"$T/fifo"
lines 1 2 01/Jan/2026 >&3
ok 'a quiet input rolls' await 10 one_like '-000001.log'
rm -rf "$D/year=2026"
lines 3 4 01/Jan/2026 >&3
ok 'a deleted partition is made again' await 10 one_like '-000002.log'
rm -rf "$D"
lines 5 6 01/Jan/2026 >&3
ok 'and so is all of it' await 10 one_like '-000003.log'
lines 7 8 01/Jan/2026 >&3
printf 'half' >&3
kill -TERM "$pid"
exec 3>&-
wait "$pid"
is $? 0 'SIGTERM: reads to the end: status'
is "$(landed | grep -c 'seq=[78]')" 2 'and lands what there is'
is "$(landed | tail -1)" half 'to the last byte'

# On a terminal.
fresh
on_tty hdfsput -d "$U"
ok 'progress is shown on a terminal' await 10 progresses line
exec 3>&-
wait "$pid"
is "$?-$(parts | wc -l)" 0-1 'status'

# Odd lines.
fresh
{ lines 1 1 01/Jan/2026 | tr -d '\n'; head -c 5000000 /dev/zero; echo; printf '\r\n\n\377\0\n'; lines 2 2 01/Jan/2026; } >"$T/in"
run_in "$T/in" hdfsput -d "$U" --roll-size 1M --memory 16M
is "$status" 0 'a line of 5 MB: status'
cat "$D"/year=2026/*/*/*1.log >"$T/got"
head -n 1 "$T/in" >"$T/want"
same "$T/want" "$T/got" 'it is in one file, alone'
landed | sort -z >"$T/got"
sort -z "$T/in" >"$T/want"
is "$(landed | wc -c)" "$(wc -c <"$T/in")" 'CRLF, empty, NUL and bad UTF-8 are kept'
# A line that is still arriving when its file is due, and when the time is up.
fresh
waits() { grep -q poll "/proc/$1/wchan"; }
half() { head -c 1200000 /dev/zero | tr '\0' "$1"; }
mkfifo "$T/cut"
hdfsput -d "file://$T/cut.d" --roll-time 1h <"$T/cut" 2>"$T/cut.err" & cut=$!
exec 4>"$T/cut"
{ lines 1 2 01/Jan/2026; half x; } >&4
ok 'half a long line is read' await 10 waits "$cut"
kill -TERM "$cut"
hdfsput -d "$U" --time arrival --roll-time 1ms <"$T/fifo" 2>"$err" 4>&- & pid=$!
exec 3>"$T/fifo"
half a >&3
ok 'half a line, and its file is due' await 10 waits "$pid"
{ half b; echo; } >&3
exec 3>&-
wait "$pid"
is $? 0 'status'
landed | cmp - <(half a; half b; echo)
is "${PIPESTATUS[1]}-$(parts | wc -l)" 0-1 'it is in one file'
wait "$cut"
is $? 75 'SIGTERM in a line that does not end: status'
exec 4>&-
is "$(find "$T/cut.d" -name 'part-*' -print0 | xargs -0 cat | cut -c -99)" "$(lines 1 2 01/Jan/2026)" 'the whole lines land, and nothing of it'
like "$T/cut.err" '1 files with 2 records have landed, 1 records that were read have not' 'and that is said'
fresh
lines 1 20000 01/Jan/2026 >"$T/in"
run_in "$T/in" hdfsput -d "$U" -z gzip --memory 16M
is "$(find "$D" -name '*.log.gz' | wc -l)" 1 'gzip: the name'
find "$D" -name '*.log.gz' -print0 | xargs -0 zcat >"$T/got"
same "$T/in" "$T/got" 'gzip: the content'

# Many partitions within the memory.
fresh
seq 1 200000 | awk '{ d = $1 * 7919 % 64; printf "h - - [%02d/%s/2026:10:00:00 -0800] \"GET /p?seq=%d&x=%0300d HTTP/1.1\" 200 1\n", d % 28 + 1, substr("JanFebMar", int(d / 28) * 3 + 1, 3), $1, 0 }' >"$T/in"
/usr/bin/time -f %M -o "$T/rss" hdfsput -d "$U" --memory 16M <"$T/in" 2>"$err"
is $? 0 '64 dates, 80 MB, 16 MiB: status'
is "$(parts | wc -l)" 64 'a file each'
grep -q -e __asan_init -e __tsan_init "$BIN/hdfsput" || ok "within the limit (peak $(cat "$T/rss") KiB)" test "$(cat "$T/rss")" -lt $((46 * 1024))
landed | sort | cmp - <(sort "$T/in")
is "${PIPESTATUS[2]}" 0 'every line'
fresh
seq 1 1500 | awk '{ printf "%04d-01-01 x\n", $1 }' | hdfsput -d "$U" --time iso -p 'y=%Y' --memory 16M
is "${PIPESTATUS[2]}-$(parts | wc -l)" 0-1500 '1500 years'

# What others left.
fresh
mkdir -p "$D/_kpipe_tmp/dead" "$D/_kpipe_tmp/alive"
touch "$D/_kpipe_tmp/dead/1-0-0" "$D/_kpipe_tmp/alive/1-0-0"
touch -d '-4 days' "$D/_kpipe_tmp/dead"
touch -d '-2 days' "$D/_kpipe_tmp/alive"
run hdfsput -d "$U"
is "$(ls "$D/_kpipe_tmp")" alive 'old staging is swept, younger is not'

# A command that is told what has landed.
fresh
mkfifo "$T/stream"
lines 1 3 01/Jan/2026 >"$T/in"
run_in "$T/in" hdfsput --on-commit 'cat; echo told' "$U/one"
is "$status-$(tr '\n' ' ' <"$out")" "0-$D/one told " '--on-commit: one file'
run_in "$T/in" hdfsput --on-commit 'cat; echo told' "$U/one"
is "$status-$(cat "$out")" 1- 'not when none has landed'
lines 4 6 02/Jan/2026 >>"$T/in"
run_in "$T/in" hdfsput -d "$U/days" --on-commit cat
is "$status" 0 'rolling files: status'
same <(sort "$out") <(find "$D/days" -name 'part-*' | sort) 'each is told, under its final name'
# What lands while it runs is told to the next run.
exec 9>"$T/gate"
flock 9
hdfsput -d "$U/busy" --roll-records 1 --on-commit \
	"cat; grep -E '^Sig(Blk|Ign)' /proc/self/status; echo run; flock -s $T/gate true" <"$T/stream" >"$out" 2>"$err" 9>&- &
pid=$!
exec 3>"$T/stream"
lines 1 2 01/Jan/2026 >&3
ok 'it is told while input is still open' await 10 grep -q run "$out"
lines 3 41 01/Jan/2026 >&3
landed_are() { [ "$(find "$D/busy" -name 'part-*' | wc -l)" = "$1" ]; }
ok 'it does not hold up what lands' await 10 landed_are 40
exec 3>&-
ok 'the end …' await 10 landed_are 41
ok '… waits for the last run' kill -0 "$pid"
flock -u 9
wait "$pid"
is $? 0 'status'
ok 'what came meanwhile was told together' test "$(grep -c run "$out")" -le 3
is "$(grep -c part- "$out")-$(grep part- "$out" | sort -u | wc -l)" 41-41 'every file, once'
unlike "$out" '^SigBlk.*[1-9a-f]|^SigIgn.*[13579bdf]...$' 'no signal is blocked, and SIGPIPE not ignored'
run_in "$T/in" hdfsput -d "$U/bad" --on-commit 'exit 3'
is "$status" 1 'one that fails: status'
like "$err" '^hdfsput: run: exit 3: ended with status 3: it is not told again of these [12], ' 'and message'
is "$(cat "$D"/bad/year=*/*/*/* | wc -l)" 6 '… and all has landed'
run_in "$T/in" hdfsput -d "$U/bad" --on-commit 'kill -9 $$'
like "$err" 'killed by signal 9: ' 'one that is killed'
seq 2000 | sed 's|.*|h - - [01/Jan/2026:10:00:00 -0800] "GET /&|' >"$T/many"
run_in "$T/many" hdfsput -d "$U/deaf" --roll-records 1 --on-commit :
is "$status-$(cat "$err")" 0- 'one that does not read'
fresh

# A file where a directory should be is no expected no.
mkdir "$D"
: >"$D/year=2026"
lines 1 3 01/Jan/2026 >"$T/in"
run_in "$T/in" hdfsput -d "$U"
is "$status" 74 'a file that is called as a partition: status'
like "$err" 'file exists' 'and message'
like "$err" '0 files with 0 records have landed, 3 records that were read have not' 'and what that means'
for exact in '' -E; do
	run hdfsput $exact -d "$U/year=2026"
	is "$status" 74 "a file instead of the directory${exact:+, $exact}"
done
fresh

# Usage.
usage() { run "$@"; is "$status" 64 "usage: ${*:2}"; }
usage hdfsput
usage hdfsput a b
usage hdfsput -d "$U" file
usage hdfsput -d "$U" -f
usage hdfsput -p %Y "$U/x"
usage hdfsput -z gzip "$U/x"
usage hdfsput --time clf "$U/x"
usage hdfsput -d "$U" -z lz4
usage hdfsput -d "$U" -p 'a:b'
like "$err" "no ':' in a name" 'with a reason'
usage hdfsput -d "$U" -p '../%Y'
usage hdfsput -d "$U" --time ctime
usage hdfsput -d "$U" --roll-size 1x
usage hdfsput -d "$U" --memory 1M
usage hdfsput --nonsense "$U/x"
usage hdfsput ''
printf '\036KPIPE 1 00000000-0000-0000-0000-000000000000\n' >"$T/in"
for to in "-d $U" "$U/frames"; do
	# shellcheck disable=SC2086 # two words
	run_in "$T/in" hdfsput $to
	is "$status" 64 "a framed stream: ${to%% *}"
	like "$err" 'is a framed stream' 'with a reason'
done
is "$(find "$D" -type f -not -path '*/alive/*')" '' 'nothing of it lands'
hdfsput --help >/dev/full 2>"$err"
is $? 74 '--help into /dev/full'
hdfsput "$U/new" <"$T" 2>"$err"
is $? 74 'an input that cannot be read'
ok 'does not land' test ! -e "$D/new"
if [ "$(id -u)" != 0 ]; then
	mkdir "$T/shut"; chmod 555 "$T/shut"
	run_in "$T/in2" hdfsput "file://$T/shut/x"
	is "$status" 77 'not allowed'
fi

finish
