"""HTTP on 127.0.0.1: reads requests, spoils some, answers JSON. Nothing sent to it makes it fail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import msgspec

LARGEST_BODY = 4 * 1024 * 1024
IDLE_SECONDS = 60
_JSON = "application/json;charset=UTF-8"
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@dataclass(frozen=True, slots=True)
class Request:
    """What came in, read whole."""

    method: str
    target: str
    authorization: str | None
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. `body` None: empty; text: HTML or what the headers say; else JSON. `status` 0: hang up."""

    status: int
    body: object
    headers: dict[str, str]


class Server(ThreadingHTTPServer):
    """Serves `answer` in daemon threads until `stop`, which also ends idle connections."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Reply], now: Callable[[], datetime]) -> None:
        self.answer = answer
        self.now = now
        self._open: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="sandbox", daemon=True)

    def start(self) -> None:
        """Requests are answered from now on."""
        self._thread.start()

    def stop(self) -> None:
        """No thread and no socket of the server is left."""
        self.shutdown()
        self._thread.join()
        with self._guard:
            connections = dict(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it hung up by itself
        for thread in connections.values():
            thread.join(timeout=5)
        self.server_close()

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """One connection, known while it lives."""
        with self._guard:
            self._open[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open.pop(request, None)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up in the middle is nobody's error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "AtlassianEdge"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server
    _verbs: ClassVar = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")

    def parse_request(self) -> bool:
        """Every verb is read alike; the routes know which there are."""
        if not super().parse_request():
            return False
        if self.command not in self._verbs:
            self.send_error(501)
            return False
        setattr(self, f"do_{self.command}", self._handle)
        return True

    def _handle(self) -> None:
        reply = self._refused() or self.server.answer(self._request())
        if reply.status == 0:
            self.close_connection = True
            return
        self._send(reply)

    def _refused(self) -> Reply | None:
        """Why the request is not even read; the connection is then closed."""
        host = (self.headers.get("Host") or "").lower()
        name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
        length = self.headers.get("Content-Length", "0")
        if name not in _LOOPBACK:
            reply = _plain(403, "This is a sandbox on loopback; the Host header must say so.")
        elif self.headers.get("Transfer-Encoding") is not None:
            reply = _plain(411, "Send a Content-Length.")
        elif not (length.isascii() and length.isdigit()):
            reply = _plain(400, "The Content-Length is no number.")
        elif len(length) > 12 or int(length) > LARGEST_BODY:  # noqa: PLR2004 - longer than any length that fits
            reply = _plain(413, f"The body is larger than {LARGEST_BODY} bytes.")
        else:
            return None
        self.close_connection = True
        return reply

    def _request(self) -> Request:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        content_type = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return Request(self.command, self.path, self.headers.get("Authorization"), content_type, body)

    def _send(self, reply: Reply) -> None:
        content = b"" if reply.body is None else _encoded(reply.body)
        kind = _JSON if not isinstance(reply.body, str) else "text/html;charset=UTF-8"
        headers = {"Content-Type": kind, **reply.headers} if content else reply.headers
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status != 204:  # noqa: PLR2004 - has no body by definition
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)
        self.wfile.flush()  # headers and body in one packet

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header `Date` tells the time of the sandbox's own clock."""
        return super().date_time_string(self.server.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """The sandbox keeps its own log."""


def _plain(status: int, text: str) -> Reply:
    return Reply(status, {"errorMessages": [text], "errors": {}}, {})


def _encoded(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
