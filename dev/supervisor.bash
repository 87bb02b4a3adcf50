# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after copy.bash and postgresql.bash: `latchkey serve` and the settings it starts with.

readonly SUPERVISOR_STOP_S=15

supervisor_pid() { pid_of "$RUN_DIR/supervisor.pid" "$ENV_FILE"; }

# Made once: changing the key would log everybody out. Only the addresses of the private cluster are
# kept up to date, for a clone that was moved, and added to a file of an older version. That the
# administrators' one is here too, where the workers can read it, is for development only.
make_settings() {
  local url admin_url
  url=$(pg_url latchkey_app)
  admin_url=$(pg_url latchkey_admin)
  if [[ ! -s $ENV_FILE ]]; then
    (
      umask 077
      cat >"$ENV_FILE.new" <<END
# Settings of this development copy. The environment of \`make up\` wins over this file.
ENVIRONMENT=development
DATABASE_URL=$url
ADMIN_DATABASE_URL=$admin_url
JWT_SECRET_KEY=$(new_secret)
END
    )
    mv "$ENV_FILE.new" "$ENV_FILE"
    return
  fi
  keep_address DATABASE_URL latchkey_app "$url"
  grep -q '^ADMIN_DATABASE_URL=' "$ENV_FILE" || echo "ADMIN_DATABASE_URL=$admin_url" >>"$ENV_FILE"
  keep_address ADMIN_DATABASE_URL latchkey_admin "$admin_url"
}

# keep_address NAME ROLE URL: unless somebody has put another kind of address there.
keep_address() {
  grep -qxF "$1=$3" "$ENV_FILE" ||
    sed -i "s|^$1=postgresql://$2:[0-9a-f]*@/latchkey?host=.*|$1=$3|" "$ENV_FILE"
}

supervisor_start() {
  [[ -x $BINARY ]] || fail "there is no $BINARY; make build"
  export RUNTIME_DIR=$RUN_DIR
  (
    cd /
    exec setsid "$BINARY" serve --config "$ENV_FILE" \
      --api-workers "$API_WORKERS" --hash-workers "$HASH_WORKERS" \
      </dev/null >>"$LOG_DIR/worker.log" 2>&1 9>&-
  ) &
  echo $! >"$RUN_DIR/supervisor.pid"
  disown
}

supervisor_stop() {
  local pid
  pid=$(supervisor_pid) || return 0
  stop_process "$pid" "$ENV_FILE" TERM "$SUPERVISOR_STOP_S"
}
