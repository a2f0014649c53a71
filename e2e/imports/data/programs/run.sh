#!/bin/sh
# A script of ours in front of the program, as many stacks have one.
exec node worker.mjs "$@"
