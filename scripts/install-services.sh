#!/bin/sh
# Installs the programs that the tests run: Redis, nginx, Caddy, PostgreSQL, MariaDB, Chromium's headless shell,
# zbarimg and promtool. Arguments are further packages, each with a program of its name. Ends at once if everything is
# installed. Starts no service and stops none.
set -eu

# PostgreSQL keeps its server programs out of PATH on Debian.
has_postgres() {
  for postgres in "$(command -v postgres 2>/dev/null || true)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres; do
    [ -x "$postgres" ] || continue
    [ -x "$(dirname "$postgres")/initdb" ] || continue
    major=$("$postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge 15 ] && return 0
  done
  return 1
}

# The server is in sbin. The program that fills its empty data folder is not.
has_mariadb() {
  PATH="$PATH:/usr/sbin:/sbin" command -v mariadbd >/dev/null 2>&1 && command -v mariadb-install-db >/dev/null 2>&1
}

missing() {
  packages=''
  command -v redis-server >/dev/null 2>&1 || packages="$packages redis-server"
  # On Debian, a user's PATH does not include sbin.
  PATH="$PATH:/usr/sbin:/sbin" command -v nginx >/dev/null 2>&1 || packages="$packages nginx"
  command -v caddy >/dev/null 2>&1 || packages="$packages caddy"
  has_postgres || packages="$packages postgresql"
  has_mariadb || packages="$packages mariadb-server"
  command -v chromium-headless-shell >/dev/null 2>&1 || packages="$packages chromium-headless-shell"
  command -v zbarimg >/dev/null 2>&1 || packages="$packages zbar-tools"
  command -v promtool >/dev/null 2>&1 || packages="$packages prometheus"
  for package in "$@"; do
    command -v "$package" >/dev/null 2>&1 || packages="$packages $package"
  done
  echo "$packages"
}

wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0

install="apt-get update && apt-get install -y --no-install-recommends$wanted"

if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need programs that are missing. These Debian packages contain them:$wanted" >&2
  echo "Install the packages of your system (PostgreSQL 15 or later, MariaDB 10.6 or later), then run this again." >&2
  exit 1
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need programs that are missing. To install them, run:" >&2
  echo "  sudo sh -c '$install'" >&2
  exit 1
fi

# Debian starts the services that it installs. The tests start their own, so this tells invoke-rc.d to start none.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -q update
# shellcheck disable=SC2086 # a list of package names
apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $wanted

wanted=$(missing "$@")
if [ -n "$wanted" ]; then
  echo "Still missing after the installation:$wanted (PostgreSQL must be 15 or later)" >&2
  exit 1
fi
