# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# Kafka Connect: one standalone worker, and with CONNECT_FILE a source that reads that file.

services+=(connect)
ports[connect]=CONNECT_PORT
needs[connect]=kafka
uses[connect]=connect
version[connect]=$KAFKA_VERSION
size[connect]=35

# One that runs goes on with the file that it was started with.
keep_connect() {
	local file
	file=$(cat "$state/connect/file" 2>/dev/null) || :
	[ -z "$CONNECT_FILE" ] || [ "$file" = "$CONNECT_FILE" ] ||
		die "start connect: it runs with CONNECT_FILE=$file: stop it first: scripts/stack down connect"
}

prepare_connect() {
	printf '%s\n' "$CONNECT_FILE" >"$state/connect/file"
	mkdir -p "$state/connect/plugins"
	cp "$(folder_of connect)"/connect-file-*.jar "$state/connect/plugins/"
	{
		cat "$conf/connect-worker.properties"
		echo "plugin.path=$state/connect/plugins"
	} >"$state/connect/worker.properties"
}

run_connect() {
	local source=()
	export KAFKA_BROKERS=$KAFKA_HOST:$KAFKA_PORT BIND_ADDRESS CONNECT_PORT CONNECT_FILE CONNECT_OFFSETS=$PWD/offsets
	[ -z "$CONNECT_FILE" ] || source=("$conf/connect-file-source.properties")
	exec_java "-Xmx$CONNECT_HEAP" -XX:+UseSerialGC -Dlog4j2.configurationFile="$state/conf/log4j2.properties" \
		-cp "$(class_path connect)" org.apache.kafka.connect.cli.ConnectStandalone worker.properties "${source[@]}"
}

ready_connect() {
	local reply
	reply=$(get "$CONNECT_PORT" /connectors)
	[[ $reply == '['*"${CONNECT_FILE:+file-source}"*']' ]]
}

env_connect() { give CONNECT_URL "http://127.0.0.1:$CONNECT_PORT"; }
