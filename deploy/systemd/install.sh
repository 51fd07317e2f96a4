#!/bin/sh
# Install or upgrade statusbridge as a systemd service. Asks for nothing, and starts nothing.
# What people change is under /etc, and is left as it is: all of ours is under /opt and /usr/local.
set -eu
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=/opt/statusbridge
library=/usr/local/lib
units=$library/systemd/system
seal=$units/statusbridge.service.d/sealed.conf
command=/usr/local/bin/statusbridge
configuration=/etc/statusbridge/config.toml
secrets=/etc/statusbridge/secrets

usage() {
  cat <<'END'
Usage: deploy/systemd/install.sh [--wheel FILE] [--python FILE] [--sealed | --unsealed]

Install or upgrade statusbridge as a systemd service; run it as root.

  --wheel FILE   install this wheel; otherwise the checkout that this script is in
  --python FILE  the Python to use, 3.11 or newer; otherwise /usr/bin/python3
  --sealed       no network but to Twilio and incident.io, and nearly no file system
  --unsealed     take that back; without either word it stays as it was
END
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: %s\n' "$*" >&2; }
fail() {
  warn "$1"
  exit "${2:-1}"
}

parse() {
  source=$here/../..
  python=/usr/bin/python3
  was_sealed=$([ -e "$seal" ] && echo yes || echo no)
  sealed=$was_sealed
  while [ $# -gt 0 ]; do
    case $1 in
      --wheel | --python) [ $# -gt 1 ] || fail "$1 needs a file. Try: $0 --help" 64 ;;
    esac
    case $1 in
      --wheel) source=$2 && shift ;;
      --python) python=$2 && shift ;;
      --sealed) sealed=yes ;;
      --unsealed) sealed=no ;;
      -h | --help) usage && exit 0 ;;
      *) fail "unknown argument $1. Try: $0 --help" 64 ;;
    esac
    shift
  done
}

is_running() { systemctl is-active --quiet statusbridge 2>/dev/null; }

check_machine() {
  [ "$(id -u)" = 0 ] || fail "only root can install a service. Try: sudo $0"
  [ -e "$source" ] || fail "$source is not there; name the wheel to install."
  command -v systemctl >/dev/null || fail "there is no systemd here; docs/operations.md has other ways."
  version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
  [ "${version:-0}" -ge 252 ] || fail "systemd ${version:-of no number} is too old; the unit needs 252."
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is no Python 3.11 or newer; name another with --python."
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python can't make environments; on Debian: apt-get install python3-venv"
  [ "$sealed" = no ] || [ "$python" = /usr/bin/python3 ] ||
    fail "a sealed service sees no Python but /usr/bin/python3; leave --python or --sealed out." 64
  [ "$sealed" = "$was_sealed" ] || ! is_running ||
    fail "it runs, and is sealed or unsealed only while it does not. Try: systemctl stop statusbridge"
}

is_of_this_python() {
  given='import sys; print(sys.version_info[:2])'
  [ "$("$prefix/.venv/bin/python" -c "$given" 2>/dev/null)" = "$("$python" -c "$given")" ]
}

install_program() {
  say "Installing the program into $prefix"
  install -d -m 0755 "$prefix"
  # An environment is good for one version of Python; the system's may have become another.
  clear=$(is_of_this_python || echo --clear)
  "$python" -m venv ${clear:+"$clear"} "$prefix/.venv"
  "$prefix/.venv/bin/python" -m pip install --quiet --upgrade "$source" ||
    fail "pip could not install $source; what was installed before is still there."
  if [ -L "$command" ] || [ ! -e "$command" ]; then
    install -d -m 0755 "${command%/*}"
    ln -sfn "$prefix/.venv/bin/statusbridge" "$command"
  else
    warn "$command is somebody else's, and left alone; ours is $prefix/.venv/bin/statusbridge"
  fi
}

install_units() {
  say "Installing the unit into $units"
  install -d -m 0755 "$units"
  install -m 0644 "$here/statusbridge.service" "$units/"
  if [ -e /etc/systemd/system/statusbridge.service ]; then
    warn "/etc/systemd/system/statusbridge.service hides the unit just installed: remove it, or" \
      "keep what you changed in it by \`systemctl edit statusbridge\`."
  fi
}

install_seal() {
  say "Sealing it: what it may reach has to be named, see docs/operations.md"
  install -d -m 0755 "${seal%/*}" "$library/sysusers.d" "$library/tmpfiles.d"
  install -m 0644 "$here/sealed/sealed.conf" "$seal"
  install -m 0644 "$here"/sealed/statusbridge-* "$units/"
  install -m 0644 "$here/sealed/sysusers.conf" "$library/sysusers.d/statusbridge.conf"
  install -m 0644 "$here/sealed/tmpfiles.conf" "$library/tmpfiles.d/statusbridge.conf"
  systemd-sysusers statusbridge.conf
  systemd-tmpfiles --create statusbridge.conf
}

remove_seal() {
  rm -f "$seal" "$units"/statusbridge-egress@.* "$units/statusbridge-http.socket"
  rm -f "$library/sysusers.d/statusbridge.conf" "$library/tmpfiles.d/statusbridge.conf"
}

install_configuration() {
  install -d -m 0755 "${configuration%/*}"
  [ -d "$secrets" ] || install -d -m 0700 "$secrets"
  [ "$(stat -c %a "$secrets")" = 700 ] || warn "$secrets is open to others; try: chmod 0700 $secrets"
  if [ -e "$configuration" ]; then
    say "Leaving $configuration as it is"
  else
    say "Putting a first configuration into $configuration"
    install -m 0644 "$here/config.toml" "$configuration"
  fi
}

reload_systemd() {
  [ -d /run/systemd/system ] || return 0
  systemctl daemon-reload
}

say_what_is_next() {
  if is_running; then
    say "The service still runs what was there before. To go over: systemctl restart statusbridge"
    return
  fi
  cat <<END

$("$prefix/.venv/bin/statusbridge" --version) is installed. What is next:

  1. Put the secrets in place; each command waits for one line, then Ctrl-D:
       install -m 0600 /dev/stdin $secrets/twilio_auth_token
       install -m 0600 /dev/stdin $secrets/incident_api_key
  2. Put your account and your page into $configuration, then look whether all is well:
       CREDENTIALS_DIRECTORY=$secrets statusbridge check
  3. Start it, now and with the machine:
       systemctl enable --now statusbridge
       systemctl status statusbridge
END
}

parse "$@"
check_machine
install_program
install_units
if [ "$sealed" = yes ]; then install_seal; else remove_seal; fi
install_configuration
reload_systemd
say_what_is_next
