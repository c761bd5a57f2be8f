"""message/send, message/update_template_card and message/recall (path/90236, 94888, 94867)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot import clock
from bot.sandbox.bodies import check_body
from bot.sandbox.cards import INTERACTIVE, check_card, takes_presses
from bot.sandbox.members import Delivered, Member
from bot.sandbox.outbox import DUPLICATE_S, Sent
from bot.sandbox.refusals import Refused
from bot.sandbox.world import World

USERS, PARTIES, TAGS = 1_000, 100, 100
_PERSON_TIMES = 200
Answer = dict[str, Any]
OK: Mapping[str, Any] = {"errcode": 0, "errmsg": "ok"}


def read_json(raw: bytes) -> dict[str, Any]:
    """Raises Refused 47001."""
    try:
        request = json.loads(raw)
    except ValueError as cause:
        raise Refused(47001) from cause
    if not isinstance(request, dict):
        raise Refused(47001)
    return request


def send(world: World, raw: bytes) -> Answer:
    """The answer of message/send. An identical JSON inside its interval is swallowed: answered as before, delivered to nobody."""
    request = read_json(raw)
    _check_agent(world, request)
    with world.lock:
        checks_duplicates = request.get("enable_duplicate_check") == 1
        if checks_duplicates and (earlier := world.outbox.earlier_answer(raw)) is not None:
            world.exchanges.count_callback("duplicates_swallowed")
            return dict(earlier)
        targets = _targets(world, request)
        body = check_body(request.get("msgtype"), request, world.media)
        answer = _deliver(world, request, targets, body)
        if checks_duplicates:
            interval = request.get("duplicate_check_interval", DUPLICATE_S)
            world.outbox.remember_answer(raw, interval if isinstance(interval, int) and interval > 0 else DUPLICATE_S, answer)
        return answer


def _check_agent(world: World, request: Mapping[str, Any]) -> None:
    agentid = request.get("agentid")
    if isinstance(agentid, bool) or not isinstance(agentid, (int, str)) or str(agentid) != str(world.agentid):
        raise Refused(40056)


class _Targets:
    """Who a request reaches, and whom it names in vain."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.invaliduser: list[str] = []
        self.invalidparty: list[str] = []
        self.invalidtag: list[str] = []
        self.unlicenseduser: list[str] = []

    def lists(self) -> Answer:
        return {
            "invaliduser": "|".join(userid.lower() for userid in self.invaliduser),
            "invalidparty": "|".join(self.invalidparty),
            "invalidtag": "|".join(self.invalidtag),
            "unlicenseduser": "|".join(self.unlicenseduser),
        }


def _split(request: Mapping[str, Any], name: str, limit: int, errcode: int) -> list[str]:
    value = request.get(name) or ""
    if not isinstance(value, str):
        raise Refused(40058, name)
    found = [part for part in value.split("|") if part]
    if len(found) > limit:
        raise Refused(errcode)
    return found


def _targets(world: World, request: Mapping[str, Any]) -> _Targets:
    users = _split(request, "touser", USERS, 40032)
    parties = _split(request, "toparty", PARTIES, 82002)
    tags = _split(request, "totag", TAGS, 82003)
    if not users and not parties and not tags:
        raise Refused(82001)
    found = _Targets()
    if users == ["@all"]:
        found.members = {m.userid: m for m in world.members.values() if not m.is_refused and not m.is_unlicensed}
        return found
    for userid in dict.fromkeys(users):
        member = world.members.get(userid)
        if member is None or member.is_refused:
            found.invaliduser.append(userid)
        elif member.is_unlicensed:
            found.unlicenseduser.append(userid)
        else:
            found.members[userid] = member
    for party in dict.fromkeys(parties):
        inside = [member for member in world.members.values() if str(member.party) == party or party == "1"]
        if not inside:
            found.invalidparty.append(party)
        # unlicensed members reached by a party get nothing and are not named (path/95652)
        found.members |= {m.userid: m for m in inside if not m.is_refused and not m.is_unlicensed}
    found.invalidtag = list(dict.fromkeys(tags))  # this corp has no tags
    if not found.members:
        raise Refused(81013, **found.lists())
    return found


def _deliver(world: World, request: Mapping[str, Any], targets: _Targets, body: Answer) -> Answer:
    msgtype = str(request["msgtype"])
    is_pressable = msgtype == "template_card" and takes_presses(body)
    if is_pressable and not world.callback.url:
        raise Refused(43012)
    if not world.day_quota.take(world.limits.account_ceiling * _PERSON_TIMES, clock.timestamp(), len(targets.members)):
        raise Refused(45009, "person-times of the day")
    if body.get("task_id") and msgtype == "template_card":
        world.outbox.take_task_id(body["task_id"])
    sent = world.outbox.add(list(targets.members), {"msgtype": msgtype, **body})
    for member in targets.members.values():
        _hand_over(world, member, sent, msgtype, body)
    answer = {**OK, **targets.lists(), "msgid": sent.msgid}
    if is_pressable:
        answer["response_code"] = world.outbox.issue_code(sent.msgid, *sent.userids)
    return answer


def _hand_over(world: World, member: Member, sent: Sent, msgtype: str, body: Answer) -> None:
    if not member.quota.take(world.limits, sent.at):
        member.dropped += 1  # 30 a minute, 1000 an hour: dropped without an error (path/90236)
        return
    member.receive(Delivered(sent.msgid, sent.at, sent.body))
    if member.on_page:
        sent.items[member.userid] = world.chat.add(member.userid, "app", msgtype, dict(body), msgid=sent.msgid)


def _ids(request: Mapping[str, Any], name: str, limit: int) -> list[Any]:
    ids = request.get(name) or []
    if not isinstance(ids, Sequence) or isinstance(ids, str):
        raise Refused(40058, name)
    if len(ids) > limit:
        raise Refused(40032)
    return list(ids)


def update_template_card(world: World, raw: bytes) -> Answer:
    """Replace a card's button, or the whole card, for some of those who have it. The response_code is spent by a good call only."""
    request = read_json(raw)
    _check_agent(world, request)
    userids = _ids(request, "userids", USERS)
    parties = _ids(request, "partyids", PARTIES)
    tags = _ids(request, "tagids", TAGS)
    if not (userids or parties or tags or request.get("atall") == 1):
        raise Refused(82001)
    change = _card_change(request)
    with world.lock:
        in_parties = [m.userid for m in world.members.values() if m.party in parties or 1 in parties]
        value = request.get("response_code")
        code, sent = world.outbox.find_code(value if isinstance(value, str) else "")
        wanted = sent.userids if request.get("atall") == 1 else [*userids, *in_parties]
        reached = [userid for userid in sent.userids if userid in wanted]
        for userid in reached:
            _apply(world, sent, userid, change)
        code.is_used = True
    return {**OK, "invaliduser": [userid for userid in userids if userid not in reached]}


def _card_change(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """{"replace_name": words} or {"card": a whole card}."""
    button, card = request.get("button"), request.get("template_card")
    if isinstance(button, Mapping) and isinstance(button.get("replace_name"), str) and button["replace_name"]:
        return {"replace_name": button["replace_name"]}
    if isinstance(card, Mapping):
        return {"card": check_card(card)}
    raise Refused(40058, "button or template_card")


def _apply(world: World, sent: Sent, userid: str, change: Mapping[str, Any]) -> None:
    item = sent.items.get(userid)
    if "card" in change:
        sent.updated[userid] = dict(change["card"])
        sent.replaced.pop(userid, None)
        if item is not None:
            world.chat.change(item, body=dict(change["card"]), card={})
        return
    if sent.shown_to(userid).get("card_type") not in INTERACTIVE:
        raise Refused(40058, "only buttons, votes and multiple choices have a button to replace")
    sent.replaced[userid] = change["replace_name"]
    if item is not None:
        world.chat.change(item, card={**item.card, "replaced": change["replace_name"]})


def recall(world: World, raw: bytes) -> Answer:
    """Take a message out of its readers' chats, within 24 hours."""
    request = read_json(raw)
    msgid = request.get("msgid")
    with world.lock:
        sent = world.outbox.recall(msgid if isinstance(msgid, str) else "")
        for item in sent.items.values():
            world.chat.change(item, state="recalled")
    return dict(OK)
