#!/usr/bin/env bash
# A disk that is full: what was there stays, and the status tells.
#
# The disk is a small one, mounted where nobody else sees it.  Where that is not allowed no file
# may grow at all, which the tools meet at the same places.
if [ -z "${alone-}" ]; then
	export alone=yes
	for way in -m -rm; do
		if unshare $way true 2>/dev/null; then exec unshare $way bash "$0"; fi
	done
fi
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

disk=$T/disk
mkdir "$disk"
if mount -t tmpfs -o size=1m none "$disk" 2>/dev/null; then
	why='no space left on device'
	cleanup() { umount "$disk"; }
	fill() { head -c 2000000 /dev/zero >"$disk/fill" 2>/dev/null; }
	bounded() { "$@"; }
else
	why='file too large'
	fill() { :; }
	bounded() { (trap '' XFSZ; ulimit -f 0; exec "$@"); }
fi
# run_full COMMAND…: as `run`, with a disk that is full; what is in $T/in is its input
run_full() { bounded "$@" <"$T/in" 2>&1 >/dev/null | cat >"$err"; status=${PIPESTATUS[0]}; }

# hdfsput
head -c 2000000 /dev/urandom >"$T/in"
echo old >"$disk/old"
run_full hdfsput "file://$disk/new"
is "$status" 74 'hdfsput: status'
like "$err" "^hdfsput: write: .*$disk/\.kpipe-.*: $why\$" 'and message'
like "$err" '2000000 bytes were read, and no file has landed' 'and what that means'
run_full hdfsput -f "file://$disk/old"
is "$status" 74 'hdfsput -f: status'
is "$(ls -A "$disk")-$(cat "$disk/old")" old-old 'what was to be replaced is there, and nothing else'
seq 300000 >"$T/in"
run_full hdfsput -d "file://$disk/lake" -p all
is "$status" 74 'hdfsput -d: status'
is "$(find "$disk/lake" -type f)" '' 'nothing is left'

# ktail
seq 1 5 >"$T/log"
ktail --once --state "$disk/state" "$T/log" >"$out"
cp "$disk/state" "$T/state"
seq 6 9 >>"$T/log"
fill
run_full ktail --once --state "$disk/state" "$T/log"
is "$status" 74 'ktail --state: status'
like "$err" "^ktail: .*$disk/state.*: $why\$" 'and message'
same "$disk/state" "$T/state" 'the state is that of the run before'
rm -f "$disk/fill"
run ktail --once --state "$disk/state" "$T/log"
is "$status-$(tr '\n' ' ' <"$out")" '0-6 7 8 9 ' 'with room again: it goes on there'

# kprod
echo old >"$disk/receipt"
fill
seq 3 >"$T/in"
run_full kmock -t t kprod --receipt "$disk/receipt" t
is "$status" 74 'kprod --receipt: status'
like "$err" "^kprod: write receipt: $disk/receipt: $why\$" 'and message'
is "$(cat "$disk/receipt")-$(find "$disk" -name '*.tmp')" old- 'that of the run before is there, and no half one'

finish
