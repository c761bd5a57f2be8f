"""What a provider handed in, with its check list beside the files; claiming it, and deciding it."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from bot.actions import review_pages, reviews, unchanged, withdrawals
from bot.actions.reviews import Decision
from bot.context import Context
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.file_looks import PICTURES
from bot.model.filing import PARTS, FiledFile, Filing, FilingKind, FilingState
from bot.model.operator import Operator, Role
from bot.model.review_page import ReviewPage
from bot.model.texts import console_cases as texts
from bot.model.texts import filings as filing_texts
from bot.model.texts import reviews as review_texts
from bot.web.console import offers
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import STAFF, Guard
from bot.web.console.queue import REVIEWERS
from bot.web.portal.uploads import handed_out

_REMARK = "remark:"


class Filings:
    """One filing at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/filings/<number>", self.filing, may=STAFF)
        guard.add("/filings/<number>/files/<int:file_id>", self.file, may=STAFF)
        guard.add("/filings/<number>/take", self.take, may=REVIEWERS, methods=("POST",))
        guard.add("/filings/<number>/release", self.release, may=REVIEWERS, methods=("POST",))
        guard.add("/filings/<number>/decide", self.decide, may=REVIEWERS, methods=("POST",))
        guard.add("/filings/<number>/confirm", self.confirm, may=(Role.OPERATOR,), methods=("POST",))

    def filing(self, number: str) -> Response:
        """All that was handed in."""
        return self._page(names(number), said=texts.SAID.get(request.args.get("said", ""), ""))

    def file(self, number: str, file_id: int) -> Response:
        """A file, shown as nothing that could run; who fetched it stands on the trail."""
        way_back(url_for("console.filing", number=number))
        return handed_out(*review_pages.opened(self._desk.context(), self._desk.me(), names(number), min(file_id, 1 << 62)))

    def take(self, number: str) -> Response:
        """Claim it, or claim it for longer; what was typed meanwhile stays in its fields."""
        number, typed = names(number), self._typed()
        way_back(url_for("console.waiting"))
        try:
            reviews.take(self._desk.context(), self._desk.me(), number)
        except UserMistake as error:
            return self._page(number, wrong=error.say, typed=typed, status=409)
        except (Stale, TransitionNotAllowed):
            return self._page(number, changes=[], typed=typed, status=409)
        return self._page(number, said=texts.SAID["claimed"], typed=typed) if typed else self._go(number, "claimed")

    def release(self, number: str) -> Response:
        """Give a claim back."""
        number = names(number)
        way_back(url_for("console.filing", number=number))
        reviews.release(self._desk.context(), self._desk.me(), number)
        return go(url_for("console.waiting", said="released"))

    def decide(self, number: str) -> Response:
        """With reasons, and remarks on each item."""
        remarks = {name.removeprefix(_REMARK): text for name, text in self._typed().items() if name.startswith(_REMARK)}
        decision = Decision(action=request.form.get("action", ""), reasons=self._typed().get("reasons", ""), remarks=remarks)
        return self._step(number, lambda ctx, me: reviews.decide(ctx, me, number, decision), "decided")

    def confirm(self, number: str) -> Response:
        """Recommendation and search are off, or on again, on the platform."""
        return self._step(number, lambda ctx, me: withdrawals.confirm(ctx, me, number), "confirmed")

    def _step(self, number: str, act: Callable[[Context, Operator], Filing], said: str) -> Response:
        number, ctx, me = names(number), self._desk.context(), self._desk.me()
        way_back(url_for("console.filing", number=number))
        try:
            unchanged.filing(ctx, number, number_of(request.form.get("version", "")), lambda: act(ctx, me))
        except UserMistake as error:
            return self._page(number, wrong=error.say, typed=self._typed(), status=409)
        except (Stale, TransitionNotAllowed):
            changes = review_pages.events(ctx, number, number_of(request.form.get("seq", "")))
            return self._page(number, changes=changes, typed=self._typed(), status=409)
        return self._go(number, said)

    @staticmethod
    def _go(number: str, said: str) -> Response:
        return go(url_for("console.filing", number=number, said=said))

    @staticmethod
    def _typed() -> dict[str, str]:
        wanted = [name for name in request.form if name in ("reasons", "action") or name.startswith(_REMARK)][:100]
        return {name: request.form[name].replace("\r\n", "\n") for name in wanted if request.form[name].strip()}

    def _page(self, number: str, status: int = 200, typed: dict[str, str] | None = None, **shown: Any) -> Response:
        ctx, me = self._desk.context(), self._desk.me()
        page = review_pages.read(ctx, number, me.id)
        filing, last = page.filing, page.rounds[-1]
        is_mine = filing.state is FilingState.UNDER_REVIEW and filing.claimed_by == me.id
        refusal = offers.may_not_review(filing, page.case, me)
        typed, decisions = typed or {}, offers.decisions(filing) if is_mine else []
        fields = {"reasons", *(f"{_REMARK}{one.get('clause')}" for one in last.content.get("items", []))} if decisions else set()
        events = review_pages.events(ctx, number)
        return self._desk.page(
            "console/filing.html",
            status,
            page=page,
            filing=filing,
            last=last,
            items=[_item(page, one) for one in last.content.get("items", [])] if filing.kind is FilingKind.REPORT else [],
            files=_files(page, ""),
            title=filing_texts.WORDS[filing.kind][0],
            parts=[(part, filing_texts.PARTS[part][0]) for part in PARTS],
            decisions=decisions,
            outcomes=filing_texts.DECISIONS,
            may_take=filing.state is FilingState.SUBMITTED and not refusal,
            refusal=refusal if filing.state in (FilingState.SUBMITTED, FilingState.UNDER_REVIEW) else "",
            may_confirm=me.may(Role.OPERATOR) and _is_to_be_confirmed(filing),
            typed=typed,
            unplaced=[text for name, text in typed.items() if name != "action" and name not in fields and text.strip()],
            seq=events[-1].seq if events else 0,
            measure=next((one for one in page.case.measures if one.id == filing.measure_id), None) if page.case else None,
            words=texts,
            pictures=PICTURES,
            emptied=review_texts.EMPTIED if not last.content else "",
            **shown,
        )


def _item(page: ReviewPage, item: dict[str, Any]) -> dict[str, Any]:
    """One clause of the last round, with its evidence and what was said of it before."""
    clause = str(item.get("clause", ""))
    known = {one.clause: one.title for one in page.filing.items}
    before = [(one.round, one.remarks[clause]) for one in page.rounds if clause in one.remarks]
    words = {part: str(item.get(part, "")) for part in PARTS}
    return {"clause": clause, "title": known.get(clause, clause), "words": words, "files": _files(page, clause), "before": before}


def _files(page: ReviewPage, clause: str) -> list[FiledFile]:
    last = page.rounds[-1]
    by_digest = {file.sha256: file for file in page.files}
    named = [one for one in last.content.get("files", []) if one.get("clause") == clause]
    return [by_digest[one["sha256"]] for one in named if one.get("sha256") in by_digest]


def _is_to_be_confirmed(filing: Filing) -> bool:
    is_return = filing.kind is FilingKind.REAPPLICATION and filing.parent_id is not None and filing.state is FilingState.ACCEPTED
    is_grant = filing.kind is FilingKind.WITHDRAWAL and filing.state is FilingState.GRANTED
    return (is_grant or is_return) and filing.applied_at is None and filing.ended_at is None
