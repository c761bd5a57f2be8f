"""Which versions of the rules are packaged: `corpus/sources.toml`, checked against the files it names."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rules.clause import Clause
from rules.parse import parse

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"


class WrongText(ValueError):
    """A packaged text isn't the one that sources.toml describes."""


@dataclass(frozen=True, slots=True)
class Document:
    """One published version.

    version: its date, YYYY-MM-DD. title: of the page; name_in_text: what the text calls itself. source: as published.
    """

    version: str
    title: str
    name_in_text: str
    url: str
    sha256: str
    source: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """A version and the day from which it is in force, YYYY-MM-DD; with packaged ones their date, as 7.1 has them hold once published."""

    document: Document
    effective_on: str


@cache
def documents(folder: Path = CORPUS) -> tuple[Document, ...]:
    """Every packaged version, oldest first. Raises WrongText, CannotParse."""
    entries = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))["document"]
    return tuple(sorted((_document(folder, entry) for entry in entries), key=lambda document: document.version))


def latest() -> Document:
    """The newest packaged version."""
    return documents()[-1]


def packaged() -> tuple[Edition, ...]:
    """The packaged versions as editions, oldest first."""
    return tuple(Edition(document, document.version) for document in documents())


def read(source: str, lineage: Mapping[str, str], *, title: str, name_in_text: str, url: str) -> Document:
    """A version from its text. Raises CannotParse."""
    parsed = parse(source, lineage)
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    return Document(parsed.version, title, name_in_text, url, sha256, source, parsed.clauses)


def _document(folder: Path, entry: Mapping[str, str | Mapping[str, str]]) -> Document:
    name, lineage = str(entry["file"]), entry["lineage"]
    content = (folder / name).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != entry["sha256"]:
        raise WrongText(f"{name}: its sha256 is {sha256}, sources.toml says {entry['sha256']}")
    assert isinstance(lineage, Mapping)
    source = content.decode("utf-8")
    parsed = parse(source, lineage)
    if parsed.version != entry["version"] or set(lineage) != {clause.id for clause in parsed.clauses}:
        raise WrongText(f"{name}: its date or its clause ids differ from sources.toml")
    return Document(
        version=parsed.version,
        title=str(entry["title"]),
        name_in_text=str(entry["name_in_text"]),
        url=str(entry["url"]),
        sha256=sha256,
        source=source,
        clauses=parsed.clauses,
    )
