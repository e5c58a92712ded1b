#!/usr/bin/env bash
# Shell code: shellcheck finds nothing, and waiting is for a condition and not for a time.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

for file in scripts/* scripts/*/*.sh bench/*.sh packaging/deb .ci/run tests/*.sh tests/*/*.t completion/*.bash; do
	case $(head -n 1 "$file" 2>/dev/null) in
	'#!'*sh | '# shellcheck shell='*) ok "$file" shellcheck "$file" ;;
	'# bash '*) ok "$file" shellcheck -s bash "$file" ;;
	esac
done

# A program that sleeps so that it can be killed is none of this: it is in the background,
# behind another word, or a loop without end.
for file in tests/*/*.t; do
	sed 's/while :; do sleep [0-9.]*; done//' "$file" | grep -nE '^[^#]*(^|[;&|(]|then|do|&&)[[:space:]]*sleep [0-9.]+[[:space:]]*($|;|\)|\||&&)' >"$T/sleeps"
	is "$(cat "$T/sleeps")" '' "$file: no fixed sleep"
done
is "$(grep -nE '\b(u|nano)?sleep\(' tests/unit/*.c)" '' 'unit tests: no fixed sleep'

finish
