"""What the platform's answers mean, as values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal["invaliduser", "unlicenseduser"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of each person of one send: every userid sent to is in exactly one of accepted, refused and ambiguous.

    accepted: the platform took it for them, which is not that they read it. refused: userid → why.
    ambiguous: the platform named one of several ids that differ in case only, and not which.
    errcode: 0, or 81013 when nobody could be reached. msgid serves recall, response_code one update within 72 h.
    """

    accepted: tuple[str, ...]
    refused: Mapping[str, Reason]
    ambiguous: tuple[str, ...] = ()
    msgid: str = ""
    response_code: str = ""
    errcode: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a medium. total: bytes of the whole, or None where the platform does not say."""

    content: bytes
    start: int
    total: int | None
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """media_id: good for three days, in this corp only. created_s: epoch seconds."""

    media_id: str
    created_s: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the corp. For apps that see encrypted ids, name is the userid again (path/90196)."""

    userid: str
    name: str
    departments: tuple[int, ...]
    is_active: bool


def sent(touser: Sequence[str], answer: Mapping[str, Any]) -> SendResult:
    """Read an answer of message/send to `touser` (path/90236)."""
    errcode = answer["errcode"]
    unlicensed, unclear_unlicensed = named(touser, ids(answer.get("unlicenseduser")))
    if errcode:
        refused: dict[str, Reason] = dict.fromkeys(touser, "invaliduser")
        return SendResult(accepted=(), refused={**refused, **dict.fromkeys(unlicensed, "unlicenseduser")}, errcode=errcode)
    invalid, unclear_invalid = named(touser, ids(answer.get("invaliduser")))
    refused = {**dict.fromkeys(invalid, "invaliduser"), **dict.fromkeys(unlicensed, "unlicenseduser")}
    unclear = (unclear_invalid | unclear_unlicensed) - refused.keys()
    return SendResult(
        accepted=tuple(userid for userid in touser if userid not in refused and userid not in unclear),
        refused=refused,
        ambiguous=tuple(userid for userid in touser if userid in unclear),
        msgid=word(answer.get("msgid")),
        response_code=word(answer.get("response_code")),
    )


def named(touser: Iterable[str], told: Sequence[str]) -> tuple[set[str], set[str]]:
    """Which of `touser` an answer names: (surely, perhaps).

    The platform answers in lower case although ids may differ in case only (path/90236, 96516). Such ids are told apart where the
    answer has an upper-case letter, or names as many as there are; else each of them may be meant.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for userid in touser:
        alike[userid.casefold()].append(userid)
    hits: dict[str, list[str]] = defaultdict(list)
    for name in told:
        hits[name.casefold()].append(name)
    surely: set[str] = set()
    perhaps: set[str] = set()
    for folded, names in hits.items():
        group = set(alike.get(folded, ()))
        exact = {name for name in names if name in group and name != name.lower()}
        others, unclear = [name for name in names if name not in exact], group - exact
        surely |= exact
        if len(others) >= len(unclear):
            surely |= unclear
        elif others:
            perhaps |= unclear
    return surely, perhaps


def ids(value: object) -> list[str]:
    """A list of ids, which some calls join with `|` and some give as a list."""
    parts = value.split("|") if isinstance(value, str) else value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, str) and part]


def word(value: object) -> str:
    """A string of an answer; "" for anything else."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int:
    """A whole number of an answer, also one in quotes (created_at of an upload is); 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if type(value) is int else 0
