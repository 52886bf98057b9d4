from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pmo_sync.model.vocabulary import ColumnType
from pmo_sync.report import numbers


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (64.0, ColumnType.HOURS, 64),
        (0.5, ColumnType.HOURS, 0.5),
        (0.1 + 0.2, ColumnType.MONEY, 0.3),
        (6000.0, ColumnType.MONEY, 6000),
        (5.0, ColumnType.WORKING_DAYS, 5),
        (0.0, ColumnType.SHARE, 0.0),
        (1.0, ColumnType.SHARE, 1.0),
        (float("nan"), ColumnType.MONEY, None),
        (float("inf"), ColumnType.FLOAT, None),
        (3, ColumnType.INTEGER, 3),
        (True, ColumnType.BOOLEAN, True),
        (None, ColumnType.MONEY, None),
    ],
)
def test_exact(value: float | None, type_: ColumnType, expected: float | None) -> None:
    given = numbers.exact(value, type_)
    assert given == expected
    assert type(given) is type(expected)


def test_no_negative_zero() -> None:
    assert str(numbers.exact(-0.0, ColumnType.SHARE)) == "0.0"


def test_instants_are_utc() -> None:
    late = datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert numbers.iso(late) == "2026-11-22T23:30:00Z"
    assert numbers.minute(late) == "2026-11-22 23:30 UTC"
    assert numbers.iso(date(2026, 11, 23)) == "2026-11-23"
    assert numbers.iso(datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)) == "2026-01-01T00:00:00.000005Z"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.714, "71 %"), (0.999, "99 %"), (1.0, "100 %"), (0.001, "< 1 %"), (0.0, "0 %"), (None, "\N{EN DASH}")],
)
def test_percent_never_rounds_to_done_or_to_nothing(share: float | None, text: str) -> None:
    assert numbers.percent(share) == text


def test_people_read_plurals_and_thousands() -> None:
    assert numbers.plural(1, "item") == "1 item"
    assert numbers.plural(12345, "item") == "12,345 items"
    assert numbers.amount(20000.0) == "20,000"
    assert numbers.amount(12.5) == "12.50"
    assert numbers.amount(None) == "\N{EN DASH}"
