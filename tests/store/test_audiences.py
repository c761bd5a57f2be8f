"""Who belongs to an audience: providers and people, narrowed and less exceptions, each person once."""

import pytest
from sqlalchemy import insert

from bot import clock as product_clock
from bot.model.audience import EVERYBODY, AppState, Audience
from bot.model.case import Planned
from bot.model.provider import Address
from bot.store import audiences, providers, tables
from rules.catalogue import Measure
from tests import way_back
from tests.cast import AGENTID, CORPID, finding, issue, permanent
from tests.way_back import ZHAO, decide

ELSEWHERE = Address("wwffffffffffffffff", AGENTID, "elsewhere")


@pytest.fixture
def who(house, cast):
    """The userids of an audience; counted and paged ways must agree."""

    def who(**named):
        to = named.pop("audience", None) or Audience(**named)
        with house.database.read() as connection:
            reach = audiences.resolve(connection, to, CORPID, AGENTID, product_clock.now())
            found = [userid for _, userid in audiences.addressees(connection, reach)]
            assert len(found) == len(set(found)) == audiences.number(connection, reach)
            paged, after = [], 0
            while some := audiences.page(connection, reach, after, 1):
                paged += [one.address.userid for one in some]
                after = some[-1].id
            assert paged == found
        return set(found)

    return who


A, B = {"WangWei", "li.na"}, {"ZhaoMin"}


def test_everybody_is_every_active_admin_of_this_app(who, house):
    with house.database.write() as tx:
        owner = providers.by_code(tx, "B")
        assert owner
        providers.add_admins(tx, [(owner.id, ELSEWHERE, "他处", "")], product_clock.now())
        providers.depart(tx, 2, product_clock.now())
    assert who(audience=EVERYBODY) == {"WangWei", "ZhaoMin"}
    with house.database.read() as connection:
        reach = audiences.resolve(connection, EVERYBODY, CORPID, AGENTID, product_clock.now())
        assert audiences.out_of_reach(connection, reach) == ([], 1)


def test_providers_and_people_together_each_person_once(who):
    assert who(providers=("A",)) == A
    assert who(people=("ZhaoMin",)) == B
    assert who(providers=("A",), people=("WangWei", "ZhaoMin")) == A | B
    assert who(providers=("none",), people=("nobody", "zhaomin")) == set()


def test_ids_are_compared_exactly(who):
    assert who(people=("wangwei",)) == set()


def test_exceptions_hold_against_everything(who):
    assert who(everybody=True, but_providers=("A",)) == B
    assert who(everybody=True, but_people=("li.na",)) == {"WangWei", "ZhaoMin"}
    assert who(providers=("A",), people=("li.na",), but_people=("li.na",)) == {"WangWei"}


def test_an_open_case_narrows_and_leaves_out(who, house, cast):
    assert who(everybody=True, open_case=True) == set()
    issue(house, cast)
    assert who(everybody=True, open_case=True) == A
    assert who(everybody=True, but_open_case=True) == B
    assert who(people=("WangWei", "ZhaoMin"), open_case=True) == {"WangWei"}


def test_states_are_derived_from_baseline_measures_and_withdrawals(who, house, cast):
    assert who(everybody=True, states=(AppState.NOT_RECOMMENDED, AppState.DELISTED)) == set()
    issue(house, cast, finding(measures=(Planned(measure=Measure.CANCEL_RECOMMENDATION),)))
    assert who(everybody=True, states=(AppState.NOT_RECOMMENDED,)) == A
    assert who(everybody=True, states=(AppState.RECOMMENDED,)) == B  # of A's two apps one never was, the other is not any more
    assert who(everybody=True, states=(AppState.DELISTED, AppState.RECOMMENDED)) == B
    withdrawal = way_back.hand_in_about_app(house, "app-b", by=ZHAO).number
    decide(house, cast["author"], withdrawal, "grant", reasons="同意。")
    assert who(everybody=True, states=(AppState.NOT_SEARCHABLE,)) == B
    issue(house, cast, permanent(), key="gone")
    assert who(everybody=True, states=(AppState.DELISTED,)) == A


def test_a_category_narrows(who, house):
    with house.database.write() as tx:
        app = providers.app_by_code(tx, "app-b")
        assert app
        tx.execute(insert(tables.app_categories).values(app_id=app.id, category="报销"))
    assert who(everybody=True, categories=("报销",)) == B
    assert who(providers=("A",), categories=("报销",)) == set()
    assert who(everybody=True, categories=("别的",)) == set()
    with house.database.read() as connection:
        assert audiences.categories(connection) == ["报销"]


def test_filters_must_all_be_fitted(who, house, cast):
    issue(house, cast)
    assert who(everybody=True, open_case=True, states=(AppState.RECOMMENDED,)) == set()
    assert who(everybody=True, open_case=True, states=(AppState.NOT_RECOMMENDED,)) == A
