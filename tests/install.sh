#!/bin/sh
# What the tests start: servers, a browser, a Japanese font, axe-core for the accessibility checks, and clients that run on Node.js.
# install.sh [PACKAGE…] installs those Debian packages instead. As root or with passwordless sudo it installs by
# apt-get; otherwise it prints the line to type and fails.
set -eu
cd "$(dirname "$0")/.."

missing=
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
if [ $# -gt 0 ]; then
    missing=" $*"
else
    need redis-server redis-server
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need postgres postgresql
    need chromium chromium
    ls /usr/share/fonts/*/noto/NotoSansCJK* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
    [ -x /usr/sbin/nginx ] || need nginx nginx-light
    need npm npm
    need curl curl
fi

if [ -n "$missing" ]; then
    line="apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing here (by the names of Debian's packages):$missing. Install them and try again." >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        as_root="env DEBIAN_FRONTEND=noninteractive"
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
    else
        echo "Something that is needed is missing here. As root, type:  apt-get update && $line" >&2
        exit 1
    fi
    echo "Installing:$missing"
    # shellcheck disable=SC2086 # lists of words
    { $as_root apt-get update -qq && $as_root $line -qq; } </dev/null >/dev/null
fi
[ $# -eq 0 ] || exit 0

if [ ! -f .cache/node/node_modules/axe-core/axe.min.js ]; then
    echo "Fetching axe-core into .cache/node"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix .cache/node axe-core@4 </dev/null
fi
# relying parties of other people, for tests/oidc/test_node_clients.py
if [ ! -f .cache/node/node_modules/openid-client/build/index.js ] || [ ! -f .cache/node/node_modules/oauth4webapi/build/index.js ]; then
    echo "Fetching openid-client and oauth4webapi into .cache/node"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix .cache/node openid-client@6.9.0 oauth4webapi@3.8.8 </dev/null
fi
