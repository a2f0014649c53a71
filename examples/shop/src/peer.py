"""The far side of the bridge: one JSON object a line over TCP, standard library only.

The first line must be a hello of the same version; then `ping` is answered by `pong`, and
`convert` by an amount in another currency.
"""

import json
import os
import signal
import socketserver
import threading

CONFIG = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "config")
with open(os.path.join(CONFIG, "peer.json"), encoding="utf8") as file:
    VERSION = json.load(file)["version"]
PER_EURO = {"EUR": 1.0, "USD": 1.09, "GBP": 0.86, "JPY": 162.0}


def answer(message):
    kind = message.get("kind")
    if kind == "ping":
        return {"kind": "pong", "id": message.get("id")}
    if kind == "convert":
        rate = PER_EURO.get(message.get("to"))
        if rate is None:
            return {"kind": "error", "id": message.get("id"), "error": "unknown currency"}
        amount = round(float(message.get("amount", 0)) * rate, 2)
        return {"kind": "converted", "id": message.get("id"), "amount": amount}
    return {"kind": "error", "id": message.get("id"), "error": f"unknown kind {kind}"}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        greeted = False
        while True:
            line = self.rfile.readline(65536)
            if not line:
                return
            try:
                message = json.loads(line)
            except ValueError:
                return
            if not greeted:
                greeted = message.get("kind") == "hello" and message.get("version") == VERSION
                self.say({"kind": "welcome" if greeted else "refused", "version": VERSION})
                if not greeted:
                    print(f"ERROR hello refused: version {message.get('version')}", flush=True)
                    return
                print("INFO bridge linked", flush=True)
            else:
                self.say(answer(message))

    def say(self, message):
        self.wfile.write((json.dumps(message) + "\n").encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "0"))
    with Server((host, port), Session) as server:
        def leave(*_args):
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        print(f"INFO listening on {host}:{server.server_address[1]}", flush=True)
        server.serve_forever(poll_interval=0.1)
        print("INFO leaving", flush=True)


if __name__ == "__main__":
    main()
