# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# Kafka: one node that is broker and controller.

services+=(kafka)
ports[kafka]='KAFKA_PORT KAFKA_CONTROLLER_PORT'
uses[kafka]=kafka
version[kafka]=$KAFKA_VERSION
size[kafka]=54

prepare_kafka() {
	local dir=$state/kafka id
	{
		cat "$conf/server.properties"
		echo "listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT"
		echo "advertised.listeners=PLAINTEXT://$KAFKA_HOST:$KAFKA_PORT"
		echo "controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT"
		echo "log.dirs=$dir/data"
		tr -s ' ' '\n' <<<"${KAFKA_SETTINGS-}"
	} >"$dir/server.properties"
	[ ! -e "$dir/data/meta.properties" ] || return 0
	rm -rf "$dir/data"
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')
	"$java" -Dlog4j2.configurationFile="$conf/log4j2.properties" -cp "$(class_path kafka)" \
		kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties"
}

# Each of its threads would keep the largest buffer that it has ever read or written with, until a
# few records of 64 MB have taken all direct memory.
run_kafka() {
	local options
	read -ra options <<<"${KAFKA_JAVA-}"
	exec_java "-Xmx$KAFKA_HEAP" -Djdk.nio.maxCachedBufferSize=4194304 "${options[@]}" \
		-Dlog4j2.configurationFile="$conf/log4j2.properties" -cp "$(class_path kafka)" \
		kafka.Kafka server.properties
}

# It answers a Metadata request (version 1, no topics) and names itself as the one broker.
ready_kafka() {
	local reply
	reply=$(
		exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$KAFKA_PORT" &&
			printf '\0\0\0\16\0\3\0\1\0\0\0\1\377\377\0\0\0\0' >&3 &&
			timeout 5 od -An -v -tu1 -w12 -N12 <&3 | tr -s ' '
	) && [[ $reply == *' 0 0 0 1 0 0 0 1' ]]
}

env_kafka() {
	give KAFKA_BROKERS "$KAFKA_HOST:$KAFKA_PORT"
	give KPIPE_KAFKA_CP "$(class_path kafka)"
}
