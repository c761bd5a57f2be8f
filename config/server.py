"""How the web server is run; the reasons are measurements."""

import os
from typing import Any

from granian.http import HTTP1Settings

from config.settings import Settings, split_bind


def granian(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of Granian for the callback server."""
    host, port = split_bind(settings.bind)
    return {
        "address": host,
        "port": port,
        "workers": settings.web_workers,
        "loop": "auto",  # uvloop where it is installed: a third less processor time a callback than asyncio's own
        "backlog": 1024,
        "backpressure": 4096,  # counts connections, idle ones too: a few hundred kept open must not shut out new ones
        "http": "1",  # with "auto" a silent connection is never closed
        "http1_settings": HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 << 10, pipeline_flush=False),
        "websockets": False,
        "respawn_failed_workers": True,  # else one dead worker ends the server
        "respawn_interval": 1.0,
        "workers_kill_timeout": 10,  # else SIGTERM waits for ever for a stalled client
        "log_access": False,
    }


def granian_console(settings: Settings) -> dict[str, Any]:
    """The same for a console that listens elsewhere than the callback. One process: few people read it."""
    host, port = split_bind(settings.console_bind or settings.bind)
    return {**granian(settings), "address": host, "port": port, "workers": 1}


def share_metrics(settings: Settings) -> None:
    """Let the processes of this machine share their counters; those of vanished processes go. Before bot.metrics is imported."""
    folder = settings.data_dir / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.resolve())
    for file in folder.glob("*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _is_running(int(pid)):
            file.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
