"""Files of a filing: brought whole by a form, or in blocks by the page's script; looked at; taken off again."""

import json
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request, send_file, url_for
from werkzeug.datastructures import FileStorage

from bot.actions import filings, uploads
from bot.errors import BotError, NoSpace, NotFound, Stale, Unavailable, UserMistake
from bot.file_looks import INLINE
from bot.files import OutOfStep
from bot.model.filing import FiledFile
from bot.model.texts import files as texts
from bot.model.texts import pages as page_texts
from bot.web.portal import forms
from bot.web.portal.desk import TOKEN_CHARS, Desk, go, names, way_back
from bot.web.sessions import Session

_FIELD = "file"  # file:2.9 is evidence for that part, file: for the whole
_FORM_BYTES = 4 << 20  # what a form has beside its files
_NAME_BYTES = 16 << 10
_LOOK = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Uploads:
    """Pages and answers about files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, pages: Blueprint) -> None:
        """Its addresses."""
        pages.add_url_rule("/filings/<number>/files", "files_brought", self.bring, methods=["POST"])
        pages.add_url_rule("/filings/<number>/files/<int:file_id>", "file", self.file)
        pages.add_url_rule("/filings/<number>/files/<int:file_id>/remove", "file_remove", self.remove, methods=["POST"])
        pages.add_url_rule("/filings/<number>/files/list", "files_list", self.listed)
        pages.add_url_rule("/filings/<number>/uploads", "upload_begin", _said_to_script(self.begin), methods=["POST"])
        pages.add_url_rule("/uploads/<token>", "upload", _said_to_script(self.received))
        pages.add_url_rule("/uploads/<token>", "upload_block", _said_to_script(self.block), methods=["PUT"])
        pages.add_url_rule("/uploads/<token>/finish", "upload_finish", _said_to_script(self.finish), methods=["POST"])

    # With a form alone

    def bring(self, number: str) -> Response:
        """Several files at once, beside what is typed in the same form, which is kept as by 保存草稿."""
        session = self._desk.reader()
        if session is None or not session.may_act:
            abort(403)
        way_back(url_for("portal.filing", number=number), number)
        settings = self._desk.settings
        wrong = self._refusal(session, number)  # before anything is read; a stranger's body never is
        request.max_content_length = settings.file_max_bytes * settings.filing_max_files + _FORM_BYTES
        request.max_form_memory_size = _FORM_BYTES
        if not self._desk.is_own_form(session):
            abort(403)
        takes_files = not wrong
        wrong += self._keep_words(session, number)
        for field, brought in request.files.items(multi=True):
            if field.partition(":")[0] == _FIELD and brought.filename and takes_files:
                wrong += self._bring_one(session, number, field.partition(":")[2], brought)
        if wrong:
            raise UserMistake("\n".join(dict.fromkeys(wrong)))
        return go(url_for("portal.filing", number=number, said="saved"))

    def _refusal(self, session: Session, number: str) -> list[str]:
        """Why no file can be brought now, where the words beside them may still be kept. Raises NotFound."""
        try:
            filings.may_attach(self._desk.context(), session.address, names(number))
        except UserMistake as error:
            return [error.say]
        return []

    def _keep_words(self, session: Session, number: str) -> list[str]:
        fields = forms.received(url_for("portal.filing_save", number=number))
        try:
            if fields and not forms.too_much(fields):
                filings.save(self._desk.context(), session.address, number, forms.written(fields, forms.version(request.form)))
                forms.settled()
        except Stale:
            return [page_texts.NOT_KEPT_BESIDE]
        except UserMistake as error:
            return [error.say]
        return [page_texts.TOO_LONG_BESIDE] if forms.too_much(fields) else []

    def _bring_one(self, session: Session, number: str, clause: str, brought: FileStorage) -> list[str]:
        try:
            name = (brought.filename or "")[:_NAME_BYTES]
            uploads.bring(self._desk.context(), session.address, number, clause, name, brought.stream)  # type: ignore[arg-type]
        except UserMistake as error:
            return [error.say]
        return []

    def remove(self, number: str, file_id: int) -> Response:
        """Off the draft; what was handed in before stays on record."""
        session = self._desk.acting()
        way_back(url_for("portal.filing", number=number), number)
        filings.detach(self._desk.context(), session.address, names(number), file_id)
        return go(url_for("portal.filing", number=number, said="saved"))

    # Looking

    def file(self, number: str, file_id: int) -> Response:
        """The bytes: pictures and PDF shown where nothing is flagged, all else to be saved; never as anything that could run here."""
        session = self._desk.reader()
        if session is None:
            return self._desk.identify()
        found, stream = filings.opened(self._desk.context(), session.address, names(number), file_id)
        return handed_out(found, stream)

    def listed(self, number: str) -> Response:
        """The files of one part, as the form shows them: for the script, once one is there."""
        session = self._desk.reader()
        if session is None:
            abort(403)
        filing = filings.shown(self._desk.context(), session.address, names(number))
        token, clause = self._desk.sessions.form_token(session), request.args.get("clause", "")[:72]
        words = render_template("portal/files_list.html", filing=filing, clause=clause, token=token, file_texts=texts)
        return Response(words, mimetype="text/html")

    # In blocks, for the script

    def begin(self, number: str) -> Response:
        """Announce a file. Answers {"token", "received"}."""
        session, ctx = self._sender(), self._desk.context()
        name, clause, size = (request.form.get(one, "") for one in ("name", "clause", "size"))
        if not (size.isascii() and size.isdigit() and len(size) <= 15):
            raise UserMistake(texts.OUT_OF_STEP)
        token = uploads.begin(ctx, session.address, names(number), clause[:72], name[:_NAME_BYTES], int(size))
        return _json({"token": token, "received": 0})

    def received(self, token: str) -> Response:
        """How far it has come: {"received"}."""
        session, ctx = self._sender(), self._desk.context()
        return _json({"received": uploads.received(ctx, uploads.known(ctx, session.address, token))})

    def block(self, token: str) -> Response:
        """One block at ?offset=. Answers {"received"}; 409 with the same where another offset is due."""
        session, ctx = self._sender(), self._desk.context()
        upload = uploads.known(ctx, session.address, token)
        offset = request.args.get("offset", "")
        if not (offset.isascii() and offset.isdigit() and len(offset) <= 15):
            raise UserMistake(texts.OUT_OF_STEP)
        request.max_content_length = uploads.BLOCK_BYTES
        try:
            return _json({"received": uploads.add(ctx, upload, int(offset), request.stream)})  # type: ignore[arg-type]
        except OutOfStep as error:
            return _json({"received": error.received, "say": texts.OUT_OF_STEP if error.received >= 0 else texts.BUSY}, 409)

    def finish(self, token: str) -> Response:
        """Keep it. Answers {"name", "bytes", "sha256", "flags"}."""
        session, ctx = self._sender(), self._desk.context()
        try:
            kept = uploads.finish(ctx, uploads.known(ctx, session.address, token))
        except OutOfStep as error:
            return _json({"received": error.received, "say": texts.OUT_OF_STEP if error.received >= 0 else texts.BUSY}, 409)
        told = {"id": kept.id, "name": kept.name, "bytes": kept.bytes, "sha256": kept.sha256}
        return _json({**told, "flags": [texts.FLAGS[flag] for flag in kept.flags]})

    def _sender(self) -> Session:
        """Whose page's script asks: the form's token comes as a header."""
        session = self._desk.reader()
        token = request.headers.get("X-Form-Token", "")[:TOKEN_CHARS]
        if session is None or not session.may_act or not self._desk.sessions.is_own_form(session, token):
            abort(403)
        return session


def handed_out(found: FiledFile, stream: object) -> Response:
    """A file as a response that no browser takes for a page of ours."""
    is_shown = found.media_type in INLINE and not found.flags
    kind = found.media_type if is_shown else "application/octet-stream"
    response = send_file(stream, mimetype=kind, max_age=0, conditional=False, etag=False)  # type: ignore[arg-type]
    # A browser shows no PDF in a sandbox; its viewer is one of its own.
    sandbox = "" if found.media_type == "application/pdf" and is_shown else "sandbox; "
    plain = f"file-{found.id}.{found.name.rpartition('.')[2] if found.name.isascii() and '.' in found.name else 'bin'}"
    response.headers["Content-Disposition"] = (
        f"{'inline' if is_shown else 'attachment'}; filename=\"{_token_only(plain)}\"; filename*=UTF-8''{quote(found.name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = sandbox + _LOOK
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Length"] = str(found.bytes)
    return response


def _token_only(name: str) -> str:
    return "".join(char for char in name if char.isalnum() or char in "-.")


def _json(told: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), status=status, mimetype="application/json")


def _said_to_script(view: Callable[..., Response]) -> Callable[..., Response]:
    """What went wrong as {"say"}: the script shows it beside the file."""

    @wraps(view)
    def answer(**given: str) -> Response:
        try:
            return view(**given)
        except NoSpace:
            return _json({"say": texts.NO_SPACE}, 507)
        except UserMistake as error:
            return _json({"say": error.say}, 422)
        except NotFound:
            return _json({"say": texts.STALE_UPLOAD}, 404)
        except (Unavailable, TimeoutError):
            return _json({"say": ""}, 503)
        except BotError:
            return _json({"say": texts.OUT_OF_STEP}, 409)

    return answer
