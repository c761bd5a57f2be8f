"""Service by hand: with proof, between the notice and now, once."""

import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot import clock as product_clock
from bot.actions import cases, evidence, notices, service
from bot.actions.evidence import Upload
from bot.clock import SHANGHAI, Frozen
from bot.context import Context, House
from bot.errors import NotFound, UserMistake
from bot.store import ladder, operator_tasks
from bot.store import notices as notice_rows
from bot.store.tables import events
from bot.store.tables import evidence as evidence_rows
from tests.cast import Cast, at, case_of, draft, issue


def proof(text: str = "签收单：李娜，三月三日。") -> list[Upload]:
    return [Upload("签收单.txt", io.BytesIO(text.encode()))]


@pytest.fixture
def issued(house: House, cast: Cast, clock: Frozen) -> str:
    """The number of a case in force since a day and an hour, unconfirmed, with the task to serve it."""
    number = issue(house, cast)
    clock.tick(hours=25)
    with house.database.write() as tx:
        operator_tasks.add(tx, f"serve:{number}", "serve", "请送达", product_clock.now(), case_id=case_of(house, number).id)
    return number


def an_hour_ago() -> datetime:
    return product_clock.now() - timedelta(hours=1)


def written(house: House) -> list[int]:
    with house.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (events, evidence_rows)]


def test_both_deadlines_run_from_the_service_and_the_ladder_ends(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    when = an_hour_ago()
    case = service.record_service(ctx, cast["author"], issued, when, "快递当面签收", proof())
    assert (case.served_at, case.served_how) == (when, "recorded")
    assert case.rectify_by is not None
    assert case.rectify_by.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") == "03-10 23:59:59"
    with ctx.read() as connection:
        left = [step for step, _, done, _ in ladder.steps(connection, case.id) if done is None]
        assert sorted(left) == ["last_call", "overdue"]
        assert [task.kind for task in operator_tasks.opened(connection, case_id=case.id)] == ["apply"]
        task = operator_tasks.get(connection, 2)
    assert (task.state, task.done_by, task.note) == ("done", cast["author"].id, "快递当面签收")


def test_the_proof_is_evidence_and_the_trail_tells_by_whom(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    service.record_service(ctx, cast["author"], issued, an_hour_ago(), "快递当面签收", proof())
    [one] = evidence.of_case(ctx, issued)
    with house.database.read() as connection:
        told = {row.action: row for row in connection.execute(select(events))}
    assert told["service_recorded"].content == {"evidence": [one.sha256]}
    assert told["service_recorded"].personal["of"] == {"how": "快递当面签收"}
    assert told["served"].content["how"] == "recorded"
    assert {told[name].actor for name in ("service_recorded", "served", "evidence")} == {"operator:author"}


def test_proof_that_is_evidence_already_serves_too(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    evidence.add(ctx, cast["author"], issued, proof())
    assert service.record_service(ctx, cast["author"], issued, an_hour_ago(), "当面", proof()).served_how == "recorded"
    assert len(evidence.of_case(ctx, issued)) == 1


@pytest.mark.parametrize(
    ("hours", "how", "uploads", "words"),
    [
        (1, "当面", proof(), "不能晚于现在"),
        (-26, "当面", proof(), "不能早于通知发出的时间 2026-03-02 09:00"),
        (-1, " ", proof(), "送达方式"),
        (-1, "当面", [], "须附上凭据"),
        (-1, "当面", [Upload("签收.exe", io.BytesIO(b"MZ\x00"))], "签收.exe"),
    ],
)
def test_a_service_that_cannot_be_is_refused_and_nothing_is_written(
    house: House, ctx: Context, cast: Cast, issued: str, hours: int, how: str, uploads: list[Upload], words: str
) -> None:
    before = written(house)
    with pytest.raises(UserMistake, match=words):
        service.record_service(ctx, cast["author"], issued, product_clock.now() + timedelta(hours=hours), how, uploads)
    assert written(house) == before
    assert case_of(house, issued).served_at is None


def test_the_minute_of_the_notice_is_not_before_it(house: House, ctx: Context, cast: Cast, clock: Frozen) -> None:
    clock.tick(seconds=40)
    number = issue(house, cast)
    issued_at = product_clock.now()
    clock.tick(seconds=5)
    case = service.record_service(ctx, cast["author"], number, issued_at.replace(second=0), "当面", proof())
    assert case.served_at == issued_at


def test_a_case_is_served_once(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    with ctx.read() as connection:
        notice = notice_rows.of_case(connection, case_of(house, issued).id)[0]
    notices.confirm(ctx, notice.id, at("WangWei"), "portal")
    before = written(house)
    with pytest.raises(UserMistake, match="管理员确认收到"):
        service.record_service(ctx, cast["author"], issued, an_hour_ago(), "当面", proof())
    assert written(house) == before
    assert case_of(house, issued).served_how == "receipt"


def test_what_was_not_issued_or_is_over_is_not_served(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    with pytest.raises(UserMistake, match="还没有发出通知"):
        service.record_service(ctx, cast["author"], draft(house, cast, key="2"), an_hour_ago(), "当面", proof())
    cases.revoke(ctx, cast["approver"], issued, "认定有误。")
    with pytest.raises(UserMistake, match="已经结束"):
        service.record_service(ctx, cast["author"], issued, an_hour_ago(), "当面", proof())
    with pytest.raises(NotFound):
        service.record_service(ctx, cast["author"], "V2026-000404", an_hour_ago(), "当面", proof())


def test_who_may_not_records_no_service(house: House, ctx: Context, cast: Cast, issued: str) -> None:
    for who in ("auditor", "approver"):
        with pytest.raises(UserMistake, match="权限"):
            service.record_service(ctx, cast[who], issued, an_hour_ago(), "当面", proof())
    assert case_of(house, issued).served_at is None
