"""Numbers for the overview: of cases as they lie there, of deliveries and messages as sums of a day."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.case import State
from bot.model.filing import FilingKind
from bot.model.overview import CaseDates
from bot.store.database import Tx
from bot.store.tables import batches, cases, days, deliveries, filings, inbox

_FAILED = ("rejected", "exhausted")


def case_dates(connection: Connection, since: datetime) -> list[CaseDates]:
    """How each case went that was opened since, ended since, or is not over: whatever happened since then happened to one of these."""
    reports = select(filings.c.case_id, func.min(filings.c.submitted_at)).where(filings.c.kind == FilingKind.REPORT)
    reported = {row[0]: row[1] for row in connection.execute(reports.group_by(filings.c.case_id))}
    fields = [cases.c[name] for name in ("id", "ground", "state", "opened_at", "issued_at", "served_at", "rectify_by", "ended_at")]
    lately = or_(cases.c.opened_at >= since, cases.c.ended_at >= since, cases.c.ended_at.is_(None))
    found = []
    for row in connection.execute(select(*fields).where(lately)):
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        found.append(CaseDates(**{**values, "state": State(row.state)}, reported_at=reported.get(row.id)))
    return found


def delivered(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """What became of the deliveries that were made in this time."""
    kind = case((deliveries.c.state.in_(_FAILED), "failed"), else_=deliveries.c.state)
    made = batches.c.created_at >= since, batches.c.created_at < until
    wanted = select(kind, func.count()).join(batches, batches.c.id == deliveries.c.batch_id).where(*made).group_by(kind)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def asked(connection: Connection, since: datetime, until: datetime) -> tuple[int, int, list[float]]:
    """(answered, refused, how long each callback took in milliseconds, sorted) of the messages that came in this time."""
    came = inbox.c.arrived_at >= since, inbox.c.arrived_at < until, inbox.c.handled_at.is_not(None)
    answered, refused, took = 0, 0, []
    for row in connection.execute(select(inbox.c.outcome, inbox.c.arrived_at, inbox.c.handled_at).where(*came)):
        took.append((row.handled_at - row.arrived_at).total_seconds() * 1_000)
        refused += row.outcome.startswith("ask_rule refusal")
        answered += row.outcome.startswith("ask_rule ") and row.outcome[9:10].isdigit()
    return answered, refused, sorted(took)


def keep(tx: Tx, day: str, sums: Mapping[str, int], now: datetime) -> None:
    """Write the sums of a day, in place of those before."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    for name in sorted(sums):
        row = dialect.insert(days).values(day=day, name=name, number=sums[name], summed_at=now)
        tx.execute(row.on_conflict_do_update(index_elements=["day", "name"], set_={"number": sums[name], "summed_at": now}))


def summed(connection: Connection, since: str) -> dict[str, dict[str, int]]:
    """Sums by name and day, from that day on."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(select(days.c.day, days.c.name, days.c.number).where(days.c.day >= since).order_by(days.c.day)):
        found.setdefault(row.name, {})[row.day] = row.number
    return found


def summed_days(connection: Connection, since: str) -> set[str]:
    """Days that have sums."""
    return set(connection.execute(select(days.c.day).where(days.c.day >= since).distinct()).scalars())
