"""What providers handed in about made-up cases, and what came of it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from bot.actions.seeding.chain import Chain
from bot.actions.seeding.world import Member, World
from bot.clock import SHANGHAI
from bot.model.case import Case, Kind, State
from bot.model.days import DayKind, deadline
from bot.model.filing import FilingKind, FilingState, digest
from bot.model.operator import Role
from bot.model.provider import Address
from bot.model.texts import seeds as texts
from bot.model.trail import by_admin, by_operator
from rules.catalogue import Measure

_REAPPLIED = frozenset({Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH})
_DECIDED = {
    FilingState.ACCEPTED: "accept",
    FilingState.UPHELD: "uphold",
    FilingState.DISMISSED: "dismiss",
    FilingState.RETURNED: "send_back",
}


class Filed:
    """Reports, objections and re-applications. numbers: the last of each series."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.numbers: Counter[str] = Counter()

    def about(self, chain: Chain, case: Case, member: Member, notice_id: int) -> None:
        """As fits how far the case has come."""
        chance = self._world.chance
        at = (case.served_at or self._world.now) + timedelta(days=chance.random() * 3)
        if case.kind is Kind.REMINDER or at >= self._world.now or not member.admins:
            return
        if case.state in (State.RECOVERED, State.RECOVERING):
            self._file(chain, case, member, FilingKind.REPORT, FilingState.ACCEPTED, at)
            if any(one.measure in _REAPPLIED for one in case.measures):
                self._file(chain, case, member, FilingKind.REAPPLICATION, FilingState.ACCEPTED, at)
        elif case.state is State.REVOKED:
            self._file(chain, case, member, FilingKind.OBJECTION, FilingState.UPHELD, at)
        elif chance.random() < 0.5:
            state = chance.choice((FilingState.SUBMITTED, FilingState.SUBMITTED, FilingState.UNDER_REVIEW, FilingState.RETURNED))
            self._file(chain, case, member, FilingKind.REPORT, state, at)
        elif chance.random() < 0.3:
            state = chance.choice((FilingState.SUBMITTED, FilingState.DISMISSED))
            self._file(chain, case, member, FilingKind.OBJECTION, state, at)

    def _file(self, chain: Chain, case: Case, member: Member, kind: FilingKind, state: FilingState, at: datetime) -> None:
        rows, now = self._world.rows, self._world.now
        series = f"{kind.prefix}{at.astimezone(SHANGHAI).year}"
        self.numbers[series] += 1
        number = f"{series}-{self.numbers[series]:06d}"
        admin_id, userid, _ = member.admins[0]
        settings = self._world.ctx.settings
        by = by_admin(Address(settings.wecom_corpid, settings.wecom_agentid, userid))
        reviewer = self._reviewer(case, kind)
        decided_at = min(now, at + timedelta(days=1)) if state in _DECIDED else None
        is_taken = state is FilingState.UNDER_REVIEW
        is_open = state in (FilingState.SUBMITTED, FilingState.UNDER_REVIEW)
        words = {FilingKind.OBJECTION: texts.OBJECTED, FilingKind.REAPPLICATION: texts.AGAIN}.get(kind, "")
        items = [{"clause": case.ground, **texts.PARTS}] if kind is FilingKind.REPORT else []
        content: dict[str, Any] = {"words": words, "items": items, "files": []}
        objects = kind is FilingKind.OBJECTION
        who = {
            "case_author_id": case.author_id if objects else None,
            "case_approver_id": case.approver_id if objects else None,
            "case_second_approver_id": None,
            "reviewer_id": reviewer if decided_at else None,
            "claimed_by": reviewer if is_taken else None,
            "claimed_until": now + timedelta(hours=4) if is_taken else None,
        }
        moments = {"started_at": at, "touched_at": at, "submitted_at": at, "decided_at": decided_at, "overdue_at": None}
        about = {"provider_id": case.provider_id, "case_id": case.id, "app_id": case.app_id, "parent_id": None, "admin_id": admin_id}
        due = deadline(at, 5, DayKind.WORKING) if is_open else None
        rest = {"version": 3, "round": 1, "words": words, "is_late": False, "applied_at": None, "applied_by": None, "ended_at": None}
        measure_id = case.measures[0].id if objects and case.measures else None
        filing_id = rows.add(
            "filings", number=number, kind=kind, state=state, measure_id=measure_id, due_at=due, **about, **who, **moments, **rest
        )
        for item in items:
            rows.put("filing_items", filing_id=filing_id, position=0, title=case.ground, verdict="", remark="", **item)
        told = {"filing": number, "kind": kind, "round": 1, "sha256": digest(content)}
        chain.tell(at, "filed", told, by, content)
        outcome, reasons = _DECIDED.get(state, ""), texts.ACCEPTED if decided_at else ""
        if is_taken:
            chain.tell(now, "review_taken", {"filing": number}, by_operator(f"staff{reviewer}"))
        if decided_at:
            decided = {"filing": number, "round": 1, "outcome": outcome, "state": state}
            chain.tell(decided_at, "decided", decided, by_operator(f"staff{reviewer}"), {"reasons": reasons, "remarks": {}})
        review: dict[str, Any] = {"outcome": outcome, "reasons": reasons, "remarks": {}, "reviewer_id": reviewer if decided_at else None}
        frozen = {"content": content, "sha256": digest(content), "admin_id": admin_id, "submitted_at": at}
        rows.put("filing_rounds", filing_id=filing_id, round=1, **frozen, **review, decided_at=decided_at, notice_id=None)

    def _reviewer(self, case: Case, kind: FilingKind) -> int:
        role = Role.APPROVER if kind is FilingKind.OBJECTION else Role.OPERATOR
        free = [id_ for id_, _ in self._world.staff[role] if id_ not in (case.author_id, case.approver_id)]
        return self._world.chance.choice(free)
