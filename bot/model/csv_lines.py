"""Lines of a CSV file that a spreadsheet opens without taking what somebody typed for a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable

BOM = "\ufeff"  # without it Excel takes UTF-8 for something else
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def line(cells: Iterable[object]) -> str:
    """One line, ended. A cell that a spreadsheet would calculate gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerow([_plain(str(cell)) for cell in cells])
    return out.getvalue()


def _plain(cell: str) -> str:
    first = unicodedata.normalize("NFKC", cell[:1])  # some spreadsheets read wide signs as the plain ones
    return f"'{cell}" if first in _FORMULA else cell
