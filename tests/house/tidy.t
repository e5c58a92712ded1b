#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

tidy() {
	clang-tidy --quiet "$1" -- -std=c11 -Ilib -Itests -D_POSIX_C_SOURCE=200809L \
		'-DKPIPE_VERSION="0"' >"$2/${1//\//,}" 2>/dev/null
}
export -f tidy
printf '%s\n' cmd/*.c lib/*/*.c | xargs -P 2 -I '{}' bash -c 'tidy "$@"' - '{}' "$T"
for file in cmd/*.c lib/*/*.c; do
	is "$(head -n 20 "$T/${file//\//,}")" '' "clang-tidy: $file"
done

finish
