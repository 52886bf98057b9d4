"""What a bug leaves behind: one sentence for the person, a log with the redacted traceback for the developers."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

from pmo_sync import __version__
from pmo_sync.cli.exit_codes import USAGE

_SECRET_NAME: Final = re.compile(r"(?i)token|key|secret|passw|credential|auth")
_SHORTEST: Final = 4
_HEADER: Final = re.compile(r"(?i)\b((?:x-redmine-api-key|authorization|cookie|key|token)['\"]?\s*[:=]\s*)[^\n,}\])]+")


def crashed(error: Exception) -> int:
    """Writes the log and says where it is and what to attach. Returns the exit code."""
    text = _log(error)
    path = _save(text)
    where = f"The details are in {path}." if path else "The details could not be saved: set TMPDIR and run it again."
    if sys.stderr is None:  # closed before we began
        return USAGE
    sys.stderr.write(
        f"error[unexpected]: pmo-sync {__version__} met something it was not built for ({type(error).__name__}); "
        "this is a bug of pmo-sync, not of your configuration.\n"
        f"  {where} Please report it: attach that file (secrets are taken out; look through it first) "
        "and say which command you ran.\n"
    )
    return USAGE


def _log(error: Exception) -> str:
    head = f"pmo-sync {__version__} · Python {platform.python_version()} · {platform.system()} {platform.machine()}\n\n"
    return redact(head + "".join(traceback.format_exception(error)))


def redact(text: str) -> str:
    """The text without values of environment variables that are named like secrets, headers with keys, and userinfo."""
    from pydantic import SecretStr

    from pmo_sync.settings.secrets import redact as without

    secrets = [
        SecretStr(value) for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
    ]
    return without(_HEADER.sub(r"\1[secret]", text), secrets)


def _save(text: str) -> Path | None:
    """The log in `.pmo-sync` of the current project if there is one, else in the folder for temporary files."""
    for folder in (_state(), None):
        try:
            handle, name = tempfile.mkstemp(prefix="pmo-sync-error-", suffix=".log", dir=folder)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return Path(name)
    return None


def _state() -> Path | None:
    arguments = sys.argv
    folder = Path(arguments[arguments.index("-C") + 1]) if "-C" in arguments[:-1] else Path.cwd()
    return next((parent / ".pmo-sync" for parent in (folder, *folder.parents) if (parent / ".pmo-sync").is_dir()), None)
