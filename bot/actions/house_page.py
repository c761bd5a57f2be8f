"""What is set up here and how it is doing, for our own staff to look at: no secret, and nothing that could keep a page waiting."""

import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot import VERSION, clock
from bot.actions import heads
from bot.context import Context
from bot.model.head import day_of
from bot.model.operator import Operator
from bot.model.texts import alarms as alarm_texts
from bot.model.texts import settings as texts
from bot.store import alarms, inbox, migrate, operators, outbox, pauses, tokens
from bot.store import heads as stored
from bot.store.database import Tx
from config.settings import Settings

_PACKAGES = ("flask", "granian", "SQLAlchemy", "huey", "wechatpy", "pycryptodome", "argon2-cffi")
_LATE_S, _QUIET_S, _LEAST_FREE = 300.0, 86_400.0, 1 << 30


@dataclass(frozen=True, slots=True)
class Line:
    """name: of a setting in capitals, "" for what is none. is_fine None: nothing to judge."""

    label: str
    value: str
    name: str = ""
    is_fine: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePage:
    """settings: by what they are about."""

    settings: Mapping[str, Sequence[Line]]
    health: Sequence[Line]
    versions: Sequence[Line]
    staff: Sequence[Operator]


def page(ctx: Context, queue_waiting: Callable[[], int] | None = None) -> HousePage:
    """All of it. queue_waiting: asks the queue how many tasks wait; may raise."""
    with ctx.read() as connection:
        return HousePage(
            settings=shown(ctx.settings),
            health=[*_health(ctx, connection), *([_queue(queue_waiting)] if queue_waiting else [])],
            versions=_versions(ctx, connection),
            staff=operators.everyone(connection),
        )


def pulse(tx: Tx) -> list[Line]:
    """The few lines by which one sees whether messages come and go."""
    now = clock.now()
    oldest, last = outbox.oldest_due(tx), inbox.last_arrived_at(tx)
    late_s = (now - oldest).total_seconds() if oldest else None
    age_s = (now - last).total_seconds() if last else None
    expires = tokens.latest_expiry(tx)
    opened = [alarm_texts.title(one) for one in alarms.opened(tx)]
    return _lines(
        {
            "waiting": (texts.waiting(late_s if late_s and late_s > 0 else None), late_s is None or late_s < _LATE_S),
            "callback": (texts.ago(age_s), age_s is not None and age_s < _QUIET_S),
            "token": (texts.token(expires - now.timestamp() if expires is not None else None), None),
            "alarms": (texts.alarms(opened), not opened),
        }
    )


def shown(settings: Settings) -> dict[str, list[Line]]:
    """Every setting as it may be seen: of secrets whether there is one, of addresses no user or password."""
    used = {"database_url": settings.database, "queue_url": settings.queue}  # what holds where nothing is set
    return {
        group: [Line(label, _value(used.get(name, getattr(settings, name))), name.upper()) for name, label in names.items()]
        for group, names in texts.SETTINGS.items()
    }


def _value(value: object) -> str:
    if value is None or value == "":
        return texts.NOT_SET
    if isinstance(value, SecretStr):
        return texts.SET
    if isinstance(value, bool):
        return texts.YES if value else texts.NO
    return _without_password(str(value)) if "://" in str(value) else str(value)


def _without_password(url: str) -> str:
    """Scheme, host and path: a query may hold a password too."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return texts.SET
    return f"{parts.scheme}://{host}{port}{parts.path}" if parts.scheme else texts.SET


def _health(ctx: Context, tx: Tx) -> list[Line]:
    now = clock.now()
    fits = migrate.version(tx) == migrate.head()
    head = stored.latest(tx)
    begun = stored.first_event_at(tx)
    is_closed = begun is None or day_of(begun) == day_of(now) or head is not None
    rest = [one for one in pauses.all_of(tx).values() if one.until_at > now]
    free = shutil.disk_usage(ctx.settings.data_dir).free
    lines: dict[str, tuple[str, bool | None]] = {
        "database": (texts.database(fits=fits), fits),
        "head": (texts.head(head.day if head else ""), is_closed and heads.signing_key(ctx.settings) is not None),
        "pauses": (texts.pauses(len(rest)), not rest),
        "disk": (texts.disk(free), free > _LEAST_FREE),
    }
    known = _lines(lines)
    return [known[0], *pulse(tx), *known[1:]]


def _lines(told: Mapping[str, tuple[str, bool | None]]) -> list[Line]:
    return [Line(texts.HEALTH[name], value, is_fine=is_fine) for name, (value, is_fine) in told.items()]


def _queue(waiting: Callable[[], int]) -> Line:
    try:
        number: int | None = waiting()
    except Exception:  # noqa: BLE001  every backend has its own errors
        number = None
    return Line(texts.HEALTH["queue"], texts.queue(number), is_fine=number is not None)


def _versions(ctx: Context, tx: Tx) -> list[Line]:
    server = ".".join(str(part) for part in tx.dialect.server_version_info or ())
    book = ctx.book()
    named = {
        "product": VERSION,
        "schema": migrate.version(tx) or "",
        "rules": f"{book.version} · {book.document.sha256[:12]}",
        "python": platform.python_version(),
        "server": f"{tx.dialect.name} {server}".strip(),
    }
    return [*(Line(texts.VERSIONS[name], value) for name, value in named.items()), *(Line(one, version(one)) for one in _PACKAGES)]
