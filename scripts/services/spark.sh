# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# Spark: a master and one worker, out of the Python package, which a client needs anyway.

services+=(spark-master spark-worker)
group[spark]='spark-master spark-worker'
ports[spark-master]='SPARK_MASTER_PORT SPARK_MASTER_HTTP_PORT'
ports[spark-worker]='SPARK_WORKER_PORT SPARK_WORKER_HTTP_PORT'
needs[spark-worker]=spark-master
uses[spark-master]='python spark'
uses[spark-worker]='python spark'
version[spark]=$SPARK_VERSION
size[spark]=10
version[python]=$SPARK_VERSION-$(cksum <"$conf/requirements.txt" | cut -d ' ' -f 1)
size[python]=880

python=$(folder_of python)/bin/python
spark_home=$(folder_of python)/spark

SPARK_KAFKA_CLASS_PATH=$(class_path spark)

check_python() {
	python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
		die "start $1: there is no Python of version 3.11 or later with venv: run scripts/deps eco"
}
check_spark-master() { check_python spark-master; }
check_spark-worker() { check_python spark-worker; }

# A virtual environment knows its own name: made under another one, it is told the right one.
fetch_python() {
	local to=$2 file
	python3 -m venv "$to" &&
		TMPDIR=${to%/*} timeout --foreground 1800 "$to/bin/python" -m pip install -q --no-cache-dir --disable-pip-version-check \
			"pyspark==$SPARK_VERSION" -r "$conf/requirements.txt" || return
	for file in "$to"/bin/* "$to/pyvenv.cfg"; do
		! grep -qIF -- "$to" "$file" || sed -i "s|$to|$(folder_of "$1")|g" "$file"
	done
	ln -s "$(cd "$to" && echo lib/python3*/site-packages/pyspark)" "$to/spark"
}

prepare_spark-master() { :; }
prepare_spark-worker() { :; }

# run_spark HEAP CLASS ARGUMENT…
run_spark() {
	# spark-class would find out the version of Scala; without it the worker starts no executor.
	export SPARK_SCALA_VERSION=2.13 SPARK_HOME=$spark_home SPARK_CONF_DIR=$state/conf/spark \
		SPARK_LOCAL_IP=127.0.0.1 SPARK_LOCAL_DIRS=$PWD/tmp
	exec_java "-Xmx$1" "${hadoop_java[@]}" -Dlog4j2.configurationFile="$state/conf/log4j2.properties" \
		-cp "$state/conf/spark:$spark_home/jars/*" "org.apache.spark.deploy.$2" -h 127.0.0.1 "${@:3}"
}
run_spark-master() {
	run_spark "$SPARK_DAEMON_HEAP" master.Master -p "$SPARK_MASTER_PORT" --webui-port "$SPARK_MASTER_HTTP_PORT"
}
run_spark-worker() {
	run_spark "$SPARK_DAEMON_HEAP" worker.Worker -p "$SPARK_WORKER_PORT" --webui-port "$SPARK_WORKER_HTTP_PORT" \
		-c "$SPARK_WORKER_CORES" -m "$SPARK_WORKER_MEMORY" -d "$PWD/work" "spark://127.0.0.1:$SPARK_MASTER_PORT"
}

ready_spark-master() { [[ $(get "$SPARK_MASTER_HTTP_PORT" /json/) == *'"status":"ALIVE"'* ]]; }
ready_spark-worker() {
	[[ $(get "$SPARK_WORKER_HTTP_PORT" /json/) == *'"id":"worker-'* &&
		$(get "$SPARK_MASTER_HTTP_PORT" /json/) == *'"aliveworkers":1,'* ]]
}

env_spark() {
	give SPARK_MASTER "spark://127.0.0.1:$SPARK_MASTER_PORT"
	give SPARK_HOME "$spark_home"
	give SPARK_CONF_DIR "$state/conf/spark"
	give SPARK_LOCAL_IP 127.0.0.1
	give SPARK_KAFKA_JARS "$(find "$(folder_of spark)" -name '*.jar' 2>/dev/null | sort | paste -s -d ,)"
	give PYSPARK_PYTHON "$python"
}
