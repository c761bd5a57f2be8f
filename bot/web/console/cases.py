"""The page of a case, and every step that an operator takes with it."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from flask import Response, request, send_file, url_for

from bot import clock
from bot.actions import bundles, case_files, case_rules, cases, deliveries, evidence, notices, operator_tasks, service, unchanged
from bot.context import Context
from bot.errors import NotFound, Stale, TransitionNotAllowed, UserMistake
from bot.model.case import Case
from bot.model.case_file import Errand
from bot.model.notice import Statement
from bot.model.operator import Operator, Role
from bot.model.texts import console_cases as texts
from bot.web.console import offers
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import STAFF, Guard
from bot.web.console.offers import Press
from bot.web.console.uploads import brought
from rules.catalogue import Measure

APPROVERS, OPERATORS, BOTH = (Role.APPROVER,), (Role.OPERATOR,), (Role.OPERATOR, Role.APPROVER)
_MOST_EVENTS = 200
_PIECE_BYTES = 1 << 18
_TYPED = ("reason", "note", "done", "task", "how", "day", "time")
_WITH_MEASURES = frozenset({"apply", "lift"})  # stand beside the measures, where they are confirmed
Act = Callable[[Context, Operator], object]


class Cases:
    """One case at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/cases/<number>", self.case, may=STAFF)
        guard.add("/cases/<number>/evidence/<sha256>", self.evidence, may=STAFF)
        for name, view, may in (
            ("submit", self.submit, OPERATORS),
            ("retract", self.retract, OPERATORS),
            ("discard", self.discard, OPERATORS),
            ("restore", self.restore, OPERATORS),
            ("close", self.close, OPERATORS),
            ("approve", self.approve, APPROVERS),
            ("send_back", self.send_back, APPROVERS),
            ("revoke", self.revoke, APPROVERS),
            ("resend", self.resend, OPERATORS),
            ("measure", self.measure, OPERATORS),
            ("undo", self.undo, OPERATORS),
            ("note", self.note, BOTH),
            ("errand", self.errand, BOTH),
            ("renew_rules", self.renew_rules, OPERATORS),
        ):
            guard.add(f"/cases/<number>/{name}", view, may=may, methods=("POST",))
        most = self._desk.settings.evidence_max_bytes * evidence.MOST_AT_ONCE
        guard.add("/cases/<number>/evidence", self.add_evidence, may=OPERATORS, methods=("POST",), files_bytes=most)
        guard.add("/cases/<number>/serve", self.serve, may=OPERATORS, methods=("POST",), files_bytes=most)
        guard.add("/cases/<number>/export", self.export, may=STAFF, methods=("POST",))

    def case(self, number: str) -> Response:
        """All of it."""
        return self._page(names(number), said=texts.SAID.get(request.args.get("said", ""), ""))

    def evidence(self, number: str, sha256: str) -> Response:
        """A file of ours, to be saved: nothing of it is shown in the browser."""
        way_back(url_for("console.case", number=number))
        found, stream = evidence.opened(self._desk.context(), self._desk.me(), names(number), names(sha256))
        response = send_file(stream, mimetype="application/octet-stream", max_age=0, conditional=False, etag=False)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    def add_evidence(self, number: str) -> Response:
        """Files that people of ours have; nothing else of the case changes by them."""
        return self._step(number, lambda ctx, me: evidence.add(ctx, me, number, brought()), "evidence_added", checks=False)

    def serve(self, number: str) -> Response:
        """Handed over by hand, with proof."""
        at = f"{request.form.get('day', '')} {request.form.get('time', '')}"
        return self._step(
            number,
            lambda ctx, me: service.record_service(ctx, me, number, service.moment_of(at), _typed("how"), brought()),
            "served",
            checks=False,
        )

    def export(self, number: str) -> Response:
        """The case with all that proves it, as a file to be saved."""
        number = names(number)
        way_back(url_for("console.case", number=number))
        with tempfile.TemporaryDirectory(dir=self._desk.settings.data_dir) as folder:
            made = Path(folder) / "bundle.zip"
            bundles.export(self._desk.context(), self._desk.me(), number, made)
            stream, length = made.open("rb"), made.stat().st_size  # its name may go: what is open stays
        response = Response(_pieces(stream), mimetype="application/zip")  # not send_file: a server may open the name once more
        response.headers["Content-Length"] = str(length)
        response.headers["Content-Disposition"] = f"attachment; filename={number}.zip"
        return response

    def submit(self, number: str) -> Response:
        """For approval."""
        return self._step(number, lambda ctx, me: cases.submit(ctx, me, number), "submitted")

    def retract(self, number: str) -> Response:
        """From approval, by who wrote it."""
        return self._step(number, lambda ctx, me: cases.retract(ctx, me, number), "retracted")

    def renew_rules(self, number: str) -> Response:
        """A draft taken over to the version of the rules in force."""
        return self._step(number, lambda ctx, me: case_rules.renew(ctx, me, number), "renewed")

    def discard(self, number: str) -> Response:
        """A draft."""
        return self._step(number, lambda ctx, me: cases.discard(ctx, me, number), "discarded")

    def restore(self, number: str) -> Response:
        """A draft that was discarded."""
        return self._step(number, lambda ctx, me: cases.restore(ctx, me, number), "restored")

    def close(self, number: str) -> Response:
        """A 提醒."""
        return self._step(number, lambda ctx, me: cases.close(ctx, me, number), "closed")

    def approve(self, number: str) -> Response:
        """As the second person; of two who are needed, one."""
        return self._step(
            number, lambda ctx, me: cases.approve(ctx, me, number), lambda done: "approved" if _is_issued(done) else "endorsed"
        )

    def send_back(self, number: str) -> Response:
        """To its author."""
        return self._step(number, lambda ctx, me: cases.send_back(ctx, me, number, _typed("reason")), "sent_back")

    def revoke(self, number: str) -> Response:
        """As if it had not been."""
        return self._step(number, lambda ctx, me: cases.revoke(ctx, me, number, _typed("reason")), "revoked")

    def resend(self, number: str) -> Response:
        """To those who have no card."""
        return self._step(number, lambda ctx, me: deliveries.resend_missing(ctx, me, number), lambda done: "resent" if done else "nobody")

    def measure(self, number: str) -> Response:
        """Carried out, or lifted, on the platform."""
        given, action = request.form.get("measure", ""), request.form.get("action", "")
        if given not in set(Measure) or action not in ("apply", "lift"):
            raise NotFound("measure")
        said = "applied" if action == "apply" else "lifted"
        return self._step(number, lambda ctx, me: cases.move_measure(ctx, me, number, Measure(given), action), said)

    def undo(self, number: str) -> Response:
        """A measure was confirmed by mistake."""
        given = request.form.get("measure", "")
        if given not in set(Measure):
            raise NotFound("measure")
        return self._step(number, lambda ctx, me: cases.undo_measure(ctx, me, number, Measure(given)), "undone")

    def note(self, number: str) -> Response:
        """For operators only; it changes nothing, so that no other change stands against it."""
        return self._step(number, lambda ctx, me: cases.add_note(ctx, me, number, _typed("note")), "noted", checks=False)

    def errand(self, number: str) -> Response:
        """Something to do by hand is done."""
        task = number_of(request.form.get("task", ""))
        return self._step(number, lambda ctx, me: operator_tasks.finish(ctx, me, task, _typed("done")), "done", checks=False)

    def _step(self, number: str, act: Act, said: str | Callable[[Any], str], *, checks: bool = True) -> Response:
        """Take a step, unless the case changed since its page was made; then its page as it is now, with all that was typed."""
        number, ctx, me = names(number), self._desk.context(), self._desk.me()
        way_back(url_for("console.case", number=number))
        try:
            version = number_of(request.form.get("version", ""))
            done = unchanged.case(ctx, number, version, lambda: act(ctx, me)) if checks else act(ctx, me)
        except UserMistake as error:
            return self._page(number, wrong=error.say, status=409)
        except (Stale, TransitionNotAllowed):
            changes = unchanged.events(self._desk.context(), number, number_of(request.form.get("seq", "")))
            return self._page(number, changes=changes, status=409)
        return go(url_for("console.case", number=number, said=said if isinstance(said, str) else said(done)))

    def _page(self, number: str, status: int = 200, **shown: Any) -> Response:
        ctx, me = self._desk.context(), self._desk.me()
        file = case_files.read(ctx, number, me.id)
        case, trail = file.case, unchanged.events(ctx, number)
        told = deliveries.of_file(ctx, case, file.notices)
        admins = 0 if case.issued_at else case_files.admins(ctx, case)
        presses = offers.of_case(case, me, admins)
        may = offers.rights(case, me)
        errands = [one for one in file.errands if one.kind not in _WITH_MEASURES]
        typed = {name: _typed(name) for name in _TYPED if request.form.get(name)} if status != 200 else {}
        return self._desk.page(
            "console/case.html",
            status,
            file=file,
            case=case,
            told=told,
            statement=file.notices[0].notice.statement if file.notices else _preview(ctx, case),
            trail=trail[-_MOST_EVENTS:],
            seq=trail[-1].seq if trail else 0,
            presses=presses,
            measures=[(one, offers.of_measure(case, one, me), offers.of_undo(case, one, me)) for one in case.measures],
            similar=case_files.similar(ctx, case),
            older=case_rules.standing(ctx, case),
            may=may,
            errands=errands,
            typed=typed,
            unplaced=_unplaced(typed, presses, may, errands),
            today=clock.today(),
            words=texts,
            pressed=_pressed(),
            **shown,
        )


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece


def _is_issued(done: Case) -> bool:
    return done.issued_at is not None


def _unplaced(typed: Mapping[str, str], presses: Sequence[Press], may: Mapping[str, bool], errands: Sequence[Errand]) -> list[str]:
    """What was typed and has no field on the page any more, since the case moved on: shown all the same, so that nothing is lost."""
    placed = {
        "reason": any(one.step == _pressed() and one.reason and not one.refusal for one in presses),
        "note": may["note"],
        "done": may["note"] and any(str(one.id) == typed.get("task") and one.kind not in texts.ENDED_OTHERWISE for one in errands),
        "how": may["serve"],
    }
    return [typed[name] for name, is_placed in placed.items() if name in typed and not is_placed]


def _preview(ctx: Context, case: Case) -> Statement | None:
    """The notice that is to be; of a draft that cannot be worded yet, none."""
    try:
        return notices.preview_of(ctx, case)
    except (UserMistake, NotFound):
        return None


def _pressed() -> str:
    """The step that this page answers; of a page that was only opened, its number."""
    return request.path.rpartition("/")[2]


def _typed(field: str) -> str:
    return request.form.get(field, "").replace("\r\n", "\n")
