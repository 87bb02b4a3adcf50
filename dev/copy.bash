# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts beside it: one copy of Latchkey on this machine, which is a state folder
# and two ports. Says where things are and which processes belong to the copy. Starts nothing.

set -euo pipefail
umask 022

ROOT=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH=$PATH:/usr/sbin:/sbin

say() { echo "$*"; }
fail() {
  echo "latchkey: $*" >&2
  exit 1
}

STATE_DIR=${STATE_DIR:-var}
[[ $STATE_DIR == /* ]] || STATE_DIR=$ROOT/$STATE_DIR
STATE_DIR=$(readlink -m "$STATE_DIR")
# The path goes into configuration files, connection strings and a line to paste.
[[ $STATE_DIR =~ ^/[A-Za-z0-9._/+@-]+$ ]] ||
  fail "STATE_DIR=$STATE_DIR: only letters, digits and ._/+@- may be in it; choose another folder"

HTTPS_PORT=${HTTPS_PORT:-8443}
HTTP_PORT=${HTTP_PORT:-8080}
API_WORKERS=${API_WORKERS:-2}
HASH_WORKERS=${HASH_WORKERS:-2}
BUILD=${BUILD:-release}
POOLER=${POOLER:-none}
for name in HTTPS_PORT HTTP_PORT API_WORKERS HASH_WORKERS; do
  [[ ${!name} =~ ^[1-9][0-9]{0,4}$ ]] || fail "$name=${!name}: a number from 1 to 65535 is needed"
done
[[ $BUILD =~ ^[a-z]+$ ]] || fail "BUILD=$BUILD: the name of a preset is needed"
[[ $POOLER =~ ^(none|pgbouncer)$ ]] || fail "POOLER=$POOLER: none or pgbouncer is needed"

LOG_DIR=$STATE_DIR/log
TLS_DIR=$STATE_DIR/tls
NGINX_DIR=$STATE_DIR/nginx
ENV_FILE=$STATE_DIR/latchkey.env
KEYS_DIR=$STATE_DIR/keys
PASS_FILE=$STATE_DIR/pgpass
BINARY=$ROOT/build/$BUILD/latchkey
# Two copies may share a machine; whatever lies outside of the state folder is named by this.
COPY_ID=$(printf %s "$STATE_DIR" | sha256sum | cut -c1-12)

# The path of a UNIX socket has at most 107 bytes. In a deep folder, run/ is a link to a short one.
RUN_DIR=$STATE_DIR/run
longest_socket=$STATE_DIR/run/pooler/.s.PGSQL.6432
if ((${#longest_socket} > 107)); then
  RUN_DIR=/tmp/latchkey-$EUID-$COPY_ID
fi

# As root, PostgreSQL runs as "postgres", who may be unable to enter the state folder (a clone in
# /root). Then its data and its socket have a place of their own, and the state folder links to it.
# PgBouncer is that user too.
PG_HOME=/var/lib/latchkey-dev/$COPY_ID
PG_DATA=$STATE_DIR/pgdata
PG_SOCKET_DIR=$RUN_DIR/pg
POOLER_DIR=$RUN_DIR/pooler
pg_is_apart() {
  ((EUID == 0)) && ! as_postgres test -x "$STATE_DIR"
}
# cwd: PostgreSQL's programs complain about one that they cannot enter.
as_postgres() (
  cd /
  if ((EUID == 0)); then
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
  fi
  exec "$@"
)

# Makes the folders of the copy, and settles the places that depend on who may enter them.
open_copy() {
  local made=$STATE_DIR
  mkdir -p "$STATE_DIR" 2>/dev/null || fail "cannot make STATE_DIR=$STATE_DIR"
  [[ -O $made ]] || fail "STATE_DIR=$made belongs to another user; choose another folder"
  mkdir -p "$LOG_DIR" "$TLS_DIR" "$NGINX_DIR"
  if [[ $RUN_DIR != "$STATE_DIR/run" ]]; then
    # In /tmp anybody could have made it first.
    mkdir -m 711 "$RUN_DIR" 2>/dev/null || true
    [[ -d $RUN_DIR && ! -L $RUN_DIR && -O $RUN_DIR ]] || fail "$RUN_DIR is not ours: remove it"
    ln -sfn "$RUN_DIR" "$STATE_DIR/run"
  fi
  mkdir -p "$RUN_DIR"
  chmod 711 "$RUN_DIR" "$LOG_DIR"
  # Names and addresses of users are nobody else's business.
  touch "$LOG_DIR"/{worker,nginx-access,nginx-error}.log
  chmod 640 "$LOG_DIR"/{worker,nginx-access,nginx-error}.log
  chmod 700 "$TLS_DIR" "$NGINX_DIR"
  find_postgres_places
}

find_postgres_places() {
  if pg_is_apart; then
    PG_DATA=$PG_HOME/pgdata
    PG_SOCKET_DIR=$PG_HOME/socket
    POOLER_DIR=$PG_HOME/pooler
  fi
}

# One `up` or `down` of a copy at a time. Whoever starts something that stays closes descriptor 9.
lock_copy() {
  exec 9>"$STATE_DIR/lock"
  flock -w 120 9 || fail "another make is at work on $STATE_DIR"
}

# --- settings -----------------------------------------------------------------------------------

# setting NAME: what the program will see: the environment, else latchkey.env. Fails when unset.
setting() {
  if [[ -n ${!1+set} ]]; then
    printf %s "${!1}"
    return
  fi
  local line value
  line=$(grep -E "^[[:space:]]*$1[[:space:]]*=" "$ENV_FILE" 2>/dev/null | tail -n 1) || return 1
  value=${line#*=}
  value=${value#"${value%%[![:space:]]*}"}
  value=${value%"${value##*[![:space:]]}"}
  if [[ $value == \"*\" ]]; then
    value=${value#\"}
    value=${value%\"}
  fi
  printf %s "$value"
}

# --- processes ----------------------------------------------------------------------------------

# A number in a pid file may be another process by now. A process is ours when its command line
# names a file of this copy; that is readable even where /proc/PID/exe is not.
is_ours() {
  local pid=$1 file=$2 line
  [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
  line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 1
  [[ " $line " == *" $file "* ]]
}

# pid_of PIDFILE FILE: the living process of ours that the pid file names.
pid_of() {
  local pid=''
  { read -r pid _ <"$1"; } 2>/dev/null || return 1
  is_ours "$pid" "$2" && echo "$pid"
}

is_alive() {
  local stat
  # Not $(<file): a file that vanishes would end the whole shell.
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ ${stat%% *} != [ZX] ]]
}

# wait_gone PID SECONDS
wait_gone() {
  local tries=$(($2 * 20))
  while is_alive "$1"; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

# stop_process PID FILE SIGNAL SECONDS: asks, waits, and kills.
stop_process() {
  local pid=$1 file=$2 signal=$3 seconds=$4
  kill "-$signal" "$pid" 2>/dev/null || true
  # 0: in a trap, which is where `up` undoes and a cluster is discarded, a bare return says what was
  # wrong before, and ends the shell half-way.
  wait_gone "$pid" "$seconds" && return 0
  is_ours "$pid" "$file" || return 0
  say "process $pid did not end within $seconds s and is killed"
  kill -KILL "$pid" 2>/dev/null || true
  wait_gone "$pid" 5 || true
}

# The pids of nginx, Latchkey and PgBouncer processes of this copy, whoever started them: their
# command line names a file of the copy, or they write into one of its logs.
leftovers() {
  local entry pid name fd
  for entry in /proc/[0-9]*; do
    { read -r name <"$entry/comm"; } 2>/dev/null || continue
    [[ $name =~ ^(nginx|latchkey|pgbouncer)$ ]] || continue
    pid=${entry#/proc/}
    if is_ours "$pid" "$ENV_FILE" || is_ours "$pid" "$NGINX_DIR/nginx.conf" ||
      is_ours "$pid" "$POOLER_DIR/pgbouncer.ini"; then
      echo "$pid"
      continue
    fi
    for fd in "$entry"/fd/*; do
      if [[ $(readlink "$fd" 2>/dev/null) == "$LOG_DIR"/* ]]; then
        echo "$pid"
        break
      fi
    done
  done
}
