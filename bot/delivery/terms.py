"""What the engine is given: how much it may send and when, and whom it asks and tells."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.delivery.pacing import Quiet
from bot.model.delivery import Batch, Outcome
from bot.store.database import Tx
from bot.wecom.limits import Rates


class Mail(Protocol):
    """The way out for mails."""

    def send(self, payload: Mapping[str, Any]) -> None:
        """Offer one mail to its server. Raises MailError, MailUncertain."""


class Alarm(Protocol):
    """Tells operators of a fault that needs a person. Called with no transaction open."""

    def __call__(self, what: str, **fields: object) -> None: ...


def _nobody(_tx: Tx, _batch: Batch, _userids: Sequence[str]) -> Collection[str]:
    return ()


def _nothing(_tx: Tx, _batch: Batch, _outcomes: Sequence[Outcome]) -> None:
    pass


def _silence(what: str, **fields: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """recheck: asked, in the transaction that claims, who of these must not be sent to any more: they become `cancelled`.

    settled: told, in the transaction that records it, for whom of a batch nothing more will be tried, and why.
    ceiling: the account ceiling of (corpid, agentid); None where it is not known, and then the day's limit is not kept.
    mail: None where no mail server is set: mails wait until they are given up.
    """

    rates: Rates = field(default_factory=Rates)
    quiet: Quiet | None = None
    ceiling: Callable[[str, int], int | None] = lambda _corpid, _agentid: None
    recheck: Callable[[Tx, Batch, Sequence[str]], Iterable[str]] = _nobody
    settled: Callable[[Tx, Batch, Sequence[Outcome]], None] = _nothing
    alarm: Alarm = _silence
    mail: Mail | None = None
