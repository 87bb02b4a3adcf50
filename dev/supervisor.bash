# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after copy.bash and postgresql.bash: `latchkey serve` and the settings it starts with.

readonly SUPERVISOR_STOP_S=15

supervisor_pid() { pid_of "$RUN_DIR/supervisor.pid" "$ENV_FILE"; }

# Made once: changing the key would log everybody out. Only the address of the private cluster is
# kept up to date, for a clone that was moved.
make_settings() {
  local url
  url=$(pg_url latchkey_app)
  if [[ ! -s $ENV_FILE ]]; then
    (
      umask 077
      cat >"$ENV_FILE.new" <<END
# Settings of this development copy. The environment of \`make up\` wins over this file.
ENVIRONMENT=development
DATABASE_URL=$url
JWT_SECRET_KEY=$(new_secret)
END
    )
    mv "$ENV_FILE.new" "$ENV_FILE"
  elif ! grep -qxF "DATABASE_URL=$url" "$ENV_FILE"; then
    sed -i "s|^DATABASE_URL=postgresql://latchkey_app:[0-9a-f]*@/latchkey?host=.*|DATABASE_URL=$url|" \
      "$ENV_FILE"
  fi
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
