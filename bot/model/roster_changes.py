"""How a roster differs from what is known. What is missing in the file is left as it is: nobody is removed by being left out, an admin
leaves by a row that says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import UserMistake
from bot.model.provider import Admin, App, Provider
from bot.model.roster import Roster, WantedAdmin, WantedApp, WantedProvider
from bot.model.texts import providers as texts
from bot.model.texts import sheets as sheet_texts


@dataclass(slots=True, kw_only=True)
class Changes:
    """What a file changes. changed_…: what is known, and what is wanted of it. notes: sentences about rows that are odd, not wrong.

    codes: of the providers that are known, by id.
    """

    new_providers: list[WantedProvider] = field(default_factory=list)
    changed_providers: list[tuple[Provider, WantedProvider]] = field(default_factory=list)
    new_apps: list[WantedApp] = field(default_factory=list)
    changed_apps: list[tuple[App, WantedApp]] = field(default_factory=list)
    new_admins: list[WantedAdmin] = field(default_factory=list)
    changed_admins: list[tuple[Admin, WantedAdmin]] = field(default_factory=list)
    departed: list[Admin] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)
    codes: Mapping[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        people = self.new_admins or self.changed_admins or self.departed
        return bool(people or self.new_providers or self.changed_providers or self.new_apps or self.changed_apps)


def compare(roster: Roster, providers: Sequence[Provider], apps: Sequence[App], admins: Sequence[Admin], here: tuple[str, int]) -> Changes:
    """What the file changes in what is known. Raises UserMistake that names every line that contradicts it.

    admins: the departed too. here: corpid and agentid of the app that sends.
    """
    codes = {provider.id: provider.code for provider in providers}
    changes, wrong = Changes(codes=codes), list[tuple[int, str]]()
    _compare_providers(changes, roster.providers, {provider.code: provider for provider in providers})
    known_codes = {*codes.values(), *(one.code for one in roster.providers)}
    named = [(row.line, row.provider) for row in roster.apps] + [(row.line, row.provider) for row in roster.admins]
    wrong += [(line, texts.no_such_provider(code)) for line, code in named if code not in known_codes]
    wrong += _compare_apps(changes, roster.apps, {app.code: app for app in apps}, codes)
    wrong += _compare_admins(changes, roster.admins, admins, codes)
    if wrong:
        raise UserMistake(sheet_texts.mistakes(wrong))
    changes.notes = [*_alike(roster.admins, admins), *_elsewhere(roster.admins, here)]
    return changes


def _compare_providers(changes: Changes, wanted: Iterable[WantedProvider], known: Mapping[str, Provider]) -> None:
    for row in wanted:
        provider = known.get(row.code)
        if provider is None:
            changes.new_providers.append(row)
        elif provider.name != row.name:
            changes.changed_providers.append((provider, row))
        else:
            changes.unchanged += 1


def _compare_apps(
    changes: Changes, wanted: Iterable[WantedApp], known: Mapping[str, App], codes: Mapping[int, str]
) -> Iterable[tuple[int, str]]:
    for row in wanted:
        app = known.get(row.code)
        if app is None:
            changes.new_apps.append(row)
        elif codes[app.provider_id] != row.provider:
            yield row.line, texts.app_of_another(row.code, codes[app.provider_id])
        elif (app.name, app.baseline) != (row.name, row.baseline):
            changes.changed_apps.append((app, row))
        else:
            changes.unchanged += 1


def _compare_admins(
    changes: Changes, wanted: Sequence[WantedAdmin], known: Sequence[Admin], codes: Mapping[int, str]
) -> Iterable[tuple[int, str]]:
    speaking = {admin.address: admin for admin in known if admin.is_active}
    ever = {(codes[admin.provider_id], admin.address) for admin in known}
    leaving = {(row.provider, row.address) for row in wanted if row.has_left}
    for row in wanted:
        admin = speaking.get(row.address)
        of = codes[admin.provider_id] if admin else ""
        if row.has_left and admin and of == row.provider:
            changes.departed.append(admin)
        elif row.has_left and (row.provider, row.address) not in ever:
            yield row.line, texts.NEVER_ADMIN
        elif row.has_left:
            changes.unchanged += 1
        elif admin is None or (of, row.address) in leaving:
            changes.new_admins.append(row)
        elif of != row.provider:
            yield row.line, texts.admin_of_another(of)
        elif admin.name != row.name or row.mail not in (None, admin.mail):
            changes.changed_admins.append((admin, row))
        else:
            changes.unchanged += 1


def _alike(wanted: Iterable[WantedAdmin], known: Iterable[Admin]) -> Iterable[str]:
    """Rows whose person differs from another one in case only: WeCom answers in lower case, so these are worth a look."""
    staying = [row for row in wanted if not row.has_left]
    people = {admin.address for admin in known if admin.is_active} | {row.address for row in staying}
    folded: dict[tuple[str, int, str], set[str]] = {}
    for address in people:
        folded.setdefault((address.corpid, address.agentid, address.userid.lower()), set()).add(address.userid)
    for row in staying:
        others = folded[row.address.corpid, row.address.agentid, row.address.userid.lower()] - {row.address.userid}
        if others:
            yield texts.differs_in_case(row.line, min(others))


def _elsewhere(wanted: Iterable[WantedAdmin], here: tuple[str, int]) -> Iterable[str]:
    staying = (row for row in wanted if not row.has_left)
    return (texts.elsewhere(row.line) for row in staying if (row.address.corpid, row.address.agentid) != here)
