"""Evidence files of a case: what is known of them. The bytes lie elsewhere, under their SHA-256."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """name: as the operator's file was called. added_by: an operator's id."""

    id: int
    case_id: int
    name: str
    media_type: str
    bytes: int
    sha256: str
    added_by: int
    added_at: datetime
