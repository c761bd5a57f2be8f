"""How apps are listed now: derived, never a snapshot."""

from bot import clock
from bot.model.case import listing
from bot.model.provider import App, Listing
from bot.store import cases, filings, providers
from bot.store.database import Tx


def of_app(tx: Tx, app: App) -> Listing:
    """What holds for an app now: its baseline less every measure in force, and less a withdrawal that was granted."""
    is_withdrawn = app.id in filings.withdrawn(tx, [app.id])
    return listing(app.baseline, cases.imposed_on(tx, app.provider_id, app.id), clock.now(), is_withdrawn=is_withdrawn)


def of_provider(tx: Tx, provider_id: int) -> list[tuple[App, Listing]]:
    """Every app of a provider, as it is listed now."""
    return [(app, of_app(tx, app)) for app in providers.apps(tx, provider_id)]
