"""Time-based one-time codes (RFC 6238): six digits, 30 seconds, one step of clock drift either way."""

from __future__ import annotations

import hmac

import pyotp

from server.kit import clock

STEP_S = 30
DRIFT = 1
ISSUER = "Creator Studio"


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def uri(secret: str, handle: str) -> str:
    """The `otpauth:` address that authenticator apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=handle, issuer_name=ISSUER)


def current_step() -> int:
    """The number of the running time step."""
    return int(clock.now().timestamp()) // STEP_S


def code_at(secret: str, step: int) -> str:
    """The code of a time step (RFC 4226)."""
    return pyotp.HOTP(secret).at(step)


def matching_step(secret: str, code: str) -> int | None:
    """The step within the drift whose code this is; None for a wrong code. The caller refuses used steps."""
    now = current_step()
    matching = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(code_at(secret, step), code)
    ]
    return matching[-1] if matching else None
