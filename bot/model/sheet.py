"""CSV as people's spreadsheets write it: UTF-8 with or without a mark, or GBK; any line ends; quotes. Read right, or refused by line.

A file is guessed at in one way only: what is not UTF-8 throughout is GBK throughout. Where both are possible, or neither, it is refused.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import UserMistake
from bot.model.texts import sheets as texts

MAX_BYTES = 8 * 1_048_576
MAX_ROWS = 50_000

_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_WIDE = re.compile(r"[\u0800-\U0010ffff]")  # three bytes and more in UTF-8: no GBK text of usual words looks like that
_FORMULA = frozenset("=+-@")  # what makes a spreadsheet compute a cell, in full width too
_GUARD = "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """name, title: the header is either. must: it may not be missing. most_chars: of a cell. has_lines: a cell may hold several lines."""

    name: str
    title: str
    must: bool = True
    most_chars: int = 120
    has_lines: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """line: where it begins in the file, counted from 1. cells: by column name, without the space around them."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """A cell; "" where the file has no such column."""
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """columns: the names of those that the file has."""

    columns: frozenset[str]
    rows: tuple[Row, ...]


def read(raw: bytes, columns: Sequence[Column]) -> Sheet:
    """The rows of a file whose first line names its columns, in any order. Empty lines are passed over.

    A cell that `write` guarded against being taken for a formula comes back as it was. Raises UserMistake that names each bad line.
    """
    text = decode(raw)
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        raise _refused([(0, texts.EMPTY)])
    order = _order(header, columns)
    wrong: list[tuple[int, str]] = []
    rows: list[Row] = []
    for count, (number, cells) in enumerate(lines):
        if count == MAX_ROWS:
            raise _refused([(number, texts.too_many(MAX_ROWS))])
        if len(cells) != len(order):
            wrong.append((number, texts.cells(len(cells), len(order))))
            continue
        wrong += [(number, mistake) for mistake in _wrong_cells(order, cells)]
        rows.append(Row(number, {column.name: cell for column, cell in zip(order, cells, strict=True)}))
    if wrong:
        raise _refused(wrong)
    if not rows:
        raise _refused([(0, texts.EMPTY)])
    return Sheet(frozenset(column.name for column in order), tuple(rows))


def write(columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A file that spreadsheets open without asking, and without taking any cell for a formula; `read` gives the same rows back."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.title for column in columns)
    writer.writerows([_guarded(row.get(column.name, "")) for column in columns] for row in rows)
    return _MARK + text.getvalue().encode()


def decode(raw: bytes) -> str:
    """The text of a file in UTF-8 or GBK (GB18030). Raises UserMistake that names the line where it is neither, or may be both."""
    if len(raw) > MAX_BYTES:
        raise _refused([(0, texts.too_large(MAX_BYTES))])
    if b"\x00" in raw or raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff")):
        raise _refused([(0, texts.NOT_TEXT)])
    marked = raw.startswith(_MARK)
    raw = raw.removeprefix(_MARK)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        if marked:
            raise _refused([(_line_of(raw, error.start), texts.NOT_UTF8_OR_GBK)]) from error
        return _decode_gbk(raw, error.start)
    if not marked and not raw.isascii() and not _WIDE.search(text):
        _refuse_if_gbk(raw)
    return text


def _decode_gbk(raw: bytes, bad_at: int) -> str:
    """What is not UTF-8 at `bad_at`. A line elsewhere that surely is UTF-8 says that the file is a broken one of that."""
    if any(_is_surely_utf8(line) for line in _LINE_END.split(raw)):
        raise _refused([(_line_of(raw, bad_at), texts.MIXED_ENCODINGS)])
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _refused([(_line_of(raw, error.start), texts.NOT_UTF8_OR_GBK)]) from error


def _is_surely_utf8(line: bytes) -> bool:
    try:
        return bool(_WIDE.search(line.decode()))
    except UnicodeDecodeError:
        return False


def _refuse_if_gbk(raw: bytes) -> None:
    """For text in two-byte letters only, which Chinese words in GBK may be as well."""
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return
    first = next(at for at, byte in enumerate(raw) if byte > 0x7F)
    raise _refused([(_line_of(raw, first), texts.UNSURE_ENCODING)])


def _line_of(raw: bytes, position: int) -> int:
    return 1 + len(_LINE_END.findall(raw, 0, position))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            plain = [_bare(cell.replace("\r\n", "\n").strip()) for cell in cells]
            if any(plain):
                yield begins, plain
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _refused([(begins, texts.BAD_QUOTES)]) from error


def _order(header: tuple[int, list[str]], columns: Sequence[Column]) -> list[Column]:
    number, titles = header
    known = {word: column for column in columns for word in (column.name, column.title)}
    words = [title.lower() if title.isascii() else title for title in titles]
    strange = [title for title, word in zip(titles, words, strict=True) if word not in known]
    if strange:
        raise _refused([(number, texts.no_such_columns(strange, [column.title for column in columns]))])
    order = [known[word] for word in words]
    wrong = [texts.column_twice(column.title) for column in columns if order.count(column) > 1]
    missing = [column.title for column in columns if column.must and column not in order]
    wrong += [texts.columns_missing(missing)] if missing else []
    if wrong:
        raise _refused([(number, mistake) for mistake in wrong])
    return order


def _wrong_cells(order: Sequence[Column], cells: Sequence[str]) -> Iterable[str]:
    for column, cell in zip(order, cells, strict=True):
        if len(cell) > column.most_chars:
            yield texts.cell(column.title, texts.too_long(column.most_chars))
        elif not cell.isprintable():
            if not cell.replace("\n", " ").replace(texts.WIDE_SPACE, " ").isprintable():
                yield texts.cell(column.title, texts.INVISIBLE)
            elif "\n" in cell and not column.has_lines:
                yield texts.cell(column.title, texts.MANY_LINES)


def _guarded(cell: str) -> str:
    return _GUARD + cell if _needs_guard(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith(_GUARD) and _needs_guard(cell[1:]) else cell


def _needs_guard(cell: str) -> bool:
    return cell.startswith(_GUARD) or unicodedata.normalize("NFKC", cell[:1]) in _FORMULA


def _refused(wrong: Sequence[tuple[int, str]]) -> UserMistake:
    return UserMistake(texts.mistakes(wrong))
