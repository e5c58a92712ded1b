#!/usr/bin/env bash
# The machine and the versions of everything that takes part, one "NAME: TEXT" a line.
set -eu
. "$(dirname "${BASH_SOURCE[0]}")/../.env"

# first COMMAND…: its first line, or nothing.
first() { "$@" 2>&1 | sed -n 1p || :; }

echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p), $(nproc) cores"
echo "memory: $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
echo "kernel: $(uname -sr)"
echo "kpipe: $(kprod --version | sed 's/.* //')"
echo "librdkafka: $(kcat -V 2>/dev/null | sed -n 's/.*librdkafka \([0-9.]*\).*/\1/p')"
echo "kcat: $(kcat -V 2>/dev/null | sed -n 's/^Version \([0-9.]*\).*/\1/p')"
echo "curl: $(first curl --version | cut -d ' ' -f 2)"
echo "tail: $(first tail --version | sed 's/.* //')"
echo "Java: $(first java -version | cut -d '"' -f 2)"
echo "Kafka: $KAFKA_VERSION"
echo "Hadoop: $HADOOP_VERSION"
