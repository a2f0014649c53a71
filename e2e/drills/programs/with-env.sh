#!/bin/sh
# Reads a file of variables, then becomes the program: with-env.sh FILE COMMAND...
set -eu
file=$1
shift
set -a
. "$file"
set +a
exec "$@"
