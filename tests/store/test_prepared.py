from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import sqlite

from bot.store.columns import Json, Moment
from bot.store.prepared import json_text, moment_text

CHINA = timezone(timedelta(hours=8))


def column_text(kind, value):
    dialect = sqlite.dialect()
    return kind.dialect_impl(dialect).bind_processor(dialect)(value)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 1, 0, 0, 7, tzinfo=UTC),
        datetime(2026, 3, 2, 7, 59, 59, 999999, tzinfo=CHINA),
        datetime(999, 1, 1, tzinfo=UTC),
        None,
    ],
)
def test_a_moment_is_written_as_its_column_writes_it(moment):
    assert moment_text(moment) == column_text(Moment(), moment)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        moment_text(datetime(2026, 3, 2))


@pytest.mark.parametrize("value", [None, {}, {"content": "应用“被”下架\n\\", "list": [1, 2.5, True, None]}, [], ""])
def test_json_is_written_as_its_column_writes_it(value):
    assert json_text(value) == column_text(Json(), value)
