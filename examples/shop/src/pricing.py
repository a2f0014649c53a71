"""Prices: a list price per article, less for many. Standard library only."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

LIST_CENTS = {"tea": 450, "cup": 1290, "pot": 3900, "spoon": 320}


def price(sku, amount):
    if sku not in LIST_CENTS:
        raise KeyError(sku)
    rebate = 0.9 if amount >= 10 else 0.95 if amount >= 5 else 1.0
    return round(LIST_CENTS[sku] * amount * rebate)


class Pricing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlparse(self.path)
        asked = parse_qs(url.query)
        if url.path == "/healthz":
            self.reply(200, {"status": "ok", "articles": len(LIST_CENTS)})
        elif url.path == "/price":
            try:
                sku, amount = asked["sku"][0], int(asked.get("amount", ["1"])[0])
                self.reply(200, {"sku": sku, "amount": amount, "cents": price(sku, amount)})
            except (KeyError, ValueError) as error:
                self.reply(400, {"error": f"no price: {error}"})
        else:
            self.reply(404, {"error": f"no {url.path} here"})

    def reply(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass  # One line per request would drown the rest.


def main():
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "0"))
    server = ThreadingHTTPServer((host, port), Pricing)
    server.daemon_threads = True

    def leave(*_args):
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    print(f"INFO listening on {host}:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    print("INFO leaving", flush=True)


if __name__ == "__main__":
    sys.exit(main())
