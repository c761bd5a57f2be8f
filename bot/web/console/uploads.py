"""Files that a form of the console brings."""

from flask import request

from bot.actions.evidence import Upload


def brought() -> list[Upload]:
    """Those of its field `file`; a field left empty brings none."""
    return [Upload(one.filename or "", one.stream) for one in request.files.getlist("file") if one.filename]  # type: ignore[arg-type]  # a stream it is
