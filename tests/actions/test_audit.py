import hashlib
import io
import random
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text

from bot.actions import audit, heads
from bot.context import Context
from bot.model.head import Head
from bot.model.signing import Key, new_key
from bot.model.texts import trail as texts
from bot.model.trail import HOUSE, SYSTEM, by_admin, by_operator
from bot.store import evidence as rows
from bot.store import notices, trail
from bot.store.tables import receipts
from tests import tampering
from tests.drafts import add_case

KEY = new_key()
FIRST, SECOND = "V2026-000001", "V2026-000002"


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=SecretStr(KEY))


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def trail_of_days(database, ctx, clock):
    """Two cases and the house over two closed days, and one event of a third that is not over."""
    ids = [add_case(database), add_case(database)]

    def write(action, case_id, **more):
        with database.write() as tx:
            trail.record(tx, by_operator("author"), action, {"ground": "2.9", "days": 7}, case_id=case_id, **more)

    for case_id in ids:
        write("open", case_id, personal={"facts": "套壳应用"})
        write("submit", case_id)
    write("import", None)
    clock.tick(days=1)
    for case_id in ids:
        write("approve", case_id)
    clock.tick(days=1)
    made = heads.make(ctx)
    write("seen", ids[0])
    return made


@pytest.fixture
def examine(database, ctx):
    """What verification finds, as (chain, seq, kind)."""

    def findings(**more):
        found = audit.examine(database, heads.folder(ctx.settings), {Key(KEY).public}, **more)
        for problem in found.problems:
            assert texts.problem(problem)
        return [(problem.chain, problem.seq, problem.kind) for problem in found.problems]

    return findings


def test_an_untouched_trail_is_intact(database, ctx, trail_of_days, examine):
    assert examine(given=trail_of_days, hashes=[head.sha256 for head in trail_of_days]) == []
    found = audit.examine(database, heads.folder(ctx.settings), {Key(KEY).public})
    assert (found.chains, found.events, found.heads, found.newest, found.is_signed) == (3, 8, 2, "2026-03-03", True)


@pytest.mark.parametrize("column", tampering.COLUMNS)
@pytest.mark.parametrize("row", [1, 2, 5, 8])
def test_a_changed_byte_in_any_column_is_found_and_named(database, trail_of_days, examine, column, row):
    chains = {1: FIRST, 2: FIRST, 5: HOUSE, 8: FIRST}
    tampering.change_event(database, row, column, random.Random(row))
    found = examine()
    assert found
    if column not in ("case_id", "seq"):
        seq = {1: 1, 2: 2, 5: 1, 8: 4}[row]
        assert (chains[row], seq, "changed") in found


def test_bytes_that_are_no_text_are_found_where_a_database_holds_them(database, trail_of_days, examine):
    for column in ("actor", "hash", *(("at", "content", "personal") if database.is_sqlite else ())):
        new = "CAST(x'ff00fe' AS TEXT)" if database.is_sqlite else "'�'"
        with tampering.free_hand(database) as tx:
            tx.execute(text(f"UPDATE events SET {column} = {new} WHERE id = 2"))
        assert (FIRST, 2, "changed") in examine()


@pytest.mark.parametrize("chain", [FIRST, SECOND, HOUSE])
def test_removed_last_events_are_found_at_once(database, trail_of_days, examine, chain):
    tampering.remove_events(database, chain)
    assert [kind for _, _, kind in examine() if kind in ("cut", "missing")]


def test_a_tail_that_went_with_all_that_tells_of_it_is_found_against_a_head(database, trail_of_days, examine):
    tampering.remove_events(database, SECOND, tip_too=True)
    assert examine() == [(SECOND, 3, "cut")]


def test_a_missing_event_in_the_middle_is_a_gap(database, trail_of_days, examine):
    with tampering.free_hand(database) as tx:
        tx.execute(text("DELETE FROM events WHERE id = 2"))
    assert (FIRST, 2, "gap") in examine()


def test_a_removed_case_is_found_by_its_number_and_its_chain(database, trail_of_days, examine):
    tampering.remove_case(database, SECOND)
    assert examine() == [(SECOND, 0, "missing"), (SECOND, 0, "no_case")]


def test_a_case_that_went_with_all_that_tells_of_it_is_found_against_a_head(database, trail_of_days, examine):
    tampering.remove_case(database, SECOND, tip_too=True, counter_too=True)
    assert examine() == [(SECOND, 0, "missing")]


def test_a_case_of_today_that_went_is_missed_by_its_number(database, trail_of_days, examine):
    case_id = add_case(database)
    with database.write() as tx:
        trail.record(tx, SYSTEM, "open", {}, case_id=case_id)
    tampering.remove_case(database, "V2026-000003", tip_too=True)
    assert examine() == [("V2026-000003", 0, "no_case")]


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_chain_written_anew_is_found_against_a_head(database, trail_of_days, examine, seq):
    tampering.rewrite(database, FIRST, seq, action="other")
    found = examine()
    assert found
    assert {(chain, kind) for chain, _, kind in found} == {(FIRST, "rewritten")}


def test_a_whole_database_written_anew_with_heads_of_its_own_is_found_against_a_kept_one(database, ctx, trail_of_days, examine, clock):
    """Everything in the database is consistent and signed by another key; files of heads are gone too."""
    tampering.rewrite(database, FIRST, 1, personal={"facts": "别的事实"})
    with tampering.free_hand(database) as tx:
        tx.execute(text("DELETE FROM heads"))
    for file in heads.folder(ctx.settings).iterdir():
        file.unlink()
    forger = Context(replace(ctx.house, settings=ctx.settings.model_copy(update={"audit_key": SecretStr(new_key())})))
    heads.make(forger)
    assert examine() == [("", 0, "head_untrusted")]
    found = audit.examine(database, heads.folder(ctx.settings), (), given=trail_of_days)
    kinds = {(problem.chain, problem.kind) for problem in found.problems}
    assert kinds == {("", "head_differs"), (FIRST, "rewritten")}
    by_mail = audit.examine(database, heads.folder(ctx.settings), (), hashes=[trail_of_days[-1].sha256])
    assert [problem.kind for problem in by_mail.problems] == ["head_unknown"]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("UPDATE heads SET document = replace(document, '2026-03-02', '2026-03-01') WHERE day = '2026-03-02'", {"head_changed"}),
        ("UPDATE heads SET sha256 = 'x' WHERE day = '2026-03-02'", {"head_changed"}),
        ("UPDATE heads SET key_id = 'x' WHERE day = '2026-03-02'", {"head_changed"}),
        ("UPDATE heads SET signature = '' WHERE day = '2026-03-03'", {"head_changed"}),
        ("UPDATE heads SET day = '2026-03-09' WHERE day = '2026-03-03'", {"head_changed", "head_missing"}),
        ("DELETE FROM heads WHERE day = '2026-03-02'", {"head_missing", "head_unlinked"}),
        ("DELETE FROM heads WHERE day = '2026-03-03'", {"head_missing"}),
        ("DELETE FROM heads", {"head_missing"}),
    ],
)
def test_a_changed_or_missing_head_is_found(database, trail_of_days, examine, change, kinds):
    with tampering.free_hand(database) as tx:
        tx.execute(text(change))
    assert {kind for _, _, kind in examine()} >= kinds


def test_heads_that_lost_their_signature_are_found(database, ctx, trail_of_days, examine):
    from bot.model import head as model

    stripped = model.make("2026-03-03", trail_of_days[1].tips, trail_of_days[0], None, _moment())
    with tampering.free_hand(database) as tx:
        new = {"document": stripped.document, "sha256": stripped.sha256}
        tx.execute(
            text("UPDATE heads SET document = :document, sha256 = :sha256, signature = '', key_id = '' WHERE day = '2026-03-03'"), new
        )
    heads.file(heads.folder(ctx.settings), "2026-03-03").unlink()
    assert {kind for _, _, kind in examine()} == {"head_unsigned"}


def _moment():
    from bot import clock

    return clock.now()


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff" * 10, b'{"day":"2026-03-02","document":"{}","signature":""}'])
def test_a_spoilt_head_file_is_found(ctx, trail_of_days, examine, raw):
    heads.file(heads.folder(ctx.settings), "2026-03-02").write_bytes(raw)
    assert examine() == [("", 0, "head_file_changed")]


def test_a_head_file_with_a_changed_byte_is_found(ctx, trail_of_days, examine):
    file = heads.file(heads.folder(ctx.settings), "2026-03-02")
    whole = file.read_bytes()
    luck = random.Random(1)
    for place in luck.sample(range(len(whole)), 60):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << luck.randrange(8)]) + whole[place + 1 :])
        assert examine() != [], place


def test_where_a_chain_ends_can_not_be_noted_otherwise(database, trail_of_days, examine):
    for change in ("hash = 'x'", "length = 2", "length = 9"):
        with tampering.free_hand(database) as tx:
            tx.execute(text(f"UPDATE chains SET {change} WHERE name = '{SECOND}'"))
        assert [chain for chain, _, _ in examine()] == [SECOND]


@pytest.fixture
def served(database, trail_of_days, wang):
    """A notice of the first case, with its receipt."""
    from bot import clock
    from bot.model.notice import NoticeKind, Section, Statement
    from bot.model.provider import Address

    statement = Statement(
        number=f"{FIRST}-1",
        title="处理通知",
        addressee="甲公司",
        issued_on="2026-03-04",
        lines=(("措施", "取消搜索"),),
        sections=(Section("事实", ("套壳应用。",)),),
        source="https://example.com",
    )
    address = Address(wang.corpid, wang.agentid, wang.userid)
    with database.write() as tx:
        notice = notices.add(tx, 1, 1, NoticeKind.DECISION, "key", statement, clock.now())
        trail.record(tx, SYSTEM, "notice", {"notice": notice.number, "sha256": notice.sha256}, case_id=1)
        notices.confirm(tx, notice.id, address, "王伟", "card", clock.now())
        trail.record(tx, by_admin(address), "receipt", {"notice": notice.number, "how": "card"}, case_id=1)
    return notice


def test_a_notice_and_its_receipts_are_held_against_the_trail(database, served, examine, wang):
    assert examine() == []
    for change, kind in (
        ("DELETE FROM receipts", "receipt_gone"),
        ("DELETE FROM notices", "notice_gone"),
    ):
        with tampering.free_hand(database) as tx:
            tx.execute(text(change))
        assert kind in {found for _, _, found in examine()}


@pytest.mark.parametrize("column", ["statement", "sha256"])
def test_a_changed_notice_is_found(database, served, examine, column):
    jsonb = "" if database.is_sqlite or column == "sha256" else "::jsonb"
    with tampering.free_hand(database) as tx:
        tx.execute(text(f"UPDATE notices SET {column} = replace(CAST({column} AS TEXT), '套壳', '克隆'){jsonb}"))
        if column == "sha256":
            tx.execute(text("UPDATE notices SET sha256 = 'x'"))
    assert examine() == [(FIRST, 5, "notice_changed")]


def test_a_receipt_that_nobody_gave_is_found(database, served, examine, li, clock):
    row = {"notice_id": 1, "corpid": li.corpid, "agentid": li.agentid, "userid": li.userid, "name": "李", "how": "card"}
    with database.write() as tx:
        tx.execute(insert(receipts).values(**row, at=_moment()))
    assert examine() == [(FIRST, 0, "receipt_unknown")]


def test_evidence_is_held_against_the_trail_and_its_files_are_read(database, ctx, trail_of_days, examine):
    raw = b"picture"
    digest = hashlib.sha256(raw).hexdigest()
    with database.write() as tx:
        rows.add(tx, 1, name="a.png", media_type="image/png", length=len(raw), sha256=digest, added_by=1, now=_moment())
        trail.record(tx, SYSTEM, "evidence", {"sha256": digest}, case_id=1)
    files = {digest: raw}
    assert examine(opened=lambda wanted: io.BytesIO(files[wanted])) == []
    files[digest] = b"another"
    assert examine(opened=lambda wanted: io.BytesIO(files[wanted])) == [(FIRST, 5, "evidence_spoilt")]
    with tampering.free_hand(database) as tx:
        tx.execute(text("UPDATE evidence SET sha256 = 'x'"))
    assert examine() == [(FIRST, 0, "evidence_unknown"), (FIRST, 5, "evidence_gone")]


def test_problems_name_chain_and_event_in_words(database, trail_of_days):
    from bot.model.trail import Problem

    assert texts.problem(Problem(chain=FIRST, seq=3, kind="cut", detail="5 2026-03-03")) == (
        f"案件 {FIRST}：从第 3 条起，末尾的记录不见了（2026-03-03 的日结写明有 5 条）"
    )
    assert texts.problem(Problem(chain=HOUSE, seq=1, kind="changed")) == "总务链：第 1 条记录的内容与它的哈希不符，被改动过"


def test_a_given_head_that_is_not_ours_is_told_from_one_that_is_broken(trail_of_days, examine):
    spoilt = Head(trail_of_days[0].day, trail_of_days[0].document.replace("house", "horse"), trail_of_days[0].signature)
    assert examine(given=[spoilt]) == [("", 0, "head_file_changed")]
