"""Whether everything in the database is still as it was written: held against itself and against every head that was kept."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from bot.errors import NotFound
from bot.model import head as heads
from bot.model.canonical import canonical, sha256
from bot.model.filed import Filed
from bot.model.head import Head
from bot.model.trail import Event, Problem, Tip, verify
from bot.store import heads as stored
from bot.store import trail
from bot.store.database import Database

Opener = Callable[[str], BinaryIO]

_MOST_FILE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What verification found. newest: the last day with a head, "" without any. is_signed: that one by a key we trust."""

    problems: list[Problem]
    chains: int
    events: int
    heads: int
    newest: str
    is_signed: bool


def examine(
    database: Database,
    folder: Path,
    trusted: Collection[str],
    given: Sequence[Head] = (),
    hashes: Collection[str] = (),
    opened: Opener | None = None,
) -> Findings:
    """Read the whole trail, in one snapshot.

    folder: of heads kept as files. trusted: public keys that heads may be signed with. given: heads kept elsewhere. hashes: of heads,
    as auditors have them by mail. opened: opens an evidence file by its SHA-256, to have the files read and checked too.
    """
    told = _Told()
    with database.snapshot() as snapshot:
        rows = list(stored.read(snapshot))
        own = [head for head, _, _ in rows]
        files, problems = _files(folder)
        outside = [*files, *given]
        problems += [*heads.check(own, trusted), *_beside(rows), *_differing(own, outside), *_unknown(own, hashes)]
        tips = trail.tips(snapshot)
        there, numbered = trail.case_numbers(snapshot)
        found, ends = verify(told.listen(trail.read(snapshot)), heads.noted([*own, *outside]), known={*tips, *there})
        problems += [*found, *_ends(ends, tips), *_missing_cases(there, numbered)]
        problems += [*told.compare_notices(trail.notice_hashes(snapshot)), *told.compare_receipts(trail.receipt_actors(snapshot))]
        problems += [*told.filed.compare_rounds(trail.filed_rounds(snapshot)), *told.filed.compare_states(trail.filing_states(snapshot))]
        evidence, filed_files = list(trail.evidence_hashes(snapshot)), list(trail.filed_files(snapshot))
    problems += told.compare_evidence(evidence, opened)
    problems += told.filed.compare_files((number, digest) for number, digest, _ in filed_files)
    problems += _spoilt(filed_files, opened)
    last = own[-1] if own else None
    return Findings(
        problems=sorted(set(problems)),
        chains=len(ends),
        events=told.events,
        heads=len(own),
        newest=last.day if last else "",
        is_signed=last is not None and last.is_sound() and last.key != "" and (not trusted or last.key in trusted),
    )


def _files(folder: Path) -> tuple[list[Head], list[Problem]]:
    """Heads kept as files, and files that are none any more."""
    found, problems = [], []
    for path in sorted(folder.glob("head-*.json")):
        try:
            if path.stat().st_size > _MOST_FILE_BYTES:
                raise ValueError("too large")
            head = Head.of_file(path.read_bytes())
            if path.name != f"head-{head.day}.json" or not head.is_sound():
                raise ValueError("not the head of its day")
            found.append(head)
        except ValueError:
            problems.append(Problem(chain="", seq=0, kind="head_file_changed", detail=path.name))
    return found, problems


def _beside(rows: Iterable[tuple[Head, str, str]]) -> Iterator[Problem]:
    for head, digest, key_id in rows:
        if digest != head.sha256 or (head.is_sound() and key_id != head.key_id):
            yield Problem(chain="", seq=0, kind="head_changed", detail=str(head.day))


def _differing(own: Iterable[Head], outside: Iterable[Head]) -> Iterator[Problem]:
    by_day = {head.day: head for head in own}
    for head in outside:
        if not head.is_sound():
            yield Problem(chain="", seq=0, kind="head_file_changed", detail=head.day)
        elif head.day not in by_day:
            yield Problem(chain="", seq=0, kind="head_missing", detail=head.day)
        elif by_day[head.day].sha256 != head.sha256:
            yield Problem(chain="", seq=0, kind="head_differs", detail=head.day)


def _unknown(own: Iterable[Head], hashes: Iterable[str]) -> Iterator[Problem]:
    known = {head.sha256 for head in own}
    for wanted in hashes:
        if wanted not in known:
            yield Problem(chain="", seq=0, kind="head_unknown", detail=wanted)


def _ends(ends: Mapping[str, Tip], tips: Mapping[str, Tip]) -> Iterator[Problem]:
    """Chains that end elsewhere than their last writer noted."""
    for chain, end in ends.items():
        tip = tips.get(chain)
        if tip is None:
            yield Problem(chain=chain, seq=0, kind="end_changed")
        elif tip.length > end.length:
            yield Problem(chain=chain, seq=end.length + 1, kind="cut", detail=str(tip.length))
        elif tip != end:
            yield Problem(chain=chain, seq=end.length, kind="end_changed")


def _missing_cases(there: set[str], numbered: set[str]) -> Iterator[Problem]:
    for number in numbered - there:
        yield Problem(chain=number, seq=0, kind="no_case")


def _spoilt(filed_files: Iterable[tuple[str, str, bool]], opened: Opener | None) -> Iterator[Problem]:
    """Files that providers handed in whose bytes are gone, or others."""
    wanted = {digest: number for number, digest, is_there in filed_files if is_there}
    for digest, number in wanted.items():
        if opened and _file_hash(opened, digest) != digest:
            yield Problem(chain="", seq=0, kind="filed_file_spoilt", detail=f"{number} {digest}")


@dataclass(slots=True)
class _Told:
    """What the events say of rows in other tables, gathered while they are read."""

    events: int = 0
    notices: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    receipts: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    evidence: dict[tuple[str, str], int] = field(default_factory=dict)
    filed: Filed = field(default_factory=Filed)

    def listen(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            self.events += 1
            if isinstance(event.content, Mapping) and isinstance(event.seq, int):
                number = str(event.content.get("notice"))
                if event.action == "notice":
                    self.notices[number] = event.chain, event.seq, str(event.content.get("sha256"))
                elif event.action == "receipt":
                    self.receipts[number, event.actor] = event.chain, event.seq
                elif event.action == "evidence":
                    self.evidence[event.chain, str(event.content.get("sha256"))] = event.seq
                self.filed.listen(event)
            yield event

    def compare_notices(self, rows: Iterable[tuple[str, object, str]]) -> Iterator[Problem]:
        left = dict(self.notices)
        for number, statement, digest in rows:
            chain, seq, wanted = left.pop(number, (number.rpartition("-")[0], 0, ""))
            if not wanted:
                yield Problem(chain=chain, seq=0, kind="notice_unknown", detail=number)
            elif not digest == wanted == _hash(statement):
                yield Problem(chain=chain, seq=seq, kind="notice_changed", detail=number)
        for number, (chain, seq, _) in left.items():
            yield Problem(chain=chain, seq=seq, kind="notice_gone", detail=number)

    def compare_receipts(self, rows: Iterable[tuple[str, str]]) -> Iterator[Problem]:
        left = dict(self.receipts)
        for number, actor in rows:
            if left.pop((number, actor), None) is None:
                yield Problem(chain=number.rpartition("-")[0], seq=0, kind="receipt_unknown", detail=number)
        for (number, _), (chain, seq) in left.items():
            yield Problem(chain=chain, seq=seq, kind="receipt_gone", detail=number)

    def compare_evidence(self, rows: Iterable[tuple[str, str]], opened: Opener | None) -> Iterator[Problem]:
        left = dict(self.evidence)
        for chain, digest in rows:
            seq = left.pop((chain, digest), 0)
            if not seq:
                yield Problem(chain=chain, seq=0, kind="evidence_unknown", detail=digest)
            elif opened and _file_hash(opened, digest) != digest:
                yield Problem(chain=chain, seq=seq, kind="evidence_spoilt", detail=digest)
        for (chain, digest), seq in left.items():
            yield Problem(chain=chain, seq=seq, kind="evidence_gone", detail=digest)


def _file_hash(opened: Opener, digest: str) -> str:
    try:
        with opened(digest) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any file that reads
    except (OSError, NotFound):
        return ""


def _hash(statement: object) -> str:
    try:
        return sha256(canonical(statement))
    except ValueError:
        return ""
