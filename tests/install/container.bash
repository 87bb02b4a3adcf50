# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the tests beside it: a bare Debian 12 in a folder, with this machine's way to packages
# and nothing else of it. The caller has set `name` (its own) and `cache` (a folder, or empty).

fail() {
  echo "$name: $*" >&2
  exit 1
}

((EUID == 0)) || fail 'must be started by root'
for tool in debootstrap systemd-nspawn; do
  command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install debootstrap systemd-container"
done

# Variables of this machine that the container gets: make_system finds them.
environment=()

# The mirror that this machine uses, or debootstrap's own.
mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets 'Created-By: Packages' --format '$(REPO_URI) $(COMPONENT) $(SUITE) $(CODENAME)' \
    2>/dev/null | awk '$2 == "main" && $NF == "bookworm" { print $1; exit }'
}

# base_system KIND PACKAGES: unpacks into $work/root what debootstrap makes of these packages; with
# a cache, what it has made before.
base_system() {
  local kind=$1 packages=$2 tarball=${cache:-$work}/bookworm-$1.tar
  if [[ ! -s $tarball ]]; then
    echo "== debootstrap, for $kind"
    mkdir -p "${tarball%/*}"
    # shellcheck disable=SC2046
    debootstrap --variant=minbase --include="$packages" bookworm "$work/new" $(mirror) \
      >"$work/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -n 5 "$work/debootstrap.log")"
    tar -C "$work/new" -cf "$tarball.new" .
    mv "$tarball.new" "$tarball"
    rm -rf "$work/new"
  fi
  system=$work/root
  mkdir "$system"
  tar -C "$system" -xf "$tarball"
}

# What apt needs on this machine, in $system.
settings_of_this_machine() {
  local entry folder name value
  rm -f "$system/etc/apt/sources.list"
  for entry in apt.conf apt.conf.d auth.conf auth.conf.d keyrings preferences preferences.d \
    sources.list sources.list.d trusted.gpg trusted.gpg.d; do
    [[ ! -e /etc/apt/$entry ]] || cp -aL --no-preserve=ownership "/etc/apt/$entry" "$system/etc/apt/"
  done
  for folder in /usr/share/keyrings /usr/local/share/ca-certificates; do
    [[ ! -d $folder ]] || cp -aL --no-preserve=ownership "$folder" "$system${folder%/*}/"
  done
  [[ -e $system/etc/hosts ]] || printf '127.0.0.1 localhost\n::1 localhost\n' >"$system/etc/hosts"
  # Variables that name a proxy, or certificates; their files come along.
  while IFS='=' read -r -d '' name value; do
    case ${name,,} in
      *_proxy) environment+=("--setenv=$name=$value") ;;
      *cert* | *ca_bundle* | *ca_info* | *cainfo*)
        [[ $value == /* && -e $value ]] || continue
        if [[ -f $value && ! -e $system$value ]]; then
          mkdir -p "$system${value%/*}"
          cp -L "$value" "$system$value"
        fi
        environment+=("--setenv=$name=$value")
        ;;
    esac
  done < <(env -0)
}

# Options of every container: it is registered nowhere, and without systemd on this machine nobody
# could make a unit for it. /tmp on the disk: a memory of a few GB has no room for databases.
container_options() {
  options=(--quiet --register=no --directory="$system")
  [[ -d /run/systemd/system ]] || options+=(--keep-unit)
  export SYSTEMD_NSPAWN_TMPFS_TMP=0
}

# nspawn COMMAND...: a command in the system, which is not booted and shares this machine's network.
nspawn() {
  local -a options
  container_options
  systemd-nspawn "${options[@]}" --as-pid2 --pipe ${environment[@]+"${environment[@]}"} "$@" </dev/null
}
