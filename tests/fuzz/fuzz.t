#!/usr/bin/env bash
# Each parser of what comes from outside, under libFuzzer with both sanitizers.
#	FUZZ_RUNS   how many inputs each (default: 30000)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1
runs=${FUZZ_RUNS:-30000}

run make -s -j 2 CC=clang SAN=address,undefined,fuzzer-no-link BUILD=build/fuzz build/fuzz/libkpipe.a
is "$status" 0 'the library, instrumented'
for source in tests/fuzz/*.c; do
	name=$(basename "$source" .c)
	run make -s CC=clang SAN=address,undefined,fuzzer-no-link BUILD=build/fuzz "build/fuzz/tests/fuzz/$name"
	is "$status" 0 "$name: builds"
	cp -r "tests/fuzz/seeds/$name" "$T/$name"
	(cd "$T" && "$ROOT/build/fuzz/tests/fuzz/$name" -seed=1 -runs="$runs" -max_len=4096 -verbosity=0 -close_fd_mask=1 "$T/$name") >"$out" 2>"$err"
	is $? 0 "$name: $runs inputs"
done
finish
