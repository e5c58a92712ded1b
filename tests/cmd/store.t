#!/usr/bin/env bash
# What lies under all the HDFS tools: HDFS keeps the promises of lib/store/store.h, and
# servers that are no WebHDFS do no harm.
. "$(dirname "$0")/../lib.sh"
need_hdfs
real=$WEBHDFS_URL
cleanup() { hdfsrm -r --skip-trash "$real/tmp/$ID"; }

unit=$(dirname "$BIN")/tests/unit/store
[ -x "$unit" ] || unit=$ROOT/build/tests/unit/store
"$unit" "$WEBHDFS_URL/tmp/$ID" >"$out"
is "$?" 0 'the promises of a store, on HDFS'
unlike "$out" '^not ok' 'each of them'
like "$out" '^1\.\.[0-9]{3}$' 'and there are many'

# A server that says whatever is in the folder: reply, or reply.OP where that is there, is the
# head and body of its answer, and what it was asked is in asked.
cat >"$T/server" <<'PY'
import http.server, os, sys
class Reply(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        with open(sys.argv[1] + "/asked", "a") as asked:
            print(self.command, self.path, file=asked)
        op = self.path.partition("op=")[2].partition("&")[0]
        name = "/data" if op == "DATA" else "/reply"
        if os.path.exists(sys.argv[1] + "/reply." + op):
            name = "/reply." + op
        with open(sys.argv[1] + name, "rb") as reply:
            self.wfile.write(reply.read())
        self.close_connection = True
    do_PUT = do_POST = do_DELETE = do_GET
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reply)
print(server.server_port, flush=True)
server.serve_forever()
PY
mkdir "$T/s"
python3 "$T/server" "$T/s" >"$T/port" &
await 5 test -s "$T/port"
self=127.0.0.1:$(cat "$T/port")
fake=webhdfs://$self
reply() { printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" "$(printf %s "$3" | wc -c)" "$3" >"$T/s/reply"; }
json=application/json

alien() { # NAME: the answer set by reply is refused
	run hdfsls "$fake/"
	is "$status" 74 "$1: status"
	like "$err" '^hdfsls: list: .*not WebHDFS' "$1: a sentence"
	is "$(wc -l <"$err")" 1 "$1: in one line"
}
reply '200 OK' text/html '<html>hello</html>'
alien 'an HTML page'
reply '200 OK' $json '["a"]'
alien 'another JSON'
reply '200 OK' $json '{"DirectoryListing":7}'
alien 'a wrong type'
reply '200 OK' $json '{"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[{"pathSuffix":"../../etc"}]}},"remainingEntries":0}}'
alien 'a name with a slash'
reply '200 OK' $json '{"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[]}},"remainingEntries":5}}'
alien 'a listing without end'
reply '200 OK' $json "$(printf '{"a":%0100000d' 0)"
alien 'broken JSON'
reply '404 Not Found' text/html '<html>nope</html>'
alien 'an HTML refusal'
printf 'HTTP/1.1 200 OK\r\nX: %0300000d\r\n\r\n' 0 >"$T/s/reply"
alien 'an endless header'
{ printf 'HTTP/1.1 200 OK\r\n\r\n'; head -c 20000000 /dev/zero; } >"$T/s/reply"
alien 'an endless body'
printf 'SSH-2.0-OpenSSH\r\n' >"$T/s/reply"
alien 'another protocol'

reply '403 Forbidden' $json '{"RemoteException":{"exception":"IOException","message":"bad\u001b[31m thing\n\tat java.lang"}}'
run hdfsls "$fake/"
is "$status" 74 'an exception: status'
is "$(cat "$err")" "hdfsls: list: $fake/: bad [31m thing" 'its first line, without control characters'
for why in 'ConnectTimeoutException:20000 millis timeout' 'IOException:Unable to create new block.' \
	'IOException:Could not get block locations. Source file "/f" - Aborting...' \
	'IOException:Failing write. Tried pipeline recovery 5 times without success.' \
	'IOException:Connection reset by peer' 'IOException:Broken pipe'; do
	reply '403 Forbidden' $json "$(jq -cn --arg e "${why%%:*}" --arg m "${why#*:}" \
		'{RemoteException: {exception: $e, message: $m}}')"
	run hdfsls --timeout 200ms "$fake/"
	is "$status" 75 "may pass: $why"
done
reply '401 Unauthorized' text/html '<html>'
run hdfsls "$fake/"
is "$status" 77 'a login is asked for'

# Where the data lies: as JSON, as a redirect, and where we do not go.
data() { printf 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s' "$2" "$1" >"$T/s/data"; }
data hello 5
reply '200 OK' $json "{\"Location\":\"http://$self/x?op=DATA&delegation=SECRET\"}"
run hdfscat "$fake/f"
is "$(cat "$out")" hello 'a place in JSON'
printf 'HTTP/1.1 307 Temporary\r\nLocation: http://%s/x?op=DATA\r\nContent-Length: 0\r\n\r\n' "$self" >"$T/s/reply"
run hdfscat "$fake/f"
is "$(cat "$out")" hello 'a redirect'
reply '200 OK' application/octet-stream direct
run hdfscat "$fake/f"
is "$(cat "$out")" direct 'or the data at once'
page='HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>'
for node in reply data; do # which of the two is somebody else
	# shellcheck disable=SC2059 # its escapes are meant
	printf "$page" >"$T/s/$node"
	run hdfscat "$fake/f"
	is "$status" 74 "a $node that is a page: status"
	like "$err" '^hdfscat: read: .*/f: the answer is no file: not WebHDFS' 'and message'
	is "$(cat "$out")" '' 'gives nothing'
	reply '200 OK' $json "{\"Location\":\"http://$self/x?op=DATA\"}"
done
reply '404 Not Found' $json '{"RemoteException":{"exception":"FileNotFoundException","message":"File /out of the range not found."}}'
run hdfscat "$fake/out of the range"
is "$status" 1 'a missing file with the name of an end: status'
like "$err" 'no such file' 'and message'
for place in 'file:///etc/passwd' 'ftp://127.0.0.1:1/x?delegation=SECRET' 'gopher://127.0.0.1:1' '7' ''; do
	reply '200 OK' $json "{\"Location\":\"$place\"}"
	run hdfscat "$fake/f"
	is "$status" 74 "a place that is not http: '$place'"
	is "$(cat "$out")" '' 'gives nothing'
	unlike "$err" SECRET 'and is not shown'
done
reply '200 OK' $json "{\"Location\":\"http://u:SECRET@127.0.0.1:$(free_port)/x?delegation=SECRET\"}"
run hdfscat --timeout 3s "$fake/f"
is "$status" 75 'a data node that is not there'
like "$err" '^hdfscat: read: .*: data node 127.0.0.1:[0-9]+: connection refused$' 'is named'
unlike "$err" SECRET 'without its tokens'
run hdfscat --timeout 3s -v "$fake/f"
like "$err" 'trying again' '-v says each retry'

# What strangers say does not reach the terminal as it is.
reply '200 OK' $json '{"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[{"pathSuffix":"p\u001bp\u009bp\u00e9","type":"FILE","permission":"644","owner":"o\u001bo","group":"g\u0007g","length":1,"modificationTime":1,"accessTime":1,"blockSize":1,"replication":1}]}},"remainingEntries":0}}'
script -qec "hdfsls $fake/" "$T/screen" >"$out" </dev/null
like "$T/screen" ' o\?o  g\?g  .*/p\?p\?\?pé.?$' 'nor the names of a listing'
run hdfsls "$fake/"
like "$out" $' o\eo  g\ag .*/p\ep\u9bpé$' 'which another program gets as they are'
run hdfsls "file:///none/"$'\e]0;x\a\xc2\x9b\x7f\n'
is "$(cat "$err")" 'hdfsls: look up: file:///none/?]0;x?????: no such file or directory' 'nor a message'

# A data node that refuses may have made the file: each try has another name.
: >"$T/s/asked"
reply '404 Not Found' $json '{"RemoteException":{"exception":"FileNotFoundException","message":"File x"}}'
mv "$T/s/reply" "$T/s/reply.GETFILESTATUS"
reply '403 Forbidden' $json '{"RemoteException":{"exception":"SafeModeException","message":"safe mode"}}'
mv "$T/s/reply" "$T/s/data"
reply '200 OK' $json "{\"Location\":\"http://$self/x?op=DATA\"}"
mv "$T/s/reply" "$T/s/reply.CREATE"
reply '200 OK' $json '{"boolean":true}'
run hdfsput --timeout 3s "$fake/f"
is "$status" 75 'safe mode at the data node: status'
ok 'it was tried again' test "$(grep -c op=CREATE "$T/s/asked")" -gt 1
is "$(grep op=CREATE "$T/s/asked" | sort | uniq -d)" '' 'under another name each time'
rm "$T/s"/reply.*

# TLS, by a server that cuts the handshake of every second connection.
cat >"$T/tls" <<'PY'
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
cut = True
while True:
    plain = server.accept()[0]
    cut = not cut
    try:
        if cut:
            plain.recv(65536)
        else:
            plain = context.wrap_socket(plain, server_side=True)
            plain.recv(65536)
            plain.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n"
                          b"Content-Type: application/octet-stream\r\n\r\nhello")
    except OSError:
        pass
    plain.close()
PY
ok 'a certificate' openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout "$T/key" -out "$T/cert"
python3 "$T/tls" "$T" >"$T/tlsport" &
await 5 test -s "$T/tlsport"
tls=swebhdfs://localhost:$(cat "$T/tlsport")
CURL_CA_BUNDLE=$T/cert run hdfscat "$tls/f" "$tls/f"
is "$status-$(cat "$out")" 0-hellohello 'a TLS handshake that is cut is tried again'
like "$err" 'name node: the TLS handshake failed: .*: trying again' 'and that is said'
CURL_CA_BUNDLE=$T/cert run hdfscat "$tls/f"
is "$status" 69 'at the start it is given up: status'
run hdfscat "$tls/f"
is "$status" 74 'a certificate of nobody'

# Less than was promised.
reply '200 OK' $json "{\"Location\":\"http://$self/x?op=DATA\"}"
data hel 5
: >"$T/s/asked"
hdfscat "$fake/f" >"$out" 2>"$err" &
ok 'after a short answer it goes on where it was' await 10 grep -q 'op=OPEN.*offset=6' "$T/s/asked"
kill $!
wait $! 2>/dev/null
like "$out" '^helhel' 'with what comes next'

# An answer that was cut is none, wherever that was.
# shellcheck disable=SC2059 # the escapes of $2 are meant
cut() { printf "HTTP/1.1 200 OK\r\n$2" >"$T/s/reply.$1"; }
reply '404 Not Found' $json '{"RemoteException":{"exception":"FileNotFoundException","message":"File x"}}'
mv "$T/s/reply" "$T/s/reply.GETFILESTATUS"
for head in 'Content-Type: application/json\r\nConten' 'Content-Length: 0\r\n' '' '\r\n'; do
	for op in MKDIRS RENAME; do
		cut "$op" "$head"
		if [ "$op" = MKDIRS ]; then run hdfsmkdir -p --timeout 300ms "$fake/d"
		else run hdfsmv --timeout 300ms "$fake/a" "$fake/b"; fi
		is "$status" 75 "$op: cut behind '$head': status"
		like "$err" '^hdfsm[a-z]*: .*: connection lost$' 'and message'
	done
done
rm "$T/s"/reply.*

# What a gateway lost on its way is looked at; what it did not send is sent again.
reply '404 Not Found' $json '{"RemoteException":{"exception":"FileNotFoundException","message":"File x"}}'
mv "$T/s/reply" "$T/s/reply.GETFILESTATUS"
for why in EOFException SocketTimeoutException SocketException ClosedChannelException ConnectException NoRouteToHostException; do
	reply '403 Forbidden' $json "{\"RemoteException\":{\"exception\":\"$why\",\"message\":null}}"
	mv "$T/s/reply" "$T/s/reply.RENAME"
	: >"$T/s/asked"
	run hdfsmv --timeout 300ms "$fake/a" "$fake/b"
	is "$status" 75 "a gateway's $why: status"
	is "$(($(grep -c op=RENAME "$T/s/asked") > 1))" "$([[ $why == Connect* || $why == NoRoute* ]]; echo $((!$?)))" 'and how often it was sent'
done
rm "$T/s"/reply.*
cut OPEN 'Content-Type: application/octet-stream\r\n\r\nhel'
: >"$T/s/asked"
hdfscat "$fake/f" >"$out" 2>"$err" &
ok 'a file of no said length: the rest is asked for' await 10 grep -q 'op=OPEN.*offset=6' "$T/s/asked"
kill $!
wait $! 2>/dev/null
rm "$T/s"/reply.*

# Several name nodes: one that cannot be reached and one on standby are passed over.
reply '403 Forbidden' $json '{"RemoteException":{"exception":"StandbyException","message":"not me"}}'
nobody=http://127.0.0.1:$(free_port)
for urls in "$nobody,$WEBHDFS_URL" "http://$self,$WEBHDFS_URL" "$nobody,http://$self,$WEBHDFS_URL"; do
	WEBHDFS_URL=$urls run hdfsls -d /tmp
	is "$status-$(cat "$err")" 0- 'the active name node is found without a word'
	like "$out" ' /tmp$' 'and answers'
done
: >"$T/s/asked"
printf 'x\n' >"$T/line"
WEBHDFS_URL=http://$self,$real run_in "$T/line" hdfsput -q "/tmp/$ID/ha"
is "$status-$(cat "$err")" 0- 'who writes finds it, too'
is "$(wc -l <"$T/s/asked")" 1 'and asks the other one once'
reply '403 Forbidden' $json '{"RemoteException":{"exception":"SafeModeException","message":"Name node is in safe mode"}}'
WEBHDFS_URL=http://$self,$nobody run hdfsls --timeout 300ms /
is "$(sort -u "$err")" "hdfsls: list: webhdfs://$self/: name node is in safe mode
hdfsls: list: webhdfs://$self/: name node is in safe mode: trying again for 1 s" 'safe mode is waited for where it is'
reply '200 OK' $json "{\"Location\":\"$nobody/x\"}"
WEBHDFS_URL=http://$self,$nobody run hdfscat -v --timeout 300ms /f
is "$(grep -vc ': data node .*: connection refused' "$err")" 0 'a data node that is away is no reason to ask another name node'
reply '403 Forbidden' $json '{"RemoteException":{"exception":"StandbyException","message":"not me"}}'
WEBHDFS_URL=$nobody,$nobody run hdfsls /
is "$status" 69 'none of them can be reached'
WEBHDFS_URL=http://$self run hdfsls --timeout 3s /
is "$status" 75 'only one on standby: status'
like "$err" '^hdfsls: list: .*: not me$' 'and message'
WEBHDFS_URL=$real run hdfsmkdir -p "/tmp/$ID/$(printf '%0300d' 0)"
like "$err" ' maximum path component' 'a long name does not hide the reason'

# A file has nothing in it that a pattern could stand for.
WEBHDFS_URL=$real
mkdir "$T/p"
echo x >"$T/p/file"
hdfsmkdir -p "/tmp/$ID"
upload "$T/p/file" "/tmp/$ID/file"
for dir in "/tmp/$ID" "file://$T/p"; do
	for tool in hdfsrm hdfscat hdfsls hdfsmv; do
		to=()
		[ "$tool" != hdfsmv ] || to=("$dir/new")
		run "$tool" "$dir/file/*" "${to[@]}"
		is "$status-$(cat "$out")" 1- "$tool: a pattern below $dir/file: status"
		is "$(cat "$err")" "$tool: look up: $dir/file/*: no match" 'and message'
	done
	run hdfsrm -f "$dir/file/*" "$dir/file/*/x"
	is "$status-$(cat "$err")" 0- '-f: no error'
	is "$(hdfscat "$dir/file" 2>&1)" x 'and the file is still there'
	run hdfsls -d "$dir/{.,,file}"
	is "$(sed 's|.* ||' "$out" | tr '\n' ' ')" "$dir $dir $dir/file " 'what braces make is made normal'
done

# Nor is anything below it, whoever asks.
for user in "$HADOOP_USER_NAME" someone; do
	for tool in hdfsls 'hdfsls -d' hdfscat hdfsrm hdfsmkdir 'hdfsmkdir -p'; do
		read -ra words <<<"$tool"
		HADOOP_USER_NAME=$user run "${words[@]}" "/tmp/$ID/file/x"
		is "$status" 1 "$user: $tool of what is below a file"
	done
	HADOOP_USER_NAME=$user run hdfsrm -f "/tmp/$ID/file/x"
	is "$status-$(cat "$err")" 0- "$user: hdfsrm -f of the same"
done

run hdfsls "http://user:SECRET@127.0.0.1/"
is "$status" 64 'a password in a URL'
unlike "$err" SECRET 'is not shown'

finish
