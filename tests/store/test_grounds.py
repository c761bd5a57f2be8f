import pytest
from sqlalchemy.exc import IntegrityError

from bot import clock as product_clock
from bot.model.ground import GroundRow
from bot.store import grounds
from rules.catalogue import Measure


def row(**more):
    usual = {
        "key": "t-01",
        "title": "测试行",
        "wording": "第一段\n第二段",
        "measures": (Measure.CANCEL_RECOMMENDATION, Measure.DELIST),
        "source": "测试来源",
        "source_date": "2024-06-17",
        "position": "第 1 行",
        "checker_one": "li",
        "checker_two": "chen",
    }
    return GroundRow(**{**usual, **more})


def test_what_was_written_is_read_back(database, clock):
    with database.write() as tx:
        grounds.add(tx, [row(), row(key="T-01")], product_clock.now())
    with database.read() as connection:
        assert grounds.get(connection, "t-01") == row()
        assert grounds.get(connection, "row:t-01") is None
        assert grounds.everything(connection) == [row(), row(key="T-01")]


@pytest.mark.parametrize("wrong", [{"checker_two": "li"}, {}])
def test_the_database_holds_rows_to_two_checkers_and_keys_to_one_row(database, clock, wrong):
    with database.write() as tx:
        grounds.add(tx, [row()], product_clock.now())
    with pytest.raises(IntegrityError), database.write() as tx:
        grounds.add(tx, [row(key="t-02" if wrong else "t-01", **wrong)], product_clock.now())
