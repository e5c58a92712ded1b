#!/usr/bin/env bash
# What a tool says of its options in --help, in its manual page and in the completions is
# the same, and every tool has all that belongs to one.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

# Each gives lines "-x --long", or "--long" where there is no letter.
of_help() { sed -nE 's/^  (-.), (--[a-z-]+)(=.*| .*|)$/\1 \2/p; s/^      (--[a-z-]+)(=.*| .*|)$/\1/p' "$1"; }
of_page() {
	awk '/^\.It Fl / {
		row = ""
		for (i = 3; i <= NF; i++)
			if ($(i - 1) == "Fl")
				row = row (row ? " " : "") "-" $i
		print row
	}' "$1"
}

# What the completion of zsh makes of a tool.
zsh_rows() {
	# shellcheck disable=SC2016 # it is zsh that expands it
	zsh -f -c 'words=($1); _arguments() { print -l -- "$@" }; complete() { . completion/_kpipe }; complete' - "$1"
}

for source in cmd/*.c; do
	tool=$(basename "$source" .c)
	run "$tool" --help
	is "$status" 0 "$tool --help"
	like "$out" "^usage: $tool " "$tool --help: to standard output"
	of_help "$out" | sort >"$T/help"
	ok "$tool: an option for all" test -s "$T/help"
	unlike "$T/help" '^-. *$' "$tool: a long option for each short one"

	of_page "man/$tool.1" 2>&1 | sort >"$T/page"
	is "$(diff "$T/help" "$T/page")" '' "$tool: the manual page has the options of --help"
	tr ' ' '\n' <"$T/help" | sort >"$T/words"
	bash -c '. completion/kpipe.bash && _kpipe_options "$1"' - "$tool" | tr ' ' '\n' | sort >"$T/complete"
	is "$(diff "$T/words" "$T/complete")" '' "$tool: the completion offers them"
	ok "$tool: completed in bash" grep -qE "(^|[[:space:]])$tool( |\$)" completion/kpipe.bash
	ok "$tool: completed in zsh" grep -qE "^#compdef.* $tool( |$)" completion/_kpipe
	zsh_rows "$tool" | sed -nE 's/^(-[A-Za-z]|--[a-z-]+)[+=]?\[.*/\1/p' | sort >"$T/complete"
	is "$(diff "$T/words" "$T/complete")" '' "$tool: and with the same options"
	ok "$tool: has a test" test -f "tests/cmd/$tool.t"
	ok "$tool: is in the README" grep -qw "$tool" README.md
	ok "$tool: is in kpipe(7)" grep -q "^\.\(Xr\|It Xr\) $tool 1" man/kpipe.7

	run "$tool" --version
	is "$status" 0 "$tool --version"
	like "$out" "^$tool [^ ]* *[0-9a-z]" "$tool --version: names itself"
	"$tool" --help >/dev/full 2>"$err"
	is $? 74 "$tool --help on a full disk"
	"$tool" --help >&- 2>"$err"
	is "$? $(cat "$err")" "74 $tool: write: standard output: it is closed" "$tool --help: nowhere to write"
	run "$tool" --no-such-option
	is "$status" 64 "$tool: an option it does not have"
	like "$err" "^$tool: " "$tool: and says so under its name"
done

for tool in ktopic kgroup; do
	"$tool" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | xargs >"$T/want"
	zsh_rows "$tool" | sed -n 's/^1:command:(\(.*\))$/\1/p' >"$T/got"
	same "$T/want" "$T/got" "$tool: zsh offers its commands"
	# shellcheck disable=SC2016
	bash -c '. completion/kpipe.bash && _kpipe "$1" "" "$1" && echo "${COMPREPLY[*]}"' - "$tool" >"$T/got"
	is "$(cat "$T/got")" "$(cat "$T/want") --help --version" "$tool: and so does bash"
done
# Values are offered behind an option that there is.
while read -r tool option; do
	"$tool" --help >"$T/help"
	like "$T/help" "^  (-., |    )$option=" "$tool $option: has values to choose from"
done < <(sed -nE 's/^\t([a-z]+)(--[a-z-]+) .*/\1 \2/p' completion/_kpipe
	grep -oE '[a-z]+:--[a-z-]+' completion/kpipe.bash | tr : ' ')
is "$(bash -c '. completion/kpipe.bash && _kpipe kprod z --compress && echo "${COMPREPLY[*]}"')" zstd 'bash: a value'
finish
