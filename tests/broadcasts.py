"""What tests of broadcasts share: one to write, to let go, and to see through."""

from typing import Any

from bot import clock
from bot.actions import broadcast_work, broadcasts
from bot.actions.outcomes import Settled, not_to_be_sent
from bot.context import Context, House
from bot.delivery.engine import Engine
from bot.model.audience import EVERYBODY, Audience
from bot.model.broadcast import Broadcast, Content, Form
from bot.model.provider import Address
from bot.sandbox import World
from bot.store import broadcasts as rows
from bot.store import providers
from tests.cast import AGENTID, CORPID, Cast

WORDS = "平台规则有更新，请各服务商查看新版全文。"


def content(**more: Any) -> Content:
    """A markdown message. Keywords replace."""
    return Content(**{"form": Form.MARKDOWN, "title": "规则更新", "words": WORDS, **more})


def receipt_card(**more: Any) -> Content:
    """A card with 确认收到."""
    return content(**{"form": Form.CARD, "asks_receipt": True, **more})


def draft(house: House, staff: Cast, what: Content | None = None, to: Audience = EVERYBODY, key: str = "first", **more: Any) -> Broadcast:
    """By `author`."""
    return broadcasts.draft(Context(house), staff["author"], what or content(), to, key, **more)


def launched(
    house: House, staff: Cast, what: Content | None = None, to: Audience = EVERYBODY, key: str = "first", **more: Any
) -> Broadcast:
    """Let go: of so few nobody else need approve."""
    made = draft(house, staff, what, to, key, **more)
    moved = broadcasts.submit(Context(house), staff["author"], made.number, made.version)
    if moved.needs_approval:
        moved = broadcasts.approve(Context(house), staff["approver"], moved.number, moved.version)
    return moved


def of(house: House, number: str) -> Broadcast:
    """As the database has it now."""
    with house.database.read() as connection:
        return rows.by_number(connection, number)


def work(house: House) -> int:
    """What a worker's job does."""
    return broadcast_work.run(Context(house))


def see_through(house: House, engine: Engine, stopped: clock.Frozen) -> None:
    """Worker's job and engine, until nothing moves, now or a little later."""
    quiet = 0
    for _ in range(200):
        quiet = 0 if work(house) + engine.work() else quiet + 1
        if quiet == 2:
            return
        if quiet:
            stopped.tick(seconds=3)
    raise AssertionError("it does not come to an end")


def terms(**more: Any) -> dict[str, Any]:
    """The engine's hooks, as in the product."""
    return {"recheck": not_to_be_sent, "settled": Settled(more.get("fail_share", 0.2), more.get("fail_least", 20))}


def crowd(house: House, number: int, provider: str = "A", *, wecom: World | None = None) -> list[str]:
    """So many more admins of a provider; `wecom` knows them. Returns their userids."""
    userids = [f"Member{n:05}" for n in range(number)]
    if wecom is not None:
        for one in userids:
            wecom.add_member(one)
    with house.database.write() as tx:
        owner = providers.by_code(tx, provider)
        assert owner is not None
        providers.add_admins(tx, [(owner.id, Address(CORPID, AGENTID, one), one, "") for one in userids], clock.now())
    return userids
