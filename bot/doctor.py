"""`python -m bot doctor`: each setting and what hangs on it, one line each: fine, or what to do."""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from bot.errors import BadSetting, BotError, WecomError
from config.settings import Settings, is_loopback, load, split_bind

_CLOCK_OFF_S = 60.0  # the callback's staleness window is 300 s by default


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. say: what was found, or what to do about it."""

    name: str
    ok: bool
    say: str


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
    except _Problem as problem:
        return Finding(name, False, str(problem))
    except (BotError, OSError, urllib3.exceptions.HTTPError) as error:
        return Finding(name, False, f"{type(error).__name__}：{error}")


class _Problem(Exception):
    """What to do, in Chinese."""


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


def _secrets(_settings: Settings) -> str:
    file = Path(".env")
    if file.exists() and os.name == "posix" and file.stat().st_mode & 0o077:
        raise _Problem(".env 里有密钥，别人可读；请运行 chmod 600 .env")
    return "没有外泄的密钥文件"


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("DATA_DIR", _folder),
    (".env", _secrets),
    ("DATABASE_URL", _database),
    ("QUEUE_URL", _queue),
    ("规则", _rules),
    ("BIND", _bind),
    ("PUBLIC_URL", _public),
    ("时钟", _clock),
    ("企业微信接口", _api),
)
