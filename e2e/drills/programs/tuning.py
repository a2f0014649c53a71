"""Makes the process that loads it misbehave as a defect in its code would.

It is told by one line in a file that nobody but the drill knows; an empty or absent file means:
behave. Requests pass `gate()`, by `json.dumps` or by name.
"""

import json
import os
import subprocess
import sys
import threading
import time

from settings import settings

FILE = os.path.join(settings["controls"], settings.get("name") or os.environ["FETTLE_SERVICE"])
TICK_S = 0.15
held = []
line = ""
plain_dumps = json.dumps
memory = threading.Lock()
defects = [
    lambda: {}["total"],
    lambda: json.loads('{"items": [1, 2'),
    lambda: [1, 2][7],
    lambda: int("twelve"),
    lambda: None.items(),
    lambda: 1 / 0,
]


def read():
    """What is meant for one run begins with its pid: a restart is then a cure."""
    try:
        with open(FILE, encoding="utf8") as file:
            text = file.read().strip()
    except FileNotFoundError:
        return ""
    except OSError:
        return line  # Out of handles, say: what was told last still holds.
    if not text.startswith("pid="):
        return text
    pid, _, text = text.removeprefix("pid=").partition(" ")
    return text if int(pid) == os.getpid() else ""


def told():
    word, _, rest = line.partition(" ")
    return word, rest.split()


def still(word):
    return read().startswith(word)


def spin(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def gate():
    """Where a request stands still, or is slow, when the process was told so."""
    word, args = told()
    if word in ("lock", "mute"):
        while still(word):
            time.sleep(0.2)
    elif word == "hog":
        while still(word):
            spin(0.1)
    elif word == "burn":
        spin(float(args[0]) * 0.6 if args else 0.5)


def gated_dumps(*args, **options):
    gate()
    return plain_dumps(*args, **options)


json.dumps = gated_dumps


def begin(word, args):
    if word == "throw":
        fail_with(defects[int(args[0] if args else 0) % len(defects)])
    elif word == "grab":
        for _ in range(0, int(args[0]), 8):
            held.append(bytearray(os.urandom(1024) * 8192))
    elif word == "children":
        for _ in range(int(args[0])):
            os.posix_spawn("/bin/true", ["true"], os.environ)
    elif word == "hold":
        hold(args[0], int(args[1]))
    elif word == "helper":
        helper()


def fail_with(defect):
    """As an error in the main thread ends a program: its traceback, then exit code 1."""
    try:
        defect()
    except Exception:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(1)


def hold(path, megabytes):
    file = open(path, "wb")
    os.unlink(path)
    held.append(file)
    try:
        for _ in range(megabytes * 16):
            file.write(b"\7" * 65536)
        file.flush()
    except OSError as error:
        print(f"OSError: {error}", file=sys.stderr, flush=True)


def helper():
    """A child that inherits what we listen on, as a careless `fork` has it."""
    for fd in range(3, 64):
        try:
            os.set_inheritable(fd, True)
        except OSError:
            pass
    held.append(subprocess.Popen(["sleep", "86400"], close_fds=False, start_new_session=True))


def tick(word, args, began):
    if word == "leak":
        held.append(bytearray(os.urandom(1024) * int(float(args[0]) * 1024 * TICK_S)))
    elif word == "handles":
        handles(int(args[0] if args else 5), began)
    elif word == "flood":
        print("\n".join([" ".join(args[1:])] * int(float(args[0]) * TICK_S)), flush=True)


def handles(per_second, began):
    while len(held) < (time.monotonic() - began) * per_second:
        try:
            held.append(open(__file__, encoding="utf8"))
        except OSError as error:
            print(f"OSError: {error}", file=sys.stderr, flush=True)
            return


def release():
    for one in held:
        if hasattr(one, "close"):
            one.close()
        if hasattr(one, "kill"):
            one.kill()
    held.clear()


def obey():
    global line
    began = time.monotonic()
    while True:
        now = read()
        if now != line:
            line = now
            began = time.monotonic()
            if line == "":
                release()
            begin(*told())
        tick(*told(), began)
        time.sleep(TICK_S)


line = read()
if told()[0] in ("throw",):
    line = ""
threading.Thread(target=obey, daemon=True).start()
