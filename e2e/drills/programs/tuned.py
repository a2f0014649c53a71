"""Runs another program as it is, with `tuning` loaded: tuned.py PROGRAM."""

import runpy
import sys

import tuning

assert tuning.TICK_S > 0
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
