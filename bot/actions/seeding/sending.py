"""Made-up questions, wishes for a person, and broadcasts of the past."""

from datetime import timedelta
from hashlib import sha256

from bot.actions.seeding.notified import Notified
from bot.actions.seeding.world import World
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
        self._people = [userid for member in world.members for _, userid, _ in member.admins]
        self._notified = Notified(world)

    def questions(self, number: int) -> None:
        """Asked and answered, or refused."""
        chance, rows = self._world.chance, self._world.rows
        for at in sorted(self._world.earlier(90) for _ in range(number if self._people else 0)):
            is_refused = chance.random() < 0.2
            n = chance.randrange(len(texts.UNANSWERED))
            clause = chance.choice(_CLAUSES)
            words = texts.UNANSWERED[n] if is_refused else chance.choice(texts.ASKED)
            userid = chance.choice(self._people)
            rows.add(
                "inbox",
                key=sha256(f"seed {rows.last['inbox']}".encode()).hexdigest(),
                **self._notified.here,
                userid=userid,
                kind="text",
                fields={"MsgType": "text", "FromUserName": userid, "Content": words},
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
        waiting = set(chance.sample(self._people, min(len(self._people), max(1, number // 10))))
        for n in range(number if self._people else 0):
            userid = waiting.pop() if waiting else chance.choice(self._people)
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
        rows, number = self._world.rows, 0
        while self._people and rows.last["deliveries"] < until:
            number += 1
            at = self._world.earlier(90)
            text = texts.BROADCAST.format(number=number)
            for start in range(0, len(self._people), TOUSER):
                batch_id = self._notified.batch(at, {"msgtype": "text", "text": {"content": text}}, 20)
                for userid in self._people[start : start + TOUSER]:
                    if rows.last["deliveries"] >= until:
                        return
                    self._notified.delivery(batch_id, userid, at)
                rows.settle()
