"""Logs: one JSON line an event, on standard error, with ids as fields and never a body, secret or name."""

import logging
import sys
from typing import TextIO

import structlog

_STAMP: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# One list for the life of the process: loggers keep the one they first met, and `capture_logs` changes the one that is configured.
_PROCESSORS: list[structlog.typing.Processor] = [*_STAMP, structlog.processors.JSONRenderer(ensure_ascii=False)]


def configure(level: str = "INFO", stream: TextIO = sys.stderr) -> None:
    """Set up structlog and the standard library's logging for this process."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_STAMP, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(ensure_ascii=False)],
        )
    )
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), handlers=[handler], force=True)
