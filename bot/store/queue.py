"""What waits for a person: cases to approve, filings to review, wishes for an answer, and tasks, as one list in the order of time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, String, and_, cast, delete, func, literal, null, or_, select, type_coerce, union_all
from sqlalchemy import case as when
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import Subquery

from bot.model.broadcast import SOURCE_RULES
from bot.model.case import State
from bot.model.filing import FilingState
from bot.model.human import OPEN
from bot.model.queue import Record, Waits, Wanted, What
from bot.store.columns import Moment
from bot.store.database import Tx
from bot.store.tables import (
    admins,
    apps,
    broadcasts,
    cases,
    filings,
    human_requests,
    measures,
    operator_tasks,
    providers,
    queue_claims,
    rule_versions,
)

_TASKS = {"apply": What.MEASURE, "lift": What.MEASURE, "withdraw": What.MEASURE, "return": What.MEASURE, "admins": What.CONTACTS}
_TASKS |= {"serve": What.SERVE, "serve_outcome": What.SERVE, "overdue": What.OVERDUE}


def listed(connection: Connection, wanted: Wanted, me: int, now: datetime, limit: int) -> list[Waits]:
    """A page of the list, the most urgent first. me: whose claims are "mine"."""
    all_ = _everything(now)
    conditions = _conditions(all_, wanted, me, now)
    if wanted.after:
        after = wanted.after
        behind = and_(all_.c.at == after.at, or_(all_.c.what > after.what, and_(all_.c.what == after.what, all_.c.id > after.id)))
        conditions.append(or_(all_.c.at > after.at, behind))
    # named are those of the page alone, not all that wait
    page = select(all_).where(*conditions).order_by(all_.c.at, all_.c.what, all_.c.id).limit(limit).subquery("page")
    joined = (
        page.outerjoin(cases, cases.c.id == page.c.case_id)
        .outerjoin(providers, providers.c.id == func.coalesce(page.c.provider_id, cases.c.provider_id))
        .outerjoin(apps, apps.c.id == func.coalesce(page.c.app_id, cases.c.app_id))
    )
    named = cases.c.number.label("case_number"), providers.c.name.label("provider"), apps.c.name.label("app")
    ordered = select(page, *named).select_from(joined).order_by(page.c.at, page.c.what, page.c.id)
    rows = [row._mapping for row in connection.execute(ordered)]
    measured = _measures(connection, [row["id"] for row in rows if row["what"] == What.MEASURE])
    return [_waits(row, measured.get(row["id"], "") if row["record"] == Record.TASK else "") for row in rows]


def counts(connection: Connection, me: int, now: datetime) -> tuple[dict[What, int], int, int]:
    """(how many of each, how many of all are late, how many are claimed by `me`)."""
    all_ = _everything(now)
    late = func.sum(when((and_(all_.c.due_at.is_not(None), all_.c.due_at <= now), 1), else_=0))
    mine = func.sum(when((all_.c.claimed_by == me, 1), else_=0))
    rows = connection.execute(select(all_.c.what, func.count().label("number"), late, mine).group_by(all_.c.what)).all()
    return {What(row[0]): row[1] for row in rows}, sum(row[2] for row in rows), sum(row[3] for row in rows)


def waits(connection: Connection, record: Record, record_id: int, now: datetime) -> tuple[What, int | None] | None:
    """(what there is to do about it, who claimed it), if it waits at all."""
    all_ = _everything(now)
    row = connection.execute(select(all_.c.what, all_.c.claimed_by).where(all_.c.record == record, all_.c.id == record_id)).first()
    return (What(row.what), row.claimed_by) if row else None


def claim(tx: Tx, record: Record, record_id: int, operator_id: int, now: datetime, until: datetime) -> bool:
    """Note who does it, or that they do for longer. Returns False where somebody else does. Old claims of this operator go."""
    of = queue_claims.c
    tx.execute(delete(queue_claims).where(of.operator_id == operator_id, of.until <= now))
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    first = dialect.insert(queue_claims).values(record=record, record_id=record_id, operator_id=operator_id, until=until)
    mine = first.on_conflict_do_update(
        index_elements=["record", "record_id"],
        set_={"operator_id": operator_id, "until": until},
        where=or_(of.operator_id == operator_id, of.until <= now),
    )
    return bool(tx.execute(mine.returning(queue_claims.c.record_id)).first())


def unclaim(tx: Tx, record: Record, record_id: int, operator_id: int) -> bool:
    """Returns False where this operator has no claim."""
    same = queue_claims.c.record == record, queue_claims.c.record_id == record_id, queue_claims.c.operator_id == operator_id
    return bool(tx.execute(delete(queue_claims).where(*same)).rowcount)


def claimant(connection: Connection, record: Record, record_id: int, now: datetime) -> int | None:
    """Who said that they do it."""
    return connection.execute(select(_claimant(record, record_id, now))).scalar()


def _claimant(record: Record, record_id: Any, now: datetime) -> Any:
    of = queue_claims.c
    same = of.record == literal(record, String()), of.record_id == record_id, of.until > now
    return select(of.operator_id).where(*same).scalar_subquery()


def _measures(connection: Connection, task_ids: Sequence[int]) -> dict[int, str]:
    """Which measures these tasks are about, where they are about one."""
    of = operator_tasks.c
    same = measures.c.case_id == of.case_id, of.key == of.kind + ":" + cast(measures.c.id, String())
    found = select(of.id, measures.c.measure).join_from(operator_tasks, measures, and_(*same)).where(of.id.in_(task_ids))
    return {row.id: row.measure for row in connection.execute(found)} if task_ids else {}


def _conditions(all_: Subquery, wanted: Wanted, me: int, now: datetime) -> list[Any]:
    conditions: list[Any] = [all_.c.what == wanted.what] if wanted.what else []
    if wanted.whose:
        conditions.append(all_.c.claimed_by == me if wanted.whose == "mine" else all_.c.claimed_by.is_(None))
    if wanted.is_late:
        conditions += [all_.c.due_at.is_not(None), all_.c.due_at <= now]
    return conditions


def _everything(now: datetime) -> Subquery:
    no_time, no_id = type_coerce(null(), Moment()), type_coerce(null(), Integer())

    def line(record: Record, what: Any, kind: Any, of: Any, **more: Any) -> Select[Any]:
        given = {"number": literal(""), "case_id": no_id, "provider_id": no_id, "app_id": no_id, "due_at": no_time}
        given |= {"claimed_by": _claimant(record, of.c.id, now), "detail": literal(""), **more}
        at = type_coerce(func.coalesce(more["due_at"], more["since"]) if "due_at" in more else more["since"], Moment())
        columns = {"record": literal(record), "what": what, "kind": kind, "id": of.c.id, "at": at, **given}
        words = ("record", "what")
        return select(
            *(type_coerce(value, String()).label(name) if name in words else value.label(name) for name, value in columns.items())
        )

    task = when(*((operator_tasks.c.kind == kind, what) for kind, what in _TASKS.items()), else_=What.OTHER)
    of_case, of_human, of_task = cases.c, human_requests.c, operator_tasks.c
    parts = (
        line(
            Record.CASE,
            literal(What.APPROVAL),
            of_case.kind,
            cases,
            since=func.coalesce(of_case.submitted_at, of_case.opened_at),
            due_at=of_case.approve_by,
            number=of_case.number,
            case_id=of_case.id,
        ).where(of_case.state == State.PENDING_APPROVAL),
        _of_filings(line),
        line(
            Record.HUMAN,
            literal(What.HUMAN),
            literal("human"),
            human_requests,
            since=of_human.asked_at,
            due_at=of_human.due_at,
            provider_id=_provider_of_asker(),
            detail=of_human.about,
        ).where(of_human.state == OPEN),
        line(
            Record.TASK,
            task,
            of_task.kind,
            operator_tasks,
            since=of_task.created_at,
            due_at=of_task.due_at,
            case_id=of_task.case_id,
            provider_id=of_task.provider_id,
            detail=of_task.detail,
        ).where(of_task.state == "open"),
        _of_broadcasts(line),
        _of_rules(line),
    )
    return union_all(*parts).subquery("waiting")


def _of_filings(line: Callable[..., Select[Any]]) -> Select[Any]:
    """What was handed in and is to be reviewed. A claim of it stands with it."""
    of = filings.c
    whose = {"case_id": of.case_id, "provider_id": of.provider_id, "app_id": of.app_id, "claimed_by": of.claimed_by}
    times = {"since": func.coalesce(of.submitted_at, of.started_at), "due_at": of.due_at}
    lines = line(Record.FILING, of.kind, of.kind, filings, number=of.number, **whose, **times)
    return lines.where(of.state.in_((FilingState.SUBMITTED, FilingState.UNDER_REVIEW)))


def _of_broadcasts(line: Callable[..., Select[Any]]) -> Select[Any]:
    """Those that somebody else has to approve, and those that paused by themselves."""
    of = broadcasts.c
    failing = and_(of.state == "paused", of.pause_reason == "failures")
    since = func.coalesce(of.paused_at, of.submitted_at, of.made_at)
    due = when((of.state == "pending_approval", of.approve_by))
    lines = line(
        Record.BROADCAST, literal(What.BROADCAST), of.state, broadcasts, since=since, due_at=due, number=of.number, detail=of.title
    )
    return lines.where(or_(of.state == "pending_approval", failing))


def _of_rules(line: Callable[..., Select[Any]]) -> Select[Any]:
    """Versions that somebody else has to approve; and those approved, or in force, of which providers were not told."""
    of, sent = rule_versions.c, broadcasts.c
    waiting = of.state == "pending_approval"
    # What was written before the last approval told of another text, perhaps; a draft, and what was cancelled, tell nobody.
    told = sent.source_kind == SOURCE_RULES, sent.source_key == of.dated, sent.made_at >= of.approved_at
    is_told = select(sent.id).where(*told, sent.state.not_in(("draft", "cancelled"))).correlate(rule_versions).exists()
    owed = and_(of.state.in_(("approved", "in_force", "superseded")), of.author_id.is_not(None), ~is_told)
    since = func.coalesce(when((waiting, of.submitted_at)), of.approved_at, of.opened_at)
    due_at = when((waiting, of.approve_by))
    lines = line(Record.RULES, literal(What.RULES), of.state, rule_versions, since=since, due_at=due_at, number=of.dated)
    return lines.where(or_(waiting, owed))


def _provider_of_asker() -> Any:
    """Whom somebody who asked for a person speaks for, if for anybody."""
    asked = human_requests.c
    same = admins.c.corpid == asked.corpid, admins.c.agentid == asked.agentid, admins.c.userid == asked.userid, admins.c.state == "active"
    return select(admins.c.provider_id).where(*same).correlate(human_requests).scalar_subquery()


def _waits(row: Any, measure: str) -> Waits:
    names = ("kind", "id", "number", "since", "due_at", "claimed_by", "detail", "at")
    given = {name: row[name] for name in names}
    return Waits(
        what=What(row["what"]),
        record=Record(row["record"]),
        measure=measure,
        case=row["case_number"] or "",
        provider=row["provider"] or "",
        app=row["app"] or "",
        **given,
    )
