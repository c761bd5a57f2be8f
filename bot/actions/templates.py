"""Templates of cases: kept by operators, written anew as versions, taken off the list and put back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import clock
from bot.actions.rights import by, must
from bot.actions.words import MOST_CHARS, can_be_kept
from bot.context import Context
from bot.errors import NotFound, Stale, UserMistake
from bot.model.case_template import FIELDS, NAME_CHARS, CaseTemplate, Version
from bot.model.operator import Operator, Role
from bot.model.texts import operators as operator_texts
from bot.model.texts import templates as texts
from bot.store import operators, templates, trail


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePage:
    """versions: newest first. staff: names by operator's id."""

    template: CaseTemplate
    versions: Sequence[Version]
    staff: Mapping[int, str]


def listed(ctx: Context, *, retired: bool = False) -> list[CaseTemplate]:
    """By name; those that were taken off the list too, where `retired`."""
    with ctx.read() as connection:
        return [one for one in templates.everything(connection) if one.is_active or retired]


def read(ctx: Context, template_id: int) -> TemplatePage:
    """One with all its versions. Raises NotFound."""
    with ctx.read() as connection:
        return TemplatePage(
            template=templates.get(connection, template_id),
            versions=templates.versions(connection, template_id),
            staff={one.id: operator_texts.named(one) for one in operators.everyone(connection)},
        )


def keep(ctx: Context, actor: Operator, name: str, fields: Mapping[str, str]) -> CaseTemplate:
    """A new template. Raises UserMistake where the name is none, or taken."""
    name, kept = name.strip(), _fields(fields)
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable():
        raise UserMistake(texts.BAD_NAME)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        try:
            template_id = templates.add(tx, name, kept, actor.id, clock.now())
        except Stale as error:
            raise UserMistake(texts.taken(name)) from error
        trail.record(tx, by(actor), "template_kept", {"template": template_id, "version": 1})
        return templates.get(tx, template_id)


def renew(ctx: Context, actor: Operator, template_id: int, after: int, fields: Mapping[str, str]) -> CaseTemplate:
    """Write it anew, as a version after the one that was looked at. Raises NotFound, Stale, UserMistake."""
    kept = _fields(fields)
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        templates.get(tx, template_id)
        number = templates.renew(tx, template_id, after, kept, actor.id, clock.now())
        trail.record(tx, by(actor), "template_kept", {"template": template_id, "version": number})
        return templates.get(tx, template_id)


def go_back(ctx: Context, actor: Operator, template_id: int, after: int, to: int) -> CaseTemplate:
    """Make an earlier version the newest one again, as a version more. Raises NotFound, Stale."""
    with ctx.read() as connection:
        found = next((one for one in templates.versions(connection, template_id) if one.number == to), None)
    if found is None:
        raise NotFound("template")
    return renew(ctx, actor, template_id, after, found.fields)


def move(ctx: Context, actor: Operator, template_id: int, *, is_active: bool) -> None:
    """Take it off the list to choose from, or put it back. Raises NotFound, Stale."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        templates.get(tx, template_id)
        templates.move(tx, template_id, is_active=is_active)
        trail.record(tx, by(actor), "template_back" if is_active else "template_retired", {"template": template_id})


def _fields(fields: Mapping[str, str]) -> dict[str, str]:
    kept = {name: fields.get(name, "").strip() for name in FIELDS}
    if any(len(text) > MOST_CHARS or not can_be_kept(text) for text in kept.values()):
        raise UserMistake(texts.TOO_LONG)
    return kept
