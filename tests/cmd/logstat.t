#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
unset COLUMNS

# Sanitizers take terabytes of addresses, so that no limit can be set there.
limit() { [[ $BIN == */san/bin ]] || ulimit -v "$1"; }

genlogs -r 0 -n 20000 -s 1 -t 2026-07-27T00:00:00Z -z Z >"$T/log"
logjson <"$T/log" >"$T/json"
# by_hand FIELD: the counts as awk and sort have them.
by_hand() { awk -v f="$1" '{ print $f }' "$T/log" | sort | uniq -c | sort -k1,1nr -k2; }
counts() { jq -r '"\(.count) \(.key)"' "$out"; }

# The answer.
run logstat -f json -n 0 "$T/log"
is "$status" 0 'access lines: status'
is "$(counts)" "$(by_hand 9 | sed 's/^ *//')" 'the counts are right'
is "$(head -n 1 "$out" | jq -c 'del(.count)')" \
	'{"window":null,"seconds":null,"by":"status","key":"200","error":0,"lines":20000}' 'the members'
run logstat -f json -n 0 -b host "$T/log"
is "$(counts | md5sum)" "$(by_hand 1 | sed 's/^ *//' | LC_ALL=C sort -k1,1nr -k2 | md5sum)" 'many keys: the counts are right'
for column in host ident user request status size referer agent method path query protocol; do
	run logstat -f json -n 0 -b "$column" "$T/log"
	cp "$out" "$T/of_log"
	run_in "$T/json" logstat -f json -n 0 -b "$column"
	is "$(grep -c . "$T/of_log")-$(cmp "$out" "$T/of_log" && echo same)" "$(wc -l <"$out")-same" "$column: of JSON it is the same"
done
sort -t: -k4 "$T/json" | sed 's/$/\t/' >"$T/shuffled"
run_in "$T/json" logstat -w 5s -l inf -f json -b path
cp "$out" "$T/in_order"
run_in "$T/shuffled" logstat -w 5s -l inf -f json -b path
is "$status" 0 'as a reducer, lines in another order and with a tab: status'
same "$out" "$T/in_order" 'and the answer is the same'

# Tables.
run logstat -n 2 "$T/log"
is "$(head -n 1 "$out")" '20000 lines by status' 'table: heading'
like "$out" '^ +1[0-9]{4}  9[0-9]\.[0-9]%  200$' 'table: a row'
like "$out" '^ +[0-9]+ +[0-9.]+%  \(1 more\)$' 'table: the rest'
run logstat -w 10s "$T/log"
is "$(grep -c '^2026-07-27T00:00:.0Z 10s [0-9]* lines by status$' "$out")" 2 'table: a heading for each window'
line() { printf 'h - %s [27/Jul/2026:%s +0000] "GET %s HTTP/1.1" 200 1\n' "$1" "$2" "$3"; }
{ line - 10:00:00 '/\x1b[31m\xc2\x9b'; line - 10:00:01 '/\xc3\xa9'; } >"$T/hostile"
run logstat -b path "$T/hostile"
like "$out" '  /\\x1b\[31m\\xc2\\x9b$' 'table: no line speaks to the terminal'
like "$out" '  /é$' 'table: UTF-8'
LC_ALL=C run logstat -b path "$T/hostile"
like "$out" '  /\\xc3\\xa9$' 'table: and ASCII where the locale has no more'
run logstat -b user "$T/hostile"
like "$out" ' 100.0%  -$' 'table: a column that is not there'

# Windows and what comes late.
{ line - 10:00:59 /; line - 10:01:00 /; line - 10:00:10 /; line - 10:07:00 /; line - 10:01:10 /; line - 10:08:00 /; } >"$T/late"
run logstat -w 1m -f json "$T/late"
is "$status" 1 'a late line: status'
like "$err" '^logstat: count: 1 of 6 lines came too late for their window' 'a late line: message'
is "$(jq -r '"\(.window[11:16]) \(.count)"' "$out" | tr '\n' ' ')" '10:00 2 10:01 1 10:07 1 10:08 1 ' 'the windows'
run logstat -w 1m -l 1h "$T/late"
is "$status" 0 'a longer lateness: status'
run logstat -w 1m -a 1 "$T/late"
is "$status" 0 '--allow'
run logstat -w 1m -l 0 -f json "$T/late"
like "$err" ' 2 of 6 lines came too late' 'a shorter lateness'
mkfifo "$T/pipe"
empty "$out"
logstat -w 1m -l 0 -f json <"$T/pipe" >"$out" 2>"$err" &
job=$!
exec 7>"$T/pipe"
head -n 2 "$T/late" >&7
ok 'a window that is over is told while more input is awaited' await 10 lines_in "$out" 1
kill -TERM "$job"
line - 10:01:30 / >&7
exec 7>&-
wait "$job"
is "$?-$(jq -c .count "$out" | tr '\n' ' ')" '0-1 2 ' 'SIGTERM: reads on to the end'

# What is no line.
{ cat "$T/late"; echo bad; echo '{"status":200}'; } >"$T/bad"
run logstat "$T/bad" "$T/none"
is "$status" 1 'bad lines and a missing file: status'
like "$err" '^logstat: parse: .*/bad line 7: no time' 'a bad line'
like "$err" '^logstat: parse: .*/bad line 8: no member "time"' 'bad JSON'
like "$err" '^logstat: open: .*/none: no such file' 'a missing file'
like "$err" '^logstat: parse: 2 of 8 lines rejected' 'how many'
like "$out" '^6 lines by status' 'the others count'
yes bad | head -n 1000 >"$T/many"
run_in "$T/many" logstat
is "$(wc -l <"$err")" 12 'many bad lines: few messages'
head -c 30000000 /dev/zero | tr '\0' x >"$T/long"
run logstat "$T/long" "$T/log"
like "$err" 'long line 1: longer than 12 MiB' 'a very long line'
like "$out" '^20000 lines' 'and the others'

# More keys than memory.
awk 'BEGIN { for (i = 0; i < 400000; i++)
	printf "h - - [27/Jul/2026:10:00:00 +0000] \"GET /%s HTTP/1.1\" 200 1\n", i % 4 ? i : "often" }' >"$T/keys"
(limit 60000 && exec logstat -m 4M -f json -n 1 -b path "$T/keys" >"$out" 2>"$err")
is $? 0 'very many keys: status'
is "$(jq -c '[.key, .lines, (.count >= 100000 and .count - .error <= 100000 and .error > 0 and .error < 400)]' "$out")" \
	'["/often",400000,true]' 'very many keys: within the error that is told'
run logstat -m 4M -n 1 -b path "$T/keys"
like "$out" 'lines by path, each count too high by [0-9]+ at most$' 'very many keys: the table says so'

# More windows than are written at once.
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "h - - [%02d/Jul/2026:%02d:%02d:%02d +0000] \"GET / HTTP/1.1\" 200 1\n",
	1 + i / 86400, i / 3600 % 24, i / 60 % 60, i % 60 }' >"$T/seconds"
(limit 55000 && exec logstat -w 1s -l inf -f json "$T/seconds" >"$out" 2>"$err")
is "$? $(wc -l <"$out")" '0 200000' 'very many windows close at once: their text takes no memory'
logstat -w 1s -l inf "$T/seconds" "$T/seconds" >/dev/full 2>"$err"
is "$? $(wc -l <"$err")" '74 1' 'and on a full disk: one message'
logstat -w 1s -l 0 "$T/seconds" "$T/seconds" >/dev/full 2>"$err"
is "$? $(wc -l <"$err")" '74 1' 'a full disk while lines are read: no other file is'

# The plot.
awk 'BEGIN { for (m = 0; m < 60; m++) for (i = 0; i < 20 + m * 2; i++)
	printf "h - - [27/Jul/2026:10:%02d:00 +0000] \"GET / HTTP/1.1\" %s 1\n", m, i % 10 ? 200 : 503 }' >"$T/rise"
COLUMNS=100 run logstat -f plot -w 1m "$T/rise"
is "$status" 0 'plot: status'
is "$(head -n 1 "$out")" '4740 lines by status from 2026-07-27T10:00:00Z, 1m each' 'plot: heading'
like "$out" '^   138 ┤ +[▁▂▃▄▅▆▇█]+$' 'plot: the area, and its height'
like "$out" '^200 +[▁▂▃▄▅▆▇█]{60} +4242  89\.5%$' 'plot: a key on the same axis'
ok 'plot: no line is wider' test "$(wc -L <"$out")" -le 100
is "$(sed -n 2p "$out" | wc -L)" 68 'plot: 60 windows are 60 columns'
COLUMNS=60 run logstat -f plot "$T/rise"
ok 'plot: narrow' test "$(wc -L <"$out")" -le 60
like "$out" ', 5m each$' 'plot: the steps follow the width'
for day in 27 28 29; do line - 10:00:00 / | sed "s/27/$day/"; done >"$T/days"
COLUMNS=200 run logstat -f plot -w 1d "$T/days"
is "$(sed -n 11p "$out" | tr -s ' ')" ' 07-27 00:00 07-28 00:00 07-29 00:00' 'plot: few windows: each time once'
ok 'plot: few windows: no line is wider' test "$(wc -L <"$out")" -le 200
COLUMNS=100 LC_ALL=C run logstat -f plot "$T/rise"
is "$(LC_ALL=C tr -d ' -~\n' <"$out" | wc -c)" 0 'plot: ASCII where the locale has no more'
like "$out" '^200 +[.:#]{60} ' 'plot: and still a picture'
run logstat -f plot -w none "$T/rise"
like "$out" '^200 +█+ +4242  89\.5%$' 'plot: bars where there is one window'
awk 'BEGIN { for (i = 0; i < 20000; i++)
	printf "h - - [27/Jul/2026:%02d:%02d:%02d +0000] \"GET /%01000d HTTP/1.1\" 200 1\n", i / 3600, i / 60 % 60, i % 60, i }' >"$T/wide"
COLUMNS=400 run logstat -f plot -m 1M -b path -n 1 "$T/wide"
is "$status" 1 'plot: what does not fit into memory: status'
like "$err" 'lines are not in the plot: their windows closed early' 'plot: what does not fit into memory is told'
run logstat -f plot /dev/null
is "$status-$(wc -c <"$out")" 0-0 'plot: of nothing'

# In a framed stream: each batch becomes its counts, and so their sums do not depend on how
# the stream was cut, nor on what was given again.
need_tools unframe
split -l 700 "$T/log" "$T/part."
# frames FROM: the log as batches from the one that begins at record FROM
frames() {
	local at=0 part n
	printf '%s\n' "$hello" "${RS}A t 0 $1"
	for part in "$T"/part.*; do
		n=$(wc -l <"$part")
		if [ $at -ge "$1" ]; then
			printf '%sB t 0 %s %s %s %s -1\n' "$RS" $at $((at + n)) "$n" "$(wc -c <"$part")"
			cat "$part"
		fi
		at=$((at + n))
	done
	printf '%s\n' "${RS}R t 0 revoked" "${RS}E 0"
}
sums() { jq -s -c 'group_by([.window, .key]) | map([.[0].window, .[0].key, (map(.count) | add)])'; }
frames 0 >"$T/frames"
run_in "$T/frames" logstat -E -w 5s -b status
is "$status" 0 '-E: status'
cp "$out" "$T/counted"
is "$(grep -c '^.B t 0 .* M$' "$T/counted")" 29 '-E: a batch for each'
like "$T/counted" '^.B t 0 700 1400 [0-9]* [0-9]* -1 M$' '-E: the positions stay'
run logstat -w 5s -l inf -f json "$T/log"
sums <"$out" >"$T/want"
run_in "$T/counted" unframe -r
sums <"$out" >"$T/got"
same "$T/got" "$T/want" '-E: the sums are those of the shell pipe'
head -c 5000 "$T/counted" >"$T/torn"
run_in "$T/torn" unframe -r -s "$T/at"
cp "$out" "$T/first"
position=$(awk 'NF > 2 { print $3 }' "$T/at")
ok '-E: killed on the way' test "$position" -gt 0
frames "$position" >"$T/again"
run_in "$T/again" logstat -E -w 5s -b status
cp "$out" "$T/counted2"
run_in "$T/counted2" unframe -r -s "$T/at"
is "$status" 0 '-E: and started again'
cat "$T/first" "$out" | sums >"$T/got"
same "$T/got" "$T/want" '-E: the sums are the same'
{ printf '%s\n' "$hello" "${RS}A t 0 5"
	printf '%sB t 0 5 6 1 4 -1\nbad\n' "$RS"; printf '%s\n' "${RS}E 0"; } >"$T/mend"
run_in "$T/mend" logstat -E
is "$status" 1 '-E: a bad record: status'
like "$err" '^logstat: parse: t 0 5: no time' '-E: a bad record: message'
like "$out" '^.P t 0 6$' '-E: its position goes on'
for bad in '-n 3' '-l 5m' '-m 1M' '-f table' '-f plot' "$T/log"; do
	# shellcheck disable=SC2086 # option and argument
	run logstat -E $bad
	is "$status" 64 "-E does not go with $bad"
done
run logstat "$T/frames"
is "$status" 64 'frames where lines are wanted'

# Ends.
logstat "$T/log" >/dev/full 2>"$err"
is $? 74 'full disk'
logstat -w 1s -l 0 "$T/seconds" | true
is "${PIPESTATUS[0]}" 141 'a closed reader'
for bad in '-b nothing' '-w 1x' '-w 500ms' '-w 1.5s' '-l x' '-n -1' '-f xml' '-m 1k' '-f plot -l 1m' '-f plot -n 0' '-f plot -n 201'; do
	# shellcheck disable=SC2086
	run logstat $bad
	is "$status" 64 "logstat $bad"
done
finish
