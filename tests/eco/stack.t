#!/usr/bin/env bash
# scripts/stack: all services at once, from nothing and to nothing.
. "$(dirname "$0")/../lib.sh"
stack=$ROOT/scripts/stack
own_stack

# processes: what runs of this test's stack, whatever the pid files say; jobs' tasks too.
processes() { pgrep -af -- "$KPIPE_STACK/" | grep -v pgrep; }
none() { [ -z "$(processes)" ]; }
cleanup() { "$stack" wipe; }

run "$stack" up all
is "$status" 0 'up all'
run "$stack" status
is "$status" 0 'all of it answers'
is "$(grep -c ' up, process [0-9]*, port [0-9]*, [1-9][0-9]* MB$' "$out")" 13 'each is told, with its memory'
run "$stack" up all
is "$status-$(cat "$out" "$err")" 0- 'a second up has nothing to say'
eval "$("$stack" env)"
is "$(psql -Atc 'select "SCHEMA_VERSION" from "VERSION"' "$POSTGRES_URL")" 4.0.0 'the metastore is in PostgreSQL'
is "$(curl -s -o "$T/body" -w '%{http_code}' "${JUPYTER_URL%/lab*}/api/contents")" 403 'Jupyter wants its token'

# Those that others rely on are killed, and come back.
for svc in postgres nodemanager spark-worker jupyter; do "$stack" kill "$svc"; done
run "$stack" status
is "$status" 1 'four are killed: status'
is "$(awk '$2 == "down" { print $1 }' "$out" | tr '\n' ' ')" 'nodemanager postgres spark-worker jupyter ' 'and which'
run env SPARK_DAEMON_HEAP=1x "$stack" up postgres spark-worker
is "$status" 1 'one of two cannot start: status'
like "$err" 'start spark-worker: it ended' 'it is said'
like "$err" '^    Invalid maximum heap size: -Xmx1x' 'with the end of its log'
ok 'the other one of that call is not left' eval "! pgrep -f 'kpipe.service=$KPIPE_STACK/postgres'"
run "$stack" status spark-master hive-metastore
is "$status" 1 'a metastore without its store does not answer'
like "$out" '^spark-master *up' 'and what ran before still does'
run "$stack" up all
is "$status" 0 'all of it again'
run "$stack" status
is "$status" 0 'and it answers'

run "$stack" down
is "$status" 0 'down'
is "$(processes)" '' 'leaves nothing running'
run "$stack" wipe
ok 'wipe' test ! -e "$KPIPE_STACK"

finish
