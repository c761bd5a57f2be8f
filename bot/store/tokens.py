"""Access tokens and short leases that all processes share."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot import clock
from bot.model.token import Token
from bot.store.database import Database
from bot.store.tables import leases, tokens

LEASE_S = 30.0  # longer than one token request with its retries can take; a holder that died is passed by after this
_POLL_S = 0.05


class DatabaseTokens:
    """What bot/wecom keeps its tokens in: the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Token | None:
        with self._database.read() as connection:
            row = connection.execute(select(tokens.c.value, tokens.c.expires_at).where(tokens.c.name == name)).one_or_none()
        return row and Token(*row)

    def put(self, name: str, token: Token) -> None:
        values = {"name": name, "value": token.value, "expires_at": token.expires_at}
        with self._database.write() as tx:
            dialect = sqlite if self._database.is_sqlite else postgresql
            tx.execute(dialect.insert(tokens).values(values).on_conflict_do_update(index_elements=["name"], set_=values))

    def drop(self, name: str, value: str) -> None:
        """Forget the token if it is still `value`."""
        with self._database.write() as tx:
            tx.execute(delete(tokens).where(tokens.c.name == name, tokens.c.value == value))

    @contextmanager
    def exclusive(self, name: str, wait_s: float) -> Iterator[bool]:
        """Hold the lease `name`, waiting up to `wait_s` real seconds for it. Yields whether it is held."""
        holder = secrets.token_hex(8)
        until = time.monotonic() + wait_s
        held = self._take(name, holder)
        while not held and time.monotonic() < until:
            time.sleep(_POLL_S)
            held = self._take(name, holder)
        try:
            yield held
        finally:
            if held:
                with self._database.write() as tx:
                    tx.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    def _take(self, name: str, holder: str) -> bool:
        now = clock.timestamp()
        values = {"holder": holder, "until": now + LEASE_S / clock.real_s(1.0)}
        try:
            with self._database.write() as tx:
                expired = update(leases).where(leases.c.name == name, leases.c.until < now).values(values)
                if not tx.execute(expired).rowcount:
                    tx.execute(insert(leases).values(name=name, **values))
        except IntegrityError:
            return False
        return True


def latest_expiry(connection: Connection) -> float | None:
    """Until when, in epoch seconds, the token holds that holds longest; None where there is none."""
    found: float | None = connection.execute(select(func.max(tokens.c.expires_at))).scalar_one()
    return found
