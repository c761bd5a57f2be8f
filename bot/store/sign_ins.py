"""Who is signed in to the console, and how often signing in failed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from bot.model.sign_in import IDLE, SignIn, Visit
from bot.store.database import Tx
from bot.store.operators import ACTIVE, operator_of
from bot.store.tables import operators, sign_in_links, sign_in_tries, sign_ins

_TURN = 5_830_411  # of the tries: any number no other lock of ours has
_FIELDS = [sign_ins.c[name] for name in SignIn.__dataclass_fields__]


# Tries


def lock(tx: Tx) -> None:
    """Let nobody else count tries until this transaction ends. SQLite writes one transaction at a time anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})


def failed(connection: Connection, login: str, ip: str, since: datetime) -> tuple[int, int]:
    """(of this login, from this address): tries that failed since then. login: its digest."""
    of_login = select(func.count()).where(sign_in_tries.c.login == login, sign_in_tries.c.at > since)
    from_ip = select(func.count()).where(sign_in_tries.c.ip == ip, sign_in_tries.c.at > since)
    return connection.execute(of_login).scalar_one(), connection.execute(from_ip).scalar_one()


def note_try(tx: Tx, login: str, ip: str, now: datetime) -> None:
    """Count a try as failed."""
    tx.execute(insert(sign_in_tries).values(login=login, ip=ip, at=now))


def forget_tries(tx: Tx, login: str) -> None:
    """It was the right person after all."""
    tx.execute(delete(sign_in_tries).where(sign_in_tries.c.login == login))


def forget_old_tries(tx: Tx, before: datetime) -> None:
    """What counts no more."""
    tx.execute(delete(sign_in_tries).where(sign_in_tries.c.at < before))


# Passwords


def password(connection: Connection, login: str) -> tuple[int, str] | None:
    """(operator's id, argon2 hash or "") of an active operator."""
    wanted = select(operators.c.id, operators.c.password).where(operators.c.login == login, operators.c.state == ACTIVE)
    row = connection.execute(wanted).one_or_none()
    return (row.id, row.password) if row else None


def set_password(tx: Tx, operator_id: int, hashed: str) -> None:
    """An argon2 hash."""
    tx.execute(update(operators).where(operators.c.id == operator_id).values(password=hashed))


# Those signed in


def begin(tx: Tx, digest: str, values: Mapping[str, Any]) -> None:
    """Somebody is signed in. digest: of what their cookie holds."""
    tx.execute(insert(sign_ins).values(digest=digest, **values))


def by_digest(connection: Connection, digest: str, now: datetime) -> Visit | None:
    """The sign-in of a cookie, while it holds, and its operator as they are now."""
    living = sign_ins.c.ended_at.is_(None), sign_ins.c.expires_at > now, sign_ins.c.seen_at > now - IDLE
    named = [column.label(f"sign_in_{column.name}") for column in _FIELDS]
    both = select(operators, *named).join(sign_ins, sign_ins.c.operator_id == operators.c.id)
    row = connection.execute(both.where(sign_ins.c.digest == digest, *living)).one_or_none()
    if row is None:
        return None
    given = {column.name: row._mapping[f"sign_in_{column.name}"] for column in _FIELDS}
    return Visit(sign_in=SignIn(**given), operator=operator_of(row))


def of_operator(connection: Connection, operator_id: int, now: datetime) -> list[SignIn]:
    """Where somebody is signed in now, the last seen first."""
    living = sign_ins.c.ended_at.is_(None), sign_ins.c.expires_at > now, sign_ins.c.seen_at > now - IDLE
    wanted = (
        select(*_FIELDS).where(sign_ins.c.operator_id == operator_id, *living).order_by(sign_ins.c.seen_at.desc(), sign_ins.c.id.desc())
    )
    return [_sign_in(row) for row in connection.execute(wanted)]


def seen(tx: Tx, sign_in_id: int, now: datetime) -> None:
    """A page was asked for."""
    tx.execute(update(sign_ins).where(sign_ins.c.id == sign_in_id).values(seen_at=now))


def end(tx: Tx, operator_id: int, now: datetime, sign_in_id: int | None = None) -> int:
    """Sign somebody out, everywhere or in one place. Returns in how many."""
    same = [sign_ins.c.operator_id == operator_id, sign_ins.c.ended_at.is_(None)]
    same += [] if sign_in_id is None else [sign_ins.c.id == sign_in_id]
    return tx.execute(update(sign_ins).where(*same).values(ended_at=now)).rowcount


# Links


def add_link(tx: Tx, digest: str, operator_id: int, now: datetime, expires_at: datetime) -> None:
    """A link that signs in once; whatever link this operator had before is gone."""
    tx.execute(delete(sign_in_links).where(sign_in_links.c.operator_id == operator_id))
    tx.execute(insert(sign_in_links).values(digest=digest, operator_id=operator_id, made_at=now, expires_at=expires_at))


def drop_links(tx: Tx, operator_id: int) -> None:
    """No link signs this operator in any more."""
    tx.execute(delete(sign_in_links).where(sign_in_links.c.operator_id == operator_id))


def link(connection: Connection, digest: str, now: datetime) -> int | None:
    """The operator whom a link that still holds is for."""
    same = sign_in_links.c.digest == digest, sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > now
    return connection.execute(select(sign_in_links.c.operator_id).where(*same)).scalar_one_or_none()


def use_link(tx: Tx, digest: str, now: datetime) -> int | None:
    """Use a link up. Returns the operator whom it was for; None where it holds no more, or somebody was quicker."""
    same = sign_in_links.c.digest == digest, sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > now
    return tx.execute(update(sign_in_links).where(*same).values(used_at=now).returning(sign_in_links.c.operator_id)).scalar_one_or_none()


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(**row._mapping)
