#!/usr/bin/env bash
# The documented contract of the official PostgreSQL image: POSTGRES_USER, _PASSWORD, _DB (each also as
# NAME_FILE), POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD, PGDATA, /docker-entrypoint-initdb.d; as root
# it takes the data folder over and goes on as postgres; any other account (`user:`) is fine as well.
set -euo pipefail

# setting NAME DEFAULT exports NAME from NAME, the file NAME_FILE, or the default.
setting() {
  local name=$1 file=${1}_FILE
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo >&2 "error: both $name and $file are set (but are exclusive)"
    exit 1
  fi
  local value=${!name:-$2}
  [ -z "${!file:-}" ] || value=$(<"${!file}")
  export "$name=$value"
  unset "$file"
}

# known_account makes an account that has no name look as if it had one: initdb asks for it.
known_account() {
  getent passwd "$(id -u)" >/dev/null && return
  NSS_WRAPPER_PASSWD=$(mktemp) NSS_WRAPPER_GROUP=$(mktemp)
  echo "postgres:x:$(id -u):$(id -g):PostgreSQL:$PGDATA:/bin/false" >"$NSS_WRAPPER_PASSWD"
  echo "postgres:x:$(id -g):" >"$NSS_WRAPPER_GROUP"
  export NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  export LD_PRELOAD=libnss_wrapper.so
}

require_password() {
  [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ] || return 0
  cat >&2 <<-MESSAGE
	Error: Database is uninitialized and superuser password is not specified.
	       Give POSTGRES_PASSWORD a value that is not empty, or set POSTGRES_HOST_AUTH_METHOD=trust
	       to let everybody in who reaches the server.
	MESSAGE
  exit 1
}

make_cluster() {
  known_account
  eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") ${POSTGRES_INITDB_ARGS:-} \"\$@\""
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
}

sql() { # the init scripts' own way to the server, by its socket
  PGPASSWORD=$POSTGRES_PASSWORD PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"
}

# init_scripts runs what the user mounted, in the order of the names, as the official image does.
init_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then echo "$0: running $file"; "$file"; else echo "$0: sourcing $file"; . "$file"; fi ;;
      *.sql) echo "$0: running $file"; sql --dbname "$POSTGRES_DB" -f "$file"; echo ;;
      *.sql.gz) echo "$0: running $file"; gunzip -c "$file" | sql --dbname "$POSTGRES_DB"; echo ;;
      *.sql.xz) echo "$0: running $file"; xzcat "$file" | sql --dbname "$POSTGRES_DB"; echo ;;
      *.sql.zst) echo "$0: running $file"; zstd -dc "$file" | sql --dbname "$POSTGRES_DB"; echo ;;
      *) [ ! -e "$file" ] || echo "$0: ignoring $file" ;;
    esac
  done
}

# fill runs a server that only its socket reaches, for the database and the scripts.
fill() {
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  init_scripts
  PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop
}

case ${1:-postgres} in -*) set -- postgres "$@" ;; esac
for word; do
  case $word in --help | -'?' | --version | -V | --describe-config) exec "$@" ;; esac
done
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  chmod 3775 /var/run/postgresql
  find "$PGDATA" \! -user postgres -exec chown postgres {} +
  find /var/run/postgresql \! -user postgres -exec chown postgres {} +
  exec setpriv --reuid postgres --regid postgres --init-groups -- "$0" "$@"
fi

mkdir -p "$PGDATA"
chmod 700 "$PGDATA" 2>/dev/null || true
if [ -s "$PGDATA/PG_VERSION" ]; then
  echo
  echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  echo
else
  setting POSTGRES_PASSWORD ''
  setting POSTGRES_USER postgres
  setting POSTGRES_DB "$POSTGRES_USER"
  setting POSTGRES_INITDB_ARGS ''
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
  require_password
  make_cluster
  fill
  echo
  echo 'PostgreSQL init process complete; ready for start up.'
  echo
fi
exec "$@"
