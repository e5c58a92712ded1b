#!/usr/bin/env bash
# kcons -J | kprod -J: any bytes go through, as key, value and header.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka

from=$ID-from to=$ID-to
cleanup() { ktopic delete "$from" "$to"; }
for topic in "$from" "$to"; do ktopic create --wait -p 2 "$topic" >/dev/null || exit 1; done

# Every byte and awkward strings, as values of keys, and as headers; null and empty.
python3 - >"$T/in" <<'EOP'
import base64, json, random
random.seed(7)
b64 = lambda b: base64.b64encode(b).decode()
every = bytes(range(256))
texts = ['', 'plain', 'line\nbreak\r\n', '"quoted\\"', '\u0000\u001f\u007f', 'é漢😀', '\u2028\ufeff']
blobs = [every, b'\xff', b'\xc0\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'ok\xfe', random.randbytes(100000)]
ts = 1700000000000
for s in texts:
    ts += 1
    print(json.dumps({'ts': ts, 'key': s, 'value': s, 'headers': [{'name': 'h', 'value': s}, {'name': 'h', 'value': None}]}))
for b in blobs:
    ts += 1
    print(json.dumps({'ts': ts, 'key_base64': b64(b), 'value_base64': b64(b),
                      'headers': [{'name': 'b', 'value_base64': b64(b)}, {'name': '', 'value': ''}]}))
print(json.dumps({'ts': ts + 1, 'key': None, 'value': None}))
print(json.dumps({'ts': ts + 2, 'key': 'only', 'value': None}))
EOP

run_in "$T/in" kprod -J -p 1 "$from"
is "$status" 0 'awkward records are taken'
kcons -e -J "$from" | kprod -J -p 1 "$to"
is "${PIPESTATUS[*]}" '0 0' 'kcons -J | kprod -J'
kcons -e -J "$from" | jq -c 'del(.topic)' >"$T/a"
kcons -e -J "$to" | jq -c 'del(.topic)' >"$T/b"
is "$(wc -l <"$T/a")" "$(wc -l <"$T/in")" 'every record is there'
same "$T/a" "$T/b" 'with the same envelope'

# The same again by another reader's account, byte for byte.
for topic in "$from" "$to"; do
	kcat -C -q -e -t "$topic" -f '%T %K %R%k%s%h\n' >"$T/$topic"
done
same "$T/$from" "$T/$to" 'kcat sees the same bytes'
# kcat ends a header's value at its first NUL, kcons -f does not.
kcat -C -q -e -t "$to" -f '%T %K %R%k%s\n' >"$T/theirs"
kcons -e -f '%T %K %R%k%s\n' "$to" >"$T/ours"
same "$T/ours" "$T/theirs" 'and so does kcons -f'

finish
