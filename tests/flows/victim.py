"""A process that is killed at named points while it works: `python -m tests.flows.victim inbound|sender URL POINT:N …`

For each point it forks a child that works until it dies there. Told on standard output: `done POINT:N KEY` for what the child
had answered or sent by then, and `died POINT:N SIGNAL`.
"""

import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bot import clock, failpoint
from bot.context import House
from bot.delivery.engine import Engine
from bot.store.database import Database
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from config.settings import load
from tests.messages import echo, probe, text, with_effect
from tests.platform import Person

MESSAGES = 12


def tell(*words: str) -> None:
    os.write(1, (" ".join(words) + "\n").encode())


def keys(point: str) -> list[str]:
    """Keys of the messages that are in flight when `point` kills."""
    return [f"{point}/{n}" for n in range(MESSAGES)]


def inbound(url: str, point: str) -> None:
    """Answer messages in four threads; every other one has effects."""
    database = Database(url)
    dispatcher = probe(House(settings=load(), database=database, book=lambda: None, wake=lambda _: None), handler)  # type: ignore[arg-type,return-value]

    def answer(key: str) -> None:
        dispatcher.handle(text(Person("ww1", 7, key), key=key), clock.now())
        tell("done", point, key)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(answer, keys(point)))


def handler(message, ctx):
    return with_effect(message, ctx) if int(message.key.rpartition("/")[2]) % 2 else echo(message, ctx)


def sender(url: str, point: str) -> None:
    """Send all that is due."""
    settings = load()
    database = Database(url)
    client = Client(
        settings.wecom_api_base,
        settings.wecom_corpid,
        settings.wecom_agentid,
        settings.wecom_secret.get_secret_value(),
        DatabaseTokens(database),
    )
    engine = Engine(database, client)
    while engine.work(limit=1):
        tell("done", point, "one")


def main(work: Callable[[str, str], None], url: str, points: list[str]) -> None:
    for point in points:
        child = os.fork()
        if child == 0:
            try:
                failpoint.arm(point)
                work(url, point)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        tell("died", point, str(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))


if __name__ == "__main__":
    main({"inbound": inbound, "sender": sender}[sys.argv[1]], sys.argv[2], sys.argv[3:])
