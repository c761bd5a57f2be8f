"""Notices of made-up cases, whom they went to, and what became of them."""

from datetime import datetime, timedelta
from typing import Any

from bot.actions.seeding.chain import Chain
from bot.actions.seeding.world import Member, World
from bot.model.case import Case, Kind, State
from bot.model.notice import NoticeKind, Statement
from bot.model.provider import Address
from bot.model.texts import notices as notice_texts
from bot.model.texts import seeds as texts
from bot.model.trail import by_admin

# What became of a delivery: state, errcode.
_OUTCOMES = ((93, "accepted", 0), (4, "rejected", 81013), (1, "exhausted", 45009), (1, "uncertain", None), (1, "cancelled", None))


class Notified:
    """Notices, batches, deliveries, views and receipts."""

    def __init__(self, world: World) -> None:
        self._world = world
        book = world.ctx.book()
        self._clauses = {one: book.clause(one) for one in ("2.9", "2.10", "5.1", "3.1", "4.1", "4.2", "4.4")}
        self._weights = [one[0] for one in _OUTCOMES]
        self.here = {"corpid": world.ctx.settings.wecom_corpid, "agentid": world.ctx.settings.wecom_agentid}

    def decision(self, chain: Chain, case: Case, member: Member, app: str) -> int:
        """The notice that a case begins with. Returns its id."""
        assert case.issued_at is not None
        kind = NoticeKind.DECISION if case.kind is Kind.VIOLATION else NoticeKind.REMINDER
        statement = notice_texts.decision(case, self._basis(case, member, app), f"{case.number}-1", case.issued_at)
        notice_id = self._notice(chain, case, kind, statement, case.issued_at)
        self.send(notice_id, member, case.issued_at, "card", statement.number)
        if self._world.chance.random() < 0.4:
            self.send(notice_id, member, case.issued_at + timedelta(days=1), "reminder-2")
        self._followed(chain, case, member, notice_id, statement.number)
        return notice_id

    def ended(self, chain: Chain, case: Case, member: Member, app: str) -> None:
        """The notice that a case is over; a 提醒 ends without one."""
        assert case.ended_at is not None
        if case.state is State.REVOKED:
            statement = notice_texts.revoked(case, self._basis(case, member, app), f"{case.number}-2", texts.REVOKED, case.ended_at)
            chain.tell(case.ended_at, "revoke", {}, personal={"reason": texts.REVOKED})
            self.send(self._notice(chain, case, NoticeKind.REVOKED, statement, case.ended_at), member, case.ended_at, "revoked")
        else:
            chain.tell(case.ended_at, "close" if case.state is State.CLOSED else "finish_recovery", {})

    def send(self, notice_id: int | None, member: Member, at: datetime, step: str, task: str = "") -> None:
        """One batch to all admins of a provider."""
        rows = self._world.rows
        if not member.admins or at > self._world.now:
            return
        batch_id = self.batch(at, {"msgtype": "text", "text": {"content": step}}, 0)
        if notice_id is not None:
            task_id = f"{task}-{batch_id:012x}" if task else ""
            rows.put("notice_batches", batch_id=batch_id, notice_id=notice_id, step=step, task_id=task_id, code_spent_at=None)
        for _, userid, _ in member.admins:
            self.delivery(batch_id, userid, at)

    def batch(self, at: datetime, payload: dict[str, Any], rank: int, broadcast_id: int | None = None) -> int:
        """One batch that is through. Returns its id."""
        same = {"state": "done", "after_id": None, "first_attempt_at": None, "attempts": 1, "lease": None, "lease_until": None}
        return self._world.rows.add(
            "batches",
            **self.here,
            via="message",
            payload=payload,
            priority=rank,
            created_at=at,
            due_at=at,
            give_up_at=at,
            broadcast_id=broadcast_id,
            **same,
        )

    def delivery(self, batch_id: int, userid: str, at: datetime) -> str:
        """One delivery, with its attempt where there was one. Returns its state."""
        rows = self._world.rows
        [(_, state, errcode)] = self._world.chance.choices(_OUTCOMES, self._weights)
        went = state != "cancelled"
        sent_at = at + timedelta(seconds=2) if went else None
        msgid = f"seed-{batch_id}-{rows.last['deliveries']}" if state == "accepted" else ""
        told = {"errcode": errcode, "errmsg": "", "msgid": msgid}
        settled = at + timedelta(seconds=3)
        delivery_id = rows.add(
            "deliveries",
            batch_id=batch_id,
            **self.here,
            userid=userid,
            channel="wecom",
            state=state,
            response_code="",
            sent_at=sent_at,
            settled_at=settled,
            **told,
        )
        if went:
            rows.add("attempts", delivery_id=delivery_id, sent_at=sent_at, answered_at=settled, state=state, **told)
        return state

    def _notice(self, chain: Chain, case: Case, kind: NoticeKind, statement: Statement, at: datetime) -> int:
        key = f"seed{self._world.chance.getrandbits(128):032x}"
        told = {"number": statement.number, "kind": kind, "sha256": statement.sha256}
        content = {"notice": statement.number, "kind": kind, "sha256": statement.sha256, "rule_version": case.rule_version}
        chain.tell(at, "notice", content)
        fields = statement.fields()
        return self._world.rows.add(
            "notices", provider_id=case.provider_id, case_id=case.id, key=key, statement=fields, created_at=at, **told
        )

    def _followed(self, chain: Chain, case: Case, member: Member, notice_id: int, number: str) -> None:
        """Who looked, and who confirmed: the first receipt served the case."""
        at = case.served_at
        for n, (_, userid, name) in enumerate(member.admins):
            if at is None or at > self._world.now:
                return
            who = {"notice_id": notice_id, **self.here, "userid": userid}
            by = by_admin(Address(**self.here, userid=userid))  # type: ignore[arg-type]  # corpid and agentid, as they are
            self._world.rows.add("views", **who, how="oauth", first_at=at)
            chain.tell(at, "seen", {"notice": number, "how": "oauth"}, by)
            if n == 0 or self._world.chance.random() < 0.5:
                self._world.rows.add("receipts", **who, name=name, how="card", at=at)
                chain.tell(at, "receipt", {"notice": number, "how": "card"}, by)
            at += timedelta(hours=3)

    def _basis(self, case: Case, member: Member, app: str) -> notice_texts.Basis:
        book = self._world.ctx.book()
        return notice_texts.Basis(
            provider=member.name,
            app=app,
            document=book.title,
            version=book.version,
            url=book.url,
            ground=self._clauses[case.ground],
            row=None,
            power=self._clauses["3.1"] if case.power else None,
            quoted=[clause for one in ("4.1", "4.2", "4.4") if (clause := self._clauses[one])],
        )
