# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# YARN: a resource manager, one node manager, and the history of MapReduce jobs.

services+=(resourcemanager nodemanager historyserver)
group[yarn]='resourcemanager nodemanager historyserver'
ports[resourcemanager]='RESOURCEMANAGER_HTTP_PORT RESOURCEMANAGER_PORT RESOURCEMANAGER_SCHEDULER_PORT
	RESOURCEMANAGER_TRACKER_PORT RESOURCEMANAGER_ADMIN_PORT'
ports[nodemanager]='NODEMANAGER_HTTP_PORT NODEMANAGER_PORT NODEMANAGER_LOCALIZER_PORT SHUFFLE_PORT'
ports[historyserver]='HISTORY_HTTP_PORT HISTORY_PORT HISTORY_ADMIN_PORT'
needs[historyserver]='namenode datanode'
beside[resourcemanager]='namenode datanode'
beside[nodemanager]='resourcemanager namenode datanode'
uses[resourcemanager]=yarn
uses[nodemanager]=yarn
uses[historyserver]=yarn
version[yarn]=$HADOOP_VERSION
size[yarn]=92

YARN_CLASS_PATH=$state/conf:$(class_path yarn)

prepare_resourcemanager() { :; }
prepare_nodemanager() { rm -rf "$state/nodemanager/local"; }
prepare_historyserver() { :; }

# run_yarn HEAP CLASS
run_yarn() { exec_java "-Xmx$1" "${hadoop_java[@]}" -cp "$YARN_CLASS_PATH" "org.apache.hadoop.$2"; }
run_resourcemanager() { run_yarn "$RESOURCEMANAGER_HEAP" yarn.server.resourcemanager.ResourceManager; }
run_nodemanager() {
	JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(realpath "$(command -v java)")")")} # for the containers
	export JAVA_HOME
	run_yarn "$NODEMANAGER_HEAP" yarn.server.nodemanager.NodeManager
}
run_historyserver() { run_yarn "$HISTORY_HEAP" mapreduce.v2.hs.JobHistoryServer; }

# What a node manager that was killed had started is not its child: each in a session of its own.
clean_nodemanager() { pkill -KILL -f -- "-Djava.io.tmpdir=$state/nodemanager/local/" || :; }

ready_resourcemanager() {
	[[ $(get "$RESOURCEMANAGER_HTTP_PORT" /ws/v1/cluster/info) == *'"state":"STARTED"'* ]]
}
ready_nodemanager() {
	[[ $(get "$NODEMANAGER_HTTP_PORT" /ws/v1/node/info) == *'"nodeHealthy":true'* &&
		$(get "$RESOURCEMANAGER_HTTP_PORT" /ws/v1/cluster/metrics) == *'"activeNodes":1,'* ]]
}
ready_historyserver() {
	[[ $(get "$HISTORY_HTTP_PORT" /ws/v1/history/info) == *'"historyInfo":'* ]]
}

env_yarn() {
	give KPIPE_HADOOP_CONF "$state/conf"
	give KPIPE_YARN_CP "$YARN_CLASS_PATH"
	give KPIPE_JAVA_OPENS "$JAVA_OPENS"
	give HISTORY_URL "http://127.0.0.1:$HISTORY_HTTP_PORT"
	give RESOURCEMANAGER_URL "http://127.0.0.1:$RESOURCEMANAGER_HTTP_PORT"
}
