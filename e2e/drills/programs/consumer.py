"""Takes job files off a folder in order of their names, one at a time."""

import json
import os
import time

import tuning
from kit import on_terminate, ping, read_config
from settings import settings
from voice import say

config = read_config()
folder = settings["jobs"]
done = 0
on_terminate()


def work(job):
    """A job holds at least one item, says who writes them."""
    return sum(len(item["sku"]) * item["count"] for item in job["items"])


say("info", "ready")
while True:
    while tuning.told()[0] == "stuck":
        time.sleep(0.5)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    if names and not names[0].startswith("."):
        say("info", "job-taken", job=names[0])
        with open(os.path.join(folder, names[0]), encoding="utf8") as file:
            work(json.load(file))
        os.unlink(os.path.join(folder, names[0]))
        done += 1
        if done % 20 == 0:
            say("info", "round-done", count=done)
    ping()
    time.sleep(config["roundMs"] / 1000)
