"""`python -m bot doctor`: each setting and what hangs on it, one line each: fine, or what to do."""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3

from bot.errors import BadSetting, BotError, MailError, Unavailable, WecomError
from bot.model.provider import ENOUGH_ADMINS
from config.settings import Settings, is_loopback, load, split_bind

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CLOCK_OFF_S = 60.0  # the callback's staleness window is 300 s by default


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. say: what was found, or what to do about it. is_warning: it works, and somebody should see to it all the same."""

    name: str
    ok: bool
    say: str
    is_warning: bool = False


def examine() -> Iterator[Finding]:
    """Check everything that can be checked from here; what depends on a broken setting is left out."""
    try:
        settings = load()
    except BadSetting as error:
        for problem in error.problems:
            name, _, what = problem.partition(": ")
            yield Finding(name, False, what or problem)
        return
    yield Finding("设置", True, "齐全，格式正确（WECOM_AES_KEY 43 位，WECOM_TOKEN 不超过 32 位）")
    yield from _rotation(settings)
    for name, check in CHECKS:
        yield _checked(name, check, settings)


def _rotation(settings: Settings) -> Iterator[Finding]:
    if settings.wecom_token_old:
        yield Finding("密钥轮换", True, "新旧两套 Token/AESKey 都接受；企业微信后台保存新值后请删去 *_OLD")


def _checked(name: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, True, check(settings))
    except _Warning as warning:
        return Finding(name, True, str(warning), is_warning=True)
    except _Problem as problem:
        return Finding(name, False, str(problem))
    except (BotError, OSError, urllib3.exceptions.HTTPError) as error:
        return Finding(name, False, f"{type(error).__name__}：{error}")


class _Problem(Exception):
    """What to do, in Chinese."""


class _Warning(Exception):
    """What somebody should see to although it works, in Chinese."""


def _folder(settings: Settings) -> str:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        raise _Problem(f"{settings.data_dir.resolve()} 不能写入，请检查权限和磁盘空间") from error
    return f"{settings.data_dir.resolve()} 可写"


def _database(settings: Settings) -> str:
    from bot.store import migrate
    from bot.store.database import Database

    database = Database(settings.database)
    current, head = migrate.current(database), migrate.head()
    if current == head:
        return f"可连接，版本 {current}"
    if database.is_sqlite:
        return "可用，首次启动时自动建表"
    raise _Problem("可连接，但还没有升级；请运行 python -m bot migrate")


def _staff(settings: Settings) -> str:
    from bot.model.operator import Role
    from bot.model.texts import operators as texts
    from bot.store import cases, operators

    with _reading(settings) as connection:
        active = operators.active(connection)
        permanent = cases.any_under(connection, "4.4")
    runners = sum(one.may(Role.OPERATOR) or one.may(Role.APPROVER) for one in active)
    enough, say = texts.staff(runners, sum(one.may(Role.APPROVER) for one in active), permanent=permanent)
    if not enough:
        raise _Warning(say)
    return say


def _admins(settings: Settings) -> str:
    from bot.store import providers

    with _reading(settings) as connection:
        found = providers.standings(connection, settings.wecom_corpid, settings.wecom_agentid)
    short = sum(one.is_short for one in found)
    if short:
        raise _Warning(f"{short} 家服务商可送达的管理员不足 {ENOUGH_ADMINS} 人；见 python -m bot providers list --short")
    return f"{len(found)} 家服务商，可送达的管理员都不少于 {ENOUGH_ADMINS} 人" if found else "还没有登记服务商"


def _audit(settings: Settings) -> str:
    from bot import clock
    from bot.actions import heads
    from bot.model.head import day_of
    from bot.store import heads as stored

    key = heads.signing_key(settings)
    if key is None:
        raise _Warning("未设置：审计日结和证据包没有签名；请运行 python -m bot audit key 生成")
    with _reading(settings) as connection:
        last, begun = stored.latest(connection), stored.first_event_at(connection)
    oldest_fine = day_of(clock.now() - timedelta(days=2))
    if begun and day_of(begun) <= oldest_fine and (last is None or last.day < oldest_fine):
        raise _Warning(f"最近一份审计日结是 {last.day if last else '——'}，应当每天都有；请检查发送进程是否在运行")
    return f"审计日结已签名，公钥指纹 {key.id[:16]}"


@contextmanager
def _reading(settings: Settings) -> "Iterator[Connection]":
    """The database, where it is there and of this version; what is wrong with it is the finding of `_database`."""
    from bot.store import migrate
    from bot.store.database import Database

    try:
        database = Database(settings.database)
        current = migrate.current(database)
    except (Unavailable, OSError) as error:
        raise _Warning("数据库可用后再查") from error
    try:
        if current != migrate.head():
            raise _Warning("数据库升级后再查")
        with database.read() as connection:
            yield connection
    finally:
        database.dispose()


def _mail(settings: Settings) -> str:
    from bot.mail import Post

    if not settings.smtp_url:
        raise _Warning("未设置：不发邮件；企业微信出问题时，通知和告警都没有别的路可走")
    try:
        Post(settings.smtp_url, settings.mail_from).check()
    except MailError as error:
        raise _Problem(f"邮件服务器不能用（{error}）；请检查地址、端口、用户名和密码，以及 MAIL_FROM 是否允许作发件人") from error
    return f"可连接，可以用 {settings.mail_from} 发信"


def _files(settings: Settings) -> str:
    from bot.files import folder

    where = folder(settings)
    nearest = next(path for path in (where, *where.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise _Problem(f"{where} 不能写入，请检查权限")
    return f"{where.absolute()} 可写"


def _queue(settings: Settings) -> str:
    from bot.tasks import Queue

    try:
        waiting = Queue(settings.queue).waiting()
    except Exception as error:
        raise _Problem(f"QUEUE_URL 指向的队列连不上（{type(error).__name__}）") from error
    return f"可连接，{waiting} 个任务在等待"


def _rules(settings: Settings) -> str:
    import rules

    started = time.perf_counter()
    book = rules.load(encoder="off" if settings.rules_encoder == "off" else "auto")
    answer = book.ask("应用被取消推荐后怎么恢复？")
    if not answer.clause:
        raise _Problem("规则正文已载入，但试问一题没有答出，请重新运行 make setup")
    return f"{book.version} 版，{len(book.clauses)} 条，试问一题 {time.perf_counter() - started:.1f} 秒"


def _api(settings: Settings) -> str:
    from bot.wecom.client import Client
    from bot.wecom.tokens import MemoryTokens

    secret = settings.wecom_secret.get_secret_value()
    # Tokens of its own: a database that is away or new is another finding.
    client = Client(settings.wecom_api_base, settings.wecom_corpid, settings.wecom_agentid, secret, MemoryTokens())
    try:
        ips = client.getcallbackip()
    except WecomError as error:
        raise _Problem(_API_ADVICE.get(error.errcode, f"企业微信返回 {error.errcode}，请按错误码查官方文档")) from error
    return f"{settings.wecom_api_base} 可用，凭证有效（回调来源 {len(ips)} 个地址）"


_API_ADVICE = {
    -2: "WECOM_API_BASE 连不上，请检查网络、代理和地址",
    40001: "WECOM_SECRET 不对，或已在后台重置；请从应用详情页重新复制",
    40013: "WECOM_CORPID 不对；请从“我的企业”页底部复制",
    60020: "本机出口 IP 不在应用的“企业可信 IP”里；添加后约一分钟生效",
}


def _clock(settings: Settings) -> str:
    try:
        answer = urllib3.PoolManager().request("HEAD", settings.wecom_api_base, timeout=5.0, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise _Problem(_API_ADVICE[-2] + "，时间未能比较") from error
    date = answer.headers.get("Date")
    if not date:
        return "对方没有给出时间，未比较"
    theirs: datetime = parsedate_to_datetime(date)
    off_s = time.time() - theirs.timestamp()
    if abs(off_s) > _CLOCK_OFF_S:
        raise _Problem(f"本机时间偏差 {off_s:.0f} 秒，回调会被当作过期拒绝；请开启 NTP 校时")
    return f"偏差 {abs(off_s):.0f} 秒"


def _bind(settings: Settings) -> str:
    host, port = split_bind(settings.bind)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0:  # noqa: S104
            return f"{settings.bind} 上已有服务在运行"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _Problem(f"{settings.bind} 不能监听（{error.strerror}），请换一个 BIND") from error
    return f"{settings.bind} 可监听"


def _public(settings: Settings) -> str:
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https" and not is_loopback(settings.public_url):
        raise _Problem("PUBLIC_URL 应为 https:// 开头的公网地址")
    return f"企业微信后台的回调 URL 填 {settings.public_url}/wecom/callback"


def _console(settings: Settings) -> str:
    parts = urlsplit(settings.console)
    if parts.hostname in ("0.0.0.0", "::"):  # noqa: S104
        raise _Warning(f"登录链接会写成 {settings.console}，别的电脑打不开；请把 CONSOLE_URL 设为运营人员打开控制台的地址")
    if parts.scheme != "https" and not is_loopback(settings.console):
        raise _Warning(f"{settings.console} 不是 https，密码和会话会明文传输；请在前面加 TLS，并把 CONSOLE_URL 设为 https:// 开头的地址")
    return f"运营人员打开 {settings.console}/"


def _secrets(_settings: Settings) -> str:
    file = Path(".env")
    if file.exists() and os.name == "posix" and file.stat().st_mode & 0o077:
        raise _Problem(".env 里有密钥，别人可读；请运行 chmod 600 .env")
    return "没有外泄的密钥文件"


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("DATA_DIR", _folder),
    (".env", _secrets),
    ("DATABASE_URL", _database),
    ("运营人员", _staff),
    ("服务商管理员", _admins),
    ("AUDIT_KEY", _audit),
    ("QUEUE_URL", _queue),
    ("FILES_URL", _files),
    ("SMTP_URL", _mail),
    ("规则", _rules),
    ("BIND", _bind),
    ("PUBLIC_URL", _public),
    ("控制台", _console),
    ("时钟", _clock),
    ("企业微信接口", _api),
)
