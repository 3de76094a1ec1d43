"""What another process computes."""

import hashlib


def hashed(text: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"salt", 30_000).hex()
