"""How one of our own staff is signed in to the console, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.operator import Operator

IDLE = timedelta(hours=4)  # without a page
LASTS = timedelta(hours=16)  # in all
SEEN_EVERY = timedelta(minutes=1)  # how exactly the last page is noted
LINK_LASTS = timedelta(hours=1)
PROOF_LASTS = timedelta(minutes=15)  # after coming in by a link or WeCom, for which a first password may be set
WINDOW = timedelta(minutes=15)  # in which failed tries count, and for which a login is locked
MOST_OF_LOGIN, MOST_OF_IP = 5, 30
SHORTEST, LONGEST = 12, 200  # of a password, in characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser in which somebody is signed in. how: password, wecom or link."""

    id: int
    operator_id: int
    how: str
    device: str
    ip: str
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody signed in: the operator as the database has them now."""

    sign_in: SignIn
    operator: Operator
