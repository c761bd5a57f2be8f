"""What has to rest, for all processes: an app whose settings somebody must mend, an API that has had enough.

After a rest one call goes ahead (a probe). If it goes well all follow; if not, the rest goes on, and longer where that may be the reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.delivery import Answer, Batch, Rest, State, Via
from bot.store import pauses
from bot.store.claims import Hold
from bot.store.database import Tx
from bot.store.pauses import Pause
from bot.wecom.limits import Fault

API = {Via.MESSAGE: "message/send", Via.CARD_UPDATE: "message/update_template_card"}
_VIA = {api: via for via, api in API.items()}

# A block lasts as long as its window: a minute, an hour, a day (path/90454). Which one it was shows when the shorter ones are over.
_WINDOWS_S = (65.0, 3_605.0, 21_600.0)
_MENDED_S = (300.0,)  # what a person must mend is looked at every few minutes


def rest_for(fault: Fault, batch: Batch) -> Rest | None:
    """What a refusal asks to be left alone, if anything."""
    match fault:
        case Fault.WAIT_WINDOW:
            return Rest(name=of_api(batch.corpid, API[batch.via]), seconds=_WINDOWS_S, alarm="api_blocked")
        case Fault.CONFIG | Fault.CREDENTIAL | Fault.CORP_GONE:
            return Rest(name=_of_app(batch), seconds=_MENDED_S, alarm="app_paused")
        case Fault.SLOW_DOWN:
            return Rest(name=of_api(batch.corpid, API[batch.via]), seconds=(5.0, 15.0, 60.0))
        case _:
            return None


def window_s(strikes: int) -> float:
    """How long an API that said enough is left alone, by how often in a row it did."""
    return _WINDOWS_S[min(strikes, len(_WINDOWS_S)) - 1]


def of_api(corpid: str, api: str) -> str:
    """The name of a pause of one API of one corp."""
    return f"api {corpid} {api}"


def _of_app(batch: Batch) -> str:
    return f"app {batch.corpid} {batch.agentid}"


def names(batch: Batch) -> tuple[str, ...]:
    """The pauses that this batch would keep to."""
    return () if batch.via is Via.MAIL else (_of_app(batch), of_api(batch.corpid, API[batch.via]))


def holds(known: Iterable[Pause], now: datetime) -> list[Hold]:
    """The batches that pauses keep from beginning now."""
    found = []
    for pause in known:
        kind, corpid, what = pause.name.split(" ")
        if pause.until_at <= now:
            continue
        if kind == "app":
            found += [Hold(corpid=corpid, agentid=int(what), via=via) for via in API]
        elif what in _VIA:
            found.append(Hold(corpid=corpid, via=_VIA[what]))
    return found


def take_note(tx: Tx, answers: Sequence[Answer]) -> tuple[dict[str, Pause], list[tuple[str, int]]]:
    """Write what these answers say of pauses: begun, prolonged by a probe, or over.

    Returns the pauses in which refused batches now are, by name, and what is new and needs a person: (alarm, errcode).
    """
    known = pauses.all_of(tx)
    alarms: list[tuple[str, int]] = []
    for answer in answers:
        rest, at = answer.rest, answer.answered_at
        if rest is None:
            continue
        pause = known.get(rest.name)
        if pause is None:
            pause = Pause(name=rest.name, errcode=answer.errcode, strikes=1, since_at=at, until_at=_until(rest, 1, at))
            if pauses.begin(tx, pause) and rest.alarm:
                alarms.append((rest.alarm, answer.errcode))
        elif answer.call.probe:
            strikes = pause.strikes + 1
            pause = replace(pause, errcode=answer.errcode, strikes=strikes, until_at=_until(rest, strikes, at))
            pauses.change(tx, pause)
        elif pause.until_at <= at:  # a repeat, which goes ahead of pauses, found that it is not over
            pause = replace(pause, errcode=answer.errcode, until_at=_until(rest, pause.strikes, at))
            pauses.change(tx, pause)
        known[rest.name] = pause
    if known:
        well = [answer.call for answer in answers if any(outcome.state is State.ACCEPTED for outcome in answer.outcomes)]
        pauses.end(tx, {name: call.sent_at for call in well for name in names(call.batch) if name in known})
    return known, alarms


def _until(rest: Rest, strikes: int, at: datetime) -> datetime:
    return at + timedelta(seconds=rest.seconds[min(strikes, len(rest.seconds)) - 1])
