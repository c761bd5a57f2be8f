"""Signatures (Ed25519, RFC 8032): who holds AUDIT_KEY can say what the trail was; who has its public half can check it."""

import base64
import secrets

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from bot.model.canonical import sha256

SEED_BYTES = 32


def new_key() -> str:
    """A fresh value good for AUDIT_KEY: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(SEED_BYTES)).decode()


def seed(text: str) -> bytes:
    """The bytes of an AUDIT_KEY. Raises ValueError for anything but 32 bytes in base64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    if len(raw) != SEED_BYTES:
        raise ValueError(f"not {SEED_BYTES} bytes")
    return raw


class Key:
    """The private half. public: the other half in base64. id: its SHA-256 in hex, short enough to compare by reading it out."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no AUDIT_KEY."""
        key = ECC.construct(curve="Ed25519", seed=seed(text))
        self._signer = eddsa.new(key, "rfc8032")
        self.public = base64.b64encode(key.public_key().export_key(format="raw")).decode()

    @property
    def id(self) -> str:
        return key_id(self.public)

    def sign(self, raw: bytes) -> str:
        """In base64."""
        return base64.b64encode(self._signer.sign(raw)).decode()


def key_id(public: str) -> str:
    """Of a public key in base64, however it is spelt."""
    return sha256(base64.b64decode(public))


def is_signed(raw: bytes, signature: str, public: str) -> bool:
    """Whether the holder of this public key's other half signed these bytes. What is no key or signature did not sign."""
    try:
        key = eddsa.import_public_key(base64.b64decode(public, validate=True))
        eddsa.new(key, "rfc8032").verify(raw, base64.b64decode(signature, validate=True))
    except ValueError:
        return False
    return True
