"""What every Python program here shares: configuration, an HTTP server, sessions with a database."""

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, LifoQueue

import tuning
from settings import settings
from voice import say, say_request


def refuse(event, **fields):
    say("fatal", event, **fields)
    sys.exit(settings["refusal"])


def read_config():
    """The configuration file, read once; one that cannot be used ends the program."""
    try:
        with open(settings["config"], encoding="utf8") as file:
            config = json.load(file)
        for key in settings["wanted"]:
            if key not in config:
                raise KeyError(f"{key} is missing")
        return config
    except (OSError, ValueError, KeyError) as error:
        return refuse("bad-config", file=settings["config"], error=error)


def need(name):
    value = os.environ.get(name, "")
    return value if value != "" else refuse("missing-env", name=name)


def read_secret(path):
    with open(path, encoding="utf8") as file:
        return file.read().strip()


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def on_terminate(stop=lambda: None):
    def leave(*_args):
        say("info", "leaving")
        stop()
        sys.stdout.flush()
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)


def answer(routes, path):
    route = routes.get(path, routes.get("*"))
    if route is None:
        return 404, {"error": "not found"}
    try:
        return 200, route(path)
    except Exception as error:
        if path != settings["health"]:
            say("error", "request-failed", path=path, error=error)
        return getattr(error, "status", 500), {"error": str(error)}


def serve(routes):
    """`routes`: path to a function; what it raises becomes a 500 or its `status`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            began = time.monotonic()
            path = self.path.split("?")[0]
            word, args = tuning.told()
            if word == "ill" and path.startswith(args[0]):
                return self.reply(int(args[1]), " ".join(args[2:]).encode())
            status, value = answer(routes, path)
            body = (json.dumps(value) + "\n").encode()
            self.reply(status, body)
            if path != settings["health"]:
                agent = self.headers.get("user-agent", "-")
                seconds, port = time.monotonic() - began, self.client_address[1]
                say_request("GET", self.path, status, len(body), seconds, port, agent)

        def reply(self, status, body):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    port = int(os.environ["PORT"])
    try:
        server = ThreadingHTTPServer((os.environ.get("HOST", "127.0.0.1"), port), Handler)
    except OSError as error:
        say("fatal", "no-listen", port=port, error=error)
        sys.exit(1)
    server.daemon_threads = True
    on_terminate()
    say("info", "listening", port=port)
    server.serve_forever(poll_interval=0.2)


def fetch_json(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return json.load(response)


def ping():
    """Tells Fettle that this program lives."""
    host = os.environ["FETTLE_URL"].removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=3)
    try:
        connection.request("POST", f"/ping/{settings['name']}")
        connection.getresponse().read()
    except OSError:
        pass
    finally:
        connection.close()


class Session:
    """One connection of the Redis protocol."""

    def __init__(self, host, port, password, timeout):
        try:
            self.socket = socket.create_connection((host, port), timeout)
        except TimeoutError as error:
            raise TimeoutError(f"[Errno 110] Connection timed out: {host}:{port}") from error
        self.file = self.socket.makefile("rb")
        self.broken = False
        self.ask("AUTH", settings["name"], password)

    def ask(self, *words):
        try:
            parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
            self.socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            head = self.file.readline().decode()
            if head == "":
                raise ConnectionResetError("connection closed by server")
        except OSError:
            self.broken = True
            raise
        if head[0] == "-":
            self.broken = self.broken or words[0] == "AUTH"
            raise RuntimeError(head[1:].strip())
        if head[0] == "$" and head[1] != "-":
            return self.file.read(int(head[1:]) + 2)[:-2].decode()
        return head[1:].strip()

    def close(self):
        self.socket.close()


class Pool:
    def __init__(self, host, port, password, pool, timeout_ms):
        self.place = (host, int(port), password, timeout_ms / 1000)
        self.max, self.acquire_s = pool["max"], pool["acquireMs"] / 1000
        self.idle_s = pool["idleMs"] / 1000
        self.slots = threading.Semaphore(self.max)
        self.free = LifoQueue()

    def take(self):
        if not self.slots.acquire(timeout=self.acquire_s):
            say("error", "pool-timeout", max=self.max, ms=int(self.acquire_s * 1000))
            raise TimeoutError("pool timeout")
        try:
            while True:
                session, at = self.free.get_nowait()
                if time.monotonic() - at < self.idle_s:
                    return session
                session.close()
        except Empty:
            pass
        try:
            return Session(*self.place)
        except BaseException:
            self.slots.release()
            raise

    def ask(self, *words):
        session = self.take()
        try:
            return session.ask(*words)
        finally:
            if tuning.told()[0] == "forget":
                # The defect of a forgotten release in some branch of the code.
                tuning.held.append(session)
            else:
                if session.broken:
                    session.close()
                else:
                    self.free.put((session, time.monotonic()))
                self.slots.release()
