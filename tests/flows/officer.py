"""An operator's machine that dies at named points: `python -m tests.flows.officer URL POINT:N …`

For each point a child opens a case, submits it, approves it, presses 确认收到 on its notice and lets a day and more pass, until it dies.
Whoever comes after does the same again, as people and schedules do. Told on standard output: `died POINT:N SIGNAL`.
"""

import os
import sys
import traceback
from datetime import timedelta

import rules
from bot import clock, failpoint
from bot.actions import cases, deadlines, notices
from bot.context import Context, House
from bot.errors import TransitionNotAllowed
from bot.model.case import State
from bot.model.provider import Address
from bot.store import cases as case_rows
from bot.store import notices as notice_rows
from bot.store import operators
from bot.store.database import Database
from config.settings import load
from tests.cast import AGENTID, CORPID, finding
from tests.flows.victim import tell


def story(house: House, key: str) -> str:
    """One case from the finding to the day after its notice, taking up where an earlier try ended. Returns its number."""
    ctx = Context(house)
    with house.database.read() as connection:
        staff = {operator.login: operator for operator in operators.everyone(connection)}
    number = cases.open_case(ctx, staff["author"], finding(), key).number
    for act, who in ((cases.submit, "author"), (cases.approve, "approver")):
        try:
            act(ctx, staff[who], number)
        except TransitionNotAllowed:  # done before the machine died
            continue
    clock_now = clock.now()
    with clock.freeze(clock_now + timedelta(hours=25)):
        deadlines.run(ctx)
    with house.database.read() as connection:
        case = case_rows.by_number(connection, number)
        assert case.state is State.IN_FORCE
        notice = notice_rows.of_case(connection, case.id)[0]
    notices.confirm(ctx, notice.id, Address(CORPID, AGENTID, "WangWei"), "portal")
    return number


def main(url: str, points: list[str]) -> None:
    book = rules.load(encoder="off")
    for point in points:
        child = os.fork()
        if child == 0:
            try:
                database = Database(url)
                house = House(settings=load(), database=database, book=lambda: book, wake=lambda _: None)
                failpoint.arm(point)
                story(house, point)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        tell("died", point, str(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
