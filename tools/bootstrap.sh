#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Starts the host tool. Before that it makes sure of what the tool itself is
# built with: cargo 1.85 or newer, a C compiler to link, and certificates to
# fetch crates. The tool looks after everything else.

set -eu

die() {
	echo "landlock-rs: $*" >&2
	exit 1
}

# Prints the first cargo that is recent enough.
find_cargo() {
	for cargo in cargo "${HOME:-}/.cargo/bin/cargo" /usr/bin/cargo; do
		version=$("$cargo" --version 2>/dev/null) || continue
		minor=$(echo "$version" | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
		if [ "${minor:-0}" -ge 85 ]; then
			echo "$cargo"
			return
		fi
	done
}

# Runs apt-get as root, with its output in a log that is shown on failure.
apt() {
	log=$(mktemp)
	if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
		grep -m 1 '^E:' "$log" >&2 || tail -n 3 "$log" >&2
		die "apt-get $1 failed: fix that, then start again ($log)"
	fi
	rm -f "$log"
}

install_tools() {
	. /etc/os-release
	case "${ID:-}-${VERSION_ID:-}" in
	debian-12) package=cargo-web ;;
	debian-13) package=cargo ;;
	*) die "install cargo 1.85 or newer and a C compiler, then start again" ;;
	esac
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		sudo=sudo
		command -v sudo >/dev/null || die "no sudo: run this once as root"
	fi
	echo "     deps  installing $package gcc libc6-dev ca-certificates with apt"
	echo "           (the host tool is written in Rust); about a minute"
	apt update
	apt install --no-install-recommends \
		"$package" gcc libc6-dev ca-certificates
}

cargo=$(find_cargo)
if [ -z "$cargo" ] || ! command -v cc >/dev/null ||
	[ ! -d /etc/ssl/certs ]; then
	install_tools
	cargo=$(find_cargo)
	[ -n "$cargo" ] || die "apt installed no cargo 1.85 or newer"
fi

# The tool starts programs of its own: nothing of make may reach them, nor the
# compilers that a kernel developer exports for the kernel's build.
unset MAKEFLAGS MAKELEVEL MFLAGS
unset ARCH CROSS_COMPILE LLVM CC HOSTCC LD RUSTC HOSTRUSTC RUSTFLAGS BINDGEN

cache=${LANDLOCK_RS_CACHE:-$HOME/.cache/landlock-rs}
mkdir -p "$cache" 2>/dev/null || die "cannot create $cache: set LANDLOCK_RS_CACHE"
CARGO_TARGET_DIR=$cache/target/tools
export CARGO_TARGET_DIR

# All clones build in the cache. There, cargo takes a file that is older than
# what another clone built for one that has not changed.
clone=$(cd "$(dirname "$0")/.." && pwd)
if [ "$(cat "$cache/target/clone" 2>/dev/null)" != "$clone" ]; then
	find "$clone/tools" "$clone/samples" -name '*.rs' -exec touch {} +
	mkdir -p "$cache/target" && echo "$clone" >"$cache/target/clone"
fi

if [ ! -x "$CARGO_TARGET_DIR/tool/landlock-tools" ]; then
	echo "    tools  building the host tool; about a minute"
fi
exec "$cargo" run --quiet --profile tool --locked \
	--manifest-path "$(dirname "$0")/Cargo.toml" -- "$@"
