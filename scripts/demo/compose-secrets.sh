#!/bin/sh
# Makes the .env that docker-compose.yml reads: a random value for every secret. Leaves one that is there alone.
# Writes to the folder given, or to the one it is called in.
set -eu
file="${1:-.}/.env"

if [ -e "$file" ]; then
  echo "$file is there already; remove it to get new secrets (and the postgres-data volume with it)."
  exit 0
fi

# Hexadecimal: safe in a URL, in nginx's configuration and in .env alike.
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
{
  for name in POSTGRES_PASSWORD PROXY_SECRET TOKEN_SECRET SESSION_SECRET PORTAL_SECRET; do
    echo "$name=$(secret)"
  done
  echo "ADMIN_PASSWORD=$(secret | cut -c 1-16)"
} >"$file"
echo "Wrote $file. The local administrator is root; the password is ADMIN_PASSWORD in it."
