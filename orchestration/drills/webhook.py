"""A webhook of one's own, to see what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def listening(*, answers: bool = True) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Within, an endpoint takes JSON: its address, and what it was told; or it never answers."""
    told: list[dict[str, Any]] = []
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        """Takes a post."""

        def do_POST(self) -> None:
            """Take it, and say so."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not answers:
                is_over.wait(60)
                return
            told.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", told
    finally:
        is_over.set()
        server.shutdown()
        server.server_close()
