"""Who may do what: asked inside the transaction that does it, of the database, never of what the caller remembers."""

from bot.errors import UserMistake
from bot.model.operator import Operator, Role
from bot.model.texts import operators as texts
from bot.model.trail import Actor, by_operator
from bot.store import operators
from bot.store.database import Tx


def must(tx: Tx, actor: Operator, *roles: Role) -> Operator:
    """The operator as the database has them now. Raises UserMistake unless they are active and have one of `roles`."""
    fresh = operators.get(tx, actor.id)
    if not any(fresh.may(role) for role in roles):
        raise UserMistake(texts.may_not(fresh, roles))
    return fresh


def by(actor: Operator) -> Actor:
    """The operator, as the trail names them."""
    return by_operator(actor.login)
