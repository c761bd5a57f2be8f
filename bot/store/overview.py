"""Numbers for the overview: of cases as they lie there, of deliveries and messages as sums of a day."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.model.case import State
from bot.model.filing import FilingKind
from bot.model.overview import DELIVERED, CaseDates
from bot.store.database import Tx
from bot.store.tables import batches, broadcast_receipts, cases, days, deliveries, filings, inbox, operator_tasks, receipts, views

_OUTCOME = re.compile(r"ask_rule (?:\d{4}-\d\d-\d\d )?(?P<came>refusal|\d+\.\d+)(?= |$)", re.ASCII)
_FAILED = ("rejected", "exhausted")
_OWN = CaseDates._fields[:-1]  # what stands in the case itself; the report is the last


def case_dates(connection: Connection, since: datetime) -> list[CaseDates]:
    """How each case went that was opened, ended or due since, or is not over: whatever happened since then happened to one of these."""
    reports = select(filings.c.case_id, func.min(filings.c.submitted_at)).where(filings.c.kind == FilingKind.REPORT)
    reported = {row[0]: row[1] for row in connection.execute(reports.group_by(filings.c.case_id))}
    fields = [cases.c[name] for name in ("id", *_OWN)]
    lately = or_(cases.c.opened_at >= since, cases.c.ended_at >= since, cases.c.ended_at.is_(None), cases.c.rectify_by >= since)
    states = {str(state): state for state in State}
    found = list[CaseDates]()
    for some in connection.execute(select(*fields).where(lately)).partitions(500):
        found += [CaseDates._make((ground, states[state], *dates, reported.get(id_))) for id_, ground, state, *dates in some]
    return found


def lifts(connection: Connection, since: datetime, until: datetime) -> list[tuple[datetime, datetime | None]]:
    """(until when a measure was to be lifted on the platform, when it was) of those that were due in this time and not dropped."""
    was_due = operator_tasks.c.due_at >= since, operator_tasks.c.due_at <= until
    wanted = operator_tasks.c.kind == "lift", operator_tasks.c.state != "dropped"
    rows = connection.execute(select(operator_tasks.c.due_at, operator_tasks.c.done_at).where(*was_due, *wanted))
    return [(row.due_at, row.done_at) for row in rows]


def delivered(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """What became of the deliveries that were made in this time."""
    kind = case((deliveries.c.state.in_(_FAILED), "failed"), else_=deliveries.c.state)
    made = batches.c.created_at >= since, batches.c.created_at < until
    wanted = select(kind, func.count()).join(batches, batches.c.id == deliveries.c.batch_id).where(*made).group_by(kind)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def looked(connection: Connection, since: datetime, until: datetime) -> tuple[int, int]:
    """(people who opened a notice for the first time, people who confirmed a notice or a broadcast) in this time."""

    def number(at: Column[Any]) -> int:
        return connection.execute(select(func.count()).where(at >= since, at < until)).scalar_one()

    return number(views.c.first_at), number(receipts.c.at) + number(broadcast_receipts.c.at)


def asked(connection: Connection, since: datetime, until: datetime) -> tuple[int, int, list[float]]:
    """(answered, refused, how long each callback took in milliseconds, sorted) of the messages that came in this time.

    An outcome is "ask_rule 4.2" or "ask_rule refusal deadline"; of a question about another time it has that version before it.
    """
    came = inbox.c.arrived_at >= since, inbox.c.arrived_at < until, inbox.c.handled_at.is_not(None)
    answered, refused, took = 0, 0, []
    for row in connection.execute(select(inbox.c.outcome, inbox.c.arrived_at, inbox.c.handled_at).where(*came)):
        took.append((row.handled_at - row.arrived_at).total_seconds() * 1_000)
        found = _OUTCOME.match(row.outcome)
        refused += found is not None and found["came"] == "refusal"
        answered += found is not None and found["came"] != "refusal"
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


def summed_days(connection: Connection, since: str) -> dict[str, datetime]:
    """When each day that has all its sums got them."""
    wanted = select(days.c.day, days.c.summed_at).where(days.c.day >= since, days.c.name == DELIVERED[-1])
    return {row.day: row.summed_at for row in connection.execute(wanted)}
