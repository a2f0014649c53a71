"""An HTTP service: counts in its database, asks services behind it, leaves jobs for a consumer."""

import importlib
import itertools
import json
import os
import threading
import time

from kit import Pool, Refused, fetch_json, need, read_config, read_secret, serve
from settings import settings
from tuning import plain_dumps
from voice import say

config = read_config()
for name in settings["needs"]:
    need(name)
bases = {name: need(variable) for name, variable in settings["upstreams"].items()}
pool = None
if settings["database"] is not None:
    database = config.get("database") or {}
    pool = Pool(
        database.get("host") or need(f"{settings['database']}_HOST"),
        database.get("port") or need(f"{settings['database']}_PORT"),
        read_secret(settings["secret"]),
        config["pool"],
        config["timeoutMs"],
    )
if settings["module"] is not None:
    importlib.import_module(settings["module"]).default()
numbers = itertools.count(1)


def count():
    try:
        return pool.ask("INCR", f"{settings['noun']}:seen")
    except (OSError, RuntimeError) as error:
        say("error", "db-failed", error=error)
        raise Refused(503, "storage unavailable") from error


def ask_behind(name, base):
    try:
        return fetch_json(f"{base}/{settings['noun']}", config["timeoutMs"] / 1000)
    except OSError as error:
        say("error", "upstream-failed", name=name, error=error)
        if name in settings["optional"]:
            return None
        raise Refused(502, f"{name} unavailable") from error


def meant_by(path):
    """A front asks the one that the path names; others ask all that they have."""
    if not settings.get("byPath"):
        return bases
    return {name: base for name, base in bases.items() if path[1:].startswith(name)}


def leave_job(number):
    name = f"{int(time.time() * 1000)}-{number}.json"
    job = {"id": number, "kind": settings["noun"], "items": [{"sku": "a", "count": 1 + number % 3}]}
    hidden = os.path.join(settings["jobs"], f".{name}")
    with open(hidden, "w", encoding="utf8") as file:
        file.write(plain_dumps(job))
    os.rename(hidden, os.path.join(settings["jobs"], name))


def health(_path):
    if settings["deep"]:
        count()
    return {"status": "ok"}


def work(path):
    number = next(numbers)
    seen = number if pool is None else count()
    behind = [ask_behind(name, base) for name, base in meant_by(path).items()]
    if settings["jobs"] is not None and number % 6 == 0:
        leave_job(number)
    return {"seen": seen, "behind": len(behind)}


def chat():
    while True:
        time.sleep(5)
        say("info", "busy", count=next(numbers))


if settings["chatty"]:
    threading.Thread(target=chat, daemon=True).start()
serve({settings["health"]: health, "*": work})
