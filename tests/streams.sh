# shellcheck shell=bash
# shellcheck disable=SC2154 # T is of lib.sh
#
# For tests of hdfsput -E, sourced after lib.sh: streams made by hand, and what of them has landed.
# Topic t, batches of 50 access lines of three days; every 500th position is a gap without a record.

pad= # makes the lines longer
# batches SHARD FROM TO
batches() {
	awk -v shard="$1" -v from="$2" -v to="$3" -v rs="$RS" -v pad="$pad" 'BEGIN {
		for (base = from; base < to; base = next_) {
			next_ = base - base % 50 + 50
			if (next_ > to) next_ = to
			if (base % 500 == 0 && base) { printf "%sP t %s %d\n", rs, shard, base + 1; base++ }
			if (base == next_) continue
			data = ""
			for (i = base; i < next_; i++)
				data = data sprintf("h - - [%02d/Jan/2026:10:00:00 -0800] \"GET /p?shard=%s&seq=%d%s HTTP/1.1\" 200 1\n", i % 3 + 1, shard, i, pad)
			printf "%sB t %s %d %d %d %d %d\n%s", rs, shard, base, next_, next_ - base, length(data), next_, data
		}
	}' </dev/null
}
records() { batches "$@" | grep -v "^$RS"; }
assign() { printf '%sA t %s %s\n' "$RS" "$1" "$2"; }
end() { printf '%sE 0\n' "$RS"; }
# whole stream of one shard
stream() { echo "$hello"; assign 0 "$1"; batches 0 "$1" "$2"; end; }
# position SHARD DIR
position() { hdfsput --offsets -d "$2" | awk -v s="$1" '$2 == s { print $3 } $1 == "." { ok = 1 } END { exit !ok }'; }
at() { [ "$(position 0 "$1")" = "$2" ]; }
landed() { files "$1" | while read -r f; do get "$f"; done | sort; }
# holds DIR TO NAME: all records of shard 0 up to there, each once
holds() { landed "$1" >"$T/got"; records 0 0 "$2" | sort >"$T/want"; same "$T/want" "$T/got" "$3"; }

