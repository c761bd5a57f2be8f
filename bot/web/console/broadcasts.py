"""Broadcasts: the list of them, the page of each with every step that can be taken, and how far it is."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from flask import Response, request, url_for

from bot.actions import broadcast_plans, broadcasts
from bot.context import Context
from bot.errors import NotFound, Stale, TransitionNotAllowed, UserMistake
from bot.model.broadcast import ALIKE_WITHIN, Broadcast, State
from bot.model.csv_lines import BOM, line
from bot.model.operator import Operator, Role
from bot.model.texts import broadcasts as texts
from bot.model.texts import console_broadcasts as words
from bot.store import broadcast_progress, operators
from bot.store import broadcasts as rows
from bot.web.console import broadcast_offers
from bot.web.console.broadcast_composer import phone
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import STAFF, Guard
from bot.web.console.pictures import over_time

APPROVERS, OPERATORS, BOTH = (Role.APPROVER,), (Role.OPERATOR,), (Role.OPERATOR, Role.APPROVER)
_ON_A_PAGE = 30
_PEOPLE = 100
Act = Callable[[Context, Operator, int], object]


class Broadcasts:
    """All of them, and one at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/broadcasts", self.broadcasts, may=STAFF)
        guard.add("/broadcasts/<number>", self.broadcast, may=STAFF)
        guard.add("/broadcasts/<number>/progress", self.broadcast_progress, may=STAFF)
        guard.add("/broadcasts/<number>/people", self.broadcast_people, may=STAFF)
        guard.add("/broadcasts/<number>/people.csv", self.broadcast_csv, may=BOTH)
        for name, view, may in (
            ("submit", self.broadcast_submit, OPERATORS),
            ("approve", self.broadcast_approve, APPROVERS),
            ("send_back", self.broadcast_send_back, APPROVERS),
            ("withdraw", self.broadcast_withdraw, OPERATORS),
            ("pause", self.broadcast_pause, BOTH),
            ("resume", self.broadcast_resume, OPERATORS),
            ("cancel", self.broadcast_cancel, BOTH),
            ("resend", self.broadcast_resend, OPERATORS),
            ("recall", self.broadcast_recall, BOTH),
            ("test", self.broadcast_test, BOTH),
            ("reschedule", self.broadcast_reschedule, OPERATORS),
        ):
            guard.add(f"/broadcasts/<number>/{name}", view, may=may, methods=("POST",))

    def broadcasts(self) -> Response:
        """Newest first."""
        wanted = request.args.get("state", "")
        states = (State(wanted),) if wanted in set(State) else ()
        with self._desk.context().read() as connection:
            found = rows.listed(connection, states, number_of(request.args.get("after", "")), _ON_A_PAGE + 1)
            counts = rows.counts(connection)
            staff = {one.id: one.name for one in operators.everyone(connection)}
        following = url_for("console.broadcasts", state=wanted or None, after=found[_ON_A_PAGE - 1].id) if len(found) > _ON_A_PAGE else ""
        return self._desk.page(
            "console/broadcasts.html",
            found=found[:_ON_A_PAGE],
            following=following,
            wanted=wanted if states else "",
            states=texts.STATES,
            numbers=counts,
            staff=staff,
            may_write=self._desk.me().may(Role.OPERATOR),
            to_words=texts.audience,
        )

    def broadcast(self, number: str) -> Response:
        """All of it."""
        return self._page(names(number), said=words.SAID.get(request.args.get("said", ""), ""))

    def broadcast_progress(self, number: str) -> Response:
        """How far it is, for the page to put in place of what it shows."""
        with self._desk.context().read() as connection:
            one = rows.by_number(connection, names(number))
            shown = _progress(one, connection)
        return self._desk.page("console/_broadcast_progress.html", counts=None, one=one, words=words, **shown)

    def broadcast_people(self, number: str) -> Response:
        """Who got it and who did not; before it begins, who would."""
        which, after = self._which(), number_of(request.args.get("after", ""))
        ctx = self._desk.context()
        with ctx.read() as connection:
            one = rows.by_number(connection, names(number))
            people = broadcast_progress.people(connection, one, which, after, _PEOPLE + 1) if one.has_begun else []
        plan = None if one.has_begun else broadcast_plans.plan(ctx, one.audience, one.send_at, after)
        last = people[_PEOPLE - 1].id if len(people) > _PEOPLE else plan.following if plan else 0
        following = url_for("console.broadcast_people", number=one.number, which=which or None, after=last) if last else ""
        shown = {name: label for name, label in words.WHICH.items() if one.content.asks_receipt or not name.endswith("confirmed")}
        return self._desk.page(
            "console/broadcast_people.html",
            one=one,
            people=people[:_PEOPLE],
            plan=plan,
            which=which,
            whiches=shown,
            following=following,
            words=words,
            may_save=self._desk.me().may(Role.OPERATOR) or self._desk.me().may(Role.APPROVER),
        )

    def broadcast_csv(self, number: str) -> Response:
        """The same, whole, for a spreadsheet."""
        which, ctx = self._which(), self._desk.context()
        with ctx.read() as connection:
            one = rows.by_number(connection, names(number))

        def lines() -> Iterator[str]:
            yield BOM + line(words.HEADINGS)
            for some in broadcast_progress.everyone(ctx.read, one, which):
                yield "".join(line(words.cells(person)) for person in some)

        response = Response(lines(), mimetype="text/csv")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(words.file_name(one, which), safe='')}"
        return response

    def broadcast_submit(self, number: str) -> Response:
        """For approval, or on its way."""
        return self._step(number, lambda ctx, me, version: broadcasts.submit(ctx, me, number, version), _submitted)

    def broadcast_approve(self, number: str) -> Response:
        """As the second person."""
        return self._step(number, lambda ctx, me, version: broadcasts.approve(ctx, me, number, version), "approved")

    def broadcast_send_back(self, number: str) -> Response:
        """To its author."""
        return self._step(number, lambda ctx, me, version: broadcasts.send_back(ctx, me, number, version, _reason()), "sent_back")

    def broadcast_withdraw(self, number: str) -> Response:
        """A draft again."""
        return self._step(number, lambda ctx, me, version: broadcasts.withdraw(ctx, me, number, version), "withdrawn")

    def broadcast_pause(self, number: str) -> Response:
        """For now."""
        return self._step(number, lambda ctx, me, version: broadcasts.pause(ctx, me, number, version), "paused")

    def broadcast_resume(self, number: str) -> Response:
        """From where it stopped."""
        return self._step(number, lambda ctx, me, version: broadcasts.resume(ctx, me, number, version), "resumed")

    def broadcast_cancel(self, number: str) -> Response:
        """For good."""
        return self._step(number, lambda ctx, me, version: broadcasts.cancel(ctx, me, number, version), "cancelled")

    def broadcast_resend(self, number: str) -> Response:
        """To whom it missed."""
        uncertain = request.form.get("uncertain") == "1"
        return self._step(
            number, lambda ctx, me, version: broadcasts.resend(ctx, me, number, version, include_uncertain=uncertain), "resent"
        )

    def broadcast_recall(self, number: str) -> Response:
        """Out of people's chats."""
        return self._step(number, lambda ctx, me, version: broadcasts.recall(ctx, me, number, version), "recalled")

    def broadcast_test(self, number: str) -> Response:
        """To oneself."""

        def act(ctx: Context, me: Operator, _version: int) -> None:
            with ctx.read() as connection:
                content = rows.by_number(connection, number).content
            broadcasts.send_test(ctx, me, content)

        return self._step(number, act, "tested")

    def broadcast_reschedule(self, number: str) -> Response:
        """To the time that was offered: the next good one as of now."""

        def act(ctx: Context, me: Operator, version: int) -> None:
            with ctx.read() as connection:
                one = rows.by_number(connection, number)
            advice = broadcast_plans.plan(ctx, one.audience, one.send_at).advice
            if advice is None or advice.good_at is None:
                raise UserMistake(words.NO_BETTER_TIME)
            broadcasts.amend(ctx, me, number, version, one.content, one.audience, advice.good_at)

        return self._step(number, act, "rescheduled")

    def _which(self) -> str:
        which = request.args.get("which", "")
        if which not in broadcast_progress.WHICH:
            raise NotFound("page")
        return which

    def _step(self, number: str, act: Act, said: str | Callable[[Any], str]) -> Response:
        """Take a step, unless it changed since its page was made; then its page as it is now."""
        number, ctx, me = names(number), self._desk.context(), self._desk.me()
        way_back(url_for("console.broadcast", number=number))
        try:
            done = act(ctx, me, number_of(request.form.get("version", "")))
        except UserMistake as error:
            return self._page(number, wrong=error.say, status=409)
        except (Stale, TransitionNotAllowed):
            return self._page(number, wrong=words.STALE, status=409)
        return go(url_for("console.broadcast", number=number, said=said if isinstance(said, str) else said(done)))

    def _page(self, number: str, status: int = 200, **shown: Any) -> Response:
        ctx, me = self._desk.context(), self._desk.me()
        with ctx.read() as connection:
            one = rows.by_number(connection, number)
            staff = {one.id: one.name for one in operators.everyone(connection)}
            progress = _progress(one, connection) if one.has_begun else {}
            missed = broadcast_progress.missed(connection, one) if one.state in (State.DONE, State.CANCELLED) and one.has_begun else (0, 0)
            is_before = one.state in broadcast_offers.BEFORE
            alike = rows.alike(connection, one, one.made_at - ALIKE_WITHIN) if is_before else []
        plan = broadcast_plans.plan(ctx, one.audience, one.send_at) if is_before else None
        return self._desk.page(
            "console/broadcast.html",
            status,
            one=one,
            staff=staff,
            plan=plan,
            alike=alike,
            missed=missed,
            presses=broadcast_offers.of(one, me, plan, missed, progress.get("progress")),
            may_edit=one.state is State.DRAFT and one.author_id == me.id and me.may(Role.OPERATOR),
            may_write=me.may(Role.OPERATOR),
            audience=texts.audience(one.audience),
            words=words,
            reason_typed=_reason() if status != 200 else "",
            **phone(one.content),
            **progress,
            **shown,
        )


def _progress(one: Broadcast, connection: Any) -> dict[str, Any]:
    progress = broadcast_progress.progress(connection, one)
    return {"progress": progress, "picture": over_time(progress.tallies)}


def _submitted(done: Broadcast) -> str:
    return "submitted" if done.state is State.PENDING_APPROVAL else "launched"


def _reason() -> str:
    return request.form.get("reason", "").replace("\r\n", "\n")
