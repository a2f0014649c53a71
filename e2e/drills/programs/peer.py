"""The far side of a bridge: one JSON object a line; a hello of the same version comes first."""

import json
import os
import socketserver
import sys
import threading

from kit import on_terminate, read_config
from voice import say

VERSION = read_config()["version"]


class Line(socketserver.StreamRequestHandler):
    def answer(self, message):
        self.wfile.write((json.dumps(message) + "\n").encode())

    def handle(self):
        greeted = False
        for text in self.rfile:
            message = json.loads(text)
            if greeted:
                self.answer({"kind": "pong", "id": message.get("id")})
                continue
            greeted = message.get("version") == VERSION
            self.answer({"kind": "welcome" if greeted else "refused", "version": VERSION})
            if not greeted:
                say("error", "version-here", ours=VERSION, theirs=message.get("version"))
                return
            say("info", "peer-joined")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


port = int(os.environ["PORT"])
try:
    server = Server((os.environ.get("HOST", "127.0.0.1"), port), Line)
except OSError as error:
    say("fatal", "no-listen", port=port, error=error)
    sys.exit(1)
on_terminate()
say("info", "listening", port=port)
threading.Thread(target=server.serve_forever, daemon=True).start()
threading.Event().wait()
