"""Whom we trust: a real server on this machine, with certificates of an authority made for the test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import trustme

from pmo_sync.connectors.address import prepare
from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.policy import Policy
from pmo_sync.connectors.transport import RequestError, Transport
from pmo_sync.errors import UsageError
from tests.unit.connectors.jira_answers import NOW

ANY = msgspec.json.Decoder(object)


class Server(ThreadingHTTPServer):
    """Broken greetings are the point here; nothing is printed of them."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_CONNECT(self) -> None:
        self.server.asked_through.append(self.path)  # type: ignore[attr-defined]
        self.send_response(502)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Site:
    """A server, and a transport to it as the settings say."""

    folder: Path
    authority: trustme.CA
    url: str = ""

    def get(self, **options: Any) -> object:
        settings = RedmineOptions.model_validate({"kind": "redmine", "url": self.url, "proxy": "none", **options})
        session = requests.Session()
        transport = None
        try:
            prepare("plant", session, settings, self.folder, 2)
            policy = Policy(connect=2, read=2, total=2, tries=2, per_second=1e9)
            transport = Transport(session, self.url, policy=policy, now=lambda: NOW, sleep=lambda _: None)
            return transport.read("/x", ANY)
        finally:
            session.close()

    def refused(self, **options: Any) -> RequestError:
        with pytest.raises(RequestError) as caught:
            self.get(**options)
        return caught.value


Serve = Callable[..., Site]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """A site whose certificate is for these names; no authority is trusted by this machine."""
    servers: list[tuple[Server, threading.Thread]] = []
    (tmp_path / "nobody").mkdir()
    authority.cert_pem.write_to_path(tmp_path / "ours.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "others.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nobody"))

    def start(*names: str, secure: bool = True, **more: Any) -> Site:
        server = Server(("127.0.0.1", 0), Handler)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(*(names or ("localhost", "127.0.0.1")), **more).configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return Site(tmp_path, authority, f"https://localhost:{server.server_port}")

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_authority_that_nobody_here_knows_is_refused_with_the_way_out(serve: Serve) -> None:
    error = serve().refused()
    assert error.message == "the certificate of localhost is from an authority that we do not know"
    assert error.advice is not None
    assert "ca_bundle" in error.advice


def test_the_authority_of_the_settings_is_trusted_by_a_file_beside_pmo_yaml(serve: Serve) -> None:
    assert serve().get(ca_bundle="ours.pem") == {}


def test_an_authority_of_this_machine_is_trusted_without_a_setting(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ours.pem"))
    assert serve().get() == {}


def test_the_bundle_of_the_settings_wins_over_this_machine(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ours.pem"))
    assert "do not know" in serve().refused(ca_bundle="others.pem").message


def test_a_certificate_for_another_name_is_refused(serve: Serve) -> None:
    error = serve("elsewhere.example.net").refused(ca_bundle="ours.pem")
    assert error.message == "the certificate of localhost is for another name"
    assert "ca_bundle" not in str(error.advice)


def test_a_certificate_that_has_expired_is_refused(serve: Serve) -> None:
    ended = datetime.now(UTC) - timedelta(days=1)
    error = serve("localhost", not_before=ended - timedelta(days=9), not_after=ended).refused(ca_bundle="ours.pem")
    assert error.message == "the certificate of localhost has expired"


def test_what_does_not_speak_https_is_said(serve: Serve) -> None:
    error = serve(secure=False).refused()
    assert error.message == "localhost does not speak https as we do"
    assert "port" in str(error.advice)


def test_a_line_that_ends_in_the_greeting_is_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ears:
        greeted: list[int] = []

        def hang_up() -> None:
            for turn in range(2):
                line, _ = ears.accept()
                line.recv(4096)
                line.close()
                greeted.append(turn)

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        error = Site(tmp_path, trustme.CA(), f"https://localhost:{ears.getsockname()[1]}").refused()
        thread.join(2)
    assert "broke off" in error.message
    assert len(greeted) == 2


@pytest.mark.parametrize("content", [None, "no certificate", ""])
def test_a_bundle_without_certificates_is_a_mistake_in_the_settings(
    serve: Serve, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "odd.pem").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"trackers\.plant\.ca_bundle: .*odd\.pem holds no certificates") as caught:
        serve().get(ca_bundle="odd.pem")
    assert "PEM" in str(caught.value.advice)


@pytest.mark.parametrize(
    ("proxy", "goes"), [("none", False), ("env", True), ("address", True)], ids=["none", "env", "address"]
)
def test_which_proxy_is_used(serve: Serve, monkeypatch: pytest.MonkeyPatch, proxy: str, goes: bool) -> None:
    middle = Server(("127.0.0.1", 0), Handler)
    middle.asked_through = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=middle.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{middle.server_port}"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9" if proxy == "address" else address)
    monkeypatch.setenv("NO_PROXY", "")
    site = serve()
    options = {"ca_bundle": "ours.pem", "proxy": address if proxy == "address" else proxy}
    try:
        if goes:
            site.refused(**options)
        else:
            assert site.get(**options) == {}
    finally:
        middle.shutdown()
        thread.join()
        middle.server_close()
    assert bool(middle.asked_through) is goes  # type: ignore[attr-defined]
