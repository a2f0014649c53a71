#!/bin/sh
# Runs src/NAME.py where python3 is installed, else its twin src/NAME.mjs.
set -eu
here=$(dirname "$0")
if command -v python3 >/dev/null 2>&1 && python3 -c 'import http.server' 2>/dev/null; then
  exec python3 -u "$here/$1.py"
fi
exec node "$here/$1.mjs"
