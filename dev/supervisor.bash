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
JWT_KEYS_DIR=$KEYS_DIR
END
    )
    mv "$ENV_FILE.new" "$ENV_FILE"
    return
  fi
  keep_keys_dir
  keep_address DATABASE_URL latchkey_app "$url"
  grep -q '^ADMIN_DATABASE_URL=' "$ENV_FILE" || echo "ADMIN_DATABASE_URL=$admin_url" >>"$ENV_FILE"
  keep_address ADMIN_DATABASE_URL latchkey_admin "$admin_url"
}

# Added to a file of an older version, and set right in a clone that was moved.
keep_keys_dir() {
  local directory
  directory=$(sed -n 's/^JWT_KEYS_DIR=//p' "$ENV_FILE")
  [[ ! -d $directory ]] || return 0
  sed -i '/^JWT_KEYS_DIR=/d' "$ENV_FILE"
  echo "JWT_KEYS_DIR=$KEYS_DIR" >>"$ENV_FILE"
}

# keep_address NAME ROLE URL: unless somebody has put another kind of address there.
keep_address() {
  grep -qxF "$1=$3" "$ENV_FILE" ||
    sed -i "s|^$1=postgresql://$2:[0-9a-f]*@/latchkey?host=.*|$1=$3|" "$ENV_FILE"
}

# A key for JWT_ALGORITHM, if it has none: JWT_SECRET_KEY is that of HS256.
make_keys() {
  local algorithm directory
  [[ -d $KEYS_DIR ]] || mkdir -m 700 "$KEYS_DIR"
  algorithm=$(setting JWT_ALGORITHM) || return 0
  # The program says more about what is neither.
  [[ $algorithm =~ ^(ES256|EdDSA|RS256)$ ]] || return 0
  directory=$(setting JWT_KEYS_DIR) || return 0
  ! compgen -G "$directory/*-$algorithm.pem" >/dev/null || return 0
  say "making a key for $algorithm in $directory"
  "$BINARY" keys generate --config "$ENV_FILE" >/dev/null || fail 'there is no key to sign with'
}

supervisor_start() {
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
