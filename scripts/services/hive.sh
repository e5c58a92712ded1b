# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# Hive: the metastore, which keeps its tables in PostgreSQL, and the server for SQL.

services+=(hive-metastore hive-server)
group[hive]='postgres hive-metastore hive-server'
ports[hive-metastore]=METASTORE_PORT
ports[hive-server]='HIVE_PORT HIVE_HTTP_PORT'
needs[hive-metastore]='postgres namenode datanode'
needs[hive-server]=hive-metastore
uses[hive-metastore]='yarn hive'
uses[hive-server]='yarn hive'
version[hive]=$HIVE_VERSION
size[hive]=221

hive_cp=$state/conf:$(class_path hive):$(class_path yarn)

# Of the metastore's archive only the SQL that makes its tables is kept.
fetch_hive() {
	local archive
	fetch_jars "$1" "$2" || return
	archive=$(echo "$2"/*-bin.tar.gz)
	tar -xzf "$archive" -C "$2" --strip-components=4 --wildcards '*/scripts/metastore/upgrade/postgres' && rm "$archive"
}

# All the tables are made, or none.
prepare_hive-metastore() {
	local schema
	schema=$(folder_of hive)/postgres/hive-schema-${HIVE_VERSION%.*}.0.postgres.sql
	if [ "$(sql -c "select 1 from pg_database where datname = 'metastore'")" != 1 ]; then
		sql -c "create role hive login password 'hive'" || :
		sql -c 'create database metastore owner hive' || return
	fi
	[ "$(sql -U hive -d metastore -c "select to_regclass('\"VERSION\"')")" = '"VERSION"' ] ||
		sql -U hive -d metastore -1 -f "$schema" >/dev/null
}
prepare_hive-server() { :; }

# run_hive HEAP CLASS
# Where HADOOP_USER_NAME is set, Hive acts for that user and needs leave to, even for its own.
run_hive() {
	mkdir -p "$PWD/scratch"
	unset HADOOP_USER_NAME
	exec_java "-Xmx$1" "${hadoop_java[@]}" -Dlog4j2.configurationFile="$state/conf/log4j2.properties" \
		-cp "$hive_cp" "org.apache.$2"
}
run_hive-metastore() { run_hive "$METASTORE_HEAP" hadoop.hive.metastore.HiveMetaStore; }
run_hive-server() { run_hive "$HIVE_HEAP" hive.service.server.HiveServer2; }

# Thrift's binary call get_all_databases() is answered with a list of strings that is not empty.
ready_hive-metastore() {
	local reply
	reply=$(
		exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$METASTORE_PORT" &&
			printf '\200\1\0\1\0\0\0\21get_all_databases\0\0\0\0\0' >&3 &&
			timeout 10 od -An -v -tu1 -w37 -N37 <&3 | tr -s ' '
	) && [[ $reply == ' 128 1 0 2 '*' 15 0 0 11 0 0 0 '[1-9]* ]]
}

# SASL with a name and any password, then Thrift's call OpenSession: its status is 0, success.
# The server closes the session when the connection ends.
ready_hive-server() {
	local reply
	reply=$(
		exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$HIVE_PORT" &&
			printf '\1\0\0\0\5PLAIN\2\0\0\0\14\0kpipe\0kpipe' >&3 &&
			printf '\0\0\0\34\200\1\0\1\0\0\0\13OpenSession\0\0\0\0\14\0\1\0\0' >&3 &&
			timeout 10 od -An -v -tu1 -w45 -N45 <&3 | tr -s ' '
	) && [[ $reply == *' 12 0 0 12 0 1 8 0 1 0 0 0 0' ]]
}

env_hive() {
	give HIVE_JDBC_URL "jdbc:hive2://127.0.0.1:$HIVE_PORT/default"
	give HIVE_METASTORE_URI "thrift://127.0.0.1:$METASTORE_PORT"
	give KPIPE_HIVE_CP "$hive_cp"
}
