#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

clf='^[0-9.]+ - - \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\] "GET /[^ "]+ HTTP/1.1" [0-9]{3} [0-9]+'

# What is written

run genlogs -r 0 -n 1000
is "$status" 0 'a thousand lines: status'
is "$(wc -l <"$out")" 1000 'a thousand lines'
is "$(grep -cE "$clf \"-\" \"Mozilla[^\"]+\"\$" "$out")" 1000 'combined'
run genlogs -r 0 -n 1000 -f common
is "$(grep -cE "$clf\$" "$out")" 1000 'common'
run genlogs -r 0 -n 1000 -f json
is "$(jq -s 'map(select((.time | test("T[0-9:]{8}[+-][0-9:]{5}$")) and (.request | test("^GET /")) and
    .status >= 200 and .size >= 192 and (.agent | test("^Mozilla")) and .user == null)) | length' "$out")" \
	1000 'json'
run genlogs -r 0 -n 0
is "$status $(wc -c <"$out")" '0 0' 'no lines at all'

repeat=(-r 0 -n 20000 -s 42 -t 2026-01-01T00:00:00Z -z -0800)
genlogs "${repeat[@]}" >"$T/a"
genlogs "${repeat[@]}" >"$T/b"
same "$T/a" "$T/b" 'the same seed, the same bytes'
is "$(sha256sum <"$T/a" | cut -c1-16)" aa09db93aee189c7 'the same bytes as on every machine'
genlogs "${repeat[@]}" -s 43 >"$T/b"
ok 'another seed, other bytes' test "$(cmp "$T/a" "$T/b" 2>&1)" != ''
genlogs -r 0 -n 3 -t 2026-01-01 -z Z >"$T/a"
genlogs -r 0 -n 3 -t 2026-01-01 -z Z >"$T/b"
ok 'without a seed, other bytes' test "$(cmp "$T/a" "$T/b" 2>&1)" != ''

# The clock

stamps() { grep -o '\[[^]]*\]' "$out"; }
run genlogs -r 0 -n 2001 -t 2026-01-01T07:59:59.000Z -z -0800
is "$(stamps | uniq -c | awk '{ print $1, $2 }' | tr '\n' ';')" \
	'1000 [31/Dec/2025:23:59:59;1000 [01/Jan/2026:00:00:00;1 [01/Jan/2026:00:00:01;' \
	'-r 0 -t: a millisecond a line'
run genlogs -r 250 -n 501 -t 2026-01-01T00:00:00Z -z +05:30
is "$(stamps | uniq -c | awk '{ print $1, $2 $3 }' | tr '\n' ';')" \
	'250 [01/Jan/2026:05:30:00+0530];250 [01/Jan/2026:05:30:01+0530];1 [01/Jan/2026:05:30:02+0530];' \
	'-r 250 -t: 4 ms a line'
before=$(date +%s)
run genlogs -n 1 -z Z -f json
now=$(date -d "$(jq -r .time "$out")" +%s)
ok 'without -t the time is real' test "$now" -ge "$before" -a "$now" -le "$(date +%s)"
TZ=EST5EDT,M3.2.0,M11.1.0 run genlogs -r 0 -n 1 -t 2026-07-01T00:00:00Z
like "$out" '30/Jun/2026:20:00:00 -0400' 'the local zone, in summer'
TZ=EST5EDT,M3.2.0,M11.1.0 run genlogs -r 0 -n 1 -t 2026-01-01T00:00:00Z
like "$out" '31/Dec/2025:19:00:00 -0500' 'the local zone, in winter'

# The rate

run genlogs -r 10000 -d 1s
ok 'as many lines as the rate says, within 1 %' test "$(wc -l <"$out")" -ge 9900 -a "$(wc -l <"$out")" -le 10100
from=$(date +%s%N)
run genlogs -r 10000 -n 5000
ok 'and not faster' test $(($(date +%s%N) - from)) -ge 495000000
run genlogs -r 20 -d 100ms
is "$(wc -l <"$out")" 2 'a line comes at once and then in its time'
mkfifo "$T/fifo"
genlogs >"$T/fifo" &
exec 3<"$T/fifo"
ok 'by default the first line is there at once' read -r -t 10 -u 3
ok 'and the next follows, flushed' read -r -t 10 -u 3
exec 3<&-
ok 'an idle genlogs ends when its reader has gone' await 5 gone $!
genlogs -r 20000 -d 300ms >"$T/fifo" & job=$!
exec 3<"$T/fifo"
await 10 blocked $job
await 10 passed $((SECONDS + 2))
is "$(($(wc -l <&3) / 100))" 59 'what was due before the end comes after it, where the reader slept'
exec 3<&-

# Numbers

genlogs -r 0 -n 200000 --sequence | logcheck -n 200000 >"$out"
is "${PIPESTATUS[*]}" '0 0' '--sequence, as logcheck wants it'
for format in common json; do
	genlogs -r 0 -n 1000 -f $format --sequence | logcheck -n 1000 >"$out"
	is "${PIPESTATUS[*]}" '0 0' "--sequence -f $format"
done

# Signals

for sig in TERM INT; do
	# The shell starts what is in the background with SIGINT ignored.
	env --default-signal=INT genlogs -r 0 --sequence >"$T/fifo" &
	pid=$!
	{ head -c 1000000; kill -$sig $pid; head -c 1G; } <"$T/fifo" >"$out"
	wait $pid
	is $? 0 "SIG$sig: status"
	is "$(tail -c 1 "$out" | od -An -c | tr -d ' ')" '\n' "SIG$sig: behind a whole line"
	ok "SIG$sig: all lines are whole" logcheck "$out"
done
genlogs -r 0.001 >"$T/slow" &
await 5 test -s "$T/slow"
kill -TERM $!
wait $!
is $? 0 'SIGTERM to an idle one: status'

genlogs -r 0 2>"$err" | head -1 >/dev/null
is "${PIPESTATUS[0]}" 141 'a closed reader: SIGPIPE'
is "$(cat "$err")" '' 'a closed reader: no message'

# Failures

for rate in 0 1; do
	genlogs -r $rate -n 1 >/dev/full 2>"$err"
	is $? 74 "full disk, -r $rate: status"
	like "$err" '^genlogs: write: standard output: no space left' "full disk, -r $rate: message"
done
genlogs --help >/dev/full 2>"$err"
is $? 74 '--help to a full disk'
ok '--help' genlogs --help
for bad in --nonsense '-r -1' '-r 1x' '-r nan' '-r 0.0000001' '-n 1k' '-n -1' '-d 5y' '-s x' '-f xml' \
	'-t yesterday' '-t 1969-12-31' '-t 9999-01-01' '-z PST' operand; do
	# shellcheck disable=SC2086 # an option and its argument
	run genlogs $bad
	is "$status" 64 "wrong usage: $bad"
	like "$err" '^(genlogs|usage): ' "and a message: $bad"
done

# Another model

model=$ROOT/lib/weblog/retail.json
run genlogs "${repeat[@]}" -c "$model"
genlogs "${repeat[@]}" >"$T/a"
same "$out" "$T/a" 'the model that is built in, as a catalog'
jq '{ sessions, size: { min: 7, max: 7 }, requests: { "/A b/*PRODUCT*/ü": 1 }, products: [[5, 1], [6, 6000]],
    status: { "404": 1, "500": 0 }, user_agents: { "a \"b\" \\ ü": 3 } }' "$model" >"$T/model"
run genlogs -r 0 -n 100 -c "$T/model"
is "$(sed 's/.*"GET/GET/' "$out" | sort -u)" \
	'GET /a%20b/5/%C3%BC HTTP/1.1" 404 7 "-" "a \"b\" \\ \xc3\xbc"' 'names and agents are escaped'
run_in "$T/model" genlogs -r 0 -n 1 -c - -f json
is "$(jq -r .agent "$out")" "a \"b\" \\ ü" 'and in JSON; from standard input'

refuse() { # JQ-FILTER MESSAGE
	jq "$1" "$model" >"$T/model"
	run genlogs -n 1 -c "$T/model"
	is "$status" 78 "a model with $1: status"
	like "$err" "^genlogs: read the model: .*/model: $2" "a model with $1: message"
}
refuse 'del(.sessions)' 'sessions.open: wants a whole number from 1 to 100000'
refuse '.sessions.first_octet = [1, 256]' 'sessions.first_octet: wants a whole number'
refuse '.sessions.first_octet = [9, 8]' 'sessions.first_octet: wants a whole number from 9'
refuse '.sessions.other_octets = 3' 'sessions.other_octets: wants \[low, high\]'
refuse '.size.max = 1' 'size.max: wants a whole number'
refuse '.requests = {}' 'requests: there is nothing to choose from'
refuse '.requests = { "x": 1 }' 'requests: a path begins with /'
refuse '.requests = { "/*X*": 1 }' 'requests: a path may hold one of'
refuse '.requests = { "/*PRODUCT*/*PRODUCT*": 1 }' 'requests: a path may hold one of'
refuse '.requests["/login"] = -1' 'requests: wants a whole number'
refuse '.requests["/login"] = 1.5' 'requests: wants a whole number'
refuse '.products = []' 'products: there is nothing to choose from'
refuse '.products = [[1, 0]]' 'products: wants \[number, price\]'
refuse '.products = [7]' 'products: wants \[number, price\]'
refuse '.departments = [null]' 'departments: a name is not a text'
refuse '.categories = ["a\nb"]' 'categories: there is a control character'
refuse '.status = { "2000": 1 }' 'status: wants three digits'
refuse '.user_agents = { "": 1 }' 'user_agents: a text of 1 to 1024 bytes'
refuse '[.]' 'top: wants an object'
refuse '.categories = [range(200000) | tostring] | .requests = ([range(10) | { key: "/\(.)/*CATEGORY*", value: 1 }] | from_entries)' \
	'requests: the model is too big'
printf '{"size": 1,\n' >"$T/model"
run genlogs -c "$T/model"
is "$status" 78 'a model that is not JSON: status'
like "$err" '/model: line 2: ' 'a model that is not JSON: message'
head -c 5M /dev/zero >"$T/model"
run genlogs -c "$T/model"
like "$err" '/model: it is over 4 MiB' 'a huge model'
run genlogs -c "$T/none"
is "$status" 1 'a missing model: status'
like "$err" '^genlogs: open: .*/none: no such file' 'a missing model: message'
run genlogs -c "$T"
is "$status" 74 'a directory for a model'

finish
