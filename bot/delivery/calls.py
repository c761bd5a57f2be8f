"""One call to the platform or the mail server, and what came of it."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from bot import clock
from bot.delivery.rests import rest_for
from bot.delivery.terms import Mail
from bot.errors import MailError, MailUncertain, Uncertain, WecomError
from bot.model.delivery import Answer, Call, Outcome, Rest, State, Via
from bot.wecom.cards import BadPayload
from bot.wecom.client import Client, SendResult
from bot.wecom.limits import NO_ANSWER, fault_of

log = structlog.get_logger()

_BACK_OFF_S = (2.0, 5.0, 15.0, 60.0, 120.0, 300.0)


def make(call: Call, client: Client, mail: Mail | None) -> Answer:
    """Make it. Whatever the other side says or does not say comes back as a value."""
    try:
        match call.batch.via:
            case Via.MESSAGE:
                return _sent(call, client.send(call.touser, call.batch.payload))
            case Via.CARD_UPDATE:
                return _updated(call, client)
            case Via.MAIL:
                return _mailed(call, mail)
    except Uncertain as error:
        return _unsure(call, error.errcode, error.errmsg)
    except WecomError as error:
        return _refused(call, error)
    except BadPayload as error:  # nothing left this machine, and nothing ever will
        log.error("payload_refused", batch_id=call.batch.id, field=error.field)
        return _all(call, State.REJECTED, errmsg=str(error), final=True)


def unmade(call: Call) -> Answer:
    """For a call that is not going to be made: its people wait again."""
    return _all(call, State.UNCERTAIN if call.repeat else State.QUEUED, left=False)


def _sent(call: Call, result: SendResult) -> Answer:
    def state(userid: str) -> State:
        if userid in result.ambiguous:  # one of two ids that the platform does not tell apart was refused: an operator decides
            return State.UNCERTAIN
        return State.REJECTED if userid in result.refused else State.ACCEPTED

    outcomes = [
        one.outcome(
            state(one.userid),
            final=True,
            errcode=result.errcode,
            errmsg=result.refused.get(one.userid, ""),
            msgid=result.msgid,
            response_code=result.response_code,
        )
        for one in call.to
    ]
    return _answer(call, outcomes, due_at=call.rest_due_at)


def _updated(call: Call, client: Client) -> Answer:
    change = dict(call.batch.payload)
    refused = client.update_template_card(change.pop("response_code"), call.touser, change)
    outcomes = [
        one.outcome(State.REJECTED, final=True, errmsg="invaliduser") if one.userid in refused else one.outcome(State.ACCEPTED, final=True)
        for one in call.to
    ]
    return _answer(call, outcomes)


def _mailed(call: Call, mail: Mail | None) -> Answer:
    try:
        if mail is None:
            raise MailError("no mail server is set")
        mail.send(call.batch.payload)
    except MailUncertain as error:
        return _unsure(call, NO_ANSWER, str(error))
    except MailError as error:
        log.warning("mail_refused", batch_id=call.batch.id, permanent=error.permanent)
        return _again(call, NO_ANSWER, str(error)) if not error.permanent else _all(call, State.REJECTED, errmsg=str(error), final=True)
    return _all(call, State.ACCEPTED, final=True)


def _unsure(call: Call, errcode: int, errmsg: str) -> Answer:
    """The answer is lost. A message is repeated soon, which the platform swallows if it had the first; nothing else may be."""
    if call.batch.via is Via.MESSAGE:
        return _all(call, State.UNCERTAIN, errcode=errcode, errmsg=errmsg, due_at=_back_off(call))
    log.error("uncertain_for_good", batch_id=call.batch.id, recipients=len(call.to))
    return _all(call, State.UNCERTAIN, errcode=errcode, errmsg=errmsg, final=True)


def _refused(call: Call, error: WecomError) -> Answer:
    """The platform took nothing of this call. A refused repeat says nothing of the first call: that one may have gone through."""
    fault = fault_of(error.errcode)
    log.warning("send_refused", batch_id=call.batch.id, errcode=error.errcode, fault=fault, recipients=len(call.to))
    if error.permanent:
        state = State.UNCERTAIN if call.repeat else State.REJECTED
        return _all(call, state, errcode=error.errcode, errmsg=error.errmsg, final=True)
    return _again(call, error.errcode, error.errmsg, rest=rest_for(fault, call.batch))


def _again(call: Call, errcode: int, errmsg: str, rest: Rest | None = None) -> Answer:
    state = State.UNCERTAIN if call.repeat else State.QUEUED
    return _all(call, state, errcode=errcode, errmsg=errmsg, due_at=_back_off(call), rest=rest)


def _all(
    call: Call,
    state: State,
    *,
    errcode: int = 0,
    errmsg: str = "",
    final: bool = False,
    due_at: datetime | None = None,
    rest: Rest | None = None,
    left: bool = True,
) -> Answer:
    """The same for everybody."""
    outcomes = [one.outcome(state, final=final, errcode=errcode, errmsg=errmsg) for one in call.to]
    return _answer(call, outcomes, errcode=errcode, due_at=due_at, rest=rest, left=left)


def _answer(
    call: Call,
    outcomes: Iterable[Outcome],
    *,
    errcode: int = 0,
    due_at: datetime | None = None,
    rest: Rest | None = None,
    left: bool = True,
) -> Answer:
    now = clock.now()
    return Answer(call=call, outcomes=tuple(outcomes), answered_at=now, due_at=due_at or now, errcode=errcode, rest=rest, left=left)


def _back_off(call: Call) -> datetime:
    seconds = _BACK_OFF_S[min(call.batch.attempts, len(_BACK_OFF_S) - 1)] * random.uniform(0.8, 1.2)
    return clock.now() + timedelta(seconds=seconds)
