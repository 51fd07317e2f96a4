#!/bin/sh
# Take away what install.sh installed. What people put in place, and what the service knows, stays
# unless it is asked for.
set -eu

prefix=/opt/statusbridge
library=/usr/local/lib
units=$library/systemd/system
command=/usr/local/bin/statusbridge

usage() {
  cat <<'END'
Usage: deploy/systemd/uninstall.sh [--purge]

Stop statusbridge and remove it; run it as root. Configuration, secrets and state stay.

  --purge  remove those, too: /etc/statusbridge, /var/lib/statusbridge, and what
           `systemctl edit` made. Nobody then knows which incidents are the bridge's.
END
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'uninstall.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

parse() {
  purge=no
  for word in "$@"; do
    case $word in
      --purge) purge=yes ;;
      -h | --help) usage && exit 0 ;;
      *) fail "unknown argument $word. Try: $0 --help" 64 ;;
    esac
  done
  [ "$(id -u)" = 0 ] || fail "only root can remove a service. Try: sudo $0"
}

stop_service() {
  [ -d /run/systemd/system ] || return 0
  systemctl disable --now --quiet statusbridge.service 2>/dev/null || true
  systemctl stop 'statusbridge-*.socket' 'statusbridge-*.service' 2>/dev/null || true
}

remove_program() {
  rm -f "$units"/statusbridge.service "$units"/statusbridge-*.service "$units"/statusbridge-*.socket
  rm -rf "$units/statusbridge.service.d" /etc/systemd/system/statusbridge.service.wants
  rm -f "$library/sysusers.d/statusbridge.conf" "$library/tmpfiles.d/statusbridge.conf"
  if [ -L "$command" ] && [ "$(readlink "$command")" = "$prefix/.venv/bin/statusbridge" ]; then
    rm "$command"
  fi
  rm -rf --one-file-system "$prefix" /run/statusbridge-root /run/statusbridge-egress
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl reset-failed 'statusbridge*' 2>/dev/null || true
  fi
}

purge() {
  rm -rf /etc/statusbridge /var/lib/statusbridge /var/lib/private/statusbridge
  rm -rf /etc/systemd/system/statusbridge.service.d /etc/systemd/system/statusbridge-*.d
  ! getent passwd statusbridge >/dev/null || userdel statusbridge
}

parse "$@"
stop_service
remove_program
if [ "$purge" = yes ]; then
  purge
  say "statusbridge is removed, with its configuration, its secrets and its state."
else
  say "statusbridge is removed. Left are /etc/statusbridge and /var/lib/statusbridge; with --purge" \
    "they go, too."
fi
