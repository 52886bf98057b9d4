from __future__ import annotations

import pytest

from pmo_sync.connectors.normal import moment


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-23T10:30:00.000+0100", "2026-11-23T09:30:00Z"),
        ("2026-11-23T09:30:00Z", "2026-11-23T09:30:00Z"),
        ("2026-11-23T09:30:00", "2026-11-23T09:30:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("soon", "soon"),
        ("", ""),
        (None, None),
    ],
)
def test_a_moment_is_written_in_utc_and_any_other_text_stays(text: str | None, meant: str | None) -> None:
    assert moment(text) == meant
