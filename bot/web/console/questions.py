"""Questions that got no answer: the list, one group, what an answer would change, and giving it."""

from datetime import datetime
from urllib.parse import urlencode

from flask import Response, request, url_for

from bot.actions import questions_asked
from bot.actions.questions_asked import Effect
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.operator import Role
from bot.model.question import GroupState, Wanted
from bot.model.texts import answers
from bot.model.texts import questions_asked as texts
from bot.web.console.desk import Desk, go, number_of, way_back
from bot.web.console.guard import STAFF, Guard
from rules.overlay import MAX_SAY_CHARS

OPERATORS = (Role.OPERATOR,)
_MARK_CHARS, _PLACE_CHARS, _NOT_COVERED = 64, 120, "none"


class Questions:
    """What was refused, in groups."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/questions", self.questions, may=STAFF)
        guard.add("/questions/take-up", self.question_take_up, may=OPERATORS, methods=("POST",))
        guard.add("/questions/<int:group_id>", self.question, may=STAFF)
        for name, view in (
            ("look", self.question_look),
            ("tie", self.question_tie),
            ("undo", self.question_undo),
            ("pass", self.question_pass),
        ):
            guard.add(f"/questions/<int:group_id>/{name}", view, may=OPERATORS, methods=("POST",))

    def questions(self) -> Response:
        """A page of groups, or the answers that did not help."""
        state = request.args.get("state", GroupState.OPEN)
        wanted = None if state == "down" else GroupState(state) if state in set(GroupState) else GroupState.OPEN
        after, ctx = request.args.get("after", "")[:_PLACE_CHARS], self._desk.context()
        if wanted:
            page = questions_asked.listed(ctx, wanted, _after(after))
            place = f"{page.groups[-1].count}~{page.groups[-1].id}" if page.groups else ""
        else:
            page = questions_asked.unhelpful(ctx, _before(after))
            place = f"{page.down[-1].at.isoformat()}~{page.down[-1].key}" if page.down else ""
        following = "" if page.is_last else _address(state=wanted or "down", after=place)
        return self._desk.page(
            "console/questions.html",
            page=page,
            states=texts.STATES,
            outcome=texts.outcome,
            may_tie=self._desk.me().may(Role.OPERATOR),
            wanted=wanted or "down",
            address=_address,
            following=following,
        )

    def question(self, group_id: int) -> Response:
        """One group."""
        return self._page(group_id, said=texts.SAID.get(request.args.get("said", ""), ""))

    def question_take_up(self) -> Response:
        """An answer did not help: give another."""
        way_back(url_for("console.questions", state="down"))
        key = request.form.get("key", "")[:_MARK_CHARS]
        group_id = questions_asked.take_up(self._desk.context(), self._desk.me(), key if key.isprintable() else "")
        return go(url_for("console.question", group_id=group_id))

    def question_look(self, group_id: int) -> Response:
        """What an answer would change; nothing is changed yet."""
        return self._looked(group_id)

    def question_tie(self, group_id: int) -> Response:
        """Give it."""
        way_back(url_for("console.question", group_id=group_id))
        version, mark = number_of(request.form.get("version", "")), request.form.get("mark", "")[:_MARK_CHARS]
        accepted = request.form.get("accepted") == "1"
        try:
            questions_asked.tie(self._desk.context(), self._desk.me(), group_id, version, _wanted(), mark, accepted=accepted)
        except UserMistake as error:
            return self._looked(group_id, wrong=error.say, status=409)
        except (Stale, TransitionNotAllowed):
            return self._looked(group_id, wrong=texts.STALE, status=409)
        return go(url_for("console.question", group_id=group_id, said="tied"))

    def question_undo(self, group_id: int) -> Response:
        """Take it back."""
        return self._step(group_id, "undone")

    def question_pass(self, group_id: int) -> Response:
        """It needs none; or again, it does."""
        return self._step(group_id, "reopened" if request.form.get("again") else "passed")

    def _step(self, group_id: int, said: str) -> Response:
        way_back(url_for("console.question", group_id=group_id))
        ctx, me, version = self._desk.context(), self._desk.me(), number_of(request.form.get("version", ""))
        try:
            if said == "undone":
                questions_asked.undo(ctx, me, group_id, version)
            else:
                questions_asked.pass_over(ctx, me, group_id, version, again=said == "reopened")
        except (Stale, TransitionNotAllowed):
            return self._page(group_id, 409, wrong=texts.STALE)
        return go(url_for("console.question", group_id=group_id, said=said))

    def _looked(self, group_id: int, status: int = 200, wrong: str = "") -> Response:
        way_back(url_for("console.question", group_id=group_id))
        try:
            effect = questions_asked.look(self._desk.context(), self._desk.me(), group_id, _wanted())
        except UserMistake as error:
            return self._page(group_id, 409, wrong=error.say)
        return self._page(group_id, status, wrong=wrong, effect=effect)

    def _page(self, group_id: int, status: int = 200, wrong: str = "", said: str = "", effect: Effect | None = None) -> Response:
        ctx = self._desk.context()
        book = ctx.book()
        page = questions_asked.read(ctx, group_id)
        holds = next((one for one in page.tied if one.ended_at is None), None)
        begun = (holds.lineage or _NOT_COVERED, holds.say) if holds else ("", "")
        chosen = {number_of(one) for one in request.form.getlist("phrasing")} or {one.id for one in page.phrasings}
        return self._desk.page(
            "console/question.html",
            status,
            page=page,
            group=page.group,
            states=texts.STATES,
            now_said=answers.word(page.answer, book),
            clauses=book.clauses,
            by_lineage={clause.lineage: clause for clause in book.clauses},
            nearest=book.nearest(page.group.text),
            near=[clause.lineage for clause in page.answer.neighbours],
            chosen=chosen,
            lineage=request.form.get("lineage", begun[0]),
            say=request.form.get("say", begun[1])[: 2 * MAX_SAY_CHARS].replace("\r\n", "\n"),
            most_chars=MAX_SAY_CHARS,
            effect=effect,
            verdicts=texts.VERDICTS,
            answered=texts.answered,
            may_tie=self._desk.me().may(Role.OPERATOR),
            wrong=wrong,
            said=said,
        )


def _wanted() -> Wanted:
    lineage = request.form.get("lineage", "")[:64]
    return Wanted(
        phrasings=[number_of(one) for one in request.form.getlist("phrasing")[: questions_asked.PHRASINGS]],
        lineage=None if lineage == _NOT_COVERED else lineage,
        say=request.form.get("say", "")[: 2 * MAX_SAY_CHARS].replace("\r\n", "\n"),
    )


def _after(text: str) -> tuple[int, int] | None:
    count, _, last = text.partition("~")
    return (number_of(count), number_of(last)) if count and last else None


def _before(text: str) -> tuple[datetime, str] | None:
    at, _, key = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, key) if moment.tzinfo and key and key.isprintable() else None


def _address(**given: str) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return url_for("console.questions") + (f"?{query}" if query else "")
