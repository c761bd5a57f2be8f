"""Every error the product raises on purpose.

BotError
├── UserMistake(say)                         a person asked for something that cannot be; `say` is shown to them
├── NotFound                                 no such record, or none the asker may see
├── TransitionNotAllowed                     the state machine has no such step from here
├── Stale                                    somebody else changed the record first
├── NoSpace                                  the disk is full: nothing was kept
├── Unavailable                              the database or a lock could not be had in time; try again later
├── BadSetting(problems)                     the configuration cannot be used
├── BadCallback(reason, status)              a callback that must not be handled
├── WecomError(errcode, errmsg, permanent)   the vendor refused a call, or could not be asked
│   └── Uncertain                            the call may have taken effect: its answer never came
└── MailError(permanent)                     the mail server refused a mail, or could not be asked
    └── MailUncertain                        the mail may have been taken: its answer never came
"""

from collections.abc import Sequence


class BotError(Exception):
    """Root of the tree; never raised itself."""


class UserMistake(BotError):
    """A person asked for something that cannot be done. `say` is a Chinese sentence for them."""

    def __init__(self, say: str) -> None:
        super().__init__(say)
        self.say = say


class NotFound(BotError):
    """No such record, or none that the asker may see: the two look alike on purpose."""


class TransitionNotAllowed(BotError):
    """The state machine has no such action in this state. record: the machine's name, such as "case"."""

    def __init__(self, record: str, action: str, state: str) -> None:
        super().__init__(f"{record}: no {action} in {state}")
        self.record = record
        self.action = action
        self.state = state


class Stale(BotError):
    """The record was changed by somebody else since it was read."""


class Unavailable(BotError):
    """Database or lock not to be had in time. Nothing was changed; trying again later may help."""


class NoSpace(BotError):
    """The disk is full. Nothing of the file was kept; trying again later may help."""


class BadSetting(BotError):
    """The configuration cannot be used. `problems` has one line a variable."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class BadCallback(BotError):
    """A callback that must not be handled.

    reason: a short class name for logs and metrics, such as "signature", "stale", "receiveid", "malformed", "too_large".
    status: the HTTP status to answer, with an empty body.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class WecomError(BotError):
    """The vendor refused a call, or could not be asked.

    errcode: WeCom's number; -2 when no answer was understood (network fault, HTTP error, not JSON).
    permanent: True when repeating the same call can never help (path/90313).
    """

    def __init__(self, errcode: int, errmsg: str, *, permanent: bool = False) -> None:
        super().__init__(f"{errcode}: {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.permanent = permanent


class Uncertain(WecomError):
    """The request left, and no answer came back: it may or may not have taken effect."""


class MailError(BotError):
    """The mail server refused a mail, or could not be asked. The words hold no address and no text.

    permanent: True when repeating the same mail can never help.
    of_mail: True when the server said it of this mail, and may well take others.
    """

    def __init__(self, words: str, *, permanent: bool = False, of_mail: bool = False) -> None:
        super().__init__(words)
        self.permanent = permanent
        self.of_mail = of_mail


class MailUncertain(MailError):
    """The mail left, and no answer came back: it may or may not have been taken."""
