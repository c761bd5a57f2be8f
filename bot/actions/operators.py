"""Our own staff: who they are and what they may do. Owners manage it; the first owner comes from the shell, by nobody."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bot import clock
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import Stale, UserMistake
from bot.model.operator import Operator, Role
from bot.model.provider import MAIL, USERID, Address
from bot.model.texts import operators as texts
from bot.model.trail import SYSTEM
from bot.store import operators, sign_ins, trail
from bot.store.database import Tx

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # small letters only: nobody should pass for another
_NAME_CHARS, _MAIL_CHARS = 64, 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is written down of somebody. address: where alarms reach them in WeCom, beside mail; None for nowhere."""

    name: str
    mail: str
    roles: frozenset[Role]
    address: Address | None = None


def add(ctx: Context, actor: Operator | None, login: str, person: Person) -> Operator:
    """Add somebody. actor None: only while there is nobody at all, and then it must be an owner. Raises UserMistake."""
    with ctx.transaction() as tx:
        operators.lock(tx)
        if actor is not None:
            must(tx, actor, Role.OWNER)
        elif operators.count(tx):
            raise UserMistake(texts.WHO_ACTS)
        elif Role.OWNER not in person.roles:
            raise UserMistake(texts.FIRST_IS_OWNER)
        wrong = [] if _LOGIN.fullmatch(login) else [texts.BAD_LOGIN]
        _refuse([*wrong, *_mistakes(person)])
        if operators.by_login(tx, login):
            raise UserMistake(texts.login_taken(login))
        _must_be_one_person(tx, login, person.address)
        added = operators.add(tx, login, person.name, person.mail, person.roles, person.address, clock.now())
        trail.record(tx, by(actor) if actor else SYSTEM, "operator_added", _told(added), personal=_told_of_person(added))
        return added


def change(ctx: Context, actor: Operator, login: str, version: int, person: Person) -> Operator:
    """Write somebody's name, mail, roles and WeCom identity anew. Raises UserMistake, Stale where `version` is not the one there is."""
    with ctx.transaction() as tx:
        known = _known(tx, actor, login, version)
        _refuse(_mistakes(person))
        if Role.OWNER not in person.roles:
            _must_not_be_last_owner(tx, known)
        if known.is_active:
            _must_be_one_person(tx, login, person.address)
        changed = operators.change(tx, known, person.name, person.mail, person.roles, person.address)
        trail.record(tx, by(actor), "operator_changed", _told(changed), personal=_told_of_person(changed))
        return changed


def disable(ctx: Context, actor: Operator, login: str, version: int) -> Operator:
    """Somebody may no longer act, from the next action on, and is signed out for good. The last active owner stays.

    Raises UserMistake, Stale.
    """
    with ctx.transaction() as tx:
        known = _known(tx, actor, login, version)
        _must_not_be_last_owner(tx, known)
        sign_ins.end(tx, known.id, clock.now())
        sign_ins.drop_links(tx, known.id)
        return _move(tx, actor, known, is_active=False)


def enable(ctx: Context, actor: Operator, login: str, version: int) -> Operator:
    """Somebody may act again. Raises UserMistake, Stale."""
    with ctx.transaction() as tx:
        known = _known(tx, actor, login, version)
        _must_be_one_person(tx, login, known.address)
        return _move(tx, actor, known, is_active=True)


def _known(tx: Tx, actor: Operator, login: str, version: int) -> Operator:
    operators.lock(tx)
    must(tx, actor, Role.OWNER)
    known = operators.by_login(tx, login)
    if known is None:
        raise UserMistake(texts.unknown(login))
    if known.version != version:
        raise Stale("operator")
    return known


def _move(tx: Tx, actor: Operator, known: Operator, *, is_active: bool) -> Operator:
    if known.is_active is is_active:
        raise UserMistake(texts.already(known.login, is_active))
    moved = operators.move(tx, known, is_active=is_active)
    trail.record(tx, by(actor), "operator_enabled" if is_active else "operator_disabled", {"operator": known.login})
    return moved


def _must_not_be_last_owner(tx: Tx, known: Operator) -> None:
    if known.may(Role.OWNER) and not any(one.id != known.id and one.may(Role.OWNER) for one in operators.active(tx)):
        raise UserMistake(texts.LAST_OWNER)


def _must_be_one_person(tx: Tx, login: str, address: Address | None) -> None:
    for one in operators.active(tx):
        if address is not None and one.address == address and one.login != login:
            raise UserMistake(texts.identity_taken(address, one.login))


def _mistakes(person: Person) -> list[str]:
    name_is_good = person.name.strip() == person.name and 0 < len(person.name) <= _NAME_CHARS and person.name.isprintable()
    wrong = [] if name_is_good else [texts.BAD_NAME]
    wrong += [] if MAIL.fullmatch(person.mail) and len(person.mail) <= _MAIL_CHARS else [texts.BAD_MAIL]
    wrong += [] if person.roles else [texts.NO_ROLE]
    wrong += [texts.BAD_USERID] if person.address and not USERID.fullmatch(person.address.userid) else []
    return wrong


def _refuse(wrong: Collection[str]) -> None:
    if wrong:
        raise UserMistake("\n".join(wrong))


def _told(one: Operator) -> dict[str, Any]:
    return {"operator": one.login, "roles": sorted(one.roles)}


def _told_of_person(one: Operator) -> dict[str, Any]:
    return {"name": one.name, "mail": one.mail, "wecom": str(one.address) if one.address else ""}
