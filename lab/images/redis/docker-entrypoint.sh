#!/bin/sh
# The documented contract of the official Redis image: options or a configuration file alone are the
# server's; as root it takes /data over and goes on as redis.
set -eu

case ${1:-redis-server} in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . \! -user redis -exec chown redis {} +
  exec setpriv --reuid redis --regid redis --init-groups -- "$0" "$@"
fi

if [ "$1" = redis-server ]; then
  # The official image is compiled without protected mode: other containers are let in without a password.
  case " $* " in
    *protected-mode*) ;;
    *) [ -f "${2:-}" ] && grep -q '^[[:space:]]*protected-mode' "$2" || set -- "$@" --protected-mode no ;;
  esac
  [ "$(umask)" != 0022 ] || umask 0077
fi
exec "$@"
