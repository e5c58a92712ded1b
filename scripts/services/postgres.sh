# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# PostgreSQL, where the Hive metastore keeps its tables.  Debian has its servers outside PATH.

services+=(postgres)
ports[postgres]=POSTGRES_PORT

# pg PROGRAM: where it is
pg() {
	command -v "$1" || find /usr/lib/postgresql/*/bin -name "$1" 2>/dev/null | sort -V | tail -n 1 | grep .
}

check_postgres() {
	{ pg postgres && pg psql; } >/dev/null ||
		die "start postgres: there is no PostgreSQL: run scripts/deps eco"
	[ "$(id -u)" -ne 0 ] || id -u postgres >/dev/null 2>&1 ||
		die "start postgres: it does not run as root, and there is no user postgres: run scripts/deps eco"
}

# as_postgres PROGRAM ARGUMENT…: with the data as descriptor 7.  PostgreSQL refuses to run as
# root, and its own user may be unable to reach the data by name, under /root for instance.
as_postgres() {
	local who=() program
	program=$(pg "$1")
	shift
	[ "$(id -u)" -ne 0 ] || who=(setpriv --reuid=postgres --regid=postgres --clear-groups)
	exec 7<"$state/postgres/data"
	cd /
	exec setsid "${who[@]}" "$program" -D /proc/self/fd/7 "$@"
}

prepare_postgres() {
	local data=$state/postgres/data
	[ ! -e "$data/complete" ] || return 0
	rm -rf "$data"
	mkdir -m 700 "$data"
	[ "$(id -u)" -ne 0 ] || chown postgres: "$data"
	(as_postgres initdb --auth=trust --username=postgres --encoding=UTF8 --locale=C --no-sync) &&
		: >"$data/complete"
}

run_postgres() {
	as_postgres postgres -c "kpipe.service=$state/postgres" -p "$POSTGRES_PORT" -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c dynamic_shared_memory_type=mmap -c shared_buffers=32MB
}

# sql [OPTION of psql]…
sql() {
	PGCONNECT_TIMEOUT=5 "$(pg psql)" -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres "$@"
}

ready_postgres() { [ "$(sql -c 'select 1' 2>/dev/null)" = 1 ]; }

env_postgres() { give POSTGRES_URL "postgresql://postgres@127.0.0.1:$POSTGRES_PORT/metastore"; }
