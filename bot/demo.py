"""`make demo`: sandbox, server and worker on this machine, on SQLite, stopped together."""

import base64
import json
import os
import secrets
import signal
import socket
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.settings import Settings, new_secret, split_bind

_ALPHANUMERIC = string.ascii_letters + string.digits
_DOCS = Path(__file__).parents[1] / "docs"
_START_S = 60.0
_STOP_S = 15.0


def run(data_dir: Path = Path("data")) -> int:
    """Start the three, say where they are, and wait for Ctrl-C. Returns 0 after a clean stop, 1 when something did not start."""
    environment = {**_surroundings(), **_settings(data_dir)}
    taken = [bind for bind in (environment["BIND"], environment["SANDBOX_BIND"]) if not _is_free(bind)]
    if taken:
        print(f"端口已被占用：{'、'.join(taken)}。请停掉占用它的程序，或换端口：BIND=… SANDBOX_BIND=… make demo")
        return 1
    asked = _Asked()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked.stop)
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in ("sandbox", "serve", "worker"):
            children.append(_start(command, environment, data_dir))
        _wait(environment, children, data_dir)
        has_menu = _run_once(["menu"], environment)
        _people(environment, data_dir)
        _announce(environment, data_dir)
        if not has_menu:
            print("应用菜单没有放好，不影响提问。")
        return _watch(children, data_dir, asked)
    except KeyboardInterrupt:
        return 0
    except _NotStarted as error:
        print(error)
        return 1
    finally:
        _stop(children)
        print("已停止。数据保留在", data_dir.resolve())


class _NotStarted(Exception):
    pass


class _Asked:
    """Whether somebody asked to stop: an interrupt may strike where Python swallows it, while something is being cleaned up."""

    def __init__(self) -> None:
        self.to_stop = False

    def stop(self, *_: object) -> None:
        self.to_stop = True
        raise KeyboardInterrupt


# Settings that whoever tries things out may give; all others are the demo's own.
_ADJUSTABLE = {"CLOCK_RATE", "FAILPOINT", "LOG_LEVEL", "RULES_ENCODER", "SENDER_LIMIT_PER_MINUTE", "WEB_WORKERS", "WEB_THREADS"}


def _surroundings() -> dict[str, str]:
    names = {name.upper() for name in Settings.model_fields} - _ADJUSTABLE
    return {name: value for name, value in os.environ.items() if name not in names}


def _settings(data_dir: Path) -> dict[str, str]:
    """Settings of the demo: made once, kept, so that a second run goes on with what the first one left."""
    file = data_dir / "demo.json"
    data_dir.mkdir(parents=True, exist_ok=True)
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if "AUDIT_KEY" not in kept:
        kept = {
            "AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "WECOM_CORPID": "ww" + secrets.token_hex(8),
            "WECOM_AGENTID": "1000002",
            "WECOM_SECRET": secrets.token_urlsafe(32),
            "WECOM_TOKEN": _random(20),
            "WECOM_AES_KEY": _random(43),
            "SECRET_KEY": new_secret(),
            **kept,
        }
        file.touch(mode=0o600)
        file.write_text(json.dumps(kept, indent=1))
    bind = os.environ.get("BIND", "127.0.0.1:8000")
    sandbox = os.environ.get("SANDBOX_BIND", "127.0.0.1:8001")
    addresses = {"WECOM_API_BASE": f"http://{sandbox}", "WECOM_OAUTH_BASE": f"http://{sandbox}", "PUBLIC_URL": f"http://{bind}"}
    # Everything a `.env` in this folder could set is said here: the demo must never touch what it points to.
    files = {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": f"sqlite:///{data_dir.resolve() / 'bot.db'}",
        "QUEUE_URL": f"sqlite:///{data_dir.resolve() / 'queue.db'}",
    }
    addresses["WECOM_TRUSTED_DOMAIN"] = "true"  # the stand-in trusts PUBLIC_URL
    return {**kept, **addresses, **files, "BIND": bind, "SANDBOX_BIND": sandbox, "ENV_FILE": os.devnull, "CLOCK_ORIGIN": str(time.time())}


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def _is_free(bind: str) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger after the last run don't count
        try:
            probe.bind(split_bind(bind))
        except OSError:
            return False
    return True


def _start(command: str, environment: Mapping[str, str], data_dir: Path) -> "subprocess.Popen[bytes]":
    """One child with its log in the data folder, in a group of its own so that Ctrl-C reaches it through us alone."""
    (data_dir / "logs").mkdir(exist_ok=True)
    with (data_dir / "logs" / f"{command}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", command], env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )


def _people(environment: Mapping[str, str], data_dir: Path) -> None:
    """Three operators and the stand-in's two providers, the first time; and the settings as a file, for commands in another shell."""
    known = data_dir / "demo.env"
    is_first = not known.exists()
    known.touch(mode=0o600)
    known.write_text("".join(f"{name}={value}\n" for name, value in _own(environment).items()))
    if is_first:
        first = ["--role=owner", "--role=operator"]  # the first needs nobody's leave
        _run_once(["operators", "add", "xiaolin", "--name=小林", "--mail=xiaolin@example.com", *first], environment)
        others = ["--role=approver", "--as=xiaolin"]  # one approves, and the other decides objections
        _run_once(["operators", "add", "xiaozhou", "--name=小周", "--mail=xiaozhou@example.com", *others], environment)
        _run_once(["operators", "add", "xiaochen", "--name=小陈", "--mail=xiaochen@example.com", *others], environment)
        _run_once(["providers", "import", str(_DOCS / "providers.example.csv"), "--as=xiaolin"], environment)


def _own(environment: Mapping[str, str]) -> dict[str, str]:
    """Of the environment, what the demo set itself."""
    names = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name in names}


def _run_once(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether it was done, and in good time."""
    program = [sys.executable, "-m", "bot", *words]
    try:
        done = subprocess.run(
            program, env=dict(environment), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_START_S
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _wait(environment: Mapping[str, str], children: "list[subprocess.Popen[bytes]]", data_dir: Path) -> None:
    waiting = [f"{environment['PUBLIC_URL']}/readyz", f"{environment['WECOM_API_BASE']}/"]
    until = time.monotonic() + _START_S
    while waiting:
        for child in children:
            if child.poll() is not None:
                raise _NotStarted(f"有一个进程没有启动成功，请看日志：{(data_dir / 'logs').resolve()}")
        if time.monotonic() > until:
            raise _NotStarted(f"启动超过 {_START_S:.0f} 秒，请看日志：{(data_dir / 'logs').resolve()}")
        waiting = [address for address in waiting if not _answers(address)]
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _announce(environment: Mapping[str, str], data_dir: Path) -> None:
    print(
        "规则助手已启动（SQLite，无需其他服务）：",
        f"  聊天沙箱   {environment['WECOM_API_BASE']}/        ← 用浏览器打开，像服务商管理员一样提问",
        f"  回调服务   {environment['PUBLIC_URL']}/wecom/callback",
        *_ways_in(environment),
        f"  健康检查   {environment['PUBLIC_URL']}/readyz   指标 {environment['PUBLIC_URL']}/metrics",
        "  发一份通知 在另一个终端：",
        f"    export ENV_FILE={data_dir / 'demo.env'}",
        f"    {_python()} -m bot cases open docs/case.example.toml --as xiaolin",
        f"    {_python()} -m bot cases submit V{time.strftime('%Y')}-000001 --as xiaolin",
        f"    {_python()} -m bot cases approve V{time.strftime('%Y')}-000001 --as xiaozhou     ← 王伟、李娜随即收到通知卡片",
        f"  日志       {(data_dir / 'logs').resolve()}",
        "按 Ctrl-C 停止。",
        sep="\n",
        flush=True,
    )


def _ways_in(environment: Mapping[str, str]) -> list[str]:
    """A link for each operator that signs in to the console once."""
    lines = []
    for login, name in (("xiaolin", "小林，运营、负责人"), ("xiaozhou", "小周，审批"), ("xiaochen", "小陈，审批")):
        program = [sys.executable, "-m", "bot", "operators", "link", login]
        done = subprocess.run(program, env=dict(environment), check=False, capture_output=True, text=True, timeout=_START_S)
        lines += [f"             {name}：{done.stdout.strip()}"] if done.returncode == 0 else []
    return ["  运营控制台 用下面的链接登录，每个只能用一次，一小时内有效：", *lines] if lines else []


def _python() -> str:
    """How to call this interpreter from where we are."""
    program = Path(sys.executable)
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def _watch(children: "list[subprocess.Popen[bytes]]", data_dir: Path, asked: _Asked) -> int:
    while not asked.to_stop:
        time.sleep(0.5)
        if any(child.poll() is not None for child in children):
            print(f"有一个进程意外退出，请看日志：{(data_dir / 'logs').resolve()}")
            return 1
    return 0


def _stop(children: "list[subprocess.Popen[bytes]]") -> None:
    """Ask every child to finish what it has in hand, the server first; end what does not. Pressing Ctrl-C again leaves none behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for child in reversed(children):
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + _STOP_S
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
