#!/bin/sh
# Creates the .env that docker-compose.yml reads, with a random value for every secret. Keeps an existing .env.
# Writes to the given folder. Default: the current folder.
set -eu
file="${1:-.}/.env"

if [ -e "$file" ]; then
  echo "$file exists already. To get new secrets, remove it and the postgres-data volume."
  exit 0
fi

# Hexadecimal, which is safe in a URL, in nginx's configuration and in .env.
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
{
  for name in POSTGRES_PASSWORD PROXY_SECRET TOKEN_SECRET SESSION_SECRET PORTAL_SECRET; do
    echo "$name=$(secret)"
  done
  echo "ADMIN_PASSWORD=$(secret | cut -c 1-16)"
} >"$file"
echo "Wrote $file. The local administrator is root. The password is ADMIN_PASSWORD in that file."
