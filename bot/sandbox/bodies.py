"""What message/send takes for each msgtype (path/90236): refused, cut silently, or shown as it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.sandbox.cards import check_card
from bot.sandbox.media import MediaStore
from bot.sandbox.refusals import Refused

TEXT_BYTES = 2_048
URL_BYTES = 2_048
_ARTICLES = 8
Body = dict[str, Any]


def cut_bytes(text: str, limit: int) -> str:
    """The first `limit` bytes as the platform cuts them: a character that is cut in two is gone."""
    return text.encode()[:limit].decode(errors="ignore")


def check_body(msgtype: object, request: Mapping[str, Any], media: MediaStore) -> Body:
    """The body as members see it. Raises Refused: 40008 unknown type, 44004 empty, 45002 too long, 40058 bad field, 40007 bad media."""
    check = _CHECKS.get(msgtype) if isinstance(msgtype, str) else None
    if check is None:
        raise Refused(40008)
    body = request.get(str(msgtype))
    if not isinstance(body, Mapping):
        raise Refused(44004 if msgtype in ("text", "markdown") else 40058, f"no {msgtype}")
    return check(body, media)


def _string(body: Mapping[str, Any], name: str, *, empty: int = 40058) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Refused(40058, name)
    if not value.strip() and empty:
        raise Refused(empty, name)
    return value


def _text(body: Mapping[str, Any], _: MediaStore) -> Body:
    return {"content": cut_bytes(_string(body, "content", empty=44004), TEXT_BYTES)}


def _markdown(body: Mapping[str, Any], _: MediaStore) -> Body:
    content = _string(body, "content", empty=44004)
    if len(content.encode()) > TEXT_BYTES:
        raise Refused(45002)
    return {"content": content}


def _url(body: Mapping[str, Any]) -> str:
    url = _string(body, "url")
    if len(url.encode()) > URL_BYTES:
        raise Refused(45002, "url")
    if not url.startswith(("http://", "https://")):
        raise Refused(40058, "url")
    return url


def _textcard(body: Mapping[str, Any], _: MediaStore) -> Body:
    return {
        "title": _string(body, "title")[:128],
        "description": _string(body, "description")[:512],
        "url": _url(body),
        "btntxt": _string(body, "btntxt", empty=0)[:4] or "详情",
    }


def _news(body: Mapping[str, Any], _: MediaStore) -> Body:
    articles = body.get("articles")
    if not isinstance(articles, Sequence) or isinstance(articles, str) or not 1 <= len(articles) <= _ARTICLES:
        raise Refused(40058, "articles")
    return {"articles": [_article(article) for article in articles]}


def _article(article: object) -> Body:
    if not isinstance(article, Mapping):
        raise Refused(40058, "articles")
    picurl = _string(article, "picurl", empty=0)
    return {
        "title": cut_bytes(_string(article, "title"), 128),
        "description": cut_bytes(_string(article, "description", empty=0), 512),
        "url": _url(article),
        "picurl": picurl if picurl.startswith(("http://", "https://")) else "",
    }


def _medium(kind: str) -> Callable[[Mapping[str, Any], MediaStore], Body]:
    def check(body: Mapping[str, Any], media: MediaStore) -> Body:
        medium = media.get(_string(body, "media_id", empty=40007), (kind,))
        shown = {"media_id": medium.media_id, "filename": medium.filename, "size_bytes": len(medium.content)}
        if kind == "video":
            shown["title"] = cut_bytes(_string(body, "title", empty=0), 128)
            shown["description"] = cut_bytes(_string(body, "description", empty=0), 512)
        return shown

    return check


def _template_card(body: Mapping[str, Any], _: MediaStore) -> Body:
    return check_card(body)


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], MediaStore], Body]] = {
    "text": _text,
    "markdown": _markdown,
    "textcard": _textcard,
    "news": _news,
    "template_card": _template_card,
    **{kind: _medium(kind) for kind in ("image", "voice", "video", "file")},
}
