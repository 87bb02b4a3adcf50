# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after copy.bash: the private PostgreSQL cluster of a copy. It listens on a UNIX socket
# only. Passwords are made once and kept in pgpass, in libpq's format.

readonly PG_START_S=60 PG_STOP_S=30
# Above the largest pid_max of Linux.
readonly IMPOSSIBLE_PID=4194999

pg_bin() {
  local version
  if as_postgres test -r "$PG_DATA/PG_VERSION" 2>/dev/null; then
    version=$(as_postgres cat "$PG_DATA/PG_VERSION")
  else
    version=$(cd /usr/lib/postgresql 2>/dev/null && printf '%s\n' */bin/initdb | sort -V |
      tail -n 1 | cut -d/ -f1) || true
  fi
  [[ -x /usr/lib/postgresql/$version/bin/initdb ]] ||
    fail "PostgreSQL ${version:-} is not installed, but $PG_DATA needs it"
  echo "/usr/lib/postgresql/$version/bin"
}

# The data folder goes by two names when it lies apart.
postgresql_pid() {
  local pid=''
  pid=$(as_postgres head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 1
  { is_ours "$pid" "$PG_DATA" || is_ours "$pid" "$STATE_DIR/pgdata"; } && echo "$pid"
}

# Hexadecimal, so that it needs no quoting anywhere.
new_secret() { openssl rand -hex 32; }

pg_password() { sed -n "s/^\*:\*:\*:$1://p" "$PASS_FILE"; }

# pg_url ROLE
pg_url() {
  echo "postgresql://$1:$(pg_password "$1")@/latchkey?host=$PG_SOCKET_DIR"
}

pg_environment() {
  export PGHOST=$PG_SOCKET_DIR PGPORT=5432 PGPASSFILE=$PASS_FILE PGUSER=postgres PGDATABASE=latchkey
  unset PGPASSWORD PGSERVICE PGOPTIONS PGSSLMODE PGHOSTADDR PGTARGETSESSIONATTRS
}

pg_query() (
  pg_environment
  psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
)

# One for each role; a file of an older version may lack a line.
make_passwords() {
  local role
  (
    umask 077
    cat "$PASS_FILE" >"$PASS_FILE.new" 2>/dev/null || true
    for role in postgres latchkey_owner latchkey_app latchkey_admin; do
      [[ -n $(sed -n "s/^\*:\*:\*:$role://p" "$PASS_FILE.new") ]] ||
        echo "*:*:*:$role:$(new_secret)" >>"$PASS_FILE.new"
    done
  )
  mv "$PASS_FILE.new" "$PASS_FILE"
}

make_cluster() {
  local new=$PG_DATA.new password
  say "making a PostgreSQL cluster in $PG_DATA"
  rm -rf "$new"
  mkdir -m 700 "$new"
  password=$(mktemp "$(dirname "$PG_DATA")/.password.XXXXXX")
  pg_password postgres >"$password"
  ((EUID != 0)) || chown postgres:postgres "$new" "$password"
  as_postgres "$(pg_bin)/initdb" -D "$new" --username=postgres --pwfile="$password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-instructions \
    >>"$LOG_DIR/postgresql.log" 2>&1 || {
    rm -f "$password"
    fail "initdb failed: $(tail -n 5 "$LOG_DIR/postgresql.log")"
  }
  rm -f "$password"
  as_postgres sh -c "echo \"include 'latchkey.conf'\" >>\"\$1\"" sh "$new/postgresql.conf"
  # Whole or not at all: a folder that an interrupted initdb left is not taken for a cluster.
  mv "$new" "$PG_DATA"
}

# No statement and no value of one reaches the log: errors carry their first line and nothing else.
cluster_settings() {
  cat <<END
listen_addresses = ''
unix_socket_directories = '$PG_SOCKET_DIR'
port = 5432
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_destination = 'stderr'
logging_collector = off
log_checkpoints = off
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
END
}

postgresql_start() {
  local log=$LOG_DIR/postgresql.log lock lines attempt
  touch "$log"
  chmod 640 "$log"
  mkdir -p "$(dirname "$PG_DATA")" "$PG_SOCKET_DIR"
  chmod 700 "$PG_SOCKET_DIR"
  if ((EUID == 0)); then
    chown postgres:postgres "$log" "$PG_SOCKET_DIR"
  fi
  if [[ $PG_DATA != "$STATE_DIR/pgdata" ]]; then
    chmod 755 "$(dirname "$PG_HOME")" "$PG_HOME"
    echo "$STATE_DIR" >"$PG_HOME/belongs-to"
    ln -sfn "$PG_DATA" "$STATE_DIR/pgdata"
    ln -sfn "$PG_SOCKET_DIR" "$RUN_DIR/pg"
  fi
  make_passwords
  as_postgres test -d "$PG_DATA" || make_cluster
  cluster_settings | as_postgres tee "$PG_DATA/latchkey.conf" >/dev/null

  # PostgreSQL refuses to start when the pid of its last life is anybody's today. The files must
  # stay: from postmaster.pid it learns whether sessions of that life still write. So a pid goes in
  # that no process can have.
  if ! postgresql_pid >/dev/null; then
    for lock in "$PG_DATA/postmaster.pid" "$PG_SOCKET_DIR/.s.PGSQL.5432.lock"; do
      ! as_postgres test -s "$lock" || as_postgres sed -i "1s/.*/$IMPOSSIBLE_PID/" "$lock"
    done
  fi
  lines=$(wc -l <"$log")
  for attempt in 1 2 3 4 5; do
    as_postgres "$(pg_bin)/pg_ctl" -D "$PG_DATA" -w -t "$PG_START_S" start \
      </dev/null >>"$log" 2>&1 9>&- && return
    # After a kill -9 of the server its sessions take a moment to notice.
    tail -n "+$((lines + 1))" "$log" | grep -q 'shared memory block' || break
    ((attempt < 5)) && sleep 1
  done
  fail "PostgreSQL does not start; the end of $log:
$(tail -n 10 "$log")"
}

postgresql_stop() {
  local pid name=$PG_DATA
  pid=$(postgresql_pid) || return 0
  is_ours "$pid" "$name" || name=$STATE_DIR/pgdata
  # SIGINT is the fast shutdown: sessions are ended, everything is written.
  stop_process "$pid" "$name" INT "$PG_STOP_S"
}

# The changes of sqitch.plan in order, as the registry lists them.
planned_changes() {
  sed -e 's/#.*//' -e '/^[%@]/d' -e '/^[[:space:]]*$/d' "$ROOT/sql/sqitch.plan" |
    awk '{ print $1 }' | paste -sd ' '
}

migrate() {
  local exists there=''
  exists=$(pg_query -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'latchkey'")
  if [[ $exists != 1 ]]; then
    pg_query -d postgres -c 'CREATE DATABASE latchkey'
  elif [[ -n $(pg_query -c "SELECT to_regclass('sqitch.changes')") ]]; then
    there=$(pg_query -c "SELECT string_agg(change, ' ' ORDER BY committed_at) FROM sqitch.changes")
  fi
  # sqitch takes a second to find out that there is nothing to do; these questions do not.
  if [[ $there != "$(planned_changes)" ]]; then
    (
      pg_environment
      export SQITCH_FULLNAME=Latchkey SQITCH_EMAIL=latchkey@localhost
      export SQITCH_USER_CONFIG=/dev/null SQITCH_SYSTEM_CONFIG=/dev/null
      unset SQITCH_CONFIG SQITCH_TARGET
      cd "$ROOT/sql" && sqitch --quiet deploy </dev/null 9>&-
    ) || fail 'the migrations failed'
    say 'the migrations are applied'
  fi
  # The owner may do more here than in production: tests look at the app's sessions and end them.
  pg_query <<END
SET client_min_messages = warning;
ALTER ROLE latchkey_app LOGIN PASSWORD '$(pg_password latchkey_app)';
ALTER ROLE latchkey_admin LOGIN PASSWORD '$(pg_password latchkey_admin)';
ALTER ROLE latchkey_owner LOGIN PASSWORD '$(pg_password latchkey_owner)';
GRANT latchkey_app, pg_monitor, pg_signal_backend TO latchkey_owner;
END
}
