"""Answers everything with 200 on PORT."""
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")


http.server.HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler).serve_forever()
