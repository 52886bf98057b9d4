#!/bin/bash
# Installs what the live tests need on Debian 12: Redmine 5.0.4 with SQLite, puma, and Chromium for tests/browser. Run as
# root; does nothing and takes no time where all is there. No service is started, and no database is made: the tests run an instance of their own.
set -euo pipefail

packages=(redmine redmine-sqlite ruby-sqlite3 puma chromium)

installed() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
  done
}

if ! command -v dpkg-query >/dev/null; then
  echo "live-setup: this is no Debian, so Redmine and Chromium cannot be installed by their packages; the live tests will be skipped" >&2
  exit 1
fi
if installed; then
  echo "live-setup: Redmine $(dpkg-query -W -f '${Version}' redmine) and Chromium are installed"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "live-setup: ${packages[*]} must be installed, and only root can do that: sudo make live-setup" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "live-setup: failed: $*" >&2; exit 1; }
}

echo "live-setup: installing ${packages[*]}; about two minutes"
quietly apt-get update -q
# Recommends would bring a web server.
quietly apt-get install -q -y --no-install-recommends debconf
# The packaged instance is not ours and is never used: leave it without a database.
echo 'redmine redmine/instances/default/dbconfig-install boolean false' | debconf-set-selections
quietly apt-get install -q -y --no-install-recommends "${packages[@]}"
installed || { echo "live-setup: apt-get ended well, but a package is still missing" >&2; exit 1; }
echo "live-setup: Redmine $(dpkg-query -W -f '${Version}' redmine) and Chromium are installed"
