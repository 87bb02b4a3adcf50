# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after the others: all services of a copy together.

stop_all() {
  local pid
  nginx_stop
  supervisor_stop
  pooler_stop
  # What a kill -9 of a master left behind.
  for pid in $(leftovers); do
    kill -KILL "$pid" 2>/dev/null || true
    wait_gone "$pid" 5 || true
  done
  postgresql_stop
  rm -f "$RUN_DIR/supervisor.pid" "$RUN_DIR/nginx.pid"
}

anything_runs() {
  supervisor_pid >/dev/null || nginx_pid >/dev/null || postgresql_pid >/dev/null ||
    [[ -n $(leftovers) ]]
}

# The body of /readiness on stdout; true when it says 200.
readiness() {
  curl -s --max-time 5 --cacert "$TLS_DIR/ca.crt" -w '\n%{http_code}' \
    "https://localhost:$HTTPS_PORT/readiness" | {
    local body status
    body=$(cat)
    status=${body##*$'\n'}
    echo "${body%$'\n'*}"
    [[ $status == 200 ]]
  }
}

all_run() {
  supervisor_pid >/dev/null && nginx_pid >/dev/null && postgresql_pid >/dev/null &&
    readiness >/dev/null
}

# A name that nobody has yet, so that the line can be pasted after every start.
announce() {
  local name
  name=ada$(date +%s)
  cat <<END
Latchkey is ready at https://localhost:$HTTPS_PORT
Try it:
curl -i --cacert $TLS_DIR/ca.crt https://localhost:$HTTPS_PORT/auth/register -H 'Content-Type: application/json' -d '{"email":"$name@example.com","username":"$name","password":"correct horse battery"}'
END
}
