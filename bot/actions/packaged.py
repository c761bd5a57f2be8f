"""The versions of the rules that come with the program: written down beside those that operators upload."""

from bot import clock
from bot.actions import outdated
from bot.model.rulebook import RuleState
from bot.model.trail import SYSTEM
from bot.store import rulebooks, trail
from bot.store.database import Database, Tx
from rules import documents


def take_in(database: Database) -> bool:
    """Write down packaged versions that the database doesn't know. Returns whether there were any. Safe in many processes at once."""
    with database.read() as connection:
        if not _missing(connection):
            return False
    with database.write() as tx:
        return seed(tx)


def seed(tx: Tx) -> bool:
    """The same, in the caller's transaction. The newest of all is in force, unless what is in force is newer or as new."""
    rulebooks.lock(tx)
    missing = _missing(tx)
    for edition in missing:
        current = rulebooks.in_force(tx)
        document, now = edition.document, clock.now()
        is_newest = current is None or current.dated < document.version
        if current is not None and is_newest:
            rulebooks.advance(tx, current, "supersede", ended_at=now)
        values = {
            "dated": document.version,
            "title": document.title,
            "name_in_text": document.name_in_text,
            "url": document.url,
            "source": document.source,
            "sha256": document.sha256,
            "lineages": {clause.id: clause.lineage for clause in document.clauses},
            "names": {},
            "phrases": {},
            "effective_on": edition.effective_on,
            "state": RuleState.IN_FORCE if is_newest else RuleState.SUPERSEDED,
            "base_id": current.id if current else None,
            "opened_at": now,
            "in_force_at": now,
        }
        made = rulebooks.add(tx, values)
        if current is not None and is_newest:
            outdated.others(tx, made)
        if current is not None:  # the first one of all is no change
            told = {"version": document.version, "sha256": document.sha256, "in_force": is_newest}
            trail.record(tx, SYSTEM, "rules_packaged", told)
    if missing:
        rulebooks.bump(tx)
    return bool(missing)


def _missing(tx: Tx) -> list[documents.Edition]:
    known = rulebooks.dates(tx)
    return [edition for edition in documents.packaged() if edition.document.version not in known]
