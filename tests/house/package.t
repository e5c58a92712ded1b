#!/usr/bin/env bash
# The version comes from git; `make dist` and `make deb` give what builds without git and installs
# cleanly.  In a repository of the test's own.
. "$(dirname "$0")/../lib.sh"

tree=$T/tree root=$T/root
mkdir "$tree"
tar -cC "$ROOT" --exclude=./.git --exclude=./build --exclude=./bin . | tar -xC "$tree"
cd "$tree" || exit
unset "${!GIT_@}"
export GIT_CONFIG_GLOBAL=$T/gitconfig
git config --global user.name nobody
git config --global user.email nobody@example.org
release=$(cat VERSION)
commit() { git add -A && git commit -q -m "$1"; }

is "$(scripts/version)" "$release" 'without git: what VERSION says'
git init -q
commit first
[[ $(scripts/version) =~ ^"$release"~git1\.g[0-9a-f]+$ ]]
is $? 0 "before the first tag: $(scripts/version) sorts before $release"
git tag -a -m x v9.8
is "$(scripts/version)" 9.8 'a tag'
echo >>README.md
is "$(scripts/version)" 9.8.dirty 'a change that was not committed'
commit second
[[ $(scripts/version) =~ ^9\.8\+1\.g[0-9a-f]+$ ]]
is $? 0 "a commit behind the tag: $(scripts/version)"
version=$(scripts/version)

# The archive.
echo stray >stray
echo changed >>README.md
run make -s dist
is "$status" 0 'make dist'
mkdir "$T/src"
tar -xzC "$T/src" --strip-components=1 -f "build/kpipe-$version.dirty.tar.gz"
is "$("$T/src/scripts/version")" "$version.dirty" 'it knows its version without git'
rm -f "$T/src/VERSION"
(cd "$T/src" && find . -type f | sort) >"$T/have"
git ls-files | grep -vx VERSION | sed 's|^|./|' | sort >"$T/want"
same "$T/have" "$T/want" 'it holds what is tracked and nothing else'
same README.md "$T/src/README.md" '… as it is now'
git checkout -q README.md

# What was installed can be taken away again, and nothing else.
mkdir -p "$T/image/usr/bin"
touch "$T/image/usr/bin/other"
run make -s install DESTDIR="$T/image" PREFIX=/usr
is "$status" 0 'make install'
ok 'a tool, its page and its completion are there' test -x "$T/image/usr/bin/kprod" -a \
	-f "$T/image/usr/share/man/man1/kprod.1"
run make -s uninstall DESTDIR="$T/image" PREFIX=/usr
is "$status" 0 'make uninstall'
is "$(cd "$T/image" && find . ! -type d)" ./usr/bin/other 'nothing of it is left, and what was there is'

# The package, which is built from the archive where there is no git.
run make -s deb
is "$status" 0 'make deb'
deb=build/kpipe_${version}_$(dpkg --print-architecture).deb
is "$(dpkg-deb -f "$deb" Version)" "$version" 'its version'
for library in libc6 librdkafka1 libcurl4 libjansson4 libexpat1 zlib1g; do
	like <(dpkg-deb -f "$deb" Depends) "$library(t64)? \(>=" "it depends on $library"
done
run lintian --fail-on error,warning "$deb"
is "$status-$(cat "$out")" '0-' 'lintian finds nothing'

mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
: >"$root/var/lib/dpkg/status"
# Small images leave manual pages out, in other roots too.
in_root() {
	dpkg --root="$root" --path-include='/usr/share/man/*' --log=/dev/null --force-not-root --force-depends --force-script-chrootless "$@"
}
ok 'it installs' in_root -i "$deb"
for file in cmd/*.c; do
	tool=$(basename "$file" .c)
	is "$("$root/usr/bin/$tool" --version)" "$tool (kpipe) $version" "$tool runs"
	ok "$tool: its page" mandoc -T utf8 "$root/usr/share/man/man1/$tool.1.gz"
	# shellcheck disable=SC1090
	like <(. "$root/usr/share/bash-completion/completions/$tool" && complete -p "$tool") ' -F ' \
		"$tool: its completion in bash"
done
ok 'the completion of zsh, where Debian looks' test -f "$root/usr/share/zsh/vendor-completions/_kpipe"
ok 'it goes again' in_root -P kpipe
is "$(find "$root" -name '*kpipe*')" '' '… and leaves nothing'

finish
