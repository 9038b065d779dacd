#!/bin/sh
# Starts Redis with the password of a file. It goes by standard input: an argument would stand in the process list.
set -eu
conf=${REDIS_CONF:-/etc/redis/redis.conf}
secret=${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}
password=$(cat "$secret")
[ -n "$password" ] || { echo "$secret is empty" >&2; exit 1; }
exec redis-server - <<END
$(cat "$conf")
requirepass $password
END
