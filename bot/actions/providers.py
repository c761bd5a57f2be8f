"""Who is who: taking in the file of providers, apps and admins; admins who leave; and whom messages do not reach."""

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot import clock, failpoint
from bot.actions import notices
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import Stale, UserMistake
from bot.model import roster, roster_changes
from bot.model.canonical import canonical, sha256
from bot.model.delivery import Outcome, State
from bot.model.operator import Operator, Role
from bot.model.provider import Address, Admin, App, Listing, Provider, Standing, mark
from bot.model.roster import Roster, WantedAdmin
from bot.model.roster_changes import Changes
from bot.model.texts import providers as texts
from bot.store import cases, operator_tasks, providers, rosters, trail
from bot.store.database import Tx

_WORDS = frozenset({"invaliduser", "unlicenseduser"})  # how an answer names whom it left out
_ERRCODES = frozenset({60011, 81013})  # no right to see the member; nobody of the call could be reached (path/90313)
_TASK = "admins"
_UPLOAD_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an import did. added, changed: numbers of (providers, apps, admins). notes: sentences about odd rows.

    short: all providers that are short of admins now, those that the file did not name too.
    """

    added: tuple[int, int, int]
    changed: tuple[int, int, int]
    departed: int
    unchanged: int
    notes: tuple[str, ...]
    short: tuple[Standing, ...]


def import_providers(ctx: Context, raw: bytes, actor: Operator, seen: str | None = None) -> Summary:
    """Take in a file (its form: bot/model/roster.py), whole or not at all. A second time it changes nothing.

    Admins whom the file does not name stay. Who left, came, or got another mail address has open notices served anew.
    seen: for a file of one row, the mark of the record as the actor saw it, "" for one that is new; None not to ask.
    Raises UserMistake that names every bad line, Stale where the record is no longer what was seen.
    """
    read = roster.read(raw, *_here(ctx))
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        providers.lock(tx)
        changes, known = _compared(ctx, tx, read)
        if seen is not None and changes:
            _must_be_as_seen(changes, seen)
        return _take_in(ctx, tx, actor, raw, changes, known)


def _must_be_as_seen(changes: Changes, seen: str) -> None:
    """Nobody's change is written over unseen, and who left meanwhile is not taken for somebody new."""
    replaced: list[Provider | App | Admin] = [provider for provider, _ in changes.changed_providers]
    replaced += [app for app, _ in changes.changed_apps]
    replaced += [*(admin for admin, _ in changes.changed_admins), *changes.departed]
    if replaced and not seen:
        raise UserMistake(texts.KNOWN)
    if [mark(one) for one in replaced] != ([seen] if seen else []):
        raise Stale("provider")


# A large file takes a second to be read, and one who writes holds up all others on SQLite: it is read before that.


def look_through(ctx: Context, actor: Operator, raw: bytes) -> tuple[str, Changes]:
    """What a file would change, kept for `take_in`. Returns (key, changes). Raises UserMistake that names every bad line."""
    read = roster.read(raw, *_here(ctx))
    with ctx.read() as connection:
        must(connection, actor, Role.OPERATOR, Role.OWNER)
        changes, _ = _compared(ctx, connection, read)
    key, plan = secrets.token_urlsafe(24), _plan(raw, changes)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        rosters.forget(tx, _since())
        rosters.keep(tx, key, actor.id, raw, plan, clock.now())
    return key, changes


def looked_through(ctx: Context, actor: Operator, key: str) -> tuple[Changes, bool]:
    """(what a kept file would change now, whether that is what was shown before). Raises NotFound, UserMistake."""
    raw, plan, read = _kept(ctx, actor, key)
    with ctx.read() as connection:
        changes, _ = _compared(ctx, connection, read)
    return changes, _plan(raw, changes) == plan


def look_again(ctx: Context, actor: Operator, key: str) -> Changes:
    """What a kept file would change now: from now on that is what was shown. Raises NotFound, UserMistake."""
    raw, _, read = _kept(ctx, actor, key)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        rosters.get(tx, key, actor.id, _since())
        changes, _ = _compared(ctx, tx, read)
        rosters.keep(tx, key, actor.id, raw, _plan(raw, changes), clock.now())
        return changes


def take_in(ctx: Context, actor: Operator, key: str) -> Summary:
    """Do what was shown, and nothing else. Raises Stale where it would be something else by now, NotFound, UserMistake."""
    raw, _, read = _kept(ctx, actor, key)  # a key never leads to another file
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        providers.lock(tx)
        _, plan = rosters.get(tx, key, actor.id, _since())
        changes, known = _compared(ctx, tx, read)
        if _plan(raw, changes) != plan:
            raise Stale("roster")
        rosters.drop(tx, key)
        return _take_in(ctx, tx, actor, raw, changes, known)


def _kept(ctx: Context, actor: Operator, key: str) -> tuple[bytes, str, Roster]:
    """(a file that was looked through, what it was shown to change, its rows)."""
    with ctx.read() as connection:
        raw, plan = rosters.get(connection, key, actor.id, _since())
    return raw, plan, roster.read(raw, *_here(ctx))


def _compared(ctx: Context, tx: Tx, read: Roster) -> tuple[Changes, list[Provider]]:
    """(what a file changes, the providers it is about). Of all there are, only those are asked for whom it can be about."""
    codes = {one.code for one in read.providers} | {one.provider for one in read.apps} | {one.provider for one in read.admins}
    known, apps, admins = providers.concerned(tx, codes, {one.code for one in read.apps}, {one.address.userid for one in read.admins})
    changes = roster_changes.compare(read, known, apps, admins, _here(ctx))
    changes.notes += _of_barred(tx, changes, known)
    return changes, known


def _since() -> datetime:
    """Files brought before are forgotten."""
    return clock.now() - _UPLOAD_LASTS


def _plan(raw: bytes, changes: Changes) -> str:
    return sha256(canonical({"told": _told(raw, changes), "people": _told_of_people(changes), "notes": list(changes.notes)}))


def _take_in(ctx: Context, tx: Tx, actor: Operator, raw: bytes, changes: Changes, known: Iterable[Provider]) -> Summary:
    if changes:
        _apply(ctx, tx, changes, {provider.code: provider.id for provider in known})
        failpoint.reach("providers.applied")
        trail.record(tx, by(actor), "import_providers", _told(raw, changes), personal=_told_of_people(changes))
    return _summary(changes, short_of_admins(ctx, tx))


def depart(ctx: Context, actor: Operator, code: str, address: Address) -> Summary:
    """An admin no longer speaks for a provider: links are void, what is queued is cancelled. Raises UserMistake, NotFound."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.OWNER)
        providers.lock(tx)
        provider = providers.by_code(tx, code)
        if provider is None:
            raise UserMistake(texts.unknown(code))
        admin = providers.admin_at(tx, address)
        if admin is None or admin.provider_id != provider.id:
            raise UserMistake(texts.not_an_admin(code, address))
        changes = Changes(departed=[admin])
        _apply(ctx, tx, changes, {code: provider.id})
        trail.record(tx, by(actor), "admin_departed", {"provider": code}, personal=_told_of_people(changes))
        return _summary(changes, short_of_admins(ctx, tx))


def short_of_admins(ctx: Context, tx: Tx) -> list[Standing]:
    """Providers with fewer than two admins whom this app's messages reach, by code."""
    return providers.standings(tx, *_here(ctx), short=True)


def flag_reachability(tx: Tx, corpid: str, agentid: int, outcomes: Iterable[Outcome]) -> None:
    """Learn from what became of one message by WeCom (not of a mail) whom messages reach: a refusal of the person marks, an accepted
    send clears.

    For the engine's own transaction: it reads once, and writes only where something changed. A provider that comes to be short of
    admins by this becomes an operator's task, and the task is ticked off when it no longer is.
    """
    said = {outcome.userid: _reason(outcome) for outcome in outcomes if outcome.final}
    known = {userid: reason for userid, reason in said.items() if reason is not None}
    if not known:
        return
    changed = [admin for admin in providers.speaking(tx, corpid, agentid, known) if admin.unreachable != known[admin.address.userid]]
    if changed:
        providers.mark_unreachable(tx, {admin.id: known[admin.address.userid] for admin in changed}, clock.now())
        _watch(tx, corpid, agentid, {admin.provider_id for admin in changed})


def _reason(outcome: Outcome) -> str | None:
    """Why a person is not reached, "" where they are; None where the outcome says nothing of the person."""
    if outcome.state is State.ACCEPTED:
        return ""
    if outcome.state is not State.REJECTED:
        return None
    if outcome.errcode in _ERRCODES and outcome.errmsg != "unlicenseduser":
        return str(outcome.errcode)
    return outcome.errmsg if outcome.errmsg in _WORDS else None


def _apply(ctx: Context, tx: Tx, changes: Changes, known: Mapping[str, int]) -> None:
    """known: ids of providers by code, before the changes."""
    now = clock.now()
    ids = {**known, **providers.add(tx, [(one.code, one.name) for one in changes.new_providers], now)}
    for provider, wanted in changes.changed_providers:
        providers.rename(tx, provider, wanted.name)
    providers.add_apps(tx, [(ids[one.provider], one.code, one.name, one.baseline) for one in changes.new_apps], now)
    for app, wanted_app in changes.changed_apps:
        providers.change_app(tx, app, wanted_app.name, wanted_app.baseline)
    for admin in changes.departed:
        providers.depart(tx, admin.id, now)
    for admin, wanted_admin in changes.changed_admins:
        providers.change_admin(tx, admin, wanted_admin.name, _mail(admin, wanted_admin))
    providers.add_admins(tx, [(ids[one.provider], one.address, one.name, one.mail or "") for one in changes.new_admins], now)
    _serve_anew(ctx, tx, changes, ids, frozenset(known.values()))


def _serve_anew(ctx: Context, tx: Tx, changes: Changes, ids: Mapping[str, int], known: Collection[int]) -> None:
    """Tell the notices who is gone and who is new. Another mail address makes somebody both: what went to the old one is void."""
    gone: defaultdict[int, list[Admin]] = defaultdict(list)
    come: defaultdict[int, set[Address]] = defaultdict(set)
    for admin in changes.departed:
        gone[admin.provider_id].append(admin)
    for admin, wanted in changes.changed_admins:
        if _mail(admin, wanted) != admin.mail:
            gone[admin.provider_id].append(admin)
            come[admin.provider_id].add(admin.address)
    for one in changes.new_admins:
        come[ids[one.provider]].add(one.address)
    for provider_id in sorted((gone.keys() | come.keys()) & set(known)):  # a new provider has no cases
        new = [admin for admin in providers.admins(tx, provider_id) if admin.address in come[provider_id]]
        notices.addressees_changed(ctx, tx, provider_id, gone[provider_id], new)
    _watch(tx, *_here(ctx), {*gone, *come})


def _watch(tx: Tx, corpid: str, agentid: int, provider_ids: Collection[int]) -> None:
    """Have an operator look after those of these providers that are short of admins, and no longer after those that are not."""
    now = clock.now()
    tasks = operator_tasks.about(tx, _TASK, provider_ids)
    counts = Counter(task.provider_id for task in tasks)
    opened = {task.provider_id: task.key for task in tasks if task.state == "open"}
    for standing in providers.standings(tx, corpid, agentid, of=provider_ids):
        provider_id = standing.provider.id
        if standing.is_short and provider_id not in opened:
            key = f"{_TASK}:{provider_id}:{counts[provider_id] + 1}"  # the same for two who find it out at once
            operator_tasks.add(tx, key, _TASK, texts.short_task(standing), now, provider_id=provider_id)
        elif provider_id in opened and not standing.is_short:
            operator_tasks.finish(tx, opened[provider_id], None, now, texts.ENOUGH_AGAIN)


def _of_barred(tx: Tx, changes: Changes, known: Iterable[Provider]) -> list[str]:
    """Who is on the black list and gets more apps or admins by the file all the same: taken in, and to be looked at."""
    apps, admins = Counter(one.provider for one in changes.new_apps), Counter(one.provider for one in changes.new_admins)
    barred = cases.barred(tx) if apps or admins else set()
    grown = (one for one in known if one.id in barred and one.code in apps.keys() | admins.keys())
    return [texts.barred(one, apps[one.code], admins[one.code]) for one in grown]


def _summary(changes: Changes, short: Iterable[Standing]) -> Summary:
    return Summary(
        added=(len(changes.new_providers), len(changes.new_apps), len(changes.new_admins)),
        changed=(len(changes.changed_providers), len(changes.changed_apps), len(changes.changed_admins)),
        departed=len(changes.departed),
        unchanged=changes.unchanged,
        notes=tuple(changes.notes),
        short=tuple(short),
    )


def _told(raw: bytes, changes: Changes) -> dict[str, Any]:
    """What stays on the trail for ever: codes and numbers."""
    return {
        "sha256": hashlib.sha256(raw).hexdigest(),
        "new_providers": [one.code for one in changes.new_providers],
        "renamed_providers": [[provider.code, provider.name, wanted.name] for provider, wanted in changes.changed_providers],
        "new_apps": [one.code for one in changes.new_apps],
        "changed_apps": [
            {"app": app.code, "from": [app.name, *_flags(app.baseline)], "to": [wanted.name, *_flags(wanted.baseline)]}
            for app, wanted in changes.changed_apps
        ],
        "new_admins": len(changes.new_admins),
        "changed_admins": len(changes.changed_admins),
        "departed_admins": len(changes.departed),
    }


def _flags(baseline: Listing) -> list[str]:
    return [name for name in ("listed", "searchable", "recommended") if getattr(baseline, name)]


def _told_of_people(changes: Changes) -> dict[str, Any]:
    return {
        "new": [
            {"provider": one.provider, "who": str(one.address), "name": one.name, "mail": one.mail or ""} for one in changes.new_admins
        ],
        "changed": [
            {"who": str(admin.address), "from": [admin.name, admin.mail], "to": [wanted.name, _mail(admin, wanted)]}
            for admin, wanted in changes.changed_admins
        ],
        "departed": [{"who": str(admin.address), "name": admin.name} for admin in changes.departed],
    }


def _mail(admin: Admin, wanted: WantedAdmin) -> str:
    return admin.mail if wanted.mail is None else wanted.mail


def _here(ctx: Context) -> tuple[str, int]:
    return ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
