#!/usr/bin/env bash
# The manual pages are well-formed and lead nowhere that does not exist.
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

# Pages of other packages that ours may refer to.
outside=' awk(1) cron(8) crontab(5) curl(1) date(1) grep(1) gunzip(1) gzip(1) jq(1) kcat(1) logrotate(8)
	mv(1) nohup(1) pipe(7) sed(1) sh(1) strptime(3) systemd.service(5) tail(1) tee(1) timeout(1) xargs(1) zcat(1) inotify(7) '

for page in man/*; do
	mandoc -Tlint -Wstyle "$page" 2>&1 | grep -vE 'referenced manual not found|mandoc\.db' >"$T/lint"
	is "$(cat "$T/lint")" '' "$page: mandoc finds nothing"

	: >"$T/lost"
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' "$page" | sort -u | while read -r name section; do
		[[ -e man/$name.$section || $outside == *[[:space:]]"$name($section)"[[:space:]]* ]] ||
			echo "$name($section)" >>"$T/lost"
	done
	is "$(cat "$T/lost")" '' "$page: every reference exists"

	[[ $page == *.1 ]] || continue
	for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		ok "$page: $section" grep -qx "\.Sh $section" "$page"
	done
done

finish
