"""The way back in tests: what a provider's admins hand in, and what our own staff decides."""

import io
import secrets
from typing import Any

from bot import clock
from bot.actions import cases, filings, reviews
from bot.actions.filings import Written
from bot.actions.listings import of_app
from bot.actions.reviews import Decision
from bot.context import Context, House
from bot.files import Files, Stored
from bot.model.case import Planned
from bot.model.filing import Filing, FilingKind
from bot.model.notice import Statement
from bot.model.operator import Operator, Role
from bot.model.provider import Address, Listing
from bot.store import filings as rows
from bot.store import notices, operators, providers
from bot.store.tables import metadata
from rules.catalogue import Measure
from tests.cast import Cast, at, case_of

WANG, LI, ZHAO = at("WangWei"), at("li.na"), at("ZhaoMin")
PARTS = {"root_cause": "上线时没有做功能。", "done": "已补齐介绍中的全部功能。", "prevention": "每次上线前由两人核对。"}
REPORT = {"2.9": PARTS}
ALL_THREE = tuple(Planned(measure=one) for one in (Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST))
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)


def keep(house: House, noise: bytes = b"") -> Stored:
    """A picture in the store: the same one without `noise`."""
    return Files.of(house.settings).put(io.BytesIO(_PNG + noise), "a.png", max_bytes=64 << 20)


def started(house: House, number: str, kind: FilingKind = FilingKind.REPORT, by: Address = WANG, **more: Any) -> Filing:
    """The draft of something about a case; a report with its evidence."""
    filing = filings.start(Context(house), by, kind, case=number, **more)
    if kind is FilingKind.REPORT:
        clause = filing.items[0].clause
        return filings.attach(Context(house), by, filing.number, clause, "截图.png", keep(house, secrets.token_bytes(8)))[1]
    return filing


def written(filing: Filing, **more: Any) -> Written:
    """A form filled in with all that it asks for."""
    items = {item.clause: PARTS for item in filing.items} or None
    return Written(**{"version": filing.version, "words": "" if items else "请看所附说明。", "items": items, **more})


def hand_in(house: House, number: str, kind: FilingKind = FilingKind.REPORT, by: Address = WANG, **more: Any) -> Filing:
    """Something about a case, begun and handed in."""
    filing = started(house, number, kind, by, **more)
    return filings.submit(Context(house), by, filing.number, written(filing))


def hand_in_about_app(house: House, code: str, kind: FilingKind = FilingKind.WITHDRAWAL, by: Address = WANG) -> Filing:
    """A withdrawal, or the way back from one."""
    filing = filings.start(Context(house), by, kind, app=code)
    return filings.submit(Context(house), by, filing.number, written(filing), agreed=True)


def decide(house: House, staff: Operator, number: str, action: str, **more: Any) -> Filing:
    """Taken and decided by one person."""
    reviews.take(Context(house), staff, number)
    return reviews.decide(Context(house), staff, number, Decision(action=action, **more))


def apply(house: House, cast: Cast, number: str) -> None:
    """Confirm that every measure of a case is in place."""
    for one in case_of(house, number).measures:
        cases.move_measure(Context(house), cast["author"], number, one.measure, "apply")


def lift(house: House, cast: Cast, number: str, *measures: Measure) -> None:
    """Confirm that measures were taken away."""
    for measure in measures:
        cases.move_measure(Context(house), cast["author"], number, measure, "lift")


def recover(house: House, cast: Cast, number: str) -> None:
    """A case with one cancelled recommendation in place, all the way back."""
    apply(house, cast, number)
    decide(house, cast["approver"], hand_in(house, number).number, "accept")
    decide(house, cast["approver"], hand_in(house, number, FilingKind.REAPPLICATION).number, "accept")
    lift(house, cast, number, Measure.CANCEL_RECOMMENDATION)


def third_approver(house: House) -> Operator:
    """Somebody who approved nothing yet."""
    with house.database.write() as tx:
        return operators.add(tx, "approver3", "Approver3", "approver3@example.com", [Role.APPROVER], None, clock.now())


def filing_of(house: House, number: str) -> Filing:
    """As the database has it now."""
    with house.database.read() as connection:
        return rows.by_number(connection, number)


def listing_of(house: House, code: str) -> Listing:
    """How an app is listed now."""
    with house.database.read() as connection:
        app = providers.app_by_code(connection, code)
        assert app is not None
        return of_app(connection, app)


def steps_of(house: House, number: str) -> dict[str, str]:
    """How far each measure of a case is."""
    return {str(one.measure): str(one.state) for one in case_of(house, number).measures}


def statements(house: House, about: str) -> list[Statement]:
    """What the provider was told about a case, or about a withdrawal, in its order."""
    with house.database.read() as connection:
        if about.startswith("V"):
            return [notice.statement for notice in notices.of_case(connection, case_of(house, about).id)]
        provider = filing_of(house, about).provider_id
        return [notice.statement for notice in notices.of_provider(connection, provider) if notice.number.startswith(f"{about}-")]


def titles(house: House, about: str) -> list[str]:
    """The same, by title."""
    return [statement.title for statement in statements(house, about)]


def whole(statement: Statement) -> str:
    """All that a notice says."""
    return "\n".join(paragraph for section in statement.sections for paragraph in section.paragraphs)


def rows_of(house: House, table: str) -> list[dict[str, Any]]:
    """Every row of a table, oldest first."""
    with house.database.read() as connection:
        statement = metadata.tables[table].select().order_by(*metadata.tables[table].primary_key.columns)
        return [dict(row._mapping) for row in connection.execute(statement)]
