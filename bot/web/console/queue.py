"""The list of everything that waits for a person."""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from flask import Response, request, url_for

from bot import clock
from bot.actions import presences, queue
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.operator import Operator, Role
from bot.model.queue import FILED, Place, Record, Waits, Wanted, What, doers
from bot.model.texts import console_queue as texts
from bot.web.console.desk import Desk, go, way_back
from bot.web.console.guard import STAFF, Guard

REVIEWERS = (Role.OPERATOR, Role.APPROVER)
_PLACE_CHARS = 80
_NUMBER = re.compile(r"[VROAWB]\d{4}-\d{6}", re.ASCII)
_HERE = re.compile(rf"{_NUMBER.pattern}|[HT]\d{{1,12}}", re.ASCII)  # of a request or task: its id
_ANCHORS = {"apply": "measures", "lift": "measures", "serve": "serve"}
_FILTERS = ("what", "whose", "late", "after")
_MOST_ID = 1 << 62
_SAID = {"claimed": texts.CLAIMED, "released": texts.RELEASED}


class Queue:
    """What waits, for whom, until when."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/", self.waiting, may=STAFF)
        guard.add("/counts", self.counts, may=STAFF)
        guard.add("/here/<number>", self.here, may=STAFF)
        guard.add("/find", self.find, may=STAFF)
        guard.add("/waiting/<record>/<int:record_id>/claim", self.claim, may=REVIEWERS, methods=("POST",))
        guard.add("/waiting/<record>/<int:record_id>/unclaim", self.unclaim, may=REVIEWERS, methods=("POST",))

    def waiting(self) -> Response:
        """A page of it; which part stands in the address."""
        wanted, now = _wanted(), clock.now()
        page = queue.page(self._desk.context(), self._desk.me(), wanted)
        me = self._desk.me()
        lines = [(one, texts.title(one), texts.due(one, now), _address(one), _claiming(one, me)) for one in page.lines]
        following = "" if page.is_last else _filtered(after=_placed(page.lines[-1].place))
        return self._desk.page(
            "console/queue.html",
            counts=page.counts,
            lines=lines,
            staff=page.staff,
            wanted=wanted,
            names=texts.NAMES,
            whose=texts.WHOSE,
            filtered=_filtered,
            following=following,
            filed=FILED,
            hours=self._desk.settings.claim_hours,
            here=request.full_path.rstrip("?"),
            said=_SAID.get(request.args.get("said", ""), ""),
        )

    def counts(self) -> Response:
        """How much waits, for the page to show as it changes."""
        counted = queue.counts(self._desk.context(), self._desk.me())
        shown: dict[str, int] = {what.value: counted.of.get(what, 0) for what in What}
        shown |= {"all": counted.all, "late": counted.late, "mine": counted.mine}
        return Response("".join(f"{name} {number}\n" for name, number in shown.items()), mimetype="text/plain")

    def here(self, number: str) -> Response:
        """Asked by an open page every few seconds: who else has it open."""
        others = presences.look(self._desk.context(), self._desk.me(), number) if _HERE.fullmatch(number) else []
        return Response(texts.and_(others), mimetype="text/plain")

    def find(self) -> Response:
        """To the case, filing or broadcast of a number, as people type it."""
        number = "".join(request.args.get("number", "")[:64].split()).upper()
        if not _NUMBER.fullmatch(number):
            raise UserMistake(texts.NO_NUMBER)
        page = {"V": "console.case", "B": "console.broadcast"}.get(number[0], "console.filing")
        return go(url_for(page, number=number))

    def claim(self, record: str, record_id: int) -> Response:
        """Say that one does it; the list stays as it was looked at."""
        return self._claim(queue.claim, record, record_id, "claimed")

    def unclaim(self, record: str, record_id: int) -> Response:
        """Leave it to others again."""
        return self._claim(queue.unclaim, record, record_id, "released")

    def _claim(self, act: Callable[[Context, Operator, Record, int], None], record: str, record_id: int, said: str) -> Response:
        way_back(_filtered())
        if record not in set(Record) or record_id > _MOST_ID:
            raise NotFound("page")
        act(self._desk.context(), self._desk.me(), Record(record), record_id)
        return go(_filtered(after=request.args.get("after", "") if _place(request.args.get("after", "")) else "", said=said))


def _claiming(one: Waits, me: Operator) -> str:
    """Where a press claims it, or gives it back; "" where this person may not."""
    is_mine, is_filed = one.claimed_by == me.id, one.what in FILED
    if (one.claimed_by and not is_mine) or not any(me.may(role) for role in doers(one.what)):
        return ""
    if is_filed:
        return url_for("console.release" if is_mine else "console.take", number=one.number)
    kept = {name: value for name, value in request.args.items() if name in _FILTERS}
    return url_for("console.unclaim" if is_mine else "console.claim", record=one.record, record_id=one.id, **kept)  # type: ignore[arg-type]


def _address(one: Waits) -> str:
    """The page where it is done."""
    if one.what in FILED:
        return url_for("console.filing", number=one.number)
    if one.what is What.HUMAN:
        return url_for("console.human", request_id=one.id)
    if one.what is What.BROADCAST:
        return url_for("console.broadcast", number=one.number)
    if one.what is What.RULES:
        return url_for("console.rulebook", dated=one.number)
    if one.what is What.APPROVAL:
        return url_for("console.case", number=one.number)
    if one.case:
        return url_for("console.case", number=one.case, _anchor=_ANCHORS.get(one.kind, "errands"))
    return url_for("console.task", task_id=one.id)


def _wanted() -> Wanted:
    """What the address asks for; what it cannot mean is left out."""
    what, whose = request.args.get("what", ""), request.args.get("whose", "")
    return Wanted(
        what=What(what) if what in set(What) else None,
        whose=whose if whose in texts.WHOSE else "",
        is_late=request.args.get("late") == "1",
        after=_place(request.args.get("after", "")),
    )


def _filtered(**changed: str) -> str:
    """The address of this list with another filter; from its beginning, unless `after` is given."""
    wanted = _wanted()
    kept = {"what": wanted.what or "", "whose": wanted.whose, "late": "1" if wanted.is_late else "", **changed}
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("console.waiting") + (f"?{query}" if query else "")


def _placed(place: Place) -> str:
    return f"{place.at.isoformat()}~{place.what}~{place.id}"


def _place(text: str) -> Place | None:
    at, _, rest = text.partition("~")
    what, _, number = rest.partition("~")
    if len(text) > _PLACE_CHARS or what not in set(What) or not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return Place(at=moment, what=what, id=int(number)) if moment.tzinfo else None
