"""Notices as mail: a subject, plain words, and the same as HTML that carries its own styles, since mail programs keep no others."""

from collections.abc import Sequence
from html import escape

from bot.model.notice import Section, Statement
from bot.model.texts.notices import whole

_FONT = "-apple-system,BlinkMacSystemFont,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"
_READ_ONLY = "此链接只供您本人查看通知全文，不能代替确认；请勿转发。"
_HOW_TO_CONFIRM = "确认收到、提交整改报告或提出异议，请在企业微信中打开收到的通知卡片操作。"
_WHY = "您收到这封邮件，是因为您登记为该服务商的管理员。"


def notice(statement: Statement, name: str, url: str) -> tuple[str, str, str]:
    """(subject, text, HTML) of a notice for one admin. url: a link of their own, which reads and no more."""
    subject = f"{statement.title} {statement.number}"
    opening = f"{name}，您好：\n\n以下通知发给{statement.addressee}，请查收。{_HOW_TO_CONFIRM}"
    closing = f"查看全文：{url}\n{_READ_ONLY}\n\n{_WHY}"
    return subject, f"{opening}\n\n{whole(statement)}\n\n{closing}\n", _html(statement, name, url)


def plain(subject: str, paragraphs: Sequence[str]) -> tuple[str, str, str]:
    """(subject, text, HTML) of a short mail to our own staff. Of a paragraph of several lines the first is its heading."""
    body = "".join(_headed(paragraph) for paragraph in paragraphs)
    return subject, "\n\n".join(paragraphs) + "\n", _page(subject, f"{_heading(subject)}{body}")


def _html(statement: Statement, name: str, url: str) -> str:
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0;color:#6b7280;white-space:nowrap;vertical-align:top">{escape(key)}</td>'
        f'<td style="padding:4px 0;color:#111827">{escape(value)}</td></tr>'
        for key, value in (("通知编号", statement.number), *statement.lines, ("发出日期", statement.issued_on))
    )
    parts = [
        _heading(statement.title),
        _paragraph(f"{name}，您好："),
        _paragraph(f"以下通知发给{statement.addressee}，请查收。{_HOW_TO_CONFIRM}"),
        f'<table role="presentation" style="border-collapse:collapse;margin:16px 0;font-size:15px;line-height:1.6">{rows}</table>',
        *(_section(section) for section in statement.sections),
        f'<p style="margin:28px 0 8px"><a href="{escape(url)}" style="display:inline-block;padding:11px 24px;border-radius:6px;'
        'background:#1f5fbf;color:#ffffff;text-decoration:none;font-size:15px">查看全文</a></p>',
        _small(_READ_ONLY),
        f'<hr style="border:none;border-top:1px solid #e5e7eb;margin:28px 0 12px">{_small(_WHY)}',
    ]
    return _page(f"{statement.title} {statement.number}", "".join(parts))


def _section(section: Section) -> str:
    heading = f'<h2 style="margin:26px 0 8px;font-size:16px;line-height:1.5;color:#111827">{escape(section.heading)}</h2>'
    body = "".join(_paragraph(paragraph) for paragraph in section.paragraphs)
    if not section.is_quote:
        return heading + body
    return f'{heading}<blockquote style="margin:0;padding:2px 16px;border-left:3px solid #1f5fbf;background:#f4f7fc">{body}</blockquote>'


def _heading(words: str) -> str:
    return f'<h1 style="margin:0 0 16px;font-size:21px;line-height:1.4;color:#111827">{escape(words)}</h1>'


def _paragraph(words: str) -> str:
    return f'<p style="margin:8px 0;font-size:15px;line-height:1.75;color:#1f2937">{_lines(words)}</p>'


def _headed(words: str) -> str:
    first, line_end, rest = words.partition("\n")
    if not line_end:
        return _paragraph(words)
    return (
        '<p style="margin:0 0 20px;font-size:15px;line-height:1.75;color:#1f2937">'
        f'<strong style="color:#111827">{escape(first)}</strong><br>{_lines(rest)}</p>'
    )


def _lines(words: str) -> str:
    return escape(words).replace("\n", "<br>")


def _small(words: str) -> str:
    return f'<p style="margin:6px 0;font-size:13px;line-height:1.6;color:#6b7280">{escape(words)}</p>'


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title></head><body style="margin:0;background:#f3f4f6;font-family:{_FONT}">'
        '<div style="max-width:640px;margin:0 auto;padding:24px 12px">'
        '<div style="background:#ffffff;border-radius:10px;padding:28px 24px;word-break:break-word;overflow-wrap:anywhere">'
        f"{body}</div></div></body></html>"
    )
