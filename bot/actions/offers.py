"""What a provider may hand in about its cases and apps, or why not; and what is theirs at all.

Whoever asks is looked up in the database at every use; what is not theirs does not exist for them.
"""

from dataclasses import dataclass

from bot.actions import listings
from bot.actions.recovery import REAPPLIED
from bot.context import Context
from bot.errors import NotFound
from bot.model.case import IN_FORCE, ISSUED, Case, Imposed, Kind, State
from bot.model.filing import Filing, FilingKind, FilingState
from bot.model.provider import Address, Admin, App
from bot.model.texts import filings as texts
from bot.store import cases, filings, providers
from bot.store.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something a provider may do about a case or an app, or why not. filing: where one is under way or done."""

    kind: FilingKind
    measure: Imposed | None = None
    filing: Filing | None = None
    refusal: str = ""


# Who, and what is theirs


def admin_at(tx: Tx, address: Address) -> Admin:
    """Raises NotFound for whoever speaks for no provider now."""
    admin = providers.admin_at(tx, address)
    if admin is None:
        raise NotFound("admin")
    return admin


def own_case(tx: Tx, admin: Admin, number: str, *, lock: bool = False) -> Case:
    """A case that this admin's provider was told of. Raises NotFound."""
    case = cases.by_number(tx, number)
    if case.provider_id != admin.provider_id or case.state not in ISSUED:
        raise NotFound("case")
    return cases.get(tx, case.id, lock=True) if lock else case


def own_app(tx: Tx, admin: Admin, code: str) -> App:
    """An app of this admin's provider. Raises NotFound."""
    app = providers.app_by_code(tx, code)
    if app is None or app.provider_id != admin.provider_id:
        raise NotFound("app")
    return app


def own(tx: Tx, admin: Admin, number: str) -> Filing:
    """A filing of this admin's provider. Raises NotFound."""
    filing = filings.by_number(tx, number)
    if filing.provider_id != admin.provider_id:
        raise NotFound("filing")
    return filing


# What may be done


def offers(ctx: Context, tx: Tx, case: Case) -> list[Offer]:
    """What the provider may hand in about a case, an objection for each measure, each with what is under way or why it cannot be."""
    found = [offer_of(ctx, tx, case, FilingKind.REPORT, None)]
    found += [offer_of(ctx, tx, case, FilingKind.OBJECTION, one) for one in case.measures or (None,)]
    if any(one.measure in REAPPLIED for one in case.measures):
        found.append(offer_of(ctx, tx, case, FilingKind.REAPPLICATION, None))
    return found


def app_offers(ctx: Context, tx: Tx, app: App) -> list[Offer]:
    """撤出推荐 for an app, or the way back from it."""
    withdrawal = filings.living(tx, FilingKind.WITHDRAWAL, app_id=app.id)
    if withdrawal and withdrawal.state is FilingState.GRANTED and withdrawal.ended_at is None:
        back = filings.living(tx, FilingKind.REAPPLICATION, app_id=app.id)
        still = back if back and back.parent_id == withdrawal.id and back.state is not FilingState.REFUSED else None
        return [
            Offer(kind=FilingKind.WITHDRAWAL, filing=withdrawal),
            Offer(kind=FilingKind.REAPPLICATION, filing=still, refusal="" if still else barred(ctx, tx, app.provider_id)),
        ]
    if withdrawal and withdrawal.is_open:
        return [Offer(kind=FilingKind.WITHDRAWAL, filing=withdrawal)]
    return [Offer(kind=FilingKind.WITHDRAWAL, refusal=no_withdrawal(ctx, tx, app))]


def offer_of(ctx: Context, tx: Tx, case: Case, kind: FilingKind, measure: Imposed | None) -> Offer:
    """One filing that a case may take. measure: which an objection is against; None against a 提醒."""
    known = filings.living(tx, kind, case_id=case.id, measure_id=measure.id if measure else None)
    if known and known.state is not FilingState.REFUSED:
        return Offer(kind=kind, measure=measure, filing=known)
    return Offer(kind=kind, measure=measure, refusal=refusal(ctx, tx, case, kind))


def refusal(ctx: Context, tx: Tx, case: Case, kind: FilingKind) -> str:
    """Why a case takes no such filing; "" where it does. Objections are taken late too, and against what is recovered."""
    if kind is FilingKind.OBJECTION:
        return "" if case.is_open or case.state is State.RECOVERED else texts.over(kind, case.number, case.state)
    if not case.is_open:
        return texts.over(kind, case.number, case.state)
    if case.is_permanent:
        return texts.PERMANENT
    if said := barred(ctx, tx, case.provider_id):
        return said
    if kind is FilingKind.REPORT:
        return texts.REMINDER_OWES_NOTHING if case.kind is Kind.REMINDER and not case.rectify_days else ""
    if not any(one.measure in REAPPLIED and one.state in IN_FORCE for one in case.measures):
        return texts.NOT_OWED
    report = filings.living(tx, FilingKind.REPORT, case_id=case.id)
    return "" if report and report.round else texts.REPORT_FIRST


def no_withdrawal(ctx: Context, tx: Tx, app: App) -> str:
    """Why an app cannot be withdrawn now; "" where it can (4.3: 推荐期间)."""
    return barred(ctx, tx, app.provider_id) or ("" if listings.of_app(tx, app).recommended else texts.ONLY_RECOMMENDED)


def barred(ctx: Context, tx: Tx, provider_id: int) -> str:
    """That a provider is on the black list, with the clause that says what follows (4.4); "" where it is not."""
    return texts.barred(ctx.book().cited("4.4")) if cases.is_barred(tx, provider_id) else ""
