"""Writes records to a file, starts a new file when one is full; old exports pile up beside them."""

import os
import threading
import time

from kit import Refused, read_config, serve
from settings import settings
from voice import say

config = read_config()
os.makedirs(os.path.join(settings["folder"], "exports"), exist_ok=True)
current = os.path.join(settings["folder"], "current.log")
trouble = None


def write():
    with open(current, "a", encoding="utf8") as file:
        file.write(f"{'record ' * config['words']}{time.time()}\n")
    mark = os.path.join(settings["folder"], "mark.new")
    with open(mark, "a", encoding="utf8") as file:
        file.write(f"{time.time()}\n")
    os.rename(mark, os.path.join(settings["folder"], "mark"))
    if os.path.getsize(current) > config["fileBytes"]:
        os.replace(current, current + ".2")


def write_on():
    global trouble
    told = 0
    while True:
        try:
            write()
            if trouble is not None:
                say("info", "writing-again")
            trouble = None
        except OSError as error:
            trouble = str(error)
            if told % 4 == 0:
                say("error", "write-failed", file=current, error=error)
            told += 1
        time.sleep(config["roundMs"] / 1000)


def health(_path):
    if trouble is not None:
        raise Refused(503, trouble)
    return {"status": "ok"}


threading.Thread(target=write_on, daemon=True).start()
serve({settings["health"]: health, "*": lambda _path: {"ok": trouble is None}})
