"""The audit trail: events are added to their chain, and read again as they lie there, whatever was done to them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot import clock, failpoint
from bot.errors import NotFound
from bot.model.canonical import canonical, parse, plain, sha256
from bot.model.filed import Kept
from bot.model.trail import DESTROY, GENESIS, HOUSE, Actor, Event, Tip, moment, salted
from bot.store import raw
from bot.store.database import Tx
from bot.store.tables import (
    cases,
    chains,
    counters,
    events,
    evidence,
    filing_files,
    filing_items,
    filing_rounds,
    filings,
    notices,
    receipts,
)

_PAGE = 1_000
_MOST_NUMBERS = 999_999  # of a year


def record(
    tx: Tx,
    actor: Actor,
    action: str,
    content: Mapping[str, Any],
    *,
    case_id: int | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Event:
    """Write one event at the end of its case's chain, or of the house's where case_id is None, in the caller's transaction.

    content: for ever, so nobody's own words, names or addresses: those go to `personal`, which can be destroyed. Both hold text, whole
    numbers, true, false, None, lists and mappings; moments as text (bot.model.trail.moment). Who writes to the same chain meanwhile
    waits for this transaction, so write to several chains in the order of their cases, the house's last.
    Raises ValueError for what has no canonical form, NotFound for no such case.
    """
    kept = salted(personal) if personal is not None else None
    id_, end = _lock(tx, case_id)
    at = clock.now()
    event = Event(
        chain=end.chain,
        id=id_,
        seq=end.length + 1,
        at=moment(at),
        actor=str(actor),
        action=action,
        content=plain(content),
        personal=kept,
        personal_sha256=sha256(canonical(kept)) if kept else "",
        previous=end.hash,
        hash="",
    )
    return _write(tx, event, at, case_id)


def destroy_personal(tx: Tx, actor: Actor, event: Event, reason: str, *, case_id: int | None = None) -> Event:
    """Destroy the personal content of an event for good, and write that this was done. The chain verifies as before.

    Of a hand-in or a decision, what its round keeps of the same words goes too.
    event: as read; case_id: of its chain. reason: a word or the number of the request, nobody's own words. Raises NotFound where there
    is none (any more).
    """
    gone = update(events).where(events.c.id == event.id, events.c.personal.is_not(None)).values(personal=null())
    if not tx.execute(gone).rowcount:
        raise NotFound("personal content")
    _empty_round(tx, event)
    return record(tx, actor, DESTROY, {"seq": event.seq, "reason": reason}, case_id=case_id)


def _empty_round(tx: Tx, event: Event) -> None:
    emptied: Mapping[str, Mapping[str, Any]] = {"filed": {"content": {}}, "decided": {"reasons": "", "remarks": {}}}
    if event.action not in emptied or not isinstance(event.content, Mapping):
        return
    number, count = event.content.get("filing"), event.content.get("round")
    of = select(filings.c.id).where(filings.c.number == number).scalar_subquery()
    same = filing_rounds.c.filing_id == of, filing_rounds.c.round == count
    tx.execute(update(filing_rounds).where(*same).values(**emptied[event.action]))
    if event.action == "filed":  # people write names into those of files; the bytes are a matter of their own
        new = filing_files.c.filing_id == of, filing_files.c.round == count
        tx.execute(update(filing_files).where(*new).values(name=filing_files.c.sha256))
    _empty_last(tx, event.action, str(number), count)


def _empty_last(tx: Tx, action: str, number: str, count: object) -> None:
    """What is written of the last round beside it."""
    last = select(filings.c.id).where(filings.c.number == number, filings.c.round == count).scalar_subquery()
    if action == "filed":
        tx.execute(update(filings).where(filings.c.id == last).values(words=""))
        tx.execute(update(filing_items).where(filing_items.c.filing_id == last).values(root_cause="", done="", prevention=""))
    else:
        tx.execute(update(filing_items).where(filing_items.c.filing_id == last).values(remark=""))


def _lock(tx: Tx, case_id: int | None) -> tuple[int, Tip]:
    """Keep others from this chain until the transaction ends. Returns the id of the row to come, and where the chain ends now."""
    name = select(literal(HOUSE)) if case_id is None else select(cases.c.number).where(cases.c.id == case_id)
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    new = dialect.insert(chains).from_select(["name", "length", "hash"], name.add_columns(literal(1), literal(GENESIS)).where(true()))
    # The row's lock comes with its newest values: who waited here reads what the other has written meanwhile.
    counted = new.on_conflict_do_update(index_elements=["name"], set_={"length": chains.c.length + 1})
    row = tx.execute(counted.returning(chains.c.name, chains.c.length, chains.c.hash, _next_id(tx))).one_or_none()
    if row is None:
        raise NotFound("case")
    return row[3], Tip(chain=row.name, length=row.length - 1, hash=row.hash)


def _next_id(tx: Tx) -> ColumnElement[int]:
    """The hash covers the row's id, so it must be known before the row is written."""
    if tx.dialect.name == "sqlite":  # one writer at a time
        return select(func.coalesce(func.max(events.c.id), 0) + 1).scalar_subquery()
    return func.nextval(func.pg_get_serial_sequence("events", "id"), type_=Integer)


def _write(tx: Tx, event: Event, at: datetime, case_id: int | None) -> Event:
    event = replace(event, hash=event.digest())
    row = {name: getattr(event, name) for name in _AS_THEY_ARE}
    tx.execute(insert(events).values(**row, case_id=case_id, at=at))
    failpoint.reach("trail.written")
    tx.execute(update(chains).where(chains.c.name == event.chain).values(hash=event.hash))
    return event


_AS_THEY_ARE = ("id", "seq", "actor", "action", "content", "personal", "personal_sha256", "previous", "hash")


def read(snapshot: Connection, chain: str = "") -> Iterator[Event]:
    """All events, or those of one chain: chain by chain, each from its first event on.

    snapshot: a connection of `Database.snapshot`. Nothing in a row is trusted to be what the tables say it is: what has been
    tampered with comes as it lies there, and verification finds it.
    """
    whose = case((events.c.case_id.is_(None), HOUSE), else_=literal("#") + cast(events.c.case_id, String))
    owner = func.coalesce(cases.c.number, whose)
    wanted = raw.columns(snapshot, owner.label("chain"), *(events.c[name] for name in ("at", *_AS_THEY_ARE)))
    statement = select(*wanted).select_from(events.outerjoin(cases, cases.c.id == events.c.case_id))
    if chain:
        of_case = events.c.case_id == select(cases.c.id).where(cases.c.number == chain).scalar_subquery()
        statement = statement.where(events.c.case_id.is_(None) if chain == HOUSE else of_case)
    ordered = statement.order_by(owner, events.c.seq, events.c.id).execution_options(yield_per=_PAGE)
    for row in snapshot.execute(ordered):
        yield _event(row._asdict(), from_raw=snapshot.dialect.name == "sqlite")


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{6})")
_NUMBER = re.compile(r"0|[1-9]\d{0,15}")


def _event(fields: Mapping[str, Any], *, from_raw: bool) -> Event:
    if not from_raw:
        return Event(**{**fields, "at": moment(fields["at"])})
    told = {name: raw.text(value) for name, value in fields.items()}
    for name in ("content", "personal"):
        told[name] = _value(fields[name])
    for name in ("id", "seq"):
        told[name] = int(told[name]) if _NUMBER.fullmatch(told[name]) else told[name]
    if _MOMENT.fullmatch(told["at"]):
        told["at"] = _MOMENT.sub(r"\1T\2Z", told["at"])
    return Event(**told)


def _value(lying: bytes | None) -> Any:
    """What is not in the very form in which it was written stays words, so that no hash fits it."""
    try:
        return None if lying is None else parse(lying)
    except ValueError:
        return raw.text(lying)


def has(connection: Connection, action: str, case_id: int) -> bool:
    """Whether a case's chain tells of such an action."""
    found = select(events.c.id).where(events.c.case_id == case_id, events.c.action == action).limit(1)
    return connection.execute(found).first() is not None


def tips(connection: Connection) -> dict[str, Tip]:
    """Where each chain ends, as its last writer noted it, by the chain's name."""
    wanted = raw.columns(connection, chains.c.name, chains.c.hash)
    rows = connection.execute(select(*wanted, chains.c.length))
    noted = [Tip(chain=raw.text(row.name), length=row.length, hash=raw.text(row.hash)) for row in rows]
    return {tip.chain: tip for tip in noted}


def case_numbers(connection: Connection) -> tuple[set[str], set[str]]:
    """(numbers of the cases there are, numbers that were given out)."""
    numbers = connection.execute(select(*raw.columns(connection, cases.c.number)))
    there = {raw.text(row.number) for row in numbers}
    given: set[str] = set()
    of_cases = counters.c.name.like("V%")  # filings have numbers of their own
    for row in connection.execute(select(*raw.columns(connection, counters.c.name), counters.c.last).where(of_cases)):
        given |= {f"{raw.text(row.name)}-{number:06d}" for number in range(1, min(int(row.last), _MOST_NUMBERS) + 1)}
    return there, given


def notice_hashes(snapshot: Connection) -> Iterator[tuple[str, Any, str]]:
    """(number, statement, sha256) of every notice, as they lie there."""
    wanted = raw.columns(snapshot, notices.c.number, notices.c.statement, notices.c.sha256)
    for row in snapshot.execute(select(*wanted).execution_options(yield_per=_PAGE)):
        yield raw.text(row.number), raw.value(row.statement), raw.text(row.sha256)


def receipt_actors(snapshot: Connection) -> Iterator[tuple[str, str]]:
    """(number of the notice, the actor who gave it) of every receipt, as they lie there."""
    wanted = raw.columns(snapshot, notices.c.number, receipts.c.corpid, receipts.c.agentid, receipts.c.userid)
    given = select(*wanted).select_from(receipts.outerjoin(notices, notices.c.id == receipts.c.notice_id))
    for row in snapshot.execute(given.execution_options(yield_per=_PAGE)):
        number, *address = map(raw.text, row)
        yield number or "", "admin:" + "/".join(map(str, address))


def evidence_hashes(snapshot: Connection) -> Iterator[tuple[str, str]]:
    """(case number, sha256) of every evidence file, as they lie there."""
    wanted = raw.columns(snapshot, cases.c.number, evidence.c.sha256)
    given = select(*wanted).select_from(evidence.outerjoin(cases, cases.c.id == evidence.c.case_id))
    for row in snapshot.execute(given.execution_options(yield_per=_PAGE)):
        yield raw.text(row.number) or "", raw.text(row.sha256)


def filed_rounds(snapshot: Connection) -> Iterator[Kept]:
    """Every round of what was handed in, with what came of it, as they lie there."""
    names = ("round", "content", "sha256", "outcome", "reasons", "remarks")
    wanted = raw.columns(snapshot, filings.c.number, *(filing_rounds.c[name] for name in names))
    given = select(*wanted).select_from(filing_rounds.outerjoin(filings, filings.c.id == filing_rounds.c.filing_id))
    for row in snapshot.execute(given.execution_options(yield_per=_PAGE)):
        told = {name: (raw.value if name in ("content", "remarks") else raw.text)(getattr(row, name)) for name in names}
        yield Kept(filing=raw.text(row.number) or "", **told)


def filing_states(snapshot: Connection) -> Iterator[tuple[str, str]]:
    """(number, state) of everything that was begun, as they lie there."""
    wanted = raw.columns(snapshot, filings.c.number, filings.c.state)
    for row in snapshot.execute(select(*wanted).execution_options(yield_per=_PAGE)):
        yield raw.text(row.number), raw.text(row.state)


def filed_files(snapshot: Connection) -> Iterator[tuple[str, str, bool]]:
    """(number of the filing, SHA-256, whether its bytes are to be there) of every file, as they lie there."""
    wanted = raw.columns(snapshot, filings.c.number, filing_files.c.sha256)
    is_there = filing_files.c.destroyed_at.is_(None).label("is_there")
    given = select(*wanted, is_there).select_from(filing_files.outerjoin(filings, filings.c.id == filing_files.c.filing_id))
    for row in snapshot.execute(given.execution_options(yield_per=_PAGE)):
        yield raw.text(row.number) or "", raw.text(row.sha256), bool(row.is_there)
