"""Recognising what a template left for a person to fill in."""

import re
from collections.abc import Mapping

# What a template leaves for a person to fill in, in the ways in which people write it.
_UNFILLED = re.compile(
    r"\{\{?[^{}\n]{0,60}\}\}?|【[^】\n]{0,30}(?:待|填写|补充|此处)[^】\n]{0,30}】|_{3,}|＿{2,}|[xX×✕]{3,}|待填写|待补充|T[O]DO|TBD"
)

_MOST_CHARS = 64  # told of a placeholder: some have no bound


def unfilled(texts: Mapping[str, str]) -> dict[str, str]:
    """Of named texts, those that still hold a placeholder, with what was found."""
    found = {name: _UNFILLED.search(text) for name, text in texts.items()}
    return {name: match[0][:_MOST_CHARS] for name, match in found.items() if match}
