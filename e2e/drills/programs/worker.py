"""A worker without a port: does a round every second and tells Fettle that it lives."""

import time

import tuning
from kit import Pool, need, on_terminate, ping, read_config, read_secret
from settings import settings
from voice import say

config = read_config()
pool = Pool(
    need(f"{settings['database']}_HOST"),
    need(f"{settings['database']}_PORT"),
    read_secret(settings["secret"]),
    config["pool"],
    config["timeoutMs"],
)
rounds = 0
on_terminate()
say("info", "ready")
while True:
    rounds += 1
    while tuning.told()[0] == "stuck":
        time.sleep(0.5)
    try:
        pool.ask("INCR", f"{settings['noun']}:rounds")
        if rounds % 10 == 0:
            say("info", "round-done", count=rounds)
        ping()
    except (OSError, RuntimeError) as error:
        say("error", "round-failed", error=error)
    time.sleep(config["roundMs"] / 1000)
