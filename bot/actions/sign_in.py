"""Signing in to the console: by password, by WeCom, or by a link that works once; and out again.

The browser holds a random secret, the database its digest. Who somebody is and what they may do is read anew at each request.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from bot import clock
from bot.actions import passwords
from bot.actions.rights import by
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.sign_in import LASTS, LINK_LASTS, MOST_OF_IP, MOST_OF_LOGIN, PROOF_LASTS, SEEN_EVERY, WINDOW, SignIn, Visit
from bot.model.texts import console as texts
from bot.model.texts import operators as operator_texts
from bot.model.trail import SYSTEM
from bot.store import operators, sign_ins, trail
from bot.store.database import Tx

_LOGIN_CHARS = 64


@dataclass(frozen=True, slots=True)
class Browser:
    """From where somebody signs in. device: a few words for people, at most 64 characters. ip: its address."""

    device: str
    ip: str


def with_password(ctx: Context, login: str, password: str, browser: Browser) -> str:
    """Sign in. Returns the secret for the cookie. Raises UserMistake, in the same words whoever does not exist and whatever is wrong."""
    login = login.strip().lower()[: _LOGIN_CHARS + 1]
    number = _try(ctx, _digest(login), browser)
    with ctx.read() as connection:
        known = sign_ins.password(connection, login)
    kept = known[1] if known else ""
    if not passwords.fits(kept, password) or known is None:
        with ctx.transaction() as tx:
            told = {"operator": login if known else ""}
            trail.record(tx, SYSTEM, "sign_in_failed", told, personal={"ip": browser.ip})
            if number >= MOST_OF_LOGIN:
                trail.record(tx, SYSTEM, "sign_in_locked", told, personal={"ip": browser.ip})
        raise UserMistake(texts.LOCKED if number >= MOST_OF_LOGIN else texts.WRONG)
    fresh = passwords.hashed(password) if passwords.is_old(kept) else ""
    with ctx.transaction() as tx:
        if sign_ins.password(tx, login) != known:  # changed, or the account closed, while the password was looked at
            raise UserMistake(texts.WRONG)
        sign_ins.forget_tries(tx, _digest(login))
        if fresh:
            sign_ins.set_password(tx, known[0], fresh)
        return _begin(tx, operators.get(tx, known[0]), "password", browser)


def _try(ctx: Context, login: str, browser: Browser) -> int:
    """Count a try before it is looked at. Returns which of this login's it is. Raises UserMistake where there were too many."""
    with ctx.transaction() as tx:
        now = clock.now()
        sign_ins.lock(tx)
        of_login, from_ip = sign_ins.failed(tx, login, browser.ip, now - WINDOW)
        if of_login >= MOST_OF_LOGIN:
            raise UserMistake(texts.LOCKED)
        if from_ip >= MOST_OF_IP:
            raise UserMistake(texts.SLOW_DOWN)
        sign_ins.forget_old_tries(tx, now - WINDOW)
        sign_ins.note_try(tx, login, browser.ip, now)
        return of_login + 1


def with_wecom(ctx: Context, address: Address, browser: Browser) -> str:
    """Sign in as the operator who is this member of WeCom. Returns the secret for the cookie. Raises UserMistake for nobody of ours."""
    with ctx.transaction() as tx:
        found = [one for one in operators.active(tx) if one.address == address]
        if len(found) == 1:
            return _begin(tx, found[0], "wecom", browser)
        trail.record(tx, SYSTEM, "sign_in_failed", {"operator": ""}, personal={"ip": browser.ip, "wecom": str(address)})
    raise UserMistake(texts.NO_ACCOUNT)


def make_link(ctx: Context, actor: Operator | None, login: str) -> str:
    """A secret that signs this operator in once, within an hour. actor None: whoever is at the shell. Raises UserMistake."""
    secret = secrets.token_urlsafe(32)
    with ctx.transaction() as tx:
        known = _manageable(tx, actor, login)
        if not known.is_active:
            raise UserMistake(operator_texts.may_not(known, ()))
        now = clock.now()
        sign_ins.add_link(tx, _digest(secret), known.id, now, now + LINK_LASTS)
        trail.record(tx, by(actor) if actor else SYSTEM, "sign_in_link", {"operator": known.login})
    return secret


def whose_link(ctx: Context, secret: str) -> Operator:
    """Whom a link would sign in. Raises NotFound where it holds no more."""
    with ctx.read() as connection:
        found = sign_ins.link(connection, _digest(secret), clock.now())
        operator = operators.get(connection, found) if found else None
    if operator is None or not operator.is_active:
        raise NotFound("sign-in link")
    return operator


def with_link(ctx: Context, secret: str, browser: Browser) -> str:
    """Sign in by a link, which is used up. Returns the secret for the cookie. Raises NotFound where it holds no more."""
    with ctx.transaction() as tx:
        found = sign_ins.use_link(tx, _digest(secret), clock.now())
        operator = operators.get(tx, found) if found else None
        if operator is None or not operator.is_active:
            raise NotFound("sign-in link")
        return _begin(tx, operator, "link", browser)


def set_password(ctx: Context, actor: Operator, login: str, password: str) -> Operator:
    """Set one's own password, or as an owner anybody's; whoever was signed in by the old one is out. Raises UserMistake."""
    hashed = passwords.hashed(password[:1_000])
    with ctx.transaction() as tx:
        known = _manageable(tx, actor, login)
        if wrong := passwords.mistakes(password, known.login):
            raise UserMistake("\n".join(wrong))
        sign_ins.set_password(tx, known.id, hashed)
        sign_ins.drop_links(tx, known.id)
        sign_ins.forget_tries(tx, _digest(known.login))
        sign_ins.end(tx, known.id, clock.now())
        trail.record(tx, by(actor), "password_set", {"operator": known.login})
        return known


def change_password(ctx: Context, visit: Visit, old: str, password: str, browser: Browser) -> str:
    """Set one's own password and sign in by it anew; every browser signed in so far is out, this one too.

    old: the password until now. Who has none must have come in by a link or by WeCom within PROOF_LASTS. Tries count as those of signing
    in do. Returns the secret for the cookie. Raises UserMistake.
    """
    me = visit.operator
    if wrong := passwords.mistakes(password, me.login):
        raise UserMistake("\n".join(wrong))
    _try(ctx, _digest(me.login), browser)
    with ctx.read() as connection:
        known = sign_ins.password(connection, me.login)
    kept = known[1] if known else ""
    is_fresh = visit.sign_in.how != "password" and clock.now() - visit.sign_in.begun_at < PROOF_LASTS
    if kept and not passwords.fits(kept, old):
        raise UserMistake(texts.OLD_WRONG)
    if not kept and not is_fresh:
        raise UserMistake(texts.PROVE_FIRST)
    set_password(ctx, me, me.login, password)
    with ctx.transaction() as tx:
        return _begin(tx, operators.get(tx, me.id), "password", browser)


def has_password(ctx: Context, operator: Operator) -> bool:
    """Whether there is one to ask for before it is changed."""
    with ctx.read() as connection:
        known = sign_ins.password(connection, operator.login)
    return bool(known and known[1])


# While signed in


def visit(ctx: Context, secret: str, *, by_itself: bool = False) -> Visit | None:
    """Who holds this cookie, as the database has them now; None where it holds no more, or they may act no more.

    by_itself: a page asks without anybody's doing; that keeps nobody signed in.
    """
    now = clock.now()
    with ctx.read() as connection:
        found = sign_ins.by_digest(connection, _digest(secret), now)
    if found is None or not found.operator.is_active:
        return None
    if now - found.sign_in.seen_at >= SEEN_EVERY and not by_itself:
        with ctx.transaction() as tx:
            sign_ins.seen(tx, found.sign_in.id, now)
    return found


def places(ctx: Context, operator: Operator) -> list[SignIn]:
    """Where this operator is signed in, the last seen first."""
    with ctx.read() as connection:
        return sign_ins.of_operator(connection, operator.id, clock.now())


def sign_out(ctx: Context, operator: Operator, sign_in_id: int) -> None:
    """Sign out in one place. One that is none of theirs, or over, changes nothing."""
    with ctx.transaction() as tx:
        if sign_ins.end(tx, operator.id, clock.now(), sign_in_id):
            trail.record(tx, by(operator), "signed_out", {"operator": operator.login})


def sign_out_everywhere(ctx: Context, operator: Operator) -> int:
    """Sign out in every browser, this one too. Returns in how many."""
    with ctx.transaction() as tx:
        number = sign_ins.end(tx, operator.id, clock.now())
        sign_ins.drop_links(tx, operator.id)
        trail.record(tx, by(operator), "signed_out_everywhere", {"operator": operator.login, "places": number})
        return number


def _begin(tx: Tx, operator: Operator, how: str, browser: Browser) -> str:
    secret, now = secrets.token_urlsafe(32), clock.now()
    row = {"operator_id": operator.id, "how": how, "device": browser.device[:64], "ip": browser.ip[:45]}
    sign_ins.begin(tx, _digest(secret), {**row, "begun_at": now, "seen_at": now, "expires_at": now + LASTS})
    told = {"device": browser.device, "ip": browser.ip}
    trail.record(tx, by(operator), "signed_in", {"operator": operator.login, "how": how}, personal=told)
    return secret


def _manageable(tx: Tx, actor: Operator | None, login: str) -> Operator:
    """The operator of this login, where `actor` may decide how they sign in."""
    known = operators.by_login(tx, login)
    if known is None:
        raise UserMistake(operator_texts.unknown(login))
    if actor is not None:
        fresh = operators.get(tx, actor.id)
        if not fresh.is_active or (fresh.id != known.id and not fresh.may(Role.OWNER)):
            raise UserMistake(operator_texts.may_not(fresh, (Role.OWNER,)))
    return known


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
