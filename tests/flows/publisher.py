"""A worker that dies while a version of the rules is made ready or comes into force: `python -m tests.flows.publisher URL STORY/POINT:N …`

STORY is `fit` or `publish`. For each point a child works until it dies; another one, after the lease has run out, goes on.
Told on standard output: `died POINT SIGNAL`.
"""

import os
import sys
import traceback
from datetime import timedelta

import rules
from bot import clock, failpoint
from bot.actions import rulebook_fits, rulebooks
from bot.context import Context, House
from bot.store.database import Database
from config.settings import load
from tests.flows.victim import tell
from tests.rulebooks import few


def main(url: str, points: list[str]) -> None:
    book = rules.load(encoder="off")

    def live(story: str, armed: str, later: timedelta) -> int:
        """One life. Returns the signal that ended it."""
        child = os.fork()
        if child == 0:
            try:
                house = House(settings=load(), database=Database(url), book=lambda: book, wake=lambda _: None)
                failpoint.arm(armed)
                with clock.freeze(clock.now() + later):
                    if story == "fit":
                        rulebook_fits.run(Context(house), few)
                    else:
                        rulebooks.publish_due(Context(house))
                os._exit(0)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    for number, point in enumerate(points):
        story, _, armed = point.partition("/")
        tell("died", point, str(live(story, armed, timedelta(minutes=10 * number))))
    for story in ("fit", "publish"):
        tell("finished", story, str(live(story, "", timedelta(minutes=10 * len(points)))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
