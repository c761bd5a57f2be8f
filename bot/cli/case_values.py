"""Cases, a provider's history and deliveries as programs read them: the values that are printed as JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bot.cli import filing_values
from bot.model.case import Case
from bot.model.case_file import CaseFile, Errand, Issued, Listed
from bot.model.delivered import Told
from bot.model.history import Duty, History
from bot.model.provider import Address, App, Provider
from bot.model.queue import Waits

_INNER = ("id", "provider_id", "app_id", "author_id", "approver_id", "second_approver_id", "measures")  # ids of rows mean nothing outside


def listed(one: Listed) -> dict[str, Any]:
    """A case with whom it is about."""
    return {**_case(one.case), "provider": _named(one.provider), "app": _named(one.app) if one.app else None}


def file(whole: CaseFile) -> dict[str, Any]:
    """All of a case."""
    case = whole.case
    return {
        **listed(whole.listed),
        "author": whole.staff[case.author_id],
        "approvers": [whole.staff[who] for who in (case.approver_id, case.second_approver_id) if who],
        "evidence": [{**_without(asdict(one), "id", "case_id"), "added_by": whole.staff[one.added_by]} for one in whole.evidence],
        "notices": [_issued(one) for one in whole.notices],
        "ladder": [asdict(one) for one in whole.ladder],
        "tasks": [asdict(one) for one in whole.errands],
        "filings": [filing_values.brief(one) for one in whole.filings],
        "recovery": filing_values.recovery(whole.recovery) if whole.recovery else None,
        "notes": [{"author": whole.staff[one.author_id], "at": one.at, "text": one.text} for one in whole.notes],
    }


def errand(one: Errand) -> dict[str, Any]:
    """Something that one of our staff has to do."""
    return asdict(one)


def waiting(one: Waits) -> dict[str, Any]:
    """The same as a line of what waits."""
    named = ("id", "kind", "detail", "case", "since", "due_at")
    return {name: getattr(one, name) for name in named}


def history(whole: History) -> dict[str, Any]:
    """A provider's past and present."""
    standing = whole.standing
    return {
        "provider": _named(standing.provider),
        "reachable": standing.reachable,
        "short": standing.is_short,
        "barred": whole.is_barred,
        "admins": [{**_address(one.address), "name": one.name, "unreachable": one.unreachable} for one in whole.admins],
        "apps": [
            {**_named(one.app), "baseline": asdict(one.app.baseline), "now": asdict(one.now), "withdrawn": one.is_withdrawn}
            for one in whole.apps
        ],
        "cases": [listed(one) for one in whole.cases],
        "duties": [_duty(one) for one in whole.duties],
    }


def told(notices: Iterable[Told]) -> list[dict[str, Any]]:
    """Who has which notice."""
    return [
        {
            "notice": one.notice.number,
            "kind": one.notice.kind,
            "created_at": one.notice.created_at,
            "people": [
                {
                    **_address(person.address),
                    "name": person.name,
                    "level": person.level,
                    "active": person.is_active,
                    "seen_at": person.seen_at,
                    "confirmed_at": person.confirmed_at,
                    "sent": [asdict(each) for each in person.sent],
                }
                for person in one.people
            ],
        }
        for one in notices
    ]


def _case(case: Case) -> dict[str, Any]:
    measures = [_without(asdict(one), "id", "version") for one in case.measures]
    return {**_without(asdict(case), *_INNER), "measures": measures}


def _issued(one: Issued) -> dict[str, Any]:
    notice = one.notice
    return {
        "number": notice.number,
        "kind": notice.kind,
        "created_at": notice.created_at,
        "sha256": notice.sha256,
        "receipts": [{**_address(given.address), "name": given.name, "how": given.how, "at": given.at} for given in one.receipts],
        "views": [{**_address(address), "how": how, "at": at} for address, how, at in one.views],
    }


def _duty(one: Duty) -> dict[str, Any]:
    return asdict(one)


def _named(one: Provider | App) -> dict[str, Any]:
    return {"code": one.code, "name": one.name}


def _address(address: Address) -> dict[str, Any]:
    return {"corpid": address.corpid, "agentid": address.agentid, "userid": address.userid}


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
