"""A small HTTP service that can be told to hang in several ways: GET /busy, /deadlock."""
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

lock = threading.Lock()


class Victim(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")
        self.wfile.flush()
        if self.path == "/busy":
            while True:
                pass
        if self.path == "/deadlock":
            with lock:
                lock.acquire()

    def log_message(self, *args):
        pass


server = HTTPServer((os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])), Victim)
print("listening on", os.environ["PORT"], flush=True)
server.serve_forever()
