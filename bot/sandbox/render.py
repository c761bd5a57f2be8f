"""Turns what the app sent into safe HTML: everything is escaped, then the few marks that WeCom shows are put in."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot import clock

_WEEKDAYS = "一二三四五六日"
_LINK = r"<a\s[^>]*?href\s*=\s*(?P<q>['\"]?)(?P<href>[^'\">\s]+)(?P=q)[^>]*>(?P<words>.*?)</a>"
_BARE = r"(?P<bare>https?://[^\s<>\"'，。；：！？）】》、]+)"
_TEXT = re.compile(f"{_LINK}|{_BARE}", re.IGNORECASE | re.DOTALL)
_CARD = re.compile(
    r"<br\s*/?>|<div\s+class\s*=\s*['\"]?(?P<shade>gray|normal|highlight)['\"]?\s*>(?P<inside>.*?)</div>", re.IGNORECASE | re.DOTALL
)
_INLINE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`|\[(?P<words>[^\]\n]+)\]\((?P<href>[^)\s]+)\)"
    r"|<font\s+color\s*=\s*['\"]?(?P<colour>info|comment|warning)['\"]?\s*>(?P<inside>.*?)</font>",
    re.IGNORECASE,
)
_ELEMENT_END = re.compile(r"<xml>|</\w+>(?=<\w|</xml>)")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")


def safe_url(url: object) -> str:
    """The address when a page may be opened with it, else ""."""
    return url if isinstance(url, str) and urlsplit(url).scheme in ("http", "https") else ""


def _anchor(url: str, words: Markup | str) -> Markup:
    if not safe_url(url):
        return escape(words)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, words)


def _replace(
    pattern: re.Pattern[str], text: str, mark: Callable[[re.Match[str]], Markup], rest: Callable[[str], Markup] = escape
) -> Markup:
    """`text` with every match given to `mark` and what stands between to `rest`."""
    parts, at = [], 0
    for match in pattern.finditer(text):
        parts += [rest(text[at : match.start()]), mark(match)]
        at = match.end()
    return Markup("").join([*parts, rest(text[at:])])


def text_html(content: str) -> Markup:
    """A text message: line breaks stay, <a href> and bare addresses can be pressed."""
    return _replace(_TEXT, content, lambda m: _anchor(m["bare"] or m["href"], m["bare"] or m["words"]))


def textcard_html(description: str) -> Markup:
    """A textcard's description: <br> and the three shades of <div>."""

    def mark(match: re.Match[str]) -> Markup:
        if match["shade"] is None:
            return Markup("<br>")
        return Markup('<div class="shade-{}">{}</div>').format(match["shade"].lower(), match["inside"])

    return _replace(_CARD, description, mark)


def markdown_html(content: str) -> Markup:
    """WeCom's subset: headings, bold, link, inline code, quote, three font colours."""
    lines = []
    for line in content.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading:
            lines.append(Markup('<p class="md-h md-h{}">{}</p>').format(len(heading[1]), _inline(heading[2])))
        elif line.startswith(">"):
            lines.append(Markup("<blockquote>{}</blockquote>").format(_inline(line[1:].strip())))
        else:
            lines.append(Markup("<p>{}</p>").format(_inline(line)) if line.strip() else Markup('<p class="md-gap"></p>'))
    return Markup("").join(lines)


def _inline(line: str) -> Markup:
    def mark(match: re.Match[str]) -> Markup:
        if match["bold"]:
            return Markup("<strong>{}</strong>").format(_inline(match["bold"]))
        if match["code"]:
            return Markup("<code>{}</code>").format(match["code"])
        if match["colour"]:
            return Markup('<span class="md-{}">{}</span>').format(match["colour"].lower(), _inline(match["inside"]))
        return _anchor(match["href"], match["words"])

    return _replace(_INLINE, line, mark, text_html)


def stamp(at: float) -> str:
    """When, as WeCom says it between two messages."""
    moment = datetime.fromtimestamp(at, clock.SHANGHAI)
    today = clock.now().astimezone(clock.SHANGHAI).date()
    hour = f"{moment:%H:%M}"
    if moment.date() == today:
        return hour
    if moment.date() == today - timedelta(days=1):
        return f"昨天 {hour}"
    if today - moment.date() < timedelta(days=7):
        return f"星期{_WEEKDAYS[moment.weekday()]} {hour}"
    return f"{moment.year}年{moment.month}月{moment.day}日 {hour}"


def clock_time(at: float) -> str:
    """Time of day to the second, for the technical view."""
    return f"{datetime.fromtimestamp(at, clock.SHANGHAI):%H:%M:%S}"


def xml_lines(xml: str) -> str:
    """Callback XML with one element a line, for reading."""
    return _ELEMENT_END.sub("\\g<0>\n", xml)


def size(size_bytes: int) -> str:
    """A file's size as people say it."""
    return f"{size_bytes / (1 << 20):.1f} MB" if size_bytes >= 1 << 20 else f"{max(1, size_bytes >> 10)} KB"


FILTERS = {
    "safe_url": safe_url,
    "text_html": text_html,
    "textcard_html": textcard_html,
    "markdown_html": markdown_html,
    "stamp": stamp,
    "clock_time": clock_time,
    "size": size,
    "xml_lines": xml_lines,
}
