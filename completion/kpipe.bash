# bash completion for the kpipe suite.  Options come from each tool's own --help,
# which starts in a few milliseconds, so they are never out of date.

# The option words of tool $1: both forms of every row of its --help.
_kpipe_options() {
	"$1" --help 2>/dev/null |
		sed -nE 's/^  (-[A-Za-z]), (--[a-z-]+)(=.*| .*|)$/\1 \2/p; s/^      (--[a-z-]+)(=.*| .*|)$/\1/p'
}

# The first words of tool $1's --help rows that name sub-commands.
_kpipe_commands() {
	"$1" --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_kpipe() {
	local tool=$1 word=$2 before=$3 words
	COMPREPLY=()
	case $tool:$before in
	kprod:-z | kprod:--compress) words='none gzip snappy lz4 zstd' ;;
	kprod:--on-error) words='stop skip' ;;
	hdfsput:-z | hdfsput:--compress) words='none gzip' ;;
	kcons:-o | kcons:--offset) words='beginning end stored' ;;
	logstat:-f | logstat:--format) words='table json plot' ;;
	logstat:-b | logstat:--by)
		words='status path host method agent referer query protocol request user ident size' ;;
	genlogs:-f | genlogs:--format) words='combined common json' ;;
	ktopic:ktopic | kgroup:kgroup) words="$(_kpipe_commands "$tool") --help --version" ;;
	*) [[ $word == -* ]] && words=$(_kpipe_options "$tool") ;;
	esac
	# Without words, "-o default" of the complete builtin falls back to file names.
	if [ -n "${words-}" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	fi
}

complete -o default -F _kpipe genlogs hdfscat hdfsls hdfsmkdir hdfsmv hdfsput hdfsrm \
	kcons kgroup kmap kmock kprod ktail ktopic logcheck logjson logstat
