# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# HDFS: a name node and one data node.

services+=(namenode datanode)
group[hdfs]='namenode datanode'
ports[namenode]='NAMENODE_HTTP_PORT NAMENODE_RPC_PORT'
ports[datanode]='DATANODE_HTTP_PORT DATANODE_PORT DATANODE_IPC_PORT'
beside[datanode]=namenode
uses[namenode]=hadoop
uses[datanode]=hadoop
version[hadoop]=$HADOOP_VERSION
size[hadoop]=64

# A host whose own name has no address is no reason not to start: hence a table of hosts.
# Only C1 and one thread for the garbage: it starts in half the time.
hadoop_java=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Djdk.net.hosts.file=$state/hosts")
read -ra opens <<<"$JAVA_OPENS"
hadoop_java+=("${opens[@]}")
hdfs=org.apache.hadoop.hdfs.server

prepare_namenode() {
	[ ! -e "$state/name/current/VERSION" ] || return 0
	rm -rf "$state/name" "$state/data"
	"$java" "${hadoop_java[@]}" -cp "$state/conf:$(class_path hadoop)" $hdfs.namenode.NameNode \
		-format -nonInteractive
}
prepare_datanode() { :; }
run_namenode() {
	exec_java "-Xmx$NAMENODE_HEAP" "${hadoop_java[@]}" -cp "$state/conf:$(class_path hadoop)" $hdfs.namenode.NameNode
}
run_datanode() {
	exec_java "-Xmx$DATANODE_HEAP" "${hadoop_java[@]}" -cp "$state/conf:$(class_path hadoop)" $hdfs.datanode.DataNode
}

# jmx PORT BEAN
jmx() { get "$1" "/jmx?qry=Hadoop:service=$2"; }

# Where there is a data node, the name node is ready when that can be written to; alone it
# stays in safe mode and only has to answer.
ready_namenode() {
	local fs
	fs=$(jmx "$NAMENODE_HTTP_PORT" NameNode,name=FSNamesystemState)
	[[ $fs == *'"FSState":"'* ]] || return 1
	running datanode || return 0
	[[ $fs == *'"FSState":"Operational"'* && $fs == *'"NumLiveDataNodes":1,'* &&
		$fs != *'"CapacityTotal":0,'* ]]
}
# The name node believes in a dead data node for ten minutes, so the node itself is asked
# too: it has this bean once it and its name node have spoken.
ready_datanode() {
	[[ $(jmx "$DATANODE_HTTP_PORT" DataNode,name=FSDatasetState) == *'"Capacity":'* ]] && ready_namenode
}

env_hdfs() {
	give WEBHDFS_URL "http://127.0.0.1:$NAMENODE_HTTP_PORT"
	give KPIPE_DATANODE "127.0.0.1:$DATANODE_HTTP_PORT"
	give HADOOP_USER_NAME "$(id -un)"
	give KPIPE_HADOOP_CP "$state/conf:$(class_path hadoop)"
}
