"""An access token as all processes share it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Token:
    """value: at most 512 bytes and more (path/91039); a secret. expires_at: epoch seconds."""

    value: str = field(repr=False)
    expires_at: float
