"""All that is kept about one case, as plain values for its evidence bundle.

Private notes are not among it, nor what gives anybody a right.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from bot.errors import NotFound
from bot.model.canonical import canonical, sha256
from bot.model.trail import moment
from bot.store import filed_dossier
from bot.store.tables import (
    admins,
    apps,
    attempts,
    batches,
    cases,
    deliveries,
    evidence,
    measures,
    notice_batches,
    notices,
    operators,
    providers,
    receipts,
    views,
)

# A link in a mail or message carries its reader's right; whoever gets the bundle must not have that.
_LINK = re.compile(r"(/portal/links/)[\w\-]+")


def read(snapshot: Connection, number: str) -> dict[str, Any]:
    """{"case", "filings", "notices", "deliveries", "receipts", "views"} of one case, each in canonical values. Raises NotFound."""
    row = snapshot.execute(select(cases).where(cases.c.number == number)).one_or_none()
    if row is None:
        raise NotFound("case")
    of_notices = notices.c.case_id == row.id
    people, staff = _names(snapshot, row.provider_id), _staff(snapshot)
    return {
        "case": _case(snapshot, row.id, staff),
        "filings": filed_dossier.read(snapshot, row.id, staff),
        "notices": _rows(snapshot, select(notices).where(of_notices).order_by(notices.c.id), without=("case_id", "key")),
        "deliveries": [_sent(snapshot, sent, people) for sent in snapshot.execute(_batches(of_notices)).mappings()],
        "receipts": _of_notices(snapshot, receipts, of_notices, receipts.c.at),
        "views": _of_notices(snapshot, views, of_notices, views.c.first_at),
    }


def _staff(snapshot: Connection) -> dict[int, dict[str, str]]:
    known = snapshot.execute(select(operators.c.id, operators.c.login, operators.c.name))
    return {row.id: {"login": row.login, "name": row.name} for row in known}


def _case(snapshot: Connection, case_id: int, staff: dict[int, dict[str, str]]) -> dict[str, Any]:
    case = _rows(snapshot, select(cases).where(cases.c.id == case_id), without=("request_key",))[0]
    source = case.pop("sprang_from_id")
    case["sprang_from"] = snapshot.execute(select(cases.c.number).where(cases.c.id == source)).scalar_one_or_none()
    for role in ("author", "approver", "second_approver"):
        case[role] = staff.get(case.pop(f"{role}_id"))
    provider = select(providers.c.code, providers.c.name).where(providers.c.id == case.pop("provider_id"))
    app = select(apps.c.code, apps.c.name).where(apps.c.id == case.pop("app_id"))
    files = _rows(snapshot, select(evidence).where(evidence.c.case_id == case_id).order_by(evidence.c.id), without=("id", "case_id"))
    for file in files:
        file["added_by"] = staff.get(file["added_by"])
    imposed = _rows(snapshot, select(measures).where(measures.c.case_id == case_id).order_by(measures.c.id), without=("id", "case_id"))
    for measure in imposed:
        measure |= {by: staff.get(measure[by]) for by in ("applied_by", "lifted_by")}
    apps_named = _rows(snapshot, app)
    return {
        **case,
        "provider": _rows(snapshot, provider)[0],
        "app": apps_named[0] if apps_named else None,
        "measures": imposed,
        "evidence": files,
    }


def _names(snapshot: Connection, provider_id: int) -> dict[tuple[str, int, str], str]:
    known = select(admins.c.corpid, admins.c.agentid, admins.c.userid, admins.c.name).where(admins.c.provider_id == provider_id)
    return {(row.corpid, row.agentid, row.userid): row.name for row in snapshot.execute(known.order_by(admins.c.id))}


def _batches(of_notices: ColumnElement[bool]) -> Select[Any]:
    wanted = [batches.c[name] for name in ("id", "via", "corpid", "agentid", "payload", "state", "created_at")]
    carried = notice_batches.join(notices, notices.c.id == notice_batches.c.notice_id).join(
        batches, batches.c.id == notice_batches.c.batch_id
    )
    return (
        select(notices.c.number.label("notice"), notice_batches.c.step, *wanted)
        .select_from(carried)
        .where(of_notices)
        .order_by(notices.c.id, batches.c.id)
    )


def _sent(snapshot: Connection, sent: Any, people: dict[tuple[str, int, str], str]) -> dict[str, Any]:
    batch = _plain(dict(sent))
    corpid, agentid = sent["corpid"], sent["agentid"]
    to = []
    for row in snapshot.execute(select(deliveries).where(deliveries.c.batch_id == sent["id"]).order_by(deliveries.c.id)).mappings():
        story = select(attempts).where(attempts.c.delivery_id == row["id"]).order_by(attempts.c.id)
        told = {name: row[name] for name in ("userid", "channel", "state", "errcode", "errmsg", "msgid", "sent_at", "settled_at")}
        tries = _rows(snapshot, story, without=("id", "delivery_id"))
        to.append({**_plain(told), "name": people.get((corpid, agentid, row["userid"]), ""), "attempts": tries})
    payload = batch.pop("payload")
    return {**batch, "payload": _without_links(payload), "payload_sha256": sha256(canonical(payload)), "to": to}


def _of_notices(snapshot: Connection, table: Table, of_notices: ColumnElement[bool], at: ColumnElement[Any]) -> list[dict[str, Any]]:
    columns = [column for column in table.c if column.name not in ("id", "notice_id")]
    whose = table.join(notices, notices.c.id == table.c.notice_id)
    statement = select(notices.c.number.label("notice"), *columns).select_from(whose).where(of_notices)
    return _rows(snapshot, statement.order_by(at, table.c.id))


def _rows(snapshot: Connection, statement: Select[Any], without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    found = snapshot.execute(statement).mappings()
    return [_plain({name: value for name, value in row.items() if name not in without}) for row in found]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: moment(value) if hasattr(value, "tzinfo") else value for name, value in row.items()}


def _without_links(value: Any) -> Any:
    if isinstance(value, str):
        return _LINK.sub(r"\1…", value)
    if isinstance(value, dict):
        return {name: _without_links(item) for name, item in value.items()}
    return [_without_links(item) for item in value] if isinstance(value, list) else value
