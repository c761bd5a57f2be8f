"""An evidence bundle: everything about one case in a zip that proves itself, without the database and without us.

    manifest.json        every other file with its SHA-256, where the case's chain ends, who signed
    manifest.sig         the signature of manifest.json (Ed25519, base64); not there without AUDIT_KEY
    index.html           for reading and printing
    case.json            the case with its measures, and its evidence files by SHA-256
    events.json          the case's chain of events
    filings.json         what the provider handed in, each time as it was frozen, with what came of it; from version 2 on
    notices/NUMBER.json  each notice as it was issued: the very bytes that its SHA-256 is of
    deliveries.json      who was sent which notice, by which way, with every answer of the platform
    receipts.json, views.json
    heads/DAY.json       the daily heads in which the chain first had grown, each signed
    evidence/SHA256.…    the evidence files
    filings/SHA256.…     the provider's files, but for very large ones: of those filings.json has the SHA-256

All JSON is canonical (bot/model/canonical). Nothing in a bundle is trusted before it is checked, and nothing is unpacked.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from bot.model import head as heads
from bot.model.canonical import parse
from bot.model.filed import Filed, Kept
from bot.model.head import Head
from bot.model.signing import is_signed, key_id
from bot.model.trail import Event, Problem, verify

KIND, VERSION = "evidence bundle", 2
MANIFEST, SIGNATURE, PAGE = "manifest.json", "manifest.sig", "index.html"
CASE, EVENTS, DELIVERIES, RECEIPTS, VIEWS = "case.json", "events.json", "deliveries.json", "receipts.json", "views.json"
NOTICES, HEADS, EVIDENCE = "notices/", "heads/", "evidence/"
FILINGS, FILED = "filings.json", "filings/"

_MOST_MEMBERS = 10_000
_MOST_JSON_BYTES = 256 << 20
_MOST_BYTES = 8 << 30  # of all members together, unpacked
_CHUNK = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,120}(/[A-Za-z0-9][A-Za-z0-9_.\-]{0,120})?")


# What zipfile, zlib and json say of bytes that are not what they should be.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, OverflowError, EOFError, OSError)


class Malformed(Exception):
    """Not a bundle, or nothing that one should read further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a bundle is worth. key_id: of who signed it, "" if nobody. is_trusted: that key is one we were given."""

    problems: list[Problem]
    number: str
    events: int
    heads: list[str]
    files: int
    key_id: str
    is_trusted: bool


def check(file: BinaryIO, trusted: Collection[str] = ()) -> Checked:
    """Check every byte of a bundle. trusted: public keys it may be signed with; without any its own word is taken for the key.

    Raises nothing for what is in the file: one that can't be read is a problem too.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _Reader(archive, trusted).check()
    except (Malformed, *_UNREADABLE) as error:
        detail = str(error) if isinstance(error, Malformed) else type(error).__name__
        problem = Problem(chain="", seq=0, kind="bundle_malformed", detail=detail)
        return Checked(problems=[problem], number="", events=0, heads=[], files=0, key_id="", is_trusted=False)


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, trusted: Collection[str]) -> None:
        self.archive = archive
        self.trusted = trusted
        self.names = _names(archive)
        self.problems: list[Problem] = []

    def check(self) -> Checked:
        raw = self._read(MANIFEST)
        manifest = _form(parse(raw), kind=str, version=int, number=str, key=str, chain=dict, members=dict)
        if manifest["kind"] != KIND or manifest["version"] not in (1, VERSION):
            raise Malformed("kind")
        number, key = manifest["number"], manifest["key"]
        self._signature(raw, key)
        self._members(manifest["members"])
        kept = self._heads(key)
        events = self._events(number, manifest["chain"], kept)
        self._notices(events)
        self._receipts(events)
        self._evidence(number, events)
        self._filings(events, self._json(FILINGS, list) if manifest["version"] > 1 else [])
        return Checked(
            problems=sorted(set(self.problems)),
            number=number,
            events=len(events),
            heads=[head.day for head in kept],
            files=len(self.names),
            key_id=key_id(key) if key else "",
            is_trusted=key in self.trusted,
        )

    def _found(self, kind: str, detail: str = "", chain: str = "", seq: int = 0) -> None:
        self.problems.append(Problem(chain=chain, seq=seq, kind=kind, detail=detail))

    def _read(self, name: str) -> bytes:
        if name not in self.names:
            raise Malformed(name)
        with self.archive.open(name) as member:
            raw = member.read(_MOST_JSON_BYTES + 1)
        if len(raw) > _MOST_JSON_BYTES:
            raise Malformed(name)
        return raw

    def _json(self, name: str, form: type) -> Any:
        value = parse(self._read(name))
        if not isinstance(value, form):
            raise Malformed(name)
        return value

    def _under(self, folder: str) -> list[str]:
        return sorted(name for name in self.names if name.startswith(folder))

    def _signature(self, raw: bytes, key: str) -> None:
        signature = self._read(SIGNATURE).decode("ascii") if SIGNATURE in self.names else ""
        if not key and not signature:
            self._found("manifest_unsigned")
        elif not is_signed(raw, signature, key):
            self._found("manifest_changed")
        elif self.trusted and key not in self.trusted:
            self._found("manifest_untrusted")

    def _members(self, listed: Mapping[str, Any]) -> None:
        there = self.names - {MANIFEST, SIGNATURE}
        for name in sorted(there - set(listed)):
            self._found("member_unknown", name)
        for name in sorted(set(listed) - there):
            self._found("member_missing", name)
        for name in sorted(there & set(listed)):
            if self._digest(name) != listed[name]:
                self._found("member_changed", name)

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        with self.archive.open(name) as member:
            while chunk := member.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _heads(self, key: str) -> list[Head]:
        kept: list[Head] = []
        for name in self._under(HEADS):
            try:
                head = Head.of_file(self._read(name))
            except ValueError:
                self._found("head_file_changed", name)
                continue
            if name != f"{HEADS}{head.day}.json" or not head.is_sound():
                self._found("head_file_changed", name)
            elif head.key and head.key not in (self.trusted or {key}):
                self._found("head_untrusted", head.day)
            else:
                kept.append(head)
        return kept

    def _events(self, number: str, chain: Mapping[str, Any], kept: list[Head]) -> list[Event]:
        events = [_event(fields) for fields in self._json(EVENTS, list)]
        noted = {number: heads.noted(kept).get(number, {})}
        problems, ends = verify(events, noted, known=[number])
        self.problems += problems
        end = ends.get(number)
        if end is None or (end.length, end.hash) != (chain.get("length"), chain.get("hash")):
            self._found("case_differs", EVENTS, number)
        for other in ends.keys() - {number}:
            self._found("case_differs", EVENTS, other)
        return events

    def _notices(self, events: list[Event]) -> None:
        told = {f"{NOTICES}{number}.json": event for number, event in _told(events, "notice")}
        for name, event in told.items():
            number = name.removeprefix(NOTICES).removesuffix(".json")
            if name not in self.names:
                self._found("notice_gone", number, event.chain, event.seq)
            elif self._digest(name) != event.content.get("sha256"):
                self._found("notice_changed", number, event.chain, event.seq)
        for name in self._under(NOTICES):
            if name not in told:
                self._found("notice_unknown", name.removeprefix(NOTICES).removesuffix(".json"))

    def _receipts(self, events: list[Event]) -> None:
        told = {(number, event.actor): event for number, event in _told(events, "receipt")}
        given = [_form(row, notice=str, corpid=str, agentid=int, userid=str) for row in self._json(RECEIPTS, list)]
        there = {(row["notice"], f"admin:{row['corpid']}/{row['agentid']}/{row['userid']}") for row in given}
        for number, actor in sorted(there - set(told)):
            self._found("receipt_unknown", number, actor)
        for number, actor in sorted(set(told) - there):
            event = told[number, actor]
            self._found("receipt_gone", number, event.chain, event.seq)

    def _evidence(self, number: str, events: list[Event]) -> None:
        case = _form(self._json(CASE, dict), number=str, evidence=list)
        if case["number"] != number:
            self._found("case_differs", CASE, number)
        listed = {evidence_name(_form(row, name=str, sha256=str)): row["sha256"] for row in case["evidence"]}
        for name in sorted(set(self._under(EVIDENCE)) ^ set(listed)):
            self._found("member_missing" if name in listed else "member_unknown", name)
        for name, digest in listed.items():
            if name in self.names and self._digest(name) != digest:
                self._found("evidence_changed", name)
        told = {
            str(event.content.get("sha256")): event for event in events if event.action == "evidence" and isinstance(event.content, Mapping)
        }
        for digest in sorted(set(listed.values()) ^ set(told)):
            self._found(
                "evidence_gone" if digest in told else "evidence_unknown", digest, number, told[digest].seq if digest in told else 0
            )
        for name in (DELIVERIES, VIEWS):
            self._json(name, list)

    def _filings(self, events: list[Event], filings: list[Any]) -> None:
        told, rows = Filed(), [_form(row, number=str, state=str, rounds=list, files=list) for row in filings]
        for event in events:
            told.listen(event)
        self.problems += told.compare_rounds(_kept(row["number"], one) for row in rows for one in row["rounds"])
        self.problems += told.compare_states((row["number"], row["state"]) for row in rows)
        files = [(row["number"], _form(one, name=str, sha256=str, is_included=bool)) for row in rows for one in row["files"]]
        self.problems += told.compare_files((number, one["sha256"]) for number, one in files)
        included = {filed_name(one): (number, one["sha256"]) for number, one in files if one["is_included"]}
        for name in sorted(set(self._under(FILED)) ^ set(included)):
            self._found("member_missing" if name in included else "member_unknown", name)
        for name, (number, digest) in included.items():
            if name in self.names and self._digest(name) != digest:
                self._found("filed_file_spoilt", f"{number} {digest}")
        notices = {number for number, _ in _told(events, "notice")}
        for row in rows:
            for one in row["rounds"]:
                if one["outcome"] and one.get("notice") not in notices:
                    self._found("notice_unknown", str(one.get("notice")))


def _kept(number: str, one: Any) -> Kept:
    fields = _form(one, round=int, content=dict, sha256=str, outcome=str, reasons=str, remarks=dict)
    return Kept(filing=number, **{name: fields[name] for name in ("round", "content", "sha256", "outcome", "reasons", "remarks")})


def evidence_name(row: Mapping[str, Any]) -> str:
    """Where an evidence file lies in a bundle: named by its content, with the ending of its own name where that is a plain one."""
    return f"{EVIDENCE}{_plain_name(row)}"


def filed_name(row: Mapping[str, Any]) -> str:
    """The same of a file that the provider handed in."""
    return f"{FILED}{_plain_name(row)}"


def _plain_name(row: Mapping[str, Any]) -> str:
    ending = re.search(r"\.[A-Za-z0-9]{1,8}\Z", row["name"])
    return f"{row['sha256']}{ending[0].lower() if ending else ''}"


def _names(archive: zipfile.ZipFile) -> set[str]:
    """The members' names, once it is safe to read them."""
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > _MOST_MEMBERS or len(names) != len(members):
        raise Malformed("members")
    if any(not _NAME.fullmatch(name) for name in names) or any(member.flag_bits & 1 for member in members):
        raise Malformed("names")
    if sum(member.file_size for member in members) > _MOST_BYTES:
        raise Malformed("size")
    return names


def _told(events: list[Event], action: str) -> Iterator[tuple[str, Event]]:
    for event in events:
        if event.action == action and isinstance(event.content, Mapping):
            yield str(event.content.get("notice")), event


def event_fields(event: Event) -> dict[str, Any]:
    """An event as it stands in events.json."""
    return {name: getattr(event, name) for name in Event.__slots__}


def _event(fields: Any) -> Event:
    if not isinstance(fields, dict) or set(fields) != set(Event.__slots__) or not isinstance(fields["chain"], str):
        raise Malformed(EVENTS)
    return Event(**fields)


def _form(value: Any, **kinds: type) -> dict[str, Any]:
    if not isinstance(value, dict) or any(type(value.get(name)) is not kind for name, kind in kinds.items()):
        raise Malformed(MANIFEST)
    return value
