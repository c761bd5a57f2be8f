"""What waits and belongs to no case: a wish for a person's answer, and a task about a provider."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from bot.actions import humans, operator_tasks, queue
from bot.errors import NotFound, Stale, UserMistake
from bot.model.queue import Record
from bot.model.texts import console_cases as texts
from bot.model.texts import humans as human_texts
from bot.model.texts import operator_tasks as task_texts
from bot.store import cases, filings, providers
from bot.store import humans as human_rows
from bot.store import operator_tasks as task_rows
from bot.web.console.desk import Desk, go, way_back
from bot.web.console.guard import STAFF, Guard
from bot.web.console.queue import REVIEWERS

_MOST_ID = 1 << 62


class Errands:
    """One at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/humans/<int:request_id>", self.human, may=STAFF)
        guard.add("/humans/<int:request_id>/answer", self.answer, may=REVIEWERS, methods=("POST",))
        guard.add("/humans/<int:request_id>/drop", self.drop, may=REVIEWERS, methods=("POST",))
        guard.add("/tasks/<int:task_id>", self.task, may=STAFF)
        guard.add("/tasks/<int:task_id>/finish", self.finish, may=REVIEWERS, methods=("POST",))

    def human(self, request_id: int) -> Response:
        """What was asked, what the bot answered, and the form to answer."""
        return self._human(request_id, said=texts.SAID.get(request.args.get("said", ""), ""))

    def answer(self, request_id: int) -> Response:
        """In a person's words."""
        words = request.form.get("text", "").replace("\r\n", "\n")
        here = url_for("console.human", request_id=request_id)
        act = lambda: humans.answer(self._desk.context(), self._desk.me(), _id(request_id), words)  # noqa: E731  needs two names at once
        return self._step(act, here, "answered", lambda **shown: self._human(request_id, typed=words, **shown))

    def drop(self, request_id: int) -> Response:
        """Without an answer."""
        here = url_for("console.human", request_id=request_id)
        act = lambda: humans.drop(self._desk.context(), self._desk.me(), _id(request_id))  # noqa: E731
        return self._step(act, here, "dropped", lambda **shown: self._human(request_id, **shown))

    def task(self, task_id: int) -> Response:
        """What is to be done. One about a filing is confirmed on the filing's page."""
        with self._desk.context().read() as connection:
            task = task_rows.get(connection, _id(task_id))
            of_filing = task.kind in ("withdraw", "return")
            number = filings.get(connection, int(task.key.partition(":")[2])).number if of_filing else ""
        if number:
            return go(url_for("console.filing", number=number))
        return self._task(task_id, said=texts.SAID.get(request.args.get("said", ""), ""))

    def finish(self, task_id: int) -> Response:
        """With what was done."""
        done = request.form.get("text", "").replace("\r\n", "\n")
        here = url_for("console.task", task_id=task_id)
        act = lambda: operator_tasks.finish(self._desk.context(), self._desk.me(), _id(task_id), done)  # noqa: E731
        return self._step(act, here, "done", lambda **shown: self._task(task_id, typed=done, **shown))

    def _step(self, act: Callable[[], object], here: str, said: str, page: Callable[..., Response]) -> Response:
        way_back(here)
        try:
            act()
        except UserMistake as error:
            return page(wrong=error.say, status=409)
        except Stale:
            return page(wrong=texts.STALE, status=409)
        return go(f"{here}?said={said}")

    def _human(self, request_id: int, status: int = 200, **shown: Any) -> Response:
        with self._desk.context().read() as connection:
            asked = human_rows.get(connection, _id(request_id))
            admin = providers.admin_at(connection, asked.address)
            whose = providers.get(connection, admin.provider_id).name if admin else ""
        around = queue.around(self._desk.context(), self._desk.me(), Record.HUMAN, asked.id)
        shown = {"around": around, "asked": asked, "admin": admin, "whose": whose, "states": human_texts.STATES, **shown}
        return self._desk.page("console/human.html", status, may_act=self._may_act(), **shown)

    def _task(self, task_id: int, status: int = 200, **shown: Any) -> Response:
        with self._desk.context().read() as connection:
            task = task_rows.get(connection, _id(task_id))
            whose = providers.get(connection, task.provider_id).name if task.provider_id else ""
            case = cases.get(connection, task.case_id).number if task.case_id else ""
        shown = {
            "around": queue.around(self._desk.context(), self._desk.me(), Record.TASK, task.id),
            "case": case,
            "task": task,
            "whose": whose,
            "title": task_texts.kind(task.kind),
            "instead": texts.ENDED_OTHERWISE.get(task.kind, ""),
            **shown,
        }
        return self._desk.page("console/task.html", status, may_act=self._may_act(), **shown)

    def _may_act(self) -> bool:
        return any(self._desk.me().may(role) for role in REVIEWERS)


def _id(given: int) -> int:
    if given > _MOST_ID:
        raise NotFound("page")
    return given
