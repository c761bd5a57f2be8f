import subprocess
import sys

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.actions import heads
from bot.context import Context
from bot.model.head import Head
from bot.model.signing import Key, new_key
from bot.model.trail import HOUSE, SYSTEM
from bot.store import heads as stored
from bot.store import trail
from bot.store.tables import batches
from bot.store.tables import heads as table
from tests.drafts import add_case
from tests.store.rows import all_of

KEY = new_key()


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=SecretStr(KEY))


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def record(database):
    def write(action="step", case_id=None):
        with database.write() as tx:
            return trail.record(tx, SYSTEM, action, {}, case_id=case_id)

    return write


def days(made):
    return [head.day for head in made]


def test_a_day_is_closed_once_it_is_over_in_china(ctx, clock, record):
    record()
    assert heads.make(ctx) == []
    clock.tick(hours=14, minutes=59)  # nine in the morning, so this is a minute before midnight
    assert heads.make(ctx) == []
    clock.tick(minutes=7)
    assert days(heads.make(ctx)) == ["2026-03-02"]
    assert heads.make(ctx) == []


def test_a_head_names_every_chain_and_its_signature_is_good(ctx, clock, database, record):
    case = add_case(database)
    record()
    record(case_id=case)
    last = record(case_id=case)
    clock.tick(days=1)
    (head,) = heads.make(ctx)
    assert {tip.chain: tip.length for tip in head.tips} == {HOUSE: 1, "V2026-000001": 2}
    assert [tip.hash for tip in head.tips if tip.length == 2] == [last.hash]
    assert head.is_sound()
    assert head.key == Key(KEY).public
    with database.read() as connection:
        assert stored.latest(connection) == head


def test_a_head_holds_what_was_written_on_its_day_and_before(ctx, clock, record):
    record()
    clock.tick(days=1)
    record()
    (head,) = heads.make(ctx)
    assert [tip.length for tip in head.tips] == [1]


def test_missed_days_are_made_up_for_and_each_names_the_one_before(ctx, clock, record):
    record()
    clock.tick(days=1)
    heads.make(ctx)
    clock.tick(days=3)
    record()
    made = heads.make(ctx)
    assert days(made) == ["2026-03-03", "2026-03-04", "2026-03-05"]
    assert made[1].previous == made[0].sha256
    assert made[2].previous == made[1].sha256


def test_nothing_is_made_where_nothing_happened_yet(ctx, clock):
    assert heads.make(ctx) == []


def test_without_a_key_heads_are_unsigned(house, make_settings, clock, record, database):
    from dataclasses import replace

    record()
    clock.tick(days=1)
    (head,) = heads.make(Context(replace(house, settings=make_settings())))
    assert (head.signature, head.key, head.is_sound()) == ("", "", True)


def test_each_head_is_kept_outside_the_database_for_its_owner_only(ctx, clock, settings, record):
    record()
    clock.tick(days=2)
    made = heads.make(ctx)
    files = sorted(heads.folder(settings).iterdir())
    assert [Head.of_file(file.read_bytes()) for file in files] == made
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_auditors_are_told_once_of_each_head(ctx, clock, record):
    record()
    clock.tick(days=2)
    told: list[Head] = []
    heads.make(ctx, told.append)
    heads.make(ctx, told.append)
    assert days(told) == ["2026-03-02", "2026-03-03"]


def test_a_head_is_not_kept_if_its_auditors_could_not_be_told(ctx, clock, database, record):
    record()
    clock.tick(days=1)

    def fail(_head):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        heads.make(ctx, fail)
    assert all_of(database, "heads") == []
    assert days(heads.make(ctx)) == ["2026-03-02"]


def test_a_file_that_a_crash_has_left_out_is_written_by_the_next_call(ctx, clock, settings, record):
    record()
    clock.tick(days=1)
    heads.make(ctx)
    heads.file(heads.folder(settings), "2026-03-02").unlink()
    assert heads.make(ctx) == []
    assert len(list(heads.folder(settings).iterdir())) == 1


MAKER = """
import sys
from bot import failpoint, clock
from bot.actions import heads
from bot.context import Context, House
from bot.store.database import Database
from config.settings import load
from datetime import datetime

failpoint.arm(sys.argv[2])
house = House(settings=load(), database=Database(sys.argv[1]), book=lambda: None, wake=lambda _: None)
with clock.freeze(datetime.fromisoformat(sys.argv[3])):
    heads.make(Context(house))
"""


@pytest.fixture
def environment(settings):
    values = {name: getattr(settings, name) for name in ("wecom_corpid", "wecom_agentid", "public_url", "data_dir")}
    hidden = {name: getattr(settings, name).get_secret_value() for name in ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")}
    shown = {
        name.upper(): str(value) for name, value in {**values, **hidden, "audit_key": KEY, "wecom_api_base": "http://127.0.0.1:9"}.items()
    }
    return {**shown, "ENV_FILE": "/dev/null", "PYTHONPATH": "."}


@pytest.mark.parametrize("point", ["store.before_commit", "store.after_commit", "heads.kept"])
def test_a_process_killed_while_it_makes_heads_leaves_none_half_made(point, environment, database_url, database, ctx, clock, record):
    record()
    clock.tick(days=3)
    from bot import clock as product_clock

    command = [sys.executable, "-c", MAKER, database_url, f"{point}:2", product_clock.now().isoformat()]
    assert subprocess.run(command, env=environment, check=False, timeout=60).returncode == -9
    heads.make(ctx)
    assert [row.day for row in all_of(database, "heads")] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert len(list(heads.folder(ctx.settings).iterdir())) == 3
    with database.read() as connection:
        assert all(Head(*row).is_sound() for row in connection.execute(select(table.c.day, table.c.document, table.c.signature)))


def test_processes_that_make_heads_at_once_make_each_once(environment, database_url, database, clock, record):
    record()
    clock.tick(days=5)
    from bot import clock as product_clock

    command = [sys.executable, "-c", MAKER, database_url, "", product_clock.now().isoformat()]
    started = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    rows = all_of(database, "heads")
    assert [row.day for row in rows] == [f"2026-03-0{day}" for day in range(2, 7)]
    from bot.model.head import check

    assert check([Head(row.day, row.document, row.signature) for row in rows], {Key(KEY).public}) == []


def test_auditors_get_each_days_hash_by_mail_once(make_settings, house, cast, clock):
    object.__setattr__(house, "settings", make_settings(smtp_url="smtp://127.0.0.1:9", mail_from="bot@example.com"))
    with house.database.write() as tx:
        trail.record(tx, SYSTEM, "something", {})
    clock.tick(days=2)
    ctx = Context(house)
    made = [head for _ in range(2) for head in heads.make(ctx, lambda head: heads.tell_auditors(ctx, head))]
    with house.database.read() as connection:
        mails = list(connection.execute(select(batches.c.payload).where(batches.c.via == "mail")).scalars())
    assert [mail["to"] for mail in mails] == ["auditor@example.com"] * len(made)
    assert all(head.sha256 in mail["text"] for head, mail in zip(made, mails, strict=True))
