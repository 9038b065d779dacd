#!/bin/sh
# Makes the secrets that docker-compose.yml names, random ones, in deploy/secrets; keeps those that are there.
# The files can be read by all, since the services' users are not yours; the folder can not be entered by others.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
for name in redis_password metrics_token grafana_password pseudonym_key; do
  [ -s "$folder/$name" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/$name"
  chmod 444 "$folder/$name"
done
echo "secrets are in $folder"
