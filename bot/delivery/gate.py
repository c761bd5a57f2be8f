"""Keeping calls other than sends inside the rates of their API and of this address, for all processes together (path/90454)."""

from datetime import timedelta

from bot import clock
from bot.delivery import pacing, rests
from bot.errors import WecomError
from bot.store import claims, pauses
from bot.store.database import Database
from bot.store.pauses import Pause
from bot.wecom.limits import RATE_LIMIT, Rates

_FORGIVEN_AFTER = timedelta(hours=2)  # longer than the longest window of these rates


class Gate:
    """What a client asks before such a call, and tells when the platform had enough. Sends and card changes are the engine's to count."""

    def __init__(self, database: Database, corpid: str, rates: Rates | None = None) -> None:
        self._database = database
        self._corpid = corpid
        self._rates = rates or Rates()

    def enter(self, api: str) -> None:
        """Count one call. Raises WecomError 45009 for one that the platform would refuse, and so would take ill."""
        now = clock.now()
        buckets = pacing.of_api(self._corpid, api, self._rates)
        with self._database.write() as tx:
            claims.take_turn(tx)
            pause = pauses.all_of(tx).get(rests.of_api(self._corpid, api))
            if (pause and pause.until_at > now) or any(bucket.left(tx, now) < 1 for bucket in buckets):
                raise WecomError(RATE_LIMIT, f"{api}: not called, its rate is used up")
            for bucket in buckets:
                bucket.take(tx, 1, now)

    def blocked(self, api: str) -> None:
        """The platform answered 45009: nobody calls this API until the window is over."""
        now, name = clock.now(), rests.of_api(self._corpid, api)
        with self._database.write() as tx:
            known = pauses.all_of(tx).get(name)
            if known and known.until_at > now:
                return
            strikes = known.strikes + 1 if known and now - known.until_at < _FORGIVEN_AFTER else 1
            until = now + timedelta(seconds=rests.window_s(strikes))
            pause = Pause(name=name, errcode=RATE_LIMIT, strikes=strikes, since_at=now, until_at=until)
            if not pauses.begin(tx, pause):
                pauses.change(tx, pause)
