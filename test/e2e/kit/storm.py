"""An API server as it is in bad weather: a way to it that refuses and breaks off, by chance that is always the same."""

import random
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Storm:
    """Plain HTTP on loopback, to a real API server. While it blows, every other request is refused before or after it
    was done, and answers break off."""

    def __init__(self, env, seed=1):
        self.facts, self.random, self.blows = env.facts, random.Random(seed), True
        self.refused = self.cut = self.lost = 0
        self.context = ssl.create_default_context(cafile=env.facts["ca"])
        storm = self

        class Handler(BaseHTTPRequestHandler):
            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = lambda handler: storm.answer(handler)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        env.later(self.server.shutdown)

    def refuse(self, handler):
        status = self.random.choice((429, 500, 502, 503, 504))
        handler.send_response(status)
        if status in (429, 503) and self.random.random() < 0.5:
            handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        self.refused += 1

    def pass_on(self, handler, body):
        request = urllib.request.Request(self.facts["server"] + handler.path, data=body, method=handler.command)
        for name in ("Authorization", "Content-Type", "Accept"):
            if handler.headers.get(name):
                request.add_header(name, handler.headers[name])
        try:
            return urllib.request.urlopen(request, timeout=60, context=self.context)
        except urllib.error.HTTPError as refusal:
            return refusal

    def answer(self, handler):
        handler.close_connection = True
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)) or None
        chance = self.random.random() if self.blows else 1
        if chance < 0.4:
            return self.refuse(handler)
        with self.pass_on(handler, body) as upstream:
            if chance < 0.5 and handler.command != "GET":
                self.lost += 1  # done, but nobody will know
                return None
            handler.send_response(upstream.status)
            handler.send_header("Content-Type", upstream.headers.get("Content-Type", "application/json"))
            handler.end_headers()
            breaks = chance < 0.6 or (self.blows and "watch=1" in handler.path)
            self.copy(handler, upstream, self.random.randrange(200, 60000) if breaks else None)
        return None

    def copy(self, handler, upstream, most):
        """Line by line, so that a watch comes through; breaks off after @most bytes."""
        sent = 0
        try:
            for line in upstream:
                if most is not None and sent + len(line) > most:
                    handler.wfile.write(line[:most - sent])
                    self.cut += 1
                    return
                handler.wfile.write(line)
                handler.wfile.flush()
                sent += len(line)
        except OSError:
            pass
