"""A worker that dies while it fetches what was sent in chat: `python -m tests.flows.fetcher URL POINT:N …`

For each point a child does the job until it dies. Told on standard output: `died POINT:N SIGNAL`.
"""

import os
import sys
import traceback

import rules
from bot import failpoint
from bot.actions import chat_media
from bot.context import Context, House
from bot.store.database import Database
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from config.settings import load
from tests.flows.victim import tell


def fetch(url: str) -> None:
    settings = load()
    database = Database(url)
    house = House(settings=settings, database=database, book=lambda: rules.load(encoder="off"), wake=lambda _: None)
    secret = settings.wecom_secret.get_secret_value()
    client = Client(settings.wecom_api_base, settings.wecom_corpid, settings.wecom_agentid, secret, DatabaseTokens(database))
    chat_media.run(Context(house), client)


def main(url: str, points: list[str]) -> None:
    for point in points:
        child = os.fork()
        if child == 0:
            try:
                failpoint.arm(point)
                fetch(url)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        tell("died", point, str(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
