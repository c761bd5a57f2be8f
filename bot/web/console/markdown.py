"""WeCom's markdown as a phone shows it: headings, bold, links, inline code, quotes and three colours (path/90236); all else as typed."""

import re

from markupsafe import Markup, escape

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s()]+)\)")
_COLOUR = re.compile(r"&lt;font color=(?:&#34;|&quot;|&#39;)(info|comment|warning)(?:&#34;|&quot;|&#39;)&gt;(.*?)&lt;/font&gt;")
_HEADING = re.compile(r"(#{1,6}) +(.*)")


def html(text: str) -> Markup:
    """Escaped first, then marked up: nothing that was typed becomes anything else than these."""
    return Markup("").join(_line(line) for line in text.split("\n"))


def _line(line: str) -> Markup:
    if match := _HEADING.fullmatch(line):
        return Markup('<p class="phone-heading">{}</p>').format(_inline(match[2]))
    if line.startswith(">"):
        return Markup('<p class="phone-quote">{}</p>').format(_inline(line[1:].lstrip()))
    return Markup("<p>{}</p>").format(_inline(line) if line.strip() else Markup("&nbsp;"))


def _inline(text: str) -> Markup:
    shown = str(escape(text))
    shown = _CODE.sub(r"<code>\1</code>", shown)
    shown = _BOLD.sub(r"<b>\1</b>", shown)
    shown = _LINK.sub(r'<span class="phone-link">\1</span>', shown)
    return Markup(_COLOUR.sub(r'<span class="phone-\1">\2</span>', shown))  # noqa: S704  escaped above
