"""Secrets: named in pmo.yaml, resolved only when their tracker is contacted, kept out of every text.

Order: `${NAME}` in the environment, then the file that `NAME_FILE` names; `token_file`; last, ~/.netrc.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from pmo_sync.connectors.options import ServerOptions
from pmo_sync.errors import UsageError
from pmo_sync.model.source import Entries, Fields, Leaf, Node

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_MAX_SECRET: Final = 10_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are at one tracker. `user` is None where the tracker tells by the token alone."""

    user: str | None
    token: SecretStr


def credentials(name: str, options: ServerOptions, *, environment: Mapping[str, str], folder: Path) -> Credentials:
    """The credentials of one tracker, read now.

    Raises:
        UsageError: a variable or file that the settings name is not there, or nothing names a token.
    """
    where = f"trackers.{name}"
    stated: str | None = getattr(options, "user", None)
    user = resolve(stated, environment=environment, folder=folder, where=f"{where}.user") if stated else None
    login = user.get_secret_value() if user else None
    if options.token:
        token = resolve(options.token, environment=environment, folder=folder, where=f"{where}.token")
        return Credentials(login, token)
    if options.token_file:
        return Credentials(login, _from_file(folder / options.token_file, f"{where}.token_file"))
    entry = _from_netrc(options.url, environment)
    if entry is None or (login is not None and entry[0] not in {"", login}):
        raise UsageError(
            f"nothing tells the token of the tracker {name}",
            advice=f"write `token: ${{NAME}}` under {where} in pmo.yaml and set NAME in the environment",
            code="no-secret",
        )
    return Credentials(login or entry[0] or None, SecretStr(entry[1]))


def resolve(text: str, *, environment: Mapping[str, str], folder: Path, where: str) -> SecretStr:
    """What a text of pmo.yaml stands for: itself, or for `${NAME}` the value of NAME or of the file in NAME_FILE.

    Raises:
        UsageError: NAME and NAME_FILE are both unset, or the file cannot be read; the message names them and `where`.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return SecretStr(text)
    name = match[1]
    if value := environment.get(name, "").strip():
        return SecretStr(value)
    if path := environment.get(f"{name}_FILE", "").strip():
        return _from_file(folder / path, f"{name}_FILE")
    raise UsageError(
        f"{where} names the environment variable {name}, which is {'empty' if name in environment else 'not set'}",
        advice=f"set {name}, or {name}_FILE to a file that holds it",
        code="no-secret",
    )


def _from_file(path: Path, where: str) -> SecretStr:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_SECRET + 1).strip()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(
            f"{where} names {path}, which cannot be read: {said}",
            advice="put the secret alone into that file, readable for you alone, or name the file that holds it",
            code="no-secret",
        ) from None
    if not text or len(text) > _MAX_SECRET or "\n" in text:
        raise UsageError(
            f"{where} names {path}, which does not hold one line with a secret",
            advice="put the secret alone into the file",
            code="no-secret",
        )
    return SecretStr(text)


def _from_netrc(url: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Login and password of the address's host; None when there is no file, or no entry."""
    home = environment.get("HOME")
    path = Path(environment.get("NETRC") or (Path(home) / ".netrc" if home else Path.home() / ".netrc"))
    if not path.is_file():
        return None
    try:
        entry = netrc(str(path)).authenticators(urlsplit(url).hostname or "")
    except (NetrcParseError, OSError, ValueError):
        raise UsageError(f"{path} cannot be read as a netrc file", advice="mend it", code="no-secret") from None
    if entry is None:
        return None
    login, _, password = entry
    return (login, password) if password else None


def redact(text: str, secrets: Iterable[SecretStr]) -> str:
    """The text without any of the secrets, also where they stand in base64, percent-encoded or before an @."""
    for form in sorted({form for secret in secrets for form in _forms(secret.get_secret_value())}, key=len)[::-1]:
        text = text.replace(form, "[secret]")
    return _USERINFO.sub(r"\1[secret]@", text)


def _forms(value: str) -> Iterator[str]:
    if not value:
        return
    yield value
    yield quote(value, safe="")
    raw = value.encode()
    for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield coded.decode()
    # Inside of `user:token` the base64 of a secret starts at one of three offsets; its inner characters stay the same.
    for offset in (1, 2):
        inner = base64.b64encode(b"x" * offset + raw).decode().rstrip("=")
        if len(middle := inner[4:-2]) >= _LONG_ENOUGH:
            yield middle


_LONG_ENOUGH: Final = 8
_USERINFO: Final = re.compile(r"(\w://)[^\s/@\"']+@")
_SECRET_KEY: Final = re.compile(r"tok(?!.*file)|passw|passphrase|secret|api.?key|credential", re.IGNORECASE)
_KEY: Final = re.compile(r"""(?<![\w-])([\w-]++)["']?\s*+:\s*+["']?""")
_VALUE: Final = re.compile(r"""(?!\$\{)(?:[^,}"'#\n]|(?<!\s)\#)+""")
_NO_SETTINGS: Final = frozenset({"fields", "kinds", "values", "phases", "write", "dropped"})
_SHORTEST: Final = 4


def masked(lines: Mapping[str, tuple[str, ...]], root: Fields) -> dict[str, tuple[str, ...]]:
    """The lines of the files with asterisks in place of literal secrets, of the same width, so that carets still fit.

    What counts: values of keys that sound like a secret (only in the file of `root`, pmo.yaml), and what stands
    before an @ in an address.
    """
    trackers = root.get("trackers")
    found = sorted(_literal(trackers) if trackers else (), key=len, reverse=True)
    return {
        file: tuple(_masked(line, found, own=file == root.source.file) for line in content)
        for file, content in lines.items()
    }


def _masked(line: str, found: list[str], *, own: bool) -> str:
    for secret in found:
        line = line.replace(secret, "*" * len(secret))
    if own:
        line = _masked_by_key(line)
    return _USERINFO.sub(lambda match: match[1] + "*" * (len(match[0]) - len(match[1]) - 1) + "@", line)


def _masked_by_key(line: str) -> str:
    """A line is masked by its words too: where the file is no YAML there is no tree to tell the secrets."""
    for key in _KEY.finditer(line):
        value = _VALUE.match(line, key.end()) if _SECRET_KEY.search(key[1]) else None
        if value is not None:
            line = line[: value.start()] + "*" * len(value[0]) + line[value.end() :]
    return line


def _literal(node: Node, key: str = "") -> Iterator[str]:
    """The literal secrets below `trackers`, word by word, so that those of several lines are found in each."""
    match node:
        case Fields():
            for name, value in node:
                if str(name.value) not in _NO_SETTINGS:
                    yield from _literal(value, str(name.value))
        case Entries():
            for item in node.items:
                yield from _literal(item, key)
        case Leaf() if isinstance(node.value, str):
            text = node.value
            if _SECRET_KEY.search(key) and not _REFERENCE.fullmatch(text):
                yield from (part for part in text.split() if len(part) >= _SHORTEST)
            elif key == "user" and ":" in text:
                yield text.partition(":")[2]
