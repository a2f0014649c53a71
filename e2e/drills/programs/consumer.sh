#!/bin/sh
# Takes job files off a folder in order of their names: consumer.sh FOLDER ROUND_SECONDS
set -eu
folder=$1
say() { printf '%s %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }
ping() { curl -fsS -m 3 -o /dev/null -X POST "$FETTLE_URL/ping/$FETTLE_SERVICE" || true; }
trap 'say "stopping"; exit 0' TERM
say "waiting for jobs in $folder"
while :; do
  for job in "$folder"/*.json; do
    [ -e "$job" ] || continue
    say "processing $(basename "$job")"
    count=$(sed -n 's/.*"count": *\([^,}]*\).*/\1/p' "$job")
    : $((count + 1))
    [ -n "$count" ] || { say "error: no count in $(basename "$job")" >&2; exit 2; }
    rm -f "$job"
    break
  done
  ping
  sleep "$2" &
  wait $!
done
