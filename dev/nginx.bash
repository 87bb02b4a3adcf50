# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after copy.bash: the nginx of a copy, and the certificate it shows.

readonly NGINX_STOP_S=5

nginx_pid() { pid_of "$RUN_DIR/nginx.pid" "$NGINX_DIR/nginx.conf"; }

# An authority of its own signs the certificate of localhost and is thrown away: its key could make
# certificates for any name to whoever trusts it.
make_certificate() {
  local scratch
  if [[ -s $TLS_DIR/server.key && -s $TLS_DIR/ca.crt ]] &&
    openssl x509 -in "$TLS_DIR/server.crt" -noout -checkend 604800 >/dev/null 2>&1; then
    return
  fi
  say "making a certificate in $TLS_DIR"
  scratch=$(mktemp -d "$TLS_DIR/new.XXXXXX")
  (
    umask 077
    cd "$scratch"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 397 \
      -keyout ca.key -out ca.crt -subj "/CN=Latchkey development authority $(openssl rand -hex 4)" \
      -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign'
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
      -keyout server.key -out server.csr -subj /CN=localhost
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 397 \
      -out server.crt -extfile <(printf '%s\n' \
        'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' 'basicConstraints=critical,CA:FALSE' \
        'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth')
    chmod 644 ca.crt server.crt
    mv ca.crt server.crt server.key "$TLS_DIR/"
  ) >"$LOG_DIR/openssl.log" 2>&1 || fail "openssl failed: $(tail -n 5 "$LOG_DIR/openssl.log")"
  rm -rf "$scratch" "$LOG_DIR/openssl.log"
}

# The settings that nginx needs, as the program would see them.
render_nginx() (
  export RUN_DIR LOG_DIR TLS_DIR HTTPS_PORT HTTP_PORT PAGES_DIR=$ROOT/build/pages
  export SECURITY_TXT=$STATE_DIR/security.txt
  for name in CORS_ORIGINS RATE_LIMIT_LOGIN RATE_LIMIT_REGISTER HASH_QUEUE_LOGIN \
    HASH_QUEUE_REGISTER WORKER_TIMEOUT METRICS_NETWORKS REFRESH_REUSE_LEEWAY \
    DATABASE_TIMEOUT; do
    if value=$(setting "$name"); then
      export "$name=$value"
    fi
  done
  "$ROOT/nginx/render" "$NGINX_DIR"
)

port_is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Before anything is started: nginx itself would try for seconds, and come last.
check_ports() {
  local name
  for name in HTTPS_PORT HTTP_PORT; do
    port_is_free "${!name}" ||
      fail "port ${!name} is in use by another program; choose another with $name=…"
  done
}

nginx_start() {
  local message
  # TZ: the times in answers and logs are UTC.
  message=$(TZ=UTC nginx -p "$NGINX_DIR" -c "$NGINX_DIR/nginx.conf" 2>&1 </dev/null 9>&-) ||
    fail "nginx does not start: $message"
  [[ -z $message ]] || say "$message"
}

nginx_stop() {
  local pid
  pid=$(nginx_pid) || return 0
  # QUIT lets the requests in hand end.
  stop_process "$pid" "$NGINX_DIR/nginx.conf" QUIT "$NGINX_STOP_S"
}
