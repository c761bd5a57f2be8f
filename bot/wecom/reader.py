"""Reads WeCom's flat XML without trusting it: one pass, no tree, no document type, bounded depth and number of elements."""

from typing import NamedTuple
from xml.parsers import expat

from bot.errors import BadCallback

MAX_DEPTH = 16  # the deepest vendor event (change_contact with ExtAttr, path/90970) has 5 levels
MAX_ELEMENTS = 10_000  # far over any vendor event; keeps a hostile megabyte from becoming a million objects


class Document(NamedTuple):
    """What stood under the root `<xml>`.

    fields: text of each element directly below the root, first occurrence; "" for one with children.
    repeated: names that stood there more than once.
    inner: (name, text) of every deeper element in the order in which they end; an element with children ends after them.
    """

    fields: dict[str, str]
    repeated: frozenset[str]
    inner: list[tuple[str, str]]


def malformed() -> BadCallback:
    """The error for a callback whose form is wrong."""
    return BadCallback("malformed", 400)


def read(xml: bytes) -> Document:
    """Fields of one callback body or one decrypted message.

    xml: UTF-8, whatever encoding it declares. Time and memory are linear in its length, which the caller caps.
    Raises BadCallback("malformed", 400) for anything that is not well-formed, has a DOCTYPE (so no entities can be declared),
    has a root other than `xml`, or passes MAX_DEPTH or MAX_ELEMENTS.
    """
    if b"\x00" in xml:  # never in XML, always in UTF-16, to which a byte order mark would still turn the parser
        raise malformed()
    fields: dict[str, str] = {}
    repeated: set[str] = set()
    inner: list[tuple[str, str]] = []
    text: list[str] = []
    depth = elements = 0
    has_children = False

    def start(name: str, _attributes: object) -> None:
        nonlocal depth, elements, has_children
        depth += 1
        elements += 1
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS or (depth == 1 and name != "xml"):
            raise malformed()
        has_children = depth > 2
        text.clear()

    def end(name: str) -> None:
        nonlocal depth, has_children
        depth -= 1
        if depth > 1:
            inner.append((name, "".join(text)))
        elif depth == 1:
            if name in fields:
                repeated.add(name)
            else:
                fields[name] = "" if has_children else "".join(text)
            has_children = False
        text.clear()

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise malformed() from error
    return Document(fields, frozenset(repeated), inner)


def _refuse_doctype(*_: object) -> None:
    raise malformed()
