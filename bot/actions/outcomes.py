"""What the engine asks and tells about notices: is this person still an addressee, and what became of each recipient.

Both are called inside the engine's own transactions, so they look, write, and do nothing else.
"""

from collections.abc import Iterable, Sequence

from bot import clock
from bot.actions.providers import flag_reachability
from bot.model.audience import EVERYBODY
from bot.model.delivery import Batch, Outcome, Priority, State, Via
from bot.model.provider import Address
from bot.model.trail import SYSTEM
from bot.store import broadcast_sending, broadcasts, notices, providers, trail
from bot.store.database import Tx

_FAILED = (State.REJECTED, State.EXHAUSTED)


def not_to_be_sent(tx: Tx, batch: Batch, userids: Iterable[str]) -> set[str]:
    """Of the people a batch is for, those who no longer speak for the provider it is about; of a broadcast, for which it goes to them.

    Nobody where it carries neither. What is for everybody goes to whoever speaks for anybody.
    """
    if batch.broadcast_id is not None:
        still, elsewhere = broadcast_sending.speaking(tx, batch.broadcast_id, batch.id)
        if elsewhere and broadcasts.get(tx, batch.broadcast_id).audience == EVERYBODY:
            still |= elsewhere
        return set(userids) - still
    carried = _carried(tx, batch)
    if carried is None:
        return set()
    provider_id = notices.get(tx, carried[0]).provider_id
    speaking = {admin.address for admin in providers.admins(tx, provider_id)}
    return {userid for userid in userids if Address(batch.corpid, batch.agentid, userid) not in speaking}


class Settled:
    """What the engine tells outcomes to. fail_share, fail_least: when a broadcast pauses by itself."""

    def __init__(self, fail_share: float, fail_least: int) -> None:
        self._fail_share = fail_share
        self._fail_least = fail_least

    def __call__(self, tx: Tx, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        settled(tx, batch, outcomes)
        if batch.broadcast_id is None:
            return
        final = [outcome.state for outcome in outcomes if outcome.final and outcome.state is not State.CANCELLED]
        gone, failed = broadcasts.count(tx, batch.broadcast_id, len(final), sum(state in _FAILED for state in final))
        if failed >= self._fail_least and failed >= gone * self._fail_share:
            broadcasts.pause_by_itself(tx, batch.broadcast_id, clock.now())


def settled(tx: Tx, batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Learn whom messages reach; and write what became of a notice's recipients on the trail of its case, with what the vendor answered."""
    if batch.via is Via.MESSAGE:
        flag_reachability(tx, batch.corpid, batch.agentid, outcomes)
    carried = _carried(tx, batch)
    final = [outcome for outcome in outcomes if outcome.final]
    if carried is None or not final:
        return
    notice_id, step = carried
    notice = notices.get(tx, notice_id)
    counts = {state.value: sum(outcome.state is state for outcome in final) for state in State}
    content = {
        "notice": notice.number,
        "step": step,
        "batch": batch.id,
        "msgids": sorted({outcome.msgid for outcome in final if outcome.msgid}),
        "errcodes": sorted({outcome.errcode for outcome in final}),
        **{state: number for state, number in counts.items() if number},
    }
    to = {f"{batch.corpid}/{batch.agentid}/{outcome.userid}": outcome.state.value for outcome in final}
    trail.record(tx, SYSTEM, "delivery", content, case_id=notice.case_id, personal={"to": to})


def _carried(tx: Tx, batch: Batch) -> tuple[int, str] | None:
    """(notice id, step) of a batch that carries a notice. Those are urgent, every one: all others need not be looked up."""
    return notices.of_batches(tx, [batch.id]).get(batch.id) if batch.priority == Priority.URGENT.rank else None
