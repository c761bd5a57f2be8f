"""One filing: the form while it is the provider's turn, and all that was handed in and said about it."""

import contextlib

from flask import Blueprint, Response, request, url_for

from bot.actions import filings, my_pages
from bot.actions.filings import Incomplete, Written
from bot.actions.uploads import BLOCK_BYTES
from bot.actions.words import MOST_CHARS
from bot.context import Context
from bot.errors import BotError, Stale, UserMistake
from bot.model.filing import Filing, FilingKind
from bot.model.provider import Address
from bot.model.texts import files as file_texts
from bot.model.texts import filings as texts
from bot.model.texts import my_cases as case_texts
from bot.model.texts import pages as page_texts
from bot.web.portal import forms
from bot.web.portal.desk import Desk, go, names, way_back
from bot.web.portal.forms import Form
from bot.web.sessions import Session
from rules import Clause

_QUOTED = ("4.3", "4.4")
FORM_BYTES = 4 << 20  # far more than is kept: what is too long is shown again, to be made shorter
NUMBER_CHARS = 16


class Filings:
    """Pages of filings."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        pages.add_url_rule("/filings/<number>", view_func=self.filing, endpoint="filing")
        for what, view in (("save", self.save), ("submit", self.submit), ("drop", self.drop)):
            pages.add_url_rule(f"/filings/<number>/{what}", f"filing_{what}", view, methods=["POST"])

    def filing(self, number: str) -> Response:
        """As it stands."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        said = request.args.get("said", "")
        filing = filings.shown(self._desk.context(), session.address, names(number))
        saved = {"saved": page_texts.SAVED, "files_unsent": page_texts.SAVED_WITHOUT_FILES} if filing.is_writable else {}
        told = {**saved, "handed_in": _handed_in(filing)}.get(said, "")
        return self._show(session, number, said=told)

    def save(self, number: str) -> Response:
        """Keep the draft."""
        request.max_content_length = request.max_form_memory_size = FORM_BYTES
        fields = forms.received(request.path)
        session = self._writer()
        if session is None:
            return self._session_gone(number, fields)
        ctx, number = self._desk.context(), names(number)
        if wrong := forms.too_much(fields):
            return self._again(session, number, Form(typed=fields, at=wrong, say=page_texts.KEPT_HERE), 422)
        try:
            _save(ctx, session.address, number, fields, forms.version(request.form))
        except (Stale, UserMistake) as error:
            return self._not_kept(session, number, fields, error)
        return go(url_for("portal.filing", number=number, said="files_unsent" if forms.has_unsent_files(request.form) else "saved"))

    def submit(self, number: str) -> Response:
        """Hand it in. Twice the same is once; what is missing is named, and the rest kept."""
        request.max_content_length = request.max_form_memory_size = FORM_BYTES
        fields = forms.received(request.path)
        session = self._writer()
        if session is None:
            return self._session_gone(number, fields)
        ctx, number = self._desk.context(), names(number)
        agreed = request.form.get("agreed") == "yes"
        if wrong := forms.too_much(fields):
            return self._again(session, number, Form(typed=fields, at=wrong, say=page_texts.KEPT_HERE, agreed=agreed), 422)
        if forms.has_unsent_files(request.form):
            return self._not_handed_in(session, number, fields, UserMistake(page_texts.FILES_UNSENT), agreed=agreed)
        try:
            _submit(ctx, session.address, number, fields, forms.version(request.form), agreed=agreed)
        except Stale as error:
            return self._not_kept(session, number, fields, error)
        except UserMistake as error:
            return self._not_handed_in(session, number, fields, error, agreed=agreed)
        return go(url_for("portal.filing", number=number, said="handed_in"))

    def drop(self, number: str) -> Response:
        """Throw a draft away, or take a withdrawal back that nobody has looked at."""
        session = self._desk.acting()
        way_back(url_for("portal.filing", number=number), number)
        ctx = self._desk.context()
        known = filings.shown(ctx, session.address, names(number))
        filings.drop(ctx, session.address, number)
        return go(url_for("portal.home", said="taken_back" if known.round else "dropped"))

    def _writer(self) -> Session | None:
        """Who sends the form; None where what they typed is to be kept until they have said again who they are."""
        session = self._desk.reader()
        return session if session and session.may_act and self._desk.is_own_form(session) else None

    def _not_kept(self, session: Session, number: str, fields: dict[str, str], error: Stale | UserMistake) -> Response:
        now = filings.shown(self._desk.context(), session.address, number)
        if isinstance(error, UserMistake):
            return self._again(session, number, Form(typed=fields, say=error.say), 409)
        form = Form(typed=fields, theirs=forms.changed(now, fields), say=page_texts.STALE)
        return self._again(session, number, form, 409)

    def _not_handed_in(self, session: Session, number: str, fields: dict[str, str], error: UserMistake, *, agreed: bool) -> Response:
        """What was typed is kept as a draft, where it still can be."""
        ctx = self._desk.context()
        with contextlib.suppress(Stale, UserMistake):
            _save(ctx, session.address, number, fields, forms.version(request.form))
        now = filings.shown(ctx, session.address, number)
        at = forms.lacking(now) if isinstance(error, Incomplete) else {}
        if now.kind is FilingKind.WITHDRAWAL and not agreed:
            at["agreed"] = page_texts.NOT_AGREED
        say = page_texts.INCOMPLETE if isinstance(error, Incomplete) else error.say
        return self._again(session, number, Form(typed=fields, at=at, say=say, agreed=agreed), 422 if at else 409)

    def _again(self, session: Session, number: str, form: Form, status: int) -> Response:
        return self._show(session, number, form, status)

    def _show(self, session: Session, number: str, form: Form | None = None, status: int = 200, said: str = "") -> Response:
        ctx = self._desk.context()
        view = my_pages.filing(ctx, session.address, number)
        filing, book = view.filing, ctx.book()
        return self._desk.page(
            "portal/filing.html",
            session,
            status,
            scripts=filing.is_writable,
            view=view,
            filing=filing,
            form=form or Form(typed=forms.kept(filing)),
            seal=self._desk.sessions.seal(request, session, filing.number),
            field=forms.name,
            parts_words=texts.PARTS,
            words=texts.WORDS[filing.kind],
            texts=texts,
            file_texts=file_texts,
            limits=(BLOCK_BYTES, self._desk.settings.file_max_bytes, self._desk.settings.filing_max_files),
            case_texts=case_texts,
            most=MOST_CHARS,
            book=book,
            quoted=[one for one in map(book.cited, _QUOTED) if isinstance(one, Clause)] if filing.kind is FilingKind.WITHDRAWAL else [],
            said=said,
        )

    def _session_gone(self, number: str, fields: dict[str, str]) -> Response:
        """Whoever typed this has to say again who they are. It is kept as a draft, where the form shows that it was theirs to write."""
        address = self._desk.sessions.sealed(request, request.form.get("seal", ""), number)
        is_kept = bool(address) and _kept_for(self._desk.context(), address, number, fields, forms.version(request.form))
        if is_kept:
            forms.settled()
        return self._desk.page(
            "portal/session_gone.html", status=403, is_kept=is_kept, number=number if len(number) <= NUMBER_CHARS else "", words=page_texts
        )


def _handed_in(filing: Filing) -> str:
    return page_texts.handed_in(filing.kind) if filing.is_open and not filing.is_writable else ""


def _save(ctx: Context, address: Address, number: str, fields: dict[str, str], version: int) -> Filing:
    """Raises Stale where somebody wrote otherwise meanwhile, UserMistake, NotFound. A page sent a second time is not somebody else."""
    try:
        return filings.save(ctx, address, number, forms.written(fields, version))
    except Stale:
        return filings.save(ctx, address, number, _if_same(ctx, address, number, fields))


def _submit(ctx: Context, address: Address, number: str, fields: dict[str, str], version: int, *, agreed: bool) -> Filing:
    try:
        return filings.submit(ctx, address, number, forms.written(fields, version), agreed=agreed)
    except Stale:
        return filings.submit(ctx, address, number, _if_same(ctx, address, number, fields), agreed=agreed)


def _if_same(ctx: Context, address: Address, number: str, fields: dict[str, str]) -> Written:
    now = filings.shown(ctx, address, number)
    if forms.changed(now, fields):
        raise Stale(number)
    return forms.written(fields, now.version)


def _kept_for(ctx: Context, address: Address | None, number: str, fields: dict[str, str], version: int) -> bool:
    if address is None:
        return False
    with contextlib.suppress(BotError):
        _save(ctx, address, number, fields, version)
        return True
    return False
