"""The list of everything that waits for a person."""

import re
from datetime import datetime
from urllib.parse import urlencode

from flask import Response, request, url_for

from bot import clock
from bot.actions import presences, queue, reviews
from bot.errors import UserMistake
from bot.model.operator import Role
from bot.model.queue import FILED, Place, Waits, Wanted, What
from bot.model.texts import console_queue as texts
from bot.web.console.desk import Desk, go, names, way_back
from bot.web.console.guard import STAFF, Guard

REVIEWERS = (Role.OPERATOR, Role.APPROVER)
_PLACE_CHARS = 80
_NUMBER = re.compile(r"[VROAWB]\d{4}-\d{6}")
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
        guard.add("/filings/<number>/take", self.take, may=REVIEWERS, methods=("POST",))
        guard.add("/filings/<number>/release", self.release, may=REVIEWERS, methods=("POST",))

    def waiting(self) -> Response:
        """A page of it; which part stands in the address."""
        wanted, now = _wanted(), clock.now()
        page = queue.page(self._desk.context(), self._desk.me(), wanted)
        lines = [(one, texts.title(one), texts.due(one, now), _address(one)) for one in page.lines]
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
            may_review=any(self._desk.me().may(role) for role in REVIEWERS),
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
        others = presences.look(self._desk.context(), self._desk.me(), number) if _NUMBER.fullmatch(number) else []
        return Response(texts.and_(others), mimetype="text/plain")

    def find(self) -> Response:
        """To the case, filing or broadcast of a number, as people type it."""
        number = "".join(request.args.get("number", "")[:64].split()).upper()
        if not _NUMBER.fullmatch(number):
            raise UserMistake(texts.NO_NUMBER)
        page = {"V": "console.case", "B": "console.broadcast"}.get(number[0], "console.filing")
        return go(url_for(page, number=number))

    def take(self, number: str) -> Response:
        """Claim a filing, and go and review it."""
        way_back(url_for("console.waiting"))
        filing = reviews.take(self._desk.context(), self._desk.me(), names(number))
        return go(url_for("console.filing", number=filing.number, said="claimed"))

    def release(self, number: str) -> Response:
        """Give a claim back."""
        way_back(url_for("console.waiting"))
        reviews.release(self._desk.context(), self._desk.me(), names(number))
        return go(url_for("console.waiting", said="released"))


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
        return url_for("console.case", number=one.case, _anchor="errands")
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
