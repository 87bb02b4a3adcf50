# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after copy.bash and postgresql.bash: with POOLER=pgbouncer, a private PgBouncer between
# the workers and the private cluster, in transaction mode and on a UNIX socket only. It runs as the
# user that PostgreSQL runs as: it refuses to be root. Its folder is made anew at every start.

readonly POOLER_PORT=6432 POOLER_START_S=10 POOLER_STOP_S=5

pooler_pid() { pid_of "$POOLER_DIR/pgbouncer.pid" "$POOLER_DIR/pgbouncer.ini"; }

# pooler_url ROLE
pooler_url() {
  echo "postgresql://$1:$(pg_password "$1")@/latchkey?host=$POOLER_DIR&port=$POOLER_PORT"
}

# In the environment of the workers and not in latchkey.env: the next start may be without a pooler.
# What the caller of make says goes first here as everywhere.
pooler_settings() {
  local url
  [[ $POOLER == pgbouncer ]] || return 0
  url=$(pooler_url latchkey_app)
  export DATABASE_URL=${DATABASE_URL-$url} DATABASE_PREPARED=${DATABASE_PREPARED-off}
}

# Fewer backends than workers, so that a backend really serves one worker after the other. No
# pool_mode but "transaction" is of use here, and no ignore_startup_parameters: what the workers
# send must be what PgBouncer keeps. A server that was away is tried again after a second, not after
# 15, and nobody waits for a backend for two minutes when the worker has long answered.
pgbouncer_settings() {
  cat <<END
[databases]
latchkey = host=$PG_SOCKET_DIR port=5432

[pgbouncer]
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
unix_socket_dir = $POOLER_DIR
listen_port = $POOLER_PORT
pidfile = $POOLER_DIR/pgbouncer.pid
auth_type = scram-sha-256
auth_file = $POOLER_DIR/userlist.txt
stats_users = latchkey_owner
server_login_retry = 1
server_connect_timeout = 2
query_wait_timeout = 5
log_connections = 0
log_disconnections = 0
log_stats = 0
END
}

# Passwords as they are: PgBouncer needs them itself to log in to PostgreSQL.
pgbouncer_users() {
  local role
  for role in latchkey_app latchkey_admin latchkey_owner; do
    echo "\"$role\" \"$(pg_password "$role")\""
  done
}

pooler_start() {
  local log=$LOG_DIR/pgbouncer.log tries=$((POOLER_START_S * 20)) lines
  [[ $POOLER == pgbouncer ]] || return 0
  command -v pgbouncer >/dev/null || fail 'pgbouncer is not installed: dev/install pooler'
  rm -rf "${POOLER_DIR:?}"
  mkdir -m 700 "$POOLER_DIR"
  (
    umask 077
    pgbouncer_settings >"$POOLER_DIR/pgbouncer.ini"
    pgbouncer_users >"$POOLER_DIR/userlist.txt"
  )
  ((EUID != 0)) || chown -R postgres:postgres "$POOLER_DIR"
  if [[ $POOLER_DIR != "$RUN_DIR/pooler" ]]; then
    ln -sfn "$POOLER_DIR" "$RUN_DIR/pooler"
  fi
  touch "$log"
  chmod 640 "$log"
  lines=$(wc -l <"$log")
  # Not as a daemon of its own making: then it would have to be able to open the log itself.
  as_postgres setsid pgbouncer "$POOLER_DIR/pgbouncer.ini" </dev/null >>"$log" 2>&1 9>&- &
  disown
  until pooler_pid >/dev/null && [[ -S $POOLER_DIR/.s.PGSQL.$POOLER_PORT ]]; do
    ((tries-- > 0)) || fail "PgBouncer does not start; the end of $log:
$(tail -n "+$((lines + 1))" "$log" | tail -n 10)"
    sleep 0.05
  done
}

pooler_stop() {
  local pid
  pid=$(pooler_pid) || return 0
  # SIGTERM is the immediate shutdown; SIGINT would wait for clients.
  stop_process "$pid" "$POOLER_DIR/pgbouncer.ini" TERM "$POOLER_STOP_S"
}
