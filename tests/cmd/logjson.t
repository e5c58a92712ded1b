#!/usr/bin/env bash
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Sanitizers take terabytes of addresses, so that no limit can be set there.
limit() { [[ $BIN == */san/bin ]] || ulimit -v "$1"; }

genlogs -r 0 -n 3000 -s 1 -t 2026-07-27T00:00:00Z -z +0530 >"$T/log"
genlogs -r 0 -n 3000 -s 1 -t 2026-07-27T00:00:00Z -z +0530 -f json >"$T/json"
run_in "$T/log" logjson
is "$status" 0 'access lines: status'
sed 's/,"method":.*/}/' "$out" >"$T/nine"
same "$T/nine" "$T/json" 'the first nine members are those of genlogs -f json'
is "$(jq -c 'keys_unsorted' "$out" | sort -u)" \
	'["host","ident","user","time","request","status","size","referer","agent","method","path","query","protocol"]' \
	'the same members in every line'
genlogs -r 0 -n 10 -f common >"$T/common"
run_in "$T/common" logjson
is "$(jq -r '[.agent, .referer] | @csv' "$out" | sort -u)" , 'common: no agent'

# Lines of servers in the wild: Apache, nginx, and what people send them.
cat >"$T/wild" <<'L'
2001:db8::8a2e:370:7334 - - [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326
127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 - "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"
[fe80::1%eth0] - - [29/Feb/2024:23:59:60 +1245] "-" 408 - "-" "-"
192.0.2.7 - - [22/Nov/2026:03:14:07 +0000] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03" 400 157 "-" "-"
192.0.2.8 - - [22/Nov/2026:03:14:07 +0000] "" 400 0 "-" "-"
192.0.2.9 - - [22/Nov/2026:03:14:07 +0000] "GET /?x=\"><script> HTTP/1.1" 404 0 "-" "() { :;}; echo \"a\\b\""
192.0.2.9 - - [22/Nov/2026:03:14:07 +0000] "GET /caf\xc3\xa9 HTTP/1.1" 000 0 "-" "\xe9t\xe9 ü"
host.example - John Q [x] "" [22/Nov/2026:03:14:07 +0000] "MGLNDD_192.0.2.1_80\n" - - "-" "-"
L
printf '192.0.2.1 - - [22/Nov/2026:03:14:07 +0000] "GET / HTTP/1.1" 200 1\r\n' >>"$T/wild"
run_in "$T/wild" logjson -s
is "$status" 0 'lines nobody here made: status'
field() { jq -r "$2" <(sed -n "$1p" "$out"); }
is "$(field 1 .host)" 2001:db8::8a2e:370:7334 'IPv6'
is "$(field 1 '[.time, .size, .agent] | tojson')" '["2000-10-10T13:55:36-07:00",2326,null]' 'common in the middle'
is "$(field 2 '[.user, .size, .agent] | tojson')" '["frank",null,"Mozilla/4.08 [en] (Win98; I ;Nav)"]' 'combined'
is "$(field 3 '[.host, .time, .request, .status, .method] | tojson')" \
	'["[fe80::1%eth0]","2024-02-29T23:59:60+12:45",null,408,null]' 'no request, a leap second, a far zone'
is "$(field 4 '.request | explode | tojson')" '[22,3,1,2,0,1,0,1,65533,3,3]' 'TLS where HTTP was expected'
is "$(field 4 .path)" null 'has no path'
is "$(field 5 '[.request, .method] | tojson')" '["",null]' 'an empty request'
is "$(field 6 '[.path, .query] | tojson')" '["/","x=\"><script>"]' 'quotes in the request'
is "$(field 6 .agent)" '() { :;}; echo "a\b"' 'quotes and backslashes in the agent'
is "$(field 7 '[.path, .status] | tojson')" '["/café",0]' 'UTF-8 in escapes, status 000'
is "$(field 7 .agent)" $'\xef\xbf\xbdt\xef\xbf\xbd ü' 'Latin-1 becomes U+FFFD'
is "$(field 8 '[.user, .request, .status] | tojson')" '["John Q [x] \"\"","MGLNDD_192.0.2.1_80\n",null]' \
	'a user of several words, no status'
is "$(field 9 .size)" 1 'CRLF'

# nginx's format "main", and one with a time behind that.
main='192.0.2.1 - - [22/Nov/2026:03:14:07 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0" "198.51.100.7"'
printf '%s\n' "$main" "$main 0.003 \"\\\"\"" >"$T/main"
run_in "$T/main" logjson
is "$status" 0 'more fields: status'
is "$(jq -r .more "$out")" $'"198.51.100.7"\n"198.51.100.7" 0.003 "\\""' 'are in one member more, as they were written'
is "$(jq -r .agent "$out" | uniq)" curl/8.0 'and the agent before them'
run_in "$T/main" logjson --strict
is "$status" 65 'more fields: not with --strict'
like "$err" 'line 1: more behind the agent' 'which says so'

# What is none.
{
	head -n 2 "$T/log"
	printf 'www.example.com:443 192.0.2.1 - - [22/Nov/2026:03:14:07 +0000] "GET / HTTP/1.1" 200 1\n'
	tail -n 1 "$T/log"
	printf '\0\0\0192.0.2.1 - - [22/Nov/2026:03:14:07 +0000] "GET / HTTP/1.1" 200 1\r\n'
	printf 'last, without a newline'
} >"$T/bad"
run_in "$T/bad" logjson --reject "$T/rejects"
is "$status" 1 'lenient: status'
is "$(wc -l <"$out")" 3 'lenient: the others are converted'
like "$err" '^logjson: parse: standard input line 3: a virtual host before the host$' 'lenient: says which and why'
like "$err" '^logjson: parse: 3 of 6 lines rejected$' 'lenient: and how many'
sed '1,2d; 4d' "$T/bad" >"$T/want"
echo >>"$T/want"
same "$T/rejects" "$T/want" 'lenient: the reject file holds them as they were'
run_in "$T/bad" logjson -r "$T/rejects"
is "$(wc -l <"$T/rejects")" 6 'the reject file is appended to'
run_in "$T/bad" logjson --allow 3
is "$status" 0 '--allow: as many'
run_in "$T/bad" logjson --allow 2
is "$status" 1 '--allow: fewer'
run_in "$T/bad" logjson --strict
is "$status" 65 'strict: status'
like "$err" '^logjson: parse: standard input line 3: a virtual host' 'strict: message'
is "$(wc -l <"$out")" 2 'strict: what was before is written'
yes bad | head -n 1000 >"$T/many"
run_in "$T/many" logjson
is "$(wc -l <"$err")" 12 'many bad lines: few messages'
run_in "$T/log" logjson --reject "$T/none/r"
is "$status" 74 'a reject file that cannot be made'
run_in "$T/bad" logjson --reject /dev/full
is "$status" 74 'a full disk for rejects'
like "$err" 'write: /dev/full: no space left' 'is said'
# A signal while the reject file takes no more.
mkfifo "$T/slow"
exec 7<>"$T/slow"
yes bad | head -n 50000 >"$T/many"
logjson -r "$T/slow" <"$T/many" >/dev/null 2>"$err" 7>&- &
job=$!
await 10 blocked "$job"
kill -TERM "$job"
sed '/^end$/Q' <&7 >"$T/got" & reader=$!
wait "$job"
is "$?" 1 'SIGTERM while a reject is written: status'
echo end >&7
wait "$reader"
same "$T/got" "$T/many" 'SIGTERM while a reject is written: none is missing'
logjson -r "$T/slow" <"$T/many" >/dev/null 2>"$err" 7>&- &
job=$!
await 10 blocked "$job"
exec 7>&-
wait "$job"
is "$?" 74 'nobody reads the reject file: status'
like "$err" "^logjson: write: $T/slow: broken pipe" 'nobody reads the reject file: message'

# Long lines and memory.
{ head -n 1 "$T/log"; head -c 30000000 /dev/zero | tr '\0' x; echo; tail -n 1 "$T/log"; } >"$T/long"
(limit 100000 && exec logjson -r "$T/longreject" <"$T/long" >"$out" 2>"$err")
is $? 1 'a line of 30 MB: status'
like "$err" 'line 2: longer than 1 MiB' 'a line of 30 MB: message'
is "$(wc -l <"$out") $(wc -c <"$T/longreject")" '2 30000001' 'a line of 30 MB: rejected whole, the others pass'

# In a framed stream.
good='h - - [22/Nov/2026:03:14:07 +0000] "GET / HTTP/1.1" 200 1'
batch() { printf '%sB t 0 %s %s %s %s -1%s\n%s' "$RS" "$1" "$2" "$3" "${#4}" "${5-}" "$4"; }
{
	printf '%s\n' "$hello" "${RS}A t 0 5"
	batch 5 8 3 "$good"$'\nbad\n'"$good"$'\n'
	batch 8 9 1 $'worse\n'
	batch 9 10 1 "$good"$'\n'
	printf '%s\n' "${RS}R t 0 revoked" "${RS}E 0"
} >"$T/frames"
need_tools unframe
rm -f "$T/rejects"
mkfifo "$T/unread"
exec 8<>"$T/unread"
exec 9>"$T/unread" 8<&-
{ echo bad; head -n 1 "$T/log"; } >"$T/both"
logjson -r "$T/rejects" <"$T/both" >&9 2>"$err"
is "$? $(cat "$T/rejects")" '141 bad' 'a closed reader: what was rejected before is in its file'
exec 9>&-
rm -f "$T/rejects"
run_in "$T/frames" logjson -E -r "$T/rejects"
is "$status" 1 '-E: status'
like "$err" '^logjson: parse: t 0 6: no time' '-E: the position of a bad record'
is "$(cat "$T/rejects")" $'bad\nworse' '-E: the rejects'
cp "$out" "$T/mapped"
like "$T/mapped" '^.B t 0 5 8 2 [0-9]* -1 M$' '-E: the positions stay'
like "$T/mapped" '^.P t 0 9$' '-E: also where nothing is left'
run_in "$T/mapped" unframe -c
is "$status" 0 '-E: a sink takes it'
run_in "$T/mapped" unframe -r
is "$(jq -r .host "$out" | tr '\n' ' ')" 'h h h ' '-E: the records'
run_in "$T/frames" logjson -E -s
is "$status" 65 '-E, strict: status'
unlike "$out" '^.[BE]' '-E, strict: no end is given'
run_in "$T/log" logjson -E
is "$status" 64 'lines where frames are wanted'
run_in "$T/frames" logjson
is "$status" 64 'frames where lines are wanted'
head -n 3 "$T/frames" >"$T/torn"
run_in "$T/torn" logjson -E
is "$status" 75 'a torn stream'

# The end of a pipe.
mkfifo "$T/pipe"
empty "$out"
logjson <"$T/pipe" >"$out" 2>"$err" &
job=$!
exec 7>"$T/pipe"
head -n 1 "$T/log" >&7
ok 'a line leaves while more input is awaited' await 10 lines_in "$out" 1
kill -TERM "$job"
head -n 1 "$T/log" >&7
exec 7>&-
wait "$job"
is $? 0 'SIGTERM: reads on to the end'
is "$(wc -l <"$out")" 2 'and writes it'
yes "$good" | logjson | head -n 1 >"$out"
is "${PIPESTATUS[1]}" 141 'a closed reader: dies of SIGPIPE'
logjson <"$T/log" >/dev/full 2>"$err"
is $? 74 'full disk'
run logjson
is "$status" 0 'an empty input'
run logjson -s -a 1
is "$status" 64 'options that do not go together'
run logjson file
is "$status" 64 'an operand'
run logjson -a 1x
is "$status" 64 'a bad number'
finish
