"""How this program words and formats what it says. Wording and format come from `settings.py`."""

import datetime
import os
import re
import sys
import json

from settings import settings
from tuning import plain_dumps

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
PINO = {"debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}
PYTHON = {"warn": "WARNING", "fatal": "CRITICAL"}


def quoted(value):
    text = str(value)
    return plain_dumps(text) if re.search(r'[\s"=]', text) else text


def pairs(fields):
    return "".join(f" {key}={quoted(value)}" for key, value in fields.items())


def line_of(level, text, fields):
    now = datetime.datetime.now()
    stamp, name = now.strftime("%Y-%m-%d %H:%M:%S"), settings["name"]
    millis = f"{now.microsecond // 1000:03d}"
    style = settings["style"]
    if style == "pino":
        epoch = int(now.timestamp() * 1000)
        head = {"level": PINO[level], "time": epoch, "pid": os.getpid(), "name": name}
        return plain_dumps({**head, **fields, "msg": text}, default=str)
    if style == "python":
        return f"{stamp},{millis} - {name} - {PYTHON.get(level, level.upper())} - {text}"
    if style == "logfmt":
        iso = now.astimezone().isoformat(timespec="milliseconds")
        return f"ts={iso} level={level} msg={plain_dumps(text)}{pairs(fields)}"
    if style == "go":
        shown = "" if level == "info" else f"{level}: "
        return f"{stamp.replace('-', '/')} {shown}{text}{pairs(fields)}"
    if style == "java":
        logger = settings["logger"]
        return f"{stamp}.{millis} {level.upper():>5} {os.getpid()} --- [main] {logger} : {text}"
    return f"{stamp} {level.upper()} {text}"


def say(level, event, **fields):
    """Says what `event` means in this program's words; `{name}` takes the field of that name."""
    wording = settings["voice"].get(event, event)
    text = re.sub(r"\{(\w+)\}", lambda found: str(fields.get(found[1], "")), wording)
    stream = sys.stderr if level in ("error", "fatal") else sys.stdout
    print(line_of(level, text, fields), file=stream, flush=True)


def say_request(method, url, status, size, seconds, port, agent):
    now = datetime.datetime.now()
    clf = f"{now.day:02d}/{MONTHS[now.month - 1]}/{now.year}:{now.strftime('%H:%M:%S')} +0000"
    target, millis = f'"{method} {url} HTTP/1.1"', seconds * 1000
    head = f"127.0.0.1 - - [{clf}] {target} {status} {size}"
    formats = {
        "combined": f'{head} "-" "{agent}"',
        "nginx": f'{head} "-" "{agent}" rt={seconds:.3f}',
        "common": head,
        "uvicorn": f"INFO:     127.0.0.1:{port} - {target} {status}",
        "gunicorn": f'{head} "-" "{agent}" {int(seconds * 1e6)}',
        "morgan": f"{method} {url} {status} {millis:.3f} ms - {size}",
        "pino-http": json.dumps and plain_dumps(
            {
                "level": 50 if status >= 500 else 30,
                "time": int(now.timestamp() * 1000),
                "pid": os.getpid(),
                "req": {"method": method, "url": url},
                "res": {"statusCode": status},
                "responseTime": round(millis),
                "msg": "request errored" if status >= 500 else "request completed",
            }
        ),
    }
    if settings["access"] in formats:
        print(formats[settings["access"]], flush=True)
