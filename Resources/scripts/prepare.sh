# Sourced by the scripts beside it: what a fresh Debian machine needs, and how a long build shows that it is alive.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

swift_advice="Install Swift 6.3 (6.2 or later) for Debian 12 from https://www.swift.org/install/linux/ and put its usr/bin on PATH."

# The toolchain is the one thing that is not installed here.
need_swift() {
    command -v swift >/dev/null || die "There is no Swift toolchain on PATH. $swift_advice"
}

# The toolchain itself leans on system packages, so this comes after them.
check_swift() {
    local banner version
    banner=$(swift --version 2>&1) || die "The Swift toolchain on PATH does not run: $banner"
    version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$banner" | head -n 1)
    [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" = 6.2 ] || die "Swift $version is too old. $swift_advice"
}

# need_packages NAME...: installs the Debian packages that are missing, as root or through sudo.
need_packages() {
    local name missing=()
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then sudo=(sudo)
        else die "Some system packages are missing. Run this as root, then start again:
  $command"
        fi
    fi
    say "Installing system packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    quietly "apt-get update" ${sudo[@]+"${sudo[@]}"} apt-get update
    quietly "apt-get install" ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# What the product and its build need. The first line is what a Swift toolchain itself expects of Debian 12.
product_packages=(
    binutils gcc git libc6-dev libgcc-12-dev libncurses6 libstdc++-12-dev libxml2 pkg-config tzdata zlib1g-dev
    ca-certificates libcurl4-openssl-dev libsqlite3-dev libssl-dev
)

# quietly TITLE COMMAND...: shows a sign of life every 15 seconds, and the output only when the command fails.
quietly() {
    local title=$1 log start now next status=0
    shift
    log=$(mktemp)
    start=$SECONDS
    next=15
    "$@" >"$log" 2>&1 </dev/null &
    local pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.5
        now=$((SECONDS - start))
        if [ "$now" -ge "$next" ]; then
            say "  $title: $now s  $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-80)"
            next=$((now + 15))
        fi
    done
    wait "$pid" || status=$?
    if [ "$status" -ne 0 ]; then
        say "$title failed after $((SECONDS - start)) s:"
        # The lines that say why, then the end of it all.
        { grep -E '^(✘|↳)|error:|[Ff]atal|^E: ' "$log" || true; } | head -n 60 >&2
        tail -n 40 "$log" >&2
    else
        say "$title: done in $((SECONDS - start)) s"
    fi
    last_log=$log
    return "$status"
}
