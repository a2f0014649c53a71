"""Says that it is ready, as under systemd, and that it is alive."""
import os
import socket
import time

address = os.environ.get("NOTIFY_SOCKET", "")
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
    if address:
        line.connect("\0" + address[1:] if address.startswith("@") else address)
        line.send(b"READY=1")
    while True:
        if address:
            line.send(b"WATCHDOG=1")
        time.sleep(2)
