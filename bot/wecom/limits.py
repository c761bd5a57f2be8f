"""The platform's figures and error numbers. Bytes are UTF-8 bytes; "advised" figures are recommendations of the page, kept as limits.

Sources: message/send path/90236, update path/94888, recall path/94867, media path/90253, frequency path/90454, errors path/90313.
"""

from dataclasses import dataclass
from enum import StrEnum

# message/send: path/90236
TOUSER = 1_000  # userids in one call
TEXT_BYTES = 2_048  # text: cut silently by the platform; markdown: the same figure
URL_BYTES = 2_048
TEXTCARD_TITLE_CHARS = 128
TEXTCARD_DESCRIPTION_CHARS = 512
TEXTCARD_BTNTXT_CHARS = 4
DUPLICATE_CHECK_S = 14_400  # the longest interval; the default is 1 800

# template cards (path/90236, its card sections)
TASK_ID_BYTES = 128
KEY_BYTES = 1_024  # keys of buttons and menu entries
OPTION_ID_BYTES = 128
SOURCE_DESC_CHARS = 20  # advised
TITLE_CHARS = 36  # advised
DESC_CHARS = 44  # advised
EMPHASIS_TITLE_CHARS = 14  # advised
EMPHASIS_DESC_CHARS = 22  # advised
SUB_TITLE_CHARS = 160  # advised
ACTIONS = 3
HORIZONTAL = 6
VERTICAL = 4
JUMPS = 3
BUTTONS = 6
SELECTION_OPTIONS = 10
VOTE_OPTIONS = 20
SELECT_LISTS = 3
ASPECT_RATIO = (1.3, 2.25)  # width to height of a card's picture

# updating and recalling: path/94888, path/94867
RESPONSE_CODE_S = 72 * 3_600  # and good for one update only
RECALL_S = 24 * 3_600

# media: path/90253, path/90254
MEDIA_LEAST_BYTES = 6
MEDIA_BYTES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
MEDIA_GET_BYTES = 20 << 20  # more must be fetched in ranges
MEDIA_S = 3 * 86_400


# frequency: path/90454, path/90236
@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How much the platform lets through. A block lasts for its window."""

    member_per_minute: int = 30  # one app to one member; what is over is dropped without an error
    member_per_hour: int = 1_000
    person_times_a_day: int = 200  # one app, times the corp's account ceiling
    api_per_minute: int = 10_000  # one corp and API; sends are not counted
    api_per_hour: int = 150_000
    ip_per_minute: int = 20_000
    ip_per_hour: int = 600_000


class Fault(StrEnum):
    """What an errcode asks of the caller."""

    BUSY = "busy"  # back off, at most three tries
    CREDENTIAL = "credential"  # stop and alarm: the secret is wrong, reset, or the app stopped
    REFRESH = "refresh"  # a new access token, once
    WAIT_WINDOW = "wait_window"  # send nothing to this API until the window is over
    SLOW_DOWN = "slow_down"  # too many calls at the same time
    BAD_RECIPIENT = "bad_recipient"  # this person cannot be reached by us
    BAD_MEDIA = "bad_media"  # upload again, once
    TOO_LONG = "too_long"  # split
    CONFIG = "config"  # somebody must change a setting on either side; until then nothing of the kind will work
    CORP_GONE = "corp_gone"  # app stopped, authorisation withdrawn or corp closed: pause all of it
    CODE = "code"  # the request can never be right
    LOGIN = "login"  # a code of the web authorisation is bad, used or late: authorise again
    NO_ANSWER = "no_answer"  # ours, -2: nothing that could be understood came back
    UNKNOWN = "unknown"


NO_ANSWER = -2

_FAULTS: dict[Fault, tuple[int, ...]] = {
    Fault.BUSY: (-1,),
    Fault.NO_ANSWER: (NO_ANSWER,),
    Fault.CREDENTIAL: (40001,),
    Fault.REFRESH: (40014, 42001),
    Fault.WAIT_WINDOW: (45009,),
    Fault.SLOW_DOWN: (45033,),
    Fault.BAD_RECIPIENT: (40003, 50002, 60011, 60021, 60111, 81013, 701008, 701099),
    Fault.BAD_MEDIA: (40007,),
    Fault.TOO_LONG: (40032, 45001, 45002, 82002, 82003, 830002),
    Fault.CONFIG: (40013, 40056, 40093, 43012, 48002, 50001, 60020, 80001, 85005, 301002, *range(93000, 93009)),
    Fault.CORP_GONE: (40084, 48004, 50003, 301007),
    Fault.CODE: (
        *(40004, 40006, 40008, 40016, 40017, 40018, 40019, 40020, 40023, 40058, 42014, 43001, 43002),
        *(44004, 46003, 47001, 48005, 82001, 85002, 86001, 86003, 86008),
    ),
    Fault.LOGIN: (40029, 42022),
}
_BY_ERRCODE = {errcode: fault for fault, errcodes in _FAULTS.items() for errcode in errcodes}

# Faults after which the same call, byte for byte, can never succeed. A config fault may be mended meanwhile, so it is not one.
_PERMANENT = frozenset({Fault.BAD_RECIPIENT, Fault.BAD_MEDIA, Fault.TOO_LONG, Fault.CODE, Fault.LOGIN})

BAD_RECIPIENTS_ALL = 81013  # users, parties and tags are all bad: nobody got the message
NO_MENU = 46003
RATE_LIMIT = 45009


def fault_of(errcode: int) -> Fault:
    """What this errcode asks of the caller; UNKNOWN for a number not in the table (path/90313)."""
    return _BY_ERRCODE.get(errcode, Fault.UNKNOWN)


def is_permanent(errcode: int) -> bool:
    """True when repeating the same call can never help. An unknown number is not taken for permanent."""
    return fault_of(errcode) in _PERMANENT
