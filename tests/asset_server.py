"""A local web server for the tests of sites with panoramas."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from lanet_core.files import write_exr

#: Status, further headers and body.
Reply = tuple[int, dict[str, str], bytes]


class AssetServer:
    """A server whose replies a subclass makes.

    Attributes:
        url: its address.
        replies: come before those of :meth:`reply`, one after another, by path.
        requested: the paths of all requests.
        agents: the user agents of all requests.
    """

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requested: list[str] = []
        self.agents: set[str] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = server.key_of(self.path)
                server.requested.append(path)
                server.agents.add(self.headers["User-Agent"])
                waiting = server.replies.get(path, [])
                status, headers, body = waiting.pop(0) if waiting else server.reply(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def key_of(self, path: str) -> str:
        """Return what :attr:`replies` and :attr:`requested` contain of a path."""
        return path

    def reply(self, path: str) -> Reply:
        """Return the reply to a request."""
        raise NotImplementedError

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


def panorama_bytes(path: Path, seed: int) -> bytes:
    """Write a tiny panorama and return the file's bytes."""
    write_exr(path, np.random.default_rng(seed).random((4, 8, 3), np.float32), model_name="none", model_sha256="0")
    return path.read_bytes()
