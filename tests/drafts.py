"""Cases for tests that are not about cases: drafts with the least that the tables ask for."""

from sqlalchemy import func, insert, select

from bot import clock
from bot.store.database import Database
from bot.store.tables import cases, counters, operators, providers


def add_case(database: Database) -> int:
    """Write one more draft, V2026-000001 and so on. Returns its id."""
    now = clock.now()
    with database.write() as tx:
        number = tx.execute(select(func.count()).select_from(cases)).scalar_one() + 1
        if number == 1:
            person = {"login": "author", "name": "张三", "mail": "a@example.com", "roles": [], "state": "active", "created_at": now}
            tx.execute(insert(operators).values(person))
            tx.execute(insert(providers).values(code="A", name="甲公司", created_at=now))
            tx.execute(insert(counters).values(name="V2026", last=0))
        tx.execute(counters.update().values(last=number))
        row = {
            "number": f"V2026-{number:06d}",
            "request_key": f"key {number}",
            "kind": "reminder",
            "provider_id": 1,
            "ground": "2.9",
            "facts": "x",
            "found_on": "2026-03-01",
            "objection_days": 7,
            "deem_days": 7,
            "day_kind": "natural",
            "contact": "x",
            "rule_version": "2024-06-17",
            "state": "draft",
            "author_id": 1,
            "opened_at": now,
        }
        return int(tx.execute(insert(cases).values(row).returning(cases.c.id)).scalar_one())
