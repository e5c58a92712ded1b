#!/usr/bin/env bash
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit

run cppcheck -q -j 2 --enable=warning,portability --inline-suppr --error-exitcode=1 -Ilib \
	-D_POSIX_C_SOURCE=200809L -DRD_KAFKA_VERSION=0x020002ff '-DKPIPE_VERSION="0"' '-Djson_object_foreach(o,k,v)=for(;(k)&&(v);)' \
	'-Djson_array_foreach(a,i,v)=for(;(v);)' cmd lib tests/unit
is "$status" 0 'cppcheck finds nothing'
is "$(head -n 40 "$err")" '' 'and says nothing'

finish
