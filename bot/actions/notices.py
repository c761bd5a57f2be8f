"""Telling the provider: issuing notices, taking receipts, serving, and what a changed admin means for both."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import clock
from bot.actions import links, notice_cards, notice_mails
from bot.context import Context
from bot.delivery import outbox
from bot.errors import NotFound, UserMistake
from bot.model import ladder
from bot.model.case import Case, Kind, State
from bot.model.days import deadline
from bot.model.delivery import Priority
from bot.model.notice import Notice, NoticeKind, Receipt, Statement
from bot.model.provider import Address, Admin
from bot.model.reply import Outgoing
from bot.model.texts import notices as texts
from bot.model.trail import SYSTEM, Actor, by_admin, moment
from bot.store import cases, grounds, notices, operator_tasks, providers, trail
from bot.store import ladder as steps
from bot.store import links as personal
from bot.store import outbox as batches
from bot.store.database import Tx
from bot.wecom import payloads
from bot.wecom.limits import TOUSER
from rules import Book, Clause

CODE_FOR = timedelta(hours=71)  # a response_code is good for 72 h (path/94888); an hour is kept for what waits
# Told with every violation: how notices and objections go, how to come back, and what must not be done meanwhile.
RIGHTS = {"3.1": ("4.1", "4.2", "4.4"), "4.4": ("4.1",), "5.2": ("4.1",)}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A receipt and whether this press made it."""

    receipt: Receipt
    is_first: bool


def basis(tx: Tx, case: Case, book: Book, *, quotes: bool = True) -> texts.Basis:
    """What the statement of a case quotes, in the version of the rules that was in force when the case was written.

    quotes: False for a statement that names the case and cites no rule: then it does not matter if that version is not known any more.
    """
    if quotes and book.of_version(case.rule_version) is None:
        raise UserMistake(texts.version_unknown(case.rule_version))
    book = book.of_case(case.rule_version)
    row = grounds.get(tx, case.ground.removeprefix("row:")) if case.ground.startswith("row:") else None
    quoted = [book.cited(clause_id) for clause_id in RIGHTS.get(case.power or "", ())]
    return texts.Basis(
        provider=providers.get(tx, case.provider_id).name,
        app=providers.app(tx, case.app_id).name if case.app_id else "",
        document=book.title,
        version=book.version,
        url=book.url,
        ground=None if row else book.cited(case.ground),
        row=(row.wording, texts.row_place(row.position, row.source, row.source_date)) if row else None,
        power=book.cited(case.power) if case.power else None,
        quoted=[clause for clause in quoted if isinstance(clause, Clause)],
    )


def preview(ctx: Context, number: str) -> Statement:
    """The notice as it would be issued now, or as it was. Raises NotFound, UserMistake."""
    with ctx.read() as connection:
        case = cases.by_number(connection, number)
        if issued := notices.of_case(connection, case.id):
            return issued[0].statement
    return preview_of(ctx, case)


def preview_of(ctx: Context, case: Case) -> Statement:
    """The same of a case that was read already, and has no notice yet. Raises UserMistake."""
    with ctx.read() as connection:
        return texts.decision(case, basis(connection, case, ctx.book()), f"{case.number}-1", clock.now())


def issue(ctx: Context, tx: Tx, case: Case, book: Book) -> Notice:
    """Freeze the notice of a case that has just come into force, send it to every admin, and start the ladder."""
    assert case.issued_at is not None
    kind = NoticeKind.DECISION if case.kind is Kind.VIOLATION else NoticeKind.REMINDER
    statement = texts.decision(case, basis(tx, case, book), _next_number(tx, case), case.issued_at)
    notice = _freeze(tx, case.provider_id, case, kind, statement)
    admins = providers.admins(tx, case.provider_id)
    reached = send_cards(ctx, tx, notice, admins)
    if notice_mails.is_at_once(ctx.settings):
        notice_mails.send(ctx, tx, notice, admins, "mail")
    steps.add(tx, case.id, ladder.until_confirmed(ctx.settings.notice_ladder, case.issued_at))
    if not reached:  # nobody to wait for
        for step in ("mail", "manual"):
            steps.hasten(tx, case.id, step, case.issued_at)
    return notice


def take_back(ctx: Context, tx: Tx, case: Case, reason: str, book: Book) -> Notice:
    """Tell every admin that a case is revoked, and leave on the old cards that it is over. What was on its way is to be stopped before."""
    now = clock.now()
    statement = texts.revoked(case, basis(tx, case, book, quotes=False), _next_number(tx, case), reason, now)
    notice = _freeze(tx, case.provider_id, case, NoticeKind.REVOKED, statement)
    words = texts.card_opening(notice.statement)
    send(ctx, tx, notice, providers.admins(tx, case.provider_id), "revoked", texts.card_head(notice.statement), words)
    for old in notices.of_case(tx, case.id):
        if old.id != notice.id:
            _update_cards(ctx, tx, old, texts.REVOKED_CARD)
    return notice


def stop(tx: Tx, case: Case) -> None:
    """Nothing more goes out about this case: queued batches are cancelled, and the ladder ends.

    To be called before anything is written on the case's trail: workers lock a batch first, and then the trail.
    """
    now = clock.now()
    batches.cancel(tx, notices.waiting(tx, case.id), now)
    steps.stop(tx, case.id, "ended", now)


def send_cards(ctx: Context, tx: Tx, notice: Notice, admins: Iterable[Admin], step: str = "card") -> list[Admin]:
    """Queue the interactive card for those whom this app can reach. Returns who they are."""
    reached = _of_this_app(ctx, admins)
    for part in _parts(reached):
        task_id = f"{notice.number}-{secrets.token_hex(6)}"
        outgoing = payloads.template_card(notice_cards.card(ctx.settings, notice, task_id, notices.receipts_of(tx, notice.id)))
        _queue(ctx, tx, notice, part, outgoing, step, task_id)
    return reached


def send(ctx: Context, tx: Tx, notice: Notice, admins: Iterable[Admin], step: str, title: str, words: str) -> list[Admin]:
    """Queue a card that only opens the notice's page. Returns to whom."""
    reached = _of_this_app(ctx, admins)
    for part in _parts(reached):
        _queue(ctx, tx, notice, part, notice_cards.plain_card(ctx.settings, notice, title, words), step)
    return reached


def pressed(ctx: Context, task_id: str, address: Address) -> Notice:
    """The notice whose card was pressed, for an addressee. Raises UserMistake that says why nothing will be done."""
    with ctx.read() as connection:
        notice = notices.by_task(connection, task_id)
        if notice is None:
            raise UserMistake(texts.NO_SUCH_CARD)
        try:
            addressee(connection, notice, address)
        except NotFound as error:
            raise UserMistake(texts.NOT_ADDRESSED) from error
        return notice


def confirm(ctx: Context, notice_id: int, address: Address, how: str, response_code: str = "") -> Confirmation:
    """Take the receipt of one addressee; the first of all serves the case. Pressing twice leaves one receipt.

    how: "card" or "portal". response_code: of the press; with it the card is changed for everybody who has it.
    Raises NotFound for somebody who is no addressee. Of a case that is over, too, a receipt says only that the notice arrived.
    """
    with ctx.transaction() as tx:
        notice = notices.get(tx, notice_id)
        case = cases.get(tx, notice.case_id, lock=True) if notice.case_id else None
        admin = addressee(tx, notice, address)
        now = clock.now()
        is_first = notices.confirm(tx, notice.id, address, admin.name, how, now)
        if is_first:
            trail.record(tx, by_admin(address), "receipt", {"notice": notice.number, "how": how}, case_id=notice.case_id)
            if case and case.served_at is None and case.is_open and notice.kind in (NoticeKind.DECISION, NoticeKind.REMINDER):
                serve(ctx, tx, case, now, "receipt", by_admin(address))
        ended = texts.REVOKED_CARD if case and case.state is State.REVOKED else ""
        _update_cards(ctx, tx, notice, ended, (address, response_code))
        given = next(receipt for receipt in notices.receipts_of(tx, notice.id) if receipt.address == address)
        return Confirmation(given, is_first)


def serve(ctx: Context, tx: Tx, case: Case, at: datetime, how: str, actor: Actor) -> Case:
    """Start the clock: deadlines run from the moment of service. how: receipt, recorded or deemed."""
    object_by = deadline(at, case.objection_days, case.day_kind)
    rectify_by = deadline(at, case.rectify_days, case.day_kind) if case.rectify_days else None
    served = cases.note(tx, case, served_at=at, served_how=how, object_by=object_by, rectify_by=rectify_by)
    now = clock.now()
    steps.stop(tx, case.id, "served", now)
    steps.add(tx, case.id, ladder.after_service(rectify_by, timedelta(days=ctx.settings.last_call_days), at))
    operator_tasks.drop(tx, case.id, ("serve",), now)
    content = {"how": how, "at": moment(at), "object_by": moment(object_by), "rectify_by": moment(rectify_by) if rectify_by else None}
    trail.record(tx, actor, "served", content, case_id=case.id)
    return served


def seen(ctx: Context, notice_id: int, address: Address, how: str) -> None:
    """Note that an addressee opened the page: "oauth", "link", or "mail" (which a mail scanner may have done)."""
    with ctx.transaction() as tx:
        notice = notices.get(tx, notice_id)
        addressee(tx, notice, address)
        if notices.saw(tx, notice.id, address, how, clock.now()):
            trail.record(tx, by_admin(address), "seen", {"notice": notice.number, "how": how}, case_id=notice.case_id)


def personal_link(ctx: Context, notice_id: int, address: Address) -> str:
    """An address that opens a notice for one addressee, good for half an hour."""
    with ctx.transaction() as tx:
        notice = notices.get(tx, notice_id)
        return links.to_page(ctx, tx, addressee(tx, notice, address), f"/portal/notices/{notice.key}")


def addressee(tx: Tx, notice: Notice, address: Address) -> Admin:
    """The admin at this address if they speak now for the provider that the notice is about. Raises NotFound."""
    admin = providers.admin_at(tx, address)
    if admin is None or admin.provider_id != notice.provider_id:
        raise NotFound("addressee")
    return admin


def addressees_changed(ctx: Context, tx: Tx, provider_id: int, gone: Sequence[Admin], new: Sequence[Admin]) -> None:
    """After admins left or came: links of the gone are void, what is queued for them is cancelled, and the new get what is open."""
    now = clock.now()
    for admin in gone:
        personal.void(tx, admin.id, now)
    for case in reversed(cases.of_provider(tx, provider_id, issued=True)):  # chains are written in the order of their cases
        if not case.is_open:
            continue
        notice = notices.of_case(tx, case.id)[0]
        if new:
            send_cards(ctx, tx, notice, new, "reserve")


def _update_cards(ctx: Context, tx: Tx, notice: Notice, ended: str, pressed: tuple[Address, str] | None = None) -> None:
    """Show on every card of this notice who confirmed, or that it is over. A code is used once: that of the press, else the send's."""
    receipts = notices.receipts_of(tx, notice.id)
    now = clock.now()
    for batch_id, task_id, sent_code, touser in notices.cards(tx, notice.id, now - CODE_FOR):
        if pressed and pressed[1] and pressed[0].userid in touser:
            code = pressed[1]
        elif sent_code and notices.spend_code(tx, batch_id, now):
            code = sent_code
        else:
            continue
        if ended:
            change = notice_cards.ended_card(ctx.settings, notice, task_id, ended)
        else:
            change = notice_cards.card(ctx.settings, notice, task_id, receipts)
        settings = ctx.settings
        update_id = outbox.enqueue_update(
            tx, settings.wecom_corpid, settings.wecom_agentid, touser, code, payloads.replaced_card(change), Priority.URGENT
        )
        notices.sent_with(tx, notice.id, update_id, "update")
        ctx.wake(update_id)


def tell(
    ctx: Context,
    tx: Tx,
    provider_id: int,
    statement: Callable[[str], Statement],
    kind: NoticeKind = NoticeKind.OUTCOME,
    *,
    about: Case | str,
    step: str = "outcome",
) -> Notice:
    """Freeze a notice that wants no answer, and send every admin of the provider a card that opens it; by mail too, where that is at once.

    statement: made with the notice's number. about: a case, or the number of a withdrawal.
    """
    case = about if isinstance(about, Case) else None
    prefix = case.number if case else str(about)
    notice = _freeze(tx, provider_id, case, kind, statement(f"{prefix}-{notices.numbered(tx, prefix) + 1}"))
    admins = providers.admins(tx, provider_id)
    send(ctx, tx, notice, admins, step, texts.card_head(notice.statement), texts.card_opening(notice.statement))
    if notice_mails.is_at_once(ctx.settings):
        notice_mails.send(ctx, tx, notice, admins, "mail")
    return notice


def _next_number(tx: Tx, case: Case) -> str:
    return f"{case.number}-{notices.count(tx, case.id) + 1}"


def _freeze(tx: Tx, provider_id: int, case: Case | None, kind: NoticeKind, statement: Statement) -> Notice:
    notice = notices.add(tx, provider_id, case.id if case else None, kind, secrets.token_urlsafe(24), statement, clock.now())
    content = {"notice": notice.number, "kind": kind, "sha256": notice.sha256, "rule_version": case.rule_version if case else ""}
    trail.record(tx, SYSTEM, "notice", content, case_id=notice.case_id)
    return notice


def _of_this_app(ctx: Context, admins: Iterable[Admin]) -> list[Admin]:
    here = ctx.settings.wecom_corpid, ctx.settings.wecom_agentid
    return [admin for admin in admins if admin.is_active and (admin.address.corpid, admin.address.agentid) == here]


def _parts(admins: Sequence[Admin]) -> list[Sequence[Admin]]:
    return [admins[start : start + TOUSER] for start in range(0, len(admins), TOUSER)]


def _queue(ctx: Context, tx: Tx, notice: Notice, admins: Sequence[Admin], outgoing: Outgoing, step: str, task_id: str = "") -> None:
    first = admins[0].address
    touser = [admin.address.userid for admin in admins]
    batch_id = outbox.enqueue(tx, first.corpid, first.agentid, touser, outgoing, Priority.URGENT)
    notices.sent_with(tx, notice.id, batch_id, step, task_id)
    _mark(tx, notice, f"queued_{step}", admins)
    ctx.wake(batch_id)


def _mark(tx: Tx, notice: Notice, action: str, admins: Sequence[Admin]) -> None:
    to = {"to": [str(admin.address) for admin in admins]}
    trail.record(tx, SYSTEM, action, {"notice": notice.number, "people": len(admins)}, case_id=notice.case_id, personal=to)
