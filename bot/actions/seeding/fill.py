"""How much there is of what, and in which order it is written."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import clock
from bot.actions.seeding.cases import Cases
from bot.actions.seeding.rows import Rows
from bot.actions.seeding.sending import Sending
from bot.actions.seeding.world import DAYS, Member, World
from bot.context import Context
from bot.errors import UserMistake
from bot.model.operator import Role
from bot.model.texts import seeding as say
from bot.model.texts import seeds as texts
from bot.store import bulk

_ROLES = (Role.OPERATOR,) * 6 + (Role.APPROVER,) * 4 + (Role.AUDITOR, Role.OWNER)
_APPS, _ADMINS = (1, 1, 2, 2, 3, 4, 6), (2, 2, 3, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many of each; deliveries of notices come first, those of broadcasts make up the number."""

    providers: int = 5_000
    cases: int = 20_000
    deliveries: int = 1_000_000
    questions: int = 200_000


def fill(ctx: Context, size: Size, seed: int, tell: Callable[[str], None]) -> None:
    """Write it all. The same seed and moment make the same rows. Raises UserMistake where the database holds anything."""
    database = ctx.house.database
    if not bulk.is_empty(database):
        raise UserMistake(say.NOT_EMPTY)
    world = World(ctx=ctx, rows=Rows(database), chance=random.Random(seed), now=clock.now())
    _staff(world)
    _members(world, size.providers)
    tell(say.people(len(world.members)))
    Cases(world).write(size.cases)
    tell(say.cases(size.cases))
    sending = Sending(world)
    sending.questions(size.questions)
    sending.humans(max(1, size.cases // 100))
    tell(say.questions(size.questions))
    sending.broadcasts(size.deliveries)
    world.rows.settle(whole=True)
    bulk.finish(database)
    tell(say.deliveries(world.rows.last["deliveries"]))


def _staff(world: World) -> None:
    same = {"password": "", "corpid": None, "agentid": None, "userid": None, "state": "active", "created_at": world.earlier()}
    for n, (name, role) in enumerate(zip(texts.STAFF, _ROLES, strict=True), 1):
        login = f"staff{n}"
        id_ = world.rows.add("operators", login=login, name=name, mail=f"{login}@example.com", roles=[role], version=1, **same)
        world.staff.setdefault(role, []).append((id_, login))


def _members(world: World, number: int) -> None:
    since = world.now - timedelta(days=DAYS + 30)
    for n in range(number):
        name = texts.company(n)
        id_ = world.rows.add("providers", code=f"P{n + 1:05d}", name=name, created_at=since, version=1)
        apps = [_app(world, id_, since) for _ in range(world.chance.choice(_APPS))]
        admins = [one for _ in range(world.chance.choice(_ADMINS)) if (one := _admin(world, id_, since))]
        world.members.append(Member(id=id_, name=name, apps=tuple(apps), admins=tuple(admins)))
        world.rows.settle()


def _app(world: World, provider_id: int, since: datetime) -> tuple[int, str]:
    chance, n = world.chance, world.rows.last["apps"]
    name, code = texts.app(n), f"A{n + 1:06d}"
    listed = {"listed": chance.random() < 0.97, "searchable": chance.random() < 0.95, "recommended": chance.random() < 0.6}
    return world.rows.add("apps", provider_id=provider_id, code=code, name=name, **listed, created_at=since, version=1), name


def _admin(world: World, provider_id: int, since: datetime) -> tuple[int, str, str] | None:
    """One who speaks for a provider now, or nothing of one who has left."""
    chance, n, settings = world.chance, world.rows.last["admins"], world.ctx.settings
    userid, name, is_gone = f"user{n + 1:06d}", texts.person(n), chance.random() < 0.05
    refused = "invaliduser" if not is_gone and chance.random() < 0.03 else ""
    admin_id = world.rows.add(
        "admins",
        provider_id=provider_id,
        corpid=settings.wecom_corpid,
        agentid=settings.wecom_agentid,
        userid=userid,
        name=name,
        mail=f"{userid}@example.com" if chance.random() < 0.7 else "",
        state="departed" if is_gone else "active",
        since=since,
        left_at=world.earlier() if is_gone else None,
        unreachable=refused,
        unreachable_at=world.earlier(30) if refused else None,
    )
    return None if is_gone else (admin_id, userid, name)
