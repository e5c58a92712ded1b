#!/usr/bin/env bash
# compose.yml is well-formed and says the same as scripts/stack: versions, ports and
# configuration from the same files, the same services.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

python3 - >"$T/facts" 2>"$err" <<'P'
import re, yaml
text = open("compose.yml").read()
known = {line.split("=")[0]: line.strip().split("=")[1] for line in open(".env") if re.match(r"[A-Z]", line)}
for name in sorted(set(re.findall(r"\$\{([^}]*)\}", text))):
    print("variable", name, "known" if name in known else "unknown")
file = yaml.safe_load(re.sub(r"\$\{([^}]*)\}", lambda m: known.get(m[1], ""), text))
for name, service in sorted(file["services"].items()):
    print("service", name)
    print("image", name, service["image"])
    print("healthcheck", name, "test" in service["healthcheck"])
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        print("volume", source, "file" if source.startswith("./") else "named" if source in file["volumes"] else "unknown")
    for other, how in service.get("depends_on", {}).items():
        print("needs", name, other, how["condition"], other in file["services"])
    for port in service["ports"]:
        host, outside, inside = port.split(":")
        print("port", name, host, "same" if outside == inside and outside in known.values() else "other")
    for variable in service["environment"]:
        print("gives", name, variable)
P
is "$(cat "$err")" '' 'compose.yml is YAML with the parts we expect'
unlike "$T/facts" 'unknown' 'every variable and volume is known'
is "$(awk '$1 == "service" { print $2 }' "$T/facts" | tr '\n' ' ')" 'datanode kafka namenode ' \
	'the services of scripts/stack, by the same names'
# shellcheck source=.env
. ./.env
for service in kafka namenode datanode; do
	case $service in
	kafka) image=apache/kafka:$KAFKA_VERSION ;;
	*) image=apache/hadoop:$HADOOP_VERSION ;;
	esac
	like "$T/facts" "^image $service $image$" "$service: the version in .env"
	like "$T/facts" "^healthcheck $service True" "$service: has a health check"
	unlike "$T/facts" "^port $service (127.0.0.1 other|[^1])" "$service: the ports in .env, on loopback only"
done
like "$T/facts" '^needs datanode namenode service_healthy True' 'the data node waits for its name node'
while read -r _ source _; do
	ok "$source is there to be mounted" test -f "$source"
done < <(grep ' \./' "$T/facts" | sort -u)

# What the XML takes from the environment must be given.
sed -nE 's/.*[$][{]env\.([A-Z_]*)[}].*/\1/p' scripts/conf/core-site.xml scripts/conf/hdfs-site.xml | sort -u >"$T/wanted"
while read -r name; do
	for service in namenode datanode; do
		like "$T/facts" "^gives $service $name$" "$service: $name for Hadoop's configuration"
	done
done <"$T/wanted"

if docker compose version >/dev/null 2>&1; then
	run docker compose -f compose.yml config -q
	is "$status" 0 'docker compose config'
fi

finish
