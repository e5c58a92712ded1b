#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

# A third of the analyzer's usual paths through a function, in a third of the time.
short=(-Xclang -analyzer-config -Xclang max-nodes=75000)
tidy() {
	local out=$2/${1//\//,}
	clang-tidy --quiet "${@:3}" "$1" -- -std=c11 -Ilib -Itests -D_POSIX_C_SOURCE=200809L \
		'-DKPIPE_VERSION="0"' >"$out" 2>"$out.err" || { echo "status $?" && cat "$out.err"; } >>"$out"
}
export -f tidy
printf '%s\n' cmd/*.c lib/*/*.c | xargs -P 2 -I '{}' bash -c 'tidy "$@"' - '{}' "$T" "${short[@]/#/--extra-arg=}"
for file in cmd/*.c lib/*/*.c; do
	is "$(head -n 20 "$T/${file//\//,}" 2>&1)" '' "clang-tidy: $file"
done

finish
