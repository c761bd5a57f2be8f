"""Two people who change what the bot answers at the same moment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bot import clock as product_clock
from bot import failpoint
from bot.actions import questions_asked, rulebooks
from bot.context import Context
from bot.model.question import Asked, GroupState, Wanted
from bot.model.rulebook import RuleState
from bot.store import questions
from tests.rulebooks import DATED, submitted


def test_a_question_tied_while_a_version_comes_into_force_is_tied_or_stale_and_neither_waits_for_the_other(house, cast, ctx, monkeypatch):
    with house.database.write() as tx:
        asked = Asked(text="客服电话是多少", topic="contact", at=product_clock.now())
        group_id = questions.add(tx, "客服电话是多少", asked, 1, None)
    with house.database.read() as connection:
        ids = [one.id for one in questions.phrasings(connection, group_id, 1)]
    wanted = Wanted(phrasings=ids, lineage=None, say="请看平台后台。")
    pending = submitted(house, cast)
    mark = questions_asked.look(ctx, cast["author"], group_id, wanted).mark
    tying = threading.Event()

    def reach(_name):
        tying.set()
        time.sleep(0.5)  # the other one is on its way by now

    monkeypatch.setattr(failpoint, "reach", lambda name: reach(name) if name == "questions.tied" else None)
    with ThreadPoolExecutor(1) as pool:
        tie = pool.submit(questions_asked.tie, Context(house), cast["author"], group_id, 1, wanted, mark)
        assert tying.wait(5)
        done = rulebooks.approve(Context(house), cast["approver"], DATED, pending.version, accepts_broken=True)
        assert done.state is RuleState.IN_FORCE
        assert tie.result(timeout=5).state is GroupState.TIED
