#!/usr/bin/env bash
# scripts/demo, as a newcomer runs it: embedded, and on the real servers.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need_kafka
need_hdfs

run "$ROOT/scripts/demo" -n 5000
is "$status" 0 'embedded: status'
like "$out" '/year=[0-9]+/month=[0-9]+/dayofmonth=[0-9]+/part-' 'dated partitions are shown'
like "$out" '^5000 lines, 0 missing, 0 doubled' 'and that nothing is missing or doubled'
run "$ROOT/scripts/demo" --real -n 20000
is "$status" 0 '--real: status'
like "$out" '/gen_logs/data-demo-[0-9]+/year=' 'dated partitions in HDFS'
like "$out" '^20000 lines, 0 missing, 0 doubled' 'and that nothing is missing or doubled'
is "$(ktopic list | grep -c '^retaildg-demo-')" 0 'its topic is gone'

# What fails is not hidden.
mkdir "$T/bin"
printf '#!/bin/sh\nexit 65\n' >"$T/bin/ktail"
chmod +x "$T/bin/ktail"
cp -r "$ROOT/scripts" "$T/scripts"
for file in "$BIN"/*; do [ -e "$T/bin/${file##*/}" ] || ln -s "$file" "$T/bin/"; done
printf 'all:\n' >"$T/Makefile"
run timeout 60 "$T/scripts/demo" -n 1000
is "$status" 65 'a tool that fails ends it, with its status'
like "$err" 'demo: failed with status' 'and is said'
run "$ROOT/scripts/demo" --nonsense
is "$status" 64 'an option that it does not have'
for lines in 1k abc 0; do
	run "$ROOT/scripts/demo" -n "$lines"
	is "$status-$(cat "$err")" "64-demo: -n: '$lines': wants a number of lines" "-n $lines"
done
finish
