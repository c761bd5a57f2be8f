"""What providers handed in as programs read it: the values that are printed as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.model.case_file import Recovery
from bot.model.filing import Filing, Round
from bot.model.review_page import ReviewPage, Waiting
from bot.model.texts import reviews as texts


def waiting(one: Waiting) -> dict[str, Any]:
    """A line of the list."""
    return {
        **_filing(one.filing),
        "provider": {"code": one.provider.code, "name": one.provider.name},
        "app": {"code": one.app.code, "name": one.app.name} if one.app else None,
        "case": one.case,
        "claimed_by": one.claimed_by,
    }


def page(one: ReviewPage) -> dict[str, Any]:
    """All of a filing."""
    measure = next((each.measure for each in one.case.measures if each.id == one.filing.measure_id), None) if one.case else None
    return {
        **waiting(one.waiting),
        "measure": measure,
        "parent": one.parent,
        "titles": {item.clause: item.title for item in one.filing.items},
        "rounds": [_round(each, one) for each in one.rounds],
        "files": [
            {
                **{name: value for name, value in asdict(file).items() if name not in ("filing_id", "admin_id")},
                "by": one.admins.get(file.admin_id, ""),
                "warnings": [texts.flag(flag) for flag in file.flags],
            }
            for file in one.files
        ],
        "recovery": recovery(one.recovery),
        "other_cases": [{"number": each.case.number, "state": each.case.state} for each in one.other_cases],
        "barred": one.is_barred,
    }


def recovery(one: Recovery) -> dict[str, Any]:
    """Where a case leads its apps."""
    return {
        "apps": [
            {"code": way.app.code, "name": way.app.name, "before": asdict(way.before), "now": asdict(way.now), "after": asdict(way.after)}
            for way in one.ways
        ],
        "others": [{"case": number, "measure": each.measure, "state": each.state} for number, each in one.others],
    }


def brief(filing: Filing) -> dict[str, Any]:
    """A filing where the case is known."""
    return _filing(filing)


_SHOWN = ("number", "kind", "state", "round", "is_late", "submitted_at", "due_at", "overdue_at", "decided_at", "claimed_until")
_PLACES = ("applied_at", "ended_at")


def _filing(filing: Filing) -> dict[str, Any]:
    return {name: getattr(filing, name) for name in (*_SHOWN, *_PLACES)}


def _round(one: Round, whole: ReviewPage) -> Mapping[str, Any]:
    return {
        "round": one.round,
        "content": one.content,
        "sha256": one.sha256,
        "by": whole.admins.get(one.admin_id, ""),
        "submitted_at": one.submitted_at,
        "outcome": one.outcome,
        "reasons": one.reasons,
        "remarks": one.remarks,
        "reviewer": whole.staff[one.reviewer_id] if one.reviewer_id else "",
        "decided_at": one.decided_at,
    }
