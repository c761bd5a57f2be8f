"""A worker and an operator that die at named points: `python -m tests.flows.broadcaster URL POINT:N …`

For each point a child takes a broadcast further, as people and workers do, until it dies. Told on standard output: `died POINT:N SIGNAL`.
"""

import os
import sys
import traceback
from contextlib import suppress

import rules
from bot import failpoint
from bot.actions import broadcast_work, broadcasts
from bot.actions.outcomes import Settled, not_to_be_sent
from bot.context import Context, House
from bot.delivery.engine import Engine
from bot.delivery.terms import Terms
from bot.errors import UserMistake
from bot.model.audience import EVERYBODY
from bot.model.broadcast import Broadcast, State
from bot.model.operator import Operator
from bot.store import broadcasts as rows
from bot.store import operators
from bot.store.database import Database
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from config.settings import load
from tests.broadcasts import content
from tests.cast import AGENTID, CORPID
from tests.flows.victim import tell

NUMBER = "B2026-000001"


def story(house: House, client: Client, engine: Engine) -> None:
    """One broadcast: sent, sent again to whom it missed, cancelled before that goes, sent again, taken back. Takes up what is there."""
    ctx = Context(house)
    with house.database.read() as connection:
        author = operators.by_login(connection, "author")
    assert author
    broadcasts.draft(ctx, author, content(), EVERYBODY, "story")
    for _ in range(12):
        _press(ctx, author)
        broadcast_work.run(ctx)
        if now(ctx).round != 2:  # the second round is cancelled before anything of it goes
            engine.work()
        broadcast_work.run(ctx)
        broadcast_work.recall(ctx, client)


def now(ctx: Context) -> Broadcast:
    """The only broadcast there is."""
    with ctx.read() as connection:
        return rows.by_number(connection, NUMBER)


def _press(ctx: Context, author: Operator) -> None:
    one = now(ctx)
    if one.state is State.DRAFT:
        broadcasts.submit(ctx, author, NUMBER, one.version)
    elif one.state is State.SENDING and one.round == 2 and one.queued_at:
        broadcasts.cancel(ctx, author, NUMBER, one.version)
    elif one.state in (State.DONE, State.CANCELLED) and one.round < 3:
        with suppress(UserMistake):  # a cancelled one is not taken back whole yet
            broadcasts.resend(ctx, author, NUMBER, one.version)
    elif one.state is State.DONE and one.recalled_at is None:
        broadcasts.recall(ctx, author, NUMBER, one.version)


def main(url: str, points: list[str]) -> None:
    book = rules.load(encoder="off")
    for point in points:
        child = os.fork()
        if child == 0:
            try:
                database, settings = Database(url), load()
                secret = settings.wecom_secret.get_secret_value()
                client = Client(settings.wecom_api_base, CORPID, AGENTID, secret, DatabaseTokens(database))
                engine = Engine(database, client, Terms(recheck=not_to_be_sent, settled=Settled(1.0, 10_000)))
                failpoint.arm(point)
                story(House(settings=settings, database=database, book=lambda: book, wake=lambda _: None), client, engine)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        tell("died", point, str(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
