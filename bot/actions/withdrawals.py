"""撤出推荐 (4.3) once it is granted, and the way back from it: what a person does on the platform, and confirms."""

from bot import clock
from bot.actions import listings, notices
from bot.actions.rights import by, must
from bot.context import Context
from bot.errors import UserMistake
from bot.model.filing import Filing, FilingKind, FilingState
from bot.model.operator import Operator, Role
from bot.model.texts import outcomes as outcome_texts
from bot.model.texts import withdrawals as texts
from bot.store import filings, operator_tasks, providers, trail
from bot.store.database import Tx
from rules import Book, Clause


def granted(tx: Tx, filing: Filing) -> None:
    """Ask for it to be carried out. From now on the app counts as withdrawn."""
    assert filing.app_id is not None
    app = providers.app(tx, filing.app_id)
    detail = texts.to_withdraw(filing.number, app.name)
    operator_tasks.add(tx, f"withdraw:{filing.id}", "withdraw", detail, clock.now(), provider_id=filing.provider_id)


def accepted(tx: Tx, filing: Filing) -> None:
    """Ask for the app to be recommended and found again, after a withdrawal."""
    assert filing.app_id is not None
    app = providers.app(tx, filing.app_id)
    detail = texts.to_return(filing.number, app.name)
    operator_tasks.add(tx, f"return:{filing.id}", "return", detail, clock.now(), provider_id=filing.provider_id)


def confirm(ctx: Context, actor: Operator, number: str) -> Filing:
    """Confirm what was done on the platform: recommendation and search are off, or on again. The provider is told in writing.

    Raises NotFound, and UserMistake where there is nothing to confirm.
    """
    book = ctx.book()
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        filing = filings.get(tx, filings.by_number(tx, number).id, lock=True)
        is_grant = filing.kind is FilingKind.WITHDRAWAL and filing.state is FilingState.GRANTED
        is_return = filing.kind is FilingKind.REAPPLICATION and filing.parent_id is not None and filing.state is FilingState.ACCEPTED
        if not (is_grant or is_return) or filing.applied_at is not None or filing.ended_at is not None:
            raise UserMistake(texts.NOTHING_TO_CONFIRM)
        now = clock.now()
        filing = filings.change(tx, filing, applied_at=now, applied_by=actor.id)
        if is_return:
            assert filing.parent_id is not None
            withdrawal = filings.get(tx, filing.parent_id, lock=True)
            if withdrawal.applied_at is None:  # it need not be carried out any more
                operator_tasks.finish(tx, f"withdraw:{withdrawal.id}", actor.id, now)
            filings.change(tx, withdrawal, ended_at=now)
        operator_tasks.finish(tx, f"{'withdraw' if is_grant else 'return'}:{filing.id}", actor.id, now)
        trail.record(tx, by(actor), "withdrawn" if is_grant else "returned", {"filing": filing.number})
        _tell(ctx, tx, filing, book, is_grant=is_grant)
        return filing


def _tell(ctx: Context, tx: Tx, filing: Filing, book: Book, *, is_grant: bool) -> None:
    assert filing.app_id is not None
    app = providers.app(tx, filing.app_id)
    listing = listings.of_app(tx, app)
    quoted = [clause for clause in (book.cited(one) for one in ("4.3", "4.4")) if isinstance(clause, Clause)] if is_grant else []
    about = outcome_texts.About(
        provider=providers.get(tx, filing.provider_id).name, app=app.name, version=book.version, url=book.url, clauses=quoted
    )
    worded = outcome_texts.withdrawn if is_grant else outcome_texts.returned
    notices.tell(ctx, tx, filing.provider_id, lambda number: worded(filing, about, number, listing, clock.now()), about=filing.number)
