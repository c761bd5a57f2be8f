"""A way back that dies at named points: `python -m tests.flows.reviewer URL STORY/POINT:N …`

For each point a child takes an app from its measure to its recovery, or out of recommendation and back, until it dies. Another child
does the same again, as people do who saw no answer. Told on standard output: `died POINT SIGNAL`, then `finished POINT NUMBER…`.
"""

import os
import sys
import traceback
from collections.abc import Callable

import rules
from bot import failpoint
from bot.actions import cases, filings, reviews, withdrawals
from bot.actions.filings import Written
from bot.actions.reviews import Decision
from bot.context import Context, House
from bot.errors import TransitionNotAllowed, UserMistake
from bot.model.case import Planned, Step
from bot.model.filing import Filing, FilingKind, FilingState
from bot.model.operator import Operator
from bot.model.provider import Address
from bot.store import cases as case_rows
from bot.store import filings as filing_rows
from bot.store import operators
from bot.store.database import Database
from config.settings import load
from rules.catalogue import Measure
from tests.cast import AGENTID, CORPID, finding
from tests.flows.victim import tell
from tests.way_back import PARTS, keep

WANG, ZHAO = Address(CORPID, AGENTID, "WangWei"), Address(CORPID, AGENTID, "ZhaoMin")


def story(house: House, key: str) -> str:
    """One case from the finding to the recovered app, taking up where an earlier try ended. Returns its number."""
    ctx = Context(house)
    with house.database.read() as connection:
        staff = {operator.login: operator for operator in operators.everyone(connection)}
    planned = (Planned(measure=Measure.DELIST),)
    number = cases.open_case(ctx, staff["author"], finding(measures=planned), key).number
    _once(lambda: cases.submit(ctx, staff["author"], number))
    _once(lambda: cases.approve(ctx, staff["approver"], number))
    _once(lambda: cases.move_measure(ctx, staff["author"], number, Measure.DELIST, "apply"))
    report = filings.start(ctx, WANG, FilingKind.REPORT, case=number)
    if report.state is FilingState.DRAFT and not report.files:
        filings.attach(ctx, WANG, report.number, "2.9", "截图.png", keep(house, key.encode()))
    _hand_in(ctx, WANG, report, items={"2.9": PARTS})
    _decide(ctx, staff["approver2"], report.number, "accept")
    _once(lambda: cases.move_measure(ctx, staff["author"], number, Measure.DELIST, "lift"))
    with house.database.read() as connection:
        assert [one.state for one in case_rows.by_number(connection, number).measures] == [Step.LIFTED]
    return number


def withdrawal(house: House) -> tuple[str, str]:
    """An app out of recommendation and back, in the same way. Returns the numbers of the withdrawal and of the way back."""
    ctx = Context(house)
    with house.database.read() as connection:
        staff = {operator.login: operator for operator in operators.everyone(connection)}
    out = filings.start(ctx, ZHAO, FilingKind.WITHDRAWAL, app="app-b")
    _hand_in(ctx, ZHAO, out, words="换代")
    _decide(ctx, staff["approver"], out.number, "grant")
    _once(lambda: withdrawals.confirm(ctx, staff["author"], out.number))
    back = filings.start(ctx, ZHAO, FilingKind.REAPPLICATION, app="app-b")
    _hand_in(ctx, ZHAO, back, words="已换代")
    _decide(ctx, staff["approver"], back.number, "accept")
    _once(lambda: withdrawals.confirm(ctx, staff["author"], back.number))
    return out.number, back.number


def _hand_in(ctx: Context, by: Address, filing: Filing, words: str = "", items: dict[str, dict[str, str]] | None = None) -> None:
    filings.submit(ctx, by, filing.number, Written(version=filing.version, words=words, items=items), agreed=True)


def _decide(ctx: Context, actor: Operator, number: str, action: str) -> None:
    with ctx.read() as connection:
        if not filing_rows.by_number(connection, number).is_open:
            return
    reviews.take(ctx, actor, number)
    reviews.decide(ctx, actor, number, Decision(action=action, reasons="整改到位。"))


def _once(act: Callable[[], object]) -> None:
    """What was done before the machine died says so."""
    try:
        act()
    except (TransitionNotAllowed, UserMistake):
        return


def main(url: str, points: list[str]) -> None:
    book = rules.load(encoder="off")

    def live(point: str, armed: str) -> int:
        """One life. Returns the signal that ended it."""
        child = os.fork()
        if child == 0:
            try:
                house = House(settings=load(), database=Database(url), book=lambda: book, wake=lambda _: None)
                failpoint.arm(armed)
                told = withdrawal(house) if point.startswith("withdrawal/") else (story(house, point),)
                tell("finished", point, *told)
                os._exit(0)
            except BaseException:  # noqa: BLE001  a child must never get back into its parent's loop
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    for point in points:
        tell("died", point, str(live(point, point.partition("/")[2])))
        live(point, "")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
