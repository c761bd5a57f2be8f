"""How the web server is run; the reasons are measurements."""

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
        "blocking_threads": settings.web_threads,
        "backlog": 1024,
        "backpressure": settings.web_threads * 4,
        "http": "1",  # with "auto" a silent connection is never closed
        "http1_settings": HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 << 10, pipeline_flush=False),
        "websockets": False,
        "respawn_failed_workers": True,  # else one dead worker ends the server
        "respawn_interval": 1.0,
        "workers_kill_timeout": 10,  # else SIGTERM waits for ever for a stalled client
        "log_access": False,
    }
