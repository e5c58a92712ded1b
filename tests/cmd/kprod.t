#!/usr/bin/env bash
# kprod on a real broker: what goes in comes out, byte for byte.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
cleanup() { ktopic delete "$ID" "$ID-3" "$ID-made"; }
# The records that came after the mark: their values, each ended by @ and a newline.
mark() { from=$(read_topic -t "$ID" -o -1 -f '%o' || :) from=$((${from:--1} + 1)); }
since() { read_topic -t "$ID" -o "$from" "$@"; }

ktopic create --wait -p 1 "$ID"
ktopic create --wait -p 3 "$ID-3"

# Records
from=0
printf 'one\n\nthree\r\n\0nul\0\n\377\376\nlast' >"$T/in"
run_in "$T/in" kprod "$ID"
is "$status" 0 'lines: status'
is "$(cat "$out" "$err")" '' 'lines: nothing is said'
{ cat "$T/in"; echo; } >"$T/want"
since -D '\n' >"$T/got"
same "$T/got" "$T/want" 'empty lines, CR, NUL, invalid UTF-8 and an unended last line pass as they are'

mark
run_in /dev/null kprod "$ID"
is "$status" 0 'an empty input: status'
is "$(since -f '%s')" '' 'an empty input is no record'

mark
printf 'a::b::' | kprod -D :: "$ID"
is "$(since -f '%s|')" 'a|b|' '-D: another delimiter, of two bytes'

mark
printf 'k1:v1\nno key\n:v3\nk4:\n' | kprod -K : "$ID"
is "$(since -f '%k(%K)=%s(%S) ')" 'k1(2)=v1(2) (-1)=no key(6) (0)=v3(2) k4(2)=(0) ' '-K: keys'
mark
printf ':v1\nk2:\n' | kprod -Z -K : "$ID"
is "$(since -f '%k(%K)=%s(%S) ')" '(-1)=v1(2) k2(2)=(-1) ' '-Z: empty is null'
mark
echo v | kprod -k K -H a=1 -H b -H a= "$ID"
is "$(since -f '%k %h %s')" 'K a=1,b=NULL,a= v' '-k and -H'

mark
seq 10 | kprod -c 3 "$ID"
is "$(since -f '%s ')" '1 2 3 ' '-c stops'
mark
echo a | kprod -t "$ID"
is "$(since -f '%s')" a '-t TOPIC, as in kcat'

# Files
mark
echo x >"$T/x"
echo z >"$T/z"
echo y | kprod "$ID" "$T/x" - "$T/none" "$T/z" 2>"$err"
is $? 1 'a missing file is remembered'
like "$err" '^kprod: open: .*/none: no such file' 'and named'
is "$(since -f '%s ')" 'x y z ' 'and the others are sent, - in its place'
mark
run kprod "$ID" "$T" "$T/z"
is "$status" 74 'a directory cannot be read'
like "$err" "^kprod: read: $T: is a directory" 'and is named'
is "$(since -f '%s ')" 'z ' 'and the others are sent'

# Envelopes
mark
cat >"$T/json" <<'J'
{"key":"k","value":"v","headers":[{"name":"h","value":"1"},{"name":"h","value_base64":"/w=="}],"ts":1700000000123,"topic":"elsewhere","partition":7,"offset":9}
{"value":null,"key_base64":"/w=="}
J
run_in "$T/json" kprod -J "$ID"
is "$status" 0 '-J: status'
since -f '%k|%s|%S|%T|%h\n' >"$T/got"
like "$T/got" '^k\|v\|1\|1700000000123\|h=1,h=' '-J: key, value, time and headers'
is "$(since -o -1 -f '%K %S')" '1 -1' '-J: base64 and null'

# Every codec
for codec in none gzip snappy lz4 zstd; do
	mark
	seq 1000 >"$T/in"
	run_in "$T/in" kprod -z $codec "$ID"
	since -D '\n' >"$T/got"
	same "$T/got" "$T/in" "-z $codec"
done

# Partitions: Java's own test vectors of murmur2 (org.apache.kafka.common.utils.UtilsTest)
for key in 21:-973932308 foobar:-790332482 a-little-bit-long-string:-985981536 abc:479470107; do
	echo v | kprod -k "${key%:*}" "$ID-3"
	is "$(read_topic -t "$ID-3" -f '%k %p\n' | sed -n "s/^${key%:*} //p")" \
		$(((${key#*:} & 0x7fffffff) % 3)) "the key ${key%:*} goes where Java puts it"
done
echo here | kprod -p 2 "$ID-3"
is "$(read_topic -t "$ID-3" -p 2 -f '%s\n' | grep -c here)" 1 '-p: the partition'
run_in "$T/x" kprod -p 3 "$ID-3"
is "$status" 1 'a partition that is not there: status'
like "$err" "^kprod: write: $ID-3: there is no partition 3, only 0 to 2\$" 'and a sentence'

# Many, over three partitions: all of them, in order within each
seq 300000 >"$T/in"
run_in "$T/in" kprod --receipt "$T/receipt" "$ID-3"
is "$status" 0 '300,000 records'
for p in 0 1 2; do read_topic -t "$ID-3" -p $p -f '%s\n' | grep -E '^[0-9]+$' >"$T/$p"; done
sort -n "$T/0" "$T/1" "$T/2" >"$T/got"
same "$T/got" "$T/in" 'each one once'
for p in 0 1 2; do
	ok "partition $p in order" sort -nc "$T/$p"
	ok "partition $p has its share" [ "$(wc -l <"$T/$p")" -gt 50000 ]
done
is "$(jq -c '[.tool, .status, .records_in, .records_out, .rejected, .bytes_in, (.positions | length)]' "$T/receipt")" \
	"[\"kprod\",0,300000,300000,0,$(wc -c <"$T/in"),3]" 'the receipt counts'
is "$(jq '[.positions[] | .last - .first + 1] | add' "$T/receipt")" 300000 'and tells the offsets'

# A receipt into what is no plain file
echo old >"$T/log"
ln -s log "$T/link"
mkfifo "$T/into"
cat "$T/into" >"$T/got" & pid=$!
run_in "$T/x" kprod --receipt "$T/into" "$ID"
is "$status" 0 'a receipt into a FIFO'
await 10 gone $pid
is "$(jq .records_out "$T/got")" 1 'its reader gets it'
ok 'and it is a FIFO still' [ -p "$T/into" ]
run_in "$T/x" kprod --receipt "$T/link" "$ID"
is "$(readlink "$T/link") $(jq .records_out "$T/log")" 'log 1' 'through a link, which stays'
ln -s /proc/self/fd/2 "$T/stderr"
run_in "$T/x" kprod -v --receipt "$T/stderr" "$ID"
is "$(sed -n 's/.* \(1 records acknowledged\), .*/\1/p; s/^{.*"records_out":1,.*/receipt/p' "$err")" \
	$'1 records acknowledged\nreceipt' 'as /dev/stderr is one: behind what was said there'

# A record leaves at once while the input stays open
mark
mkfifo "$T/fifo"
kprod "$ID" <"$T/fifo" & pid=$!
exec 3>"$T/fifo"
echo now >&3
arrived() { [ "$(since -f '%s')" = now ]; }
ok 'a record does not wait for more' await 10 arrived
exec 3>&-
wait $pid
is $? 0 'and the end of the input ends kprod'

# At most so many a second: 21 records take a second at least
began=$(date +%s%N)
seq 21 | kprod -r 20 "$ID"
ok '-r: not faster' [ $(($(date +%s%N) - began)) -ge 1000000000 ]

# Topics that are not there
run_in "$T/x" kprod "$ID-none"
is "$status" 1 'an unknown topic: status'
like "$err" "^kprod: topic: $ID-none: there is no such topic" 'and a sentence'
run ktopic describe "$ID-none"
is "$status" 1 'it was not made by asking'
run_in "$T/x" kprod --create "$ID-made"
is "$status" 0 '--create makes it'
run_in "$T/x" kprod --create "$ID-made"
is "$status" 0 'and takes it when it is there'
is "$(read_topic -t "$ID-made" -f '%s ')" 'x x ' 'and both records are in it'
run_in "$T/x" kmock kprod --create "$ID-none"
is "$status" 0 '--create against kmock'

on_tty kmock -t t kprod t
ok 'progress is shown on a terminal' await 10 progresses line
exec 3>&-
wait "$pid"
is $? 0 'status'

# Usage
run kprod
is "$status" 64 'no topic'
like "$err" '^kprod: no topic given' 'and a sentence'
for bad in '-k a -K :' '-J -k a' '--reject f' '-z lzma' '--on-error go' '-c x' '-c 0' '-p -1' '--max-line 0' '--timeout 1x' '--nonsense'; do
	# shellcheck disable=SC2086 # the options are words
	run kprod $bad "$ID"
	is "$status" 64 "kprod $bad"
done
kprod --help >/dev/full 2>"$err"
is $? 74 '--help on a full disk'
run_in "$T/x" kprod --receipt "$T/none/r" "$ID"
is "$status" 74 'a receipt that cannot be written'

finish
