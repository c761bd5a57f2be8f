"""Looking for providers, and how their admins were reached."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, case, func, or_, select

from bot.model.case import OPEN
from bot.model.provider import ENOUGH_ADMINS, Address
from bot.model.provider_list import SoughtProviders, Which
from bot.store.providers import ACTIVE
from bot.store.tables import admins, apps, cases, deliveries, notices, providers, views


def page(connection: Connection, wanted: SoughtProviders, here: tuple[str, int], limit: int) -> list[int]:
    """Ids of providers, by code. here: corpid and agentid of the app that sends."""
    conditions: list[ColumnElement[bool]] = [providers.c.code > wanted.after] if wanted.after else []
    if wanted.words:
        low = wanted.words.lower()
        by_app = select(apps.c.provider_id).where(_has(apps, ("name", "code"), low))
        by_admin = select(admins.c.provider_id).where(_has(admins, ("name", "userid"), low), admins.c.state == ACTIVE)
        named = _has(providers, ("name", "code"), low)
        conditions.append(or_(named, providers.c.id.in_(by_app), providers.c.id.in_(by_admin)))
    if wanted.which is not Which.ALL:
        conditions.append(_is(wanted.which, here))
    found = select(providers.c.id).where(*conditions).order_by(providers.c.code).limit(limit)
    return list(connection.execute(found).scalars())


def _is(which: Which, here: tuple[str, int]) -> ColumnElement[bool]:
    if which is Which.SHORT:
        reached = admins.c.provider_id == providers.c.id, admins.c.state == ACTIVE, admins.c.unreachable == ""
        ours = admins.c.corpid == here[0], admins.c.agentid == here[1]
        number = select(func.count()).select_from(admins).where(*reached, *ours).correlate(providers).scalar_subquery()
        return number < ENOUGH_ADMINS
    barred = [cases.c.power == "4.4"] if which is Which.BARRED else []
    return providers.c.id.in_(select(cases.c.provider_id).where(cases.c.state.in_(OPEN), *barred))


def _has(table: Table, names: tuple[str, ...], low: str) -> ColumnElement[bool]:
    return or_(*(func.lower(table.c[name]).contains(low, autoescape=True) for name in names))


def open_cases(connection: Connection, provider_ids: Collection[int]) -> dict[int, tuple[int, bool]]:
    """(how many cases are open, whether one of them bars it) by provider."""
    bars = func.max(case((cases.c.power == "4.4", 1), else_=0))
    wanted = select(cases.c.provider_id, func.count(), bars).where(cases.c.provider_id.in_(provider_ids), cases.c.state.in_(OPEN))
    return {row[0]: (row[1], bool(row[2])) for row in connection.execute(wanted.group_by(cases.c.provider_id))}


def last_accepted(connection: Connection, addresses: Collection[Address]) -> dict[Address, datetime]:
    """When a message to each of these was last accepted."""
    of = deliveries.c
    found: dict[Address, datetime] = {}
    for corpid, agentid in {(one.corpid, one.agentid) for one in addresses}:
        userids = [one.userid for one in addresses if (one.corpid, one.agentid) == (corpid, agentid)]
        same = of.corpid == corpid, of.agentid == agentid, of.userid.in_(userids), of.state == "accepted"
        for userid, at in connection.execute(select(of.userid, func.max(of.sent_at)).where(*same).group_by(of.userid)):
            if at is not None:
                found[Address(corpid, agentid, userid)] = at
    return found


def last_seen(connection: Connection, provider_id: int) -> dict[Address, datetime]:
    """When each person last opened a notice of this provider for the first time."""
    of = views.c
    joined = select(of.corpid, of.agentid, of.userid, func.max(of.first_at).label("at")).join(notices, notices.c.id == of.notice_id)
    rows = connection.execute(joined.where(notices.c.provider_id == provider_id).group_by(of.corpid, of.agentid, of.userid))
    return {Address(row.corpid, row.agentid, row.userid): row.at for row in rows}
