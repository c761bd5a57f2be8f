"""Made-up questions, wishes for a person, and broadcasts of the past."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from bot.actions.seeding.notified import Notified
from bot.actions.seeding.world import World
from bot.model.audience import EVERYBODY
from bot.model.days import DayKind, deadline
from bot.model.operator import Role
from bot.model.texts import seeds as texts
from bot.wecom.limits import TOUSER

_CLAUSES = ("2.7", "2.9", "2.10", "4.1", "4.2", "4.3", "4.4", "7.1")
_TOPICS = ("deadline", "penalty", "contact", "invoice", "api", "writing", "price", "listing")


class Sending:
    """What comes and goes besides cases."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._people = [(admin_id, userid) for member in world.members for admin_id, userid, _ in member.admins]
        self._asking = [userid for _, userid in self._people]
        self._notified = Notified(world)

    def questions(self, number: int) -> None:
        """Asked and answered, or refused."""
        chance, rows = self._world.chance, self._world.rows
        for at in sorted(self._world.earlier(90) for _ in range(number if self._people else 0)):
            is_refused = chance.random() < 0.2
            n = chance.randrange(len(texts.UNANSWERED))
            clause = chance.choice(_CLAUSES)
            words = texts.UNANSWERED[n] if is_refused else chance.choice(texts.ASKED)
            userid = chance.choice(self._asking)
            rows.add(
                "inbox",
                key=sha256(f"seed {rows.last['inbox']}".encode()).hexdigest(),
                **self._notified.here,
                userid=userid,
                kind="text",
                fields={"content": words},
                arrived_at=at,
                handled_at=at + timedelta(milliseconds=chance.randrange(2, 90)),
                state="handled",
                outcome=f"ask_rule refusal {_TOPICS[n]}" if is_refused else f"ask_rule {clause}",
                reply=texts.REFUSED if is_refused else texts.REPLY.format(clause=clause),
                reply_state="passive",
            )
            rows.settle()

    def humans(self, number: int) -> None:
        """Some wait, most have their answer."""
        chance, rows = self._world.chance, self._world.rows
        waiting = set(chance.sample(self._asking, min(len(self._people), max(1, number // 10))))
        for n in range(number if self._people else 0):
            userid = waiting.pop() if waiting else chance.choice(self._asking)
            is_open = n < number // 10
            at = self._world.earlier(3 if is_open else 90)
            told = {"about": chance.choice(texts.UNANSWERED), "answered_with": texts.REFUSED, "version": 1, "overdue_at": None}
            by = chance.choice(self._world.staff[Role.OPERATOR])[0]
            answer = {"answer": "", "answered_by": None, "answered_at": None}
            if not is_open:
                answer = {"answer": texts.NOTE, "answered_by": by, "answered_at": at + timedelta(hours=3)}  # type: ignore[dict-item]  # of three kinds
            moments = {"asked_at": at, "due_at": deadline(at, 1, DayKind.WORKING)}
            state = "open" if is_open else "answered"
            rows.add("human_requests", key=f"seed-{n}", **self._notified.here, userid=userid, state=state, **told, **moments, **answer)

    def broadcasts(self, until: int) -> None:
        """To everybody, again and again, until there are so many deliveries."""
        rows, series = self._world.rows, Counter[str]()
        rounds = -(-max(0, until - rows.last["deliveries"]) // len(self._people)) if self._people else 0
        for number, at in enumerate(sorted(self._world.earlier(90) for _ in range(rounds)), 1):
            series[f"B{at.year}"] += 1
            text = texts.BROADCAST.format(number=number)
            left = until - rows.last["deliveries"]
            name = f"B{at.year}-{series[f'B{at.year}']:06d}"
            state = "paused" if number == rounds else "done"
            broadcast_id = self._broadcast(name, state, text, at, min(left, len(self._people)))
            for start in range(0, min(left, len(self._people)), TOUSER):
                some = self._people[start : min(start + TOUSER, left)]
                self._batch(broadcast_id, text, at, some)
                rows.settle()
        for prefix, last in series.items():
            rows.put("counters", name=prefix, last=last)

    def _broadcast(self, number: str, state: str, text: str, at: datetime, people: int) -> int:
        staff = self._world.staff
        return self._world.rows.add(
            "broadcasts",
            **{
                "number": number,
                "request_key": f"seed-{number}",
                "form": "markdown",
                "title": text[:36],
                "words": text,
            },
            **{"url": "", "url_label": "", "asks_receipt": False, "audience": EVERYBODY.kept(), "source_kind": "", "source_key": ""},
            **{"state": state, "version": 5, "author_id": staff[Role.OPERATOR][0][0], "approver_id": staff[Role.APPROVER][0][0]},
            **{"needs_approval": True, "send_at": None, "made_at": at, "submitted_at": at, "approved_at": at, "started_at": at},
            **{"frozen_at": at, "queued_at": at, "ended_at": at + timedelta(minutes=2) if state == "done" else None},
            **{"is_held": state == "paused", "pause_reason": "operator" if state == "paused" else "", "paused_at": at, "told_at": None},
            **{"round": 1, "people": people, "gone": people, "failed": 0, "recalled_at": None, "last_reason": ""},
        )

    def _batch(self, broadcast_id: int, text: str, at: datetime, people: Sequence[tuple[int, str]]) -> None:
        rows = self._world.rows
        batch_id = self._notified.batch(at, {"msgtype": "text", "text": {"content": text}}, 20, broadcast_id)
        of_batch = {"batch_id": batch_id, "broadcast_id": broadcast_id}
        rows.put("broadcast_batches", **of_batch, round=1, people=len(people), tallied_at=at)
        states: Counter[str] = Counter()
        for admin_id, userid in people:
            rows.add("broadcast_recipients", **of_batch, admin_id=admin_id, **self._notified.here, userid=userid)
            states[self._notified.delivery(batch_id, userid, at)] += 1
        for n, (state, count) in enumerate(states.items()):
            when = at.replace(microsecond=0) + timedelta(seconds=3)
            rows.put("broadcast_tallies", **of_batch, n=n, at=when, state=state, reason="", number=count)
