"""Made-up cases in all their states, each with its measures, notices, deliveries, hand-ins, tasks and trail."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.actions.seeding.chain import Chain
from bot.actions.seeding.filed import Filed
from bot.actions.seeding.notified import Notified
from bot.actions.seeding.world import DAYS, Member, World
from bot.clock import SHANGHAI
from bot.model.case import Case, Imposed, Kind, State, Step
from bot.model.days import DayKind, deadline
from bot.model.duty import approve_by, task_due
from bot.model.operator import Role
from bot.model.texts import cases as case_texts
from bot.model.texts import seeds as texts
from bot.model.trail import by_operator
from rules.catalogue import Measure

# How often each state is come across among cases that are over, and among those of the last weeks.
_OVER = {State.RECOVERED: 78, State.REVOKED: 7, State.CLOSED: 12, State.DISCARDED: 3}
_RECENT = {State.IN_FORCE: 62, State.RECOVERING: 16, State.PENDING_APPROVAL: 10, State.DRAFT: 12}
_RECENT_DAYS = 45
_SETS = (
    (Measure.CANCEL_RECOMMENDATION,),
    (Measure.CANCEL_SEARCH,),
    (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH),
    (Measure.DELIST,),
    (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST),
)
_UNISSUED = frozenset({State.DRAFT, State.PENDING_APPROVAL, State.DISCARDED})
_ENDED = frozenset({State.RECOVERED, State.REVOKED, State.CLOSED, State.DISCARDED})


class Cases:
    """Written from the oldest to the newest."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers: Counter[str] = Counter()
        self._notified, self._filed = Notified(world), Filed(world)

    def write(self, number: int) -> None:
        """So many cases."""
        world = self._world
        if not world.members:
            return
        spans = sorted((world.chance.random() * DAYS for _ in range(number)), reverse=True)
        for days in spans:
            self._one(world.now - timedelta(days=days), _RECENT if days < _RECENT_DAYS else _OVER)
            world.rows.settle()
        for name, last in [*self._numbers.items(), *self._filed.numbers.items()]:
            world.rows.put("counters", name=name, last=last)

    def _one(self, at: datetime, states: dict[State, int]) -> None:
        chance = self._world.chance
        member = chance.choice(self._world.members)
        [state] = chance.choices(list(states), list(states.values()))
        case = self._case(member, state, at)
        chain = Chain(self._world.rows, case.number, case.id, f"{chance.getrandbits(128):032x}")
        measures = case.measures
        self._world.rows.put("cases", **_row(case), request_key=f"seed-{case.id}")
        for one in measures:
            by = self._staff(Role.OPERATOR)[0]
            moves = {"applied_by": by if one.applied_at else None, "lifted_by": by if one.lifted_at else None}
            told = {name: getattr(one, name) for name in ("id", "measure", "state", "version", "starts_at", "ends_at")}
            self._world.rows.put("measures", case_id=case.id, applied_at=one.applied_at, lifted_at=one.lifted_at, **told, **moves)
        self._tell(chain, case)
        if case.issued_at:
            app = next((name for id_, name in member.apps if id_ == case.app_id), "")
            notice_id = self._notified.decision(chain, case, member, app)
            self._filed.about(chain, case, member, notice_id)
            self._end(chain, case, member, app)
        self._tasks(case)
        if chance.random() < 0.1:
            author, text = self._staff(Role.OPERATOR)[0], texts.NOTE
            self._world.rows.add("case_notes", case_id=case.id, author_id=author, at=case.opened_at, text=text)
        chain.end()

    def _case(self, member: Member, state: State, at: datetime) -> Case:
        chance, rows = self._world.chance, self._world.rows
        kind = Kind.REMINDER if state is State.CLOSED else Kind.VIOLATION
        series = f"V{at.astimezone(SHANGHAI).year}"
        self._numbers[series] += 1
        rows.last["cases"] += 1
        issued_at = None if state in _UNISSUED else at + timedelta(days=chance.random())
        served_at = issued_at + timedelta(days=chance.random() * 3) if issued_at else None
        served_at = served_at if served_at and served_at < self._world.now else None
        days, counted = chance.choice((5, 7, 10, 15)), chance.choice((DayKind.NATURAL, DayKind.WORKING))
        ended_at = self._ended(state, served_at or issued_at or at)
        submitted = at + timedelta(hours=1) if state is not State.DRAFT and state is not State.DISCARDED else None
        rectify_by = deadline(served_at, days, counted) if served_at and kind is Kind.VIOLATION else None
        is_late = rectify_by is not None and rectify_by < self._world.now and state is State.IN_FORCE and chance.random() < 0.5
        case = Case(
            id=rows.last["cases"],
            number=f"{series}-{self._numbers[series]:06d}",
            kind=kind,
            provider_id=member.id,
            app_id=chance.choice(member.apps)[0],
            ground=chance.choice(("2.9", "2.9", "2.10", "5.1")),
            power=None if kind is Kind.REMINDER else "3.1",
            facts=chance.choice(texts.FACTS),
            reasons="" if kind is Kind.REMINDER else texts.REASONS,
            recovery="" if kind is Kind.REMINDER else texts.RECOVERY,
            found_on=at.astimezone(SHANGHAI).strftime("%Y-%m-%d"),
            rectify_days=days if kind is Kind.VIOLATION else None,
            objection_days=7,
            deem_days=7,
            day_kind=counted,
            contact=texts.CONTACT,
            rule_version=self._world.ctx.book().version,
            state=state,
            version=3,
            sprang_from_id=None,
            author_id=self._staff(Role.OPERATOR)[0],
            approver_id=self._staff(Role.APPROVER)[0] if issued_at else None,
            second_approver_id=None,
            opened_at=at,
            submitted_at=submitted,
            approve_by=approve_by(submitted) if submitted else None,
            issued_at=issued_at,
            served_at=served_at,
            served_how="receipt" if served_at else "",
            object_by=deadline(served_at, 7, counted) if served_at else None,
            rectify_by=rectify_by,
            overdue_at=rectify_by if is_late else None,
            ended_at=ended_at,
        )
        return replace(case, measures=self._measures(case)) if kind is Kind.VIOLATION else case

    def _ended(self, state: State, since: datetime) -> datetime | None:
        if state not in _ENDED:
            return None
        return min(self._world.now, since + timedelta(days=1 + self._world.chance.random() * 30))

    def _measures(self, case: Case) -> tuple[Imposed, ...]:
        step = {
            State.DRAFT: Step.PLANNED,
            State.PENDING_APPROVAL: Step.PLANNED,
            State.DISCARDED: Step.VOID,
            State.IN_FORCE: Step.APPLIED if self._world.chance.random() < 0.8 else Step.OWED,
            State.RECOVERING: Step.LIFTING,
        }.get(case.state, Step.LIFTED)
        applied = case.issued_at + timedelta(hours=5) if case.issued_at and step in (Step.APPLIED, Step.LIFTING, Step.LIFTED) else None
        lifted = case.ended_at if step is Step.LIFTED else None
        found = []
        for measure in self._world.chance.choice(_SETS):
            self._world.rows.last["measures"] += 1
            moments = {"starts_at": case.issued_at, "ends_at": None, "applied_at": applied, "lifted_at": lifted}
            found.append(Imposed(id=self._world.rows.last["measures"], measure=measure, state=step, version=2, **moments))
        return tuple(found)

    def _tell(self, chain: Chain, case: Case) -> None:
        author = by_operator(self._login(case.author_id))
        told = {"kind": case.kind, "ground": case.ground, "power": case.power, "measures": [one.measure for one in case.measures]}
        chain.tell(case.opened_at, "open", told, author, {"facts": case.facts, "reasons": case.reasons})
        if case.state is State.DISCARDED and case.ended_at:
            chain.tell(case.ended_at, "discard", {}, author)
        if case.submitted_at:
            chain.tell(case.submitted_at, "submit", {}, author)
        if case.issued_at and case.approver_id:
            chain.tell(case.issued_at, "approve", {"rule_version": case.rule_version}, by_operator(self._login(case.approver_id)))

    def _end(self, chain: Chain, case: Case, member: Member, app: str) -> None:
        author = by_operator(self._login(case.author_id))
        for one in case.measures:
            for at, action in ((one.applied_at, "measure_apply"), (one.lifted_at, "measure_lift")):
                if at:
                    chain.tell(at, action, {"measure": one.measure}, author)
        if case.ended_at:
            self._notified.ended(chain, case, member, app)

    def _tasks(self, case: Case) -> None:
        owed = [(f"apply:{one.id}", "apply", case_texts.to_apply(case, one)) for one in case.measures if one.state is Step.OWED]
        owed += [(f"lift:{one.id}", "lift", case_texts.to_lift(case, one)) for one in case.measures if one.state is Step.LIFTING]
        if case.overdue_at:
            owed.append((f"overdue:{case.number}", "overdue", case_texts.overdue(case)))
        since = case.issued_at or case.opened_at
        same: dict[str, Any] = {"state": "open", "created_at": since, "done_at": None, "done_by": None, "note": "", "provider_id": None}
        for key, kind, detail in owed:
            due = task_due(kind, since)
            self._world.rows.add("operator_tasks", key=key, case_id=case.id, kind=kind, detail=detail, due_at=due, **same)

    def _staff(self, role: Role) -> tuple[int, str]:
        return self._world.chance.choice(self._world.staff[role])

    def _login(self, operator_id: int) -> str:
        return f"staff{operator_id}"


def _row(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in Case.__dataclass_fields__ if name != "measures"}
