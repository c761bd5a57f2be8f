"""Providers: looked for, looked at, changed by hand, and taken in from a file after one has seen what it would change."""

from urllib.parse import urlencode

from flask import Response, request, url_for

from bot.actions import provider_pages
from bot.actions import providers as taking_in
from bot.errors import NotFound, Stale, UserMistake
from bot.model.operator import Role
from bot.model.provider import mark
from bot.model.provider_list import SoughtProviders, Which
from bot.model.roster_changes import Changes
from bot.model.sheet import MAX_BYTES
from bot.model.texts import console_cases as case_texts
from bot.model.texts import console_providers as texts
from bot.model.texts import providers as provider_texts
from bot.web.console.desk import Desk, go, names, way_back
from bot.web.console.guard import STAFF, Guard

_WRITERS = (Role.OPERATOR, Role.OWNER)
_CHARS, _KEY_CHARS = 64, 64
_CELLS = ("app", "userid", "name", "mail", "listed", "searchable", "recommended", "state", "corpid", "agentid")
_FLAGS = ("listed", "searchable", "recommended")
_OF = {"provider": provider_texts.PROVIDER, "app": provider_texts.APP, "admin": provider_texts.ADMIN}


class Providers:
    """The list, one of them, and files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/providers", self.providers, may=STAFF)
        guard.add("/providers/import", self.roster, may=_WRITERS)
        guard.add("/providers/import", self.roster_brought, may=_WRITERS, methods=("POST",), files_bytes=MAX_BYTES)
        guard.add("/providers/import/<key>", self.roster_shown, may=_WRITERS)
        guard.add("/providers/import/<key>", self.roster_taken, may=_WRITERS, methods=("POST",))
        guard.add("/providers/of/<code>", self.provider, may=STAFF)
        guard.add("/providers/of/<code>", self.provider_row, may=_WRITERS, methods=("POST",))

    def providers(self) -> Response:
        """A page of those that are looked for."""
        which = request.args.get("which", "")
        wanted = SoughtProviders(
            words="".join(char for char in request.args.get("words", "")[:_CHARS].strip() if char.isprintable()),
            which=Which(which) if which in set(Which) else Which.ALL,
            after=_plain(request.args.get("after", "")),
        )
        found = provider_pages.listed(self._desk.context(), wanted)
        following = "" if found.is_last else _filtered(after=found.lines[-1].standing.provider.code)
        return self._desk.page(
            "console/providers.html",
            found=found,
            wanted=wanted,
            which=texts.WHICH,
            filtered=_filtered,
            following=following,
            may_write=self._may_write(),
        )

    def provider(self, code: str) -> Response:
        """All that is known of one."""
        return self._page(code, said=texts.SAID.get(request.args.get("said", ""), ""))

    def provider_row(self, code: str) -> Response:
        """One row changed or added by hand: the provider's name, an app, an admin; or an admin who left."""
        code, kind = names(code), request.form.get("type", "")
        way_back(url_for("console.provider", code=code))
        if kind not in _OF:
            raise NotFound("page")
        row = {"type": _OF[kind], "provider": code} | _cells(kind)
        try:
            provider_pages.read(self._desk.context(), code)
            done = provider_pages.write_row(self._desk.context(), self._desk.me(), row, request.form.get("seen", "")[:_CHARS])
        except UserMistake as error:
            return self._page(code, wrong=texts.by_hand(error.say), status=409)
        except Stale:
            return self._page(code, wrong=case_texts.STALE, status=409)
        said = "departed" if done.departed else "saved" if sum(done.added) + sum(done.changed) else "same"
        return go(url_for("console.provider", code=code, said=said))

    def _page(self, code: str, status: int = 200, **shown: object) -> Response:
        page = provider_pages.read(self._desk.context(), names(code))
        typed = {name: request.form.get(name, "")[:300] for name in ("type", "seen", *_CELLS)} if status != 200 else {}
        return self._desk.page(
            "console/provider.html",
            status,
            page=page,
            typed=typed,
            mark=mark,
            listing=texts.listing,
            reason=provider_texts.reason,
            elsewhere=texts.ELSEWHERE,
            ground=case_texts.ground,
            may_write=self._may_write(),
            yes=provider_texts.YES,
            no=provider_texts.NO,
            present=provider_texts.PRESENT,
            left=provider_texts.LEFT,
            **shown,
        )

    def roster(self) -> Response:
        """Where a file is brought."""
        return self._roster()

    def _roster(self, status: int = 200, **shown: object) -> Response:
        return self._desk.page("console/roster.html", status, columns=provider_texts.COLUMNS, example=texts.EXAMPLE, **shown)

    def roster_brought(self) -> Response:
        """Read, and held against what is known; nothing is changed yet."""
        brought = request.files.get("file")
        way_back(url_for("console.roster"))
        raw = brought.stream.read(MAX_BYTES + 1) if brought else b""
        try:
            if not raw:
                raise UserMistake(texts.NO_FILE)
            key, _ = taking_in.look_through(self._desk.context(), self._desk.me(), raw)
        except UserMistake as error:
            return self._roster(409, wrong=error.say)
        return go(url_for("console.roster_shown", key=key))

    def roster_shown(self, key: str) -> Response:
        """What it would change."""
        way_back(url_for("console.roster"))
        try:
            changes, is_same = taking_in.looked_through(self._desk.context(), self._desk.me(), key[:_KEY_CHARS])
        except UserMistake as error:  # what is known changed meanwhile so that the file contradicts it
            return self._roster(409, wrong=error.say)
        return self._shown(key, changes, 200, wrong="" if is_same else texts.STALE)

    def roster_taken(self, key: str) -> Response:
        """What was shown is done."""
        way_back(url_for("console.roster"))
        ctx, me = self._desk.context(), self._desk.me()
        try:
            done = taking_in.take_in(ctx, me, key[:_KEY_CHARS])
        except NotFound:
            return self._roster(409, wrong=texts.GONE)
        except UserMistake as error:
            return self._roster(409, wrong=error.say)
        except Stale:
            changes = taking_in.look_again(self._desk.context(), me, key[:_KEY_CHARS])
            return self._shown(key, changes, 409, wrong=texts.STALE)
        said = texts.taken(done.added, done.changed, done.departed, done.unchanged)
        return self._roster(said=said, notes=texts.notes(done.notes), short=texts.short(len(done.short)) if done.short else "")

    def _shown(self, key: str, changes: Changes, status: int, wrong: str) -> Response:
        told, notes = texts.changes(changes), texts.notes(changes.notes)
        return self._desk.page("console/roster_changes.html", status, key=key, changes=changes, told=told, notes=notes, wrong=wrong)

    def _may_write(self) -> bool:
        return any(self._desk.me().may(role) for role in _WRITERS)


def _cells(kind: str) -> dict[str, str]:
    given = {name: request.form.get(name, "")[:300].strip() for name in _CELLS}
    kept = {name: value for name, value in given.items() if value}
    if kind == "app":
        kept |= {name: provider_texts.YES if given[name] else provider_texts.NO for name in _FLAGS}
    return kept


def _filtered(**changed: str) -> str:
    """The address of this list with another filter; from its beginning, unless `after` is given."""
    kept = {name: request.args.get(name, "")[:_CHARS] for name in ("words", "which")} | changed
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("console.providers") + (f"?{query}" if query else "")


def _plain(text: str) -> str:
    return text if len(text) <= _CHARS and text.isprintable() else ""
