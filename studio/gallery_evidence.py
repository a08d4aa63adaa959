"""Made-up evidence for the pictures and the tests: two faces, their traces, lips that lag behind."""

from __future__ import annotations

import math
from typing import Any, Final

from server.forensics.rules import Abstained, Slot
from server.forensics.schemas import BoxView, CurveView, SignalView, SpanView

FIRST, SECOND = 7, 3
"""The tracks of the two faces: what a server numbers need not begin at 1."""
LAG_MS: Final = 240
_STEP_MS: Final = 20


def box(t_ms: int, x_bp: int, y_bp: int, side_bp: int = 1_800, *, track: int | None = FIRST) -> BoxView:
    """A box that is square in a picture of 16:9."""
    return BoxView(
        t_ms=t_ms, x_bp=x_bp, y_bp=y_bp, width_bp=side_bp, height_bp=side_bp * 16 // 9, track=track
    )


def signal(slot: Slot, name: str, value: float | None = None, **more: Any) -> SignalView:
    """One made-up measurement."""
    values: dict[str, Any] = {
        "slot": slot,
        "detector": "demo",
        "version": "1",
        "name": name,
        "value": value,
        "score_bp": None,
        "reliability_bp": 6_200,
        "abstained": None,
    }
    return SignalView(**values | more)


def faces() -> list[SignalView]:
    """Where the faces are, and the traces that were measured on each."""
    face = Slot.FACE_MANIPULATION
    walk = [box(t, 3_000 + t // 10, 2_400) for t in range(0, 9_001, 600)]
    beside = [box(t, 700, 3_000, 1_200, track=SECOND) for t in range(2_000, 4_001, 500)]
    small = {"track": SECOND, "reliability_bp": 2_100}
    return [
        signal(face, "face_px", 212, track=FIRST, boxes=walk, spans=[SpanView(start_ms=0, end_ms=9_000)]),
        signal(face, "face_px", 96, boxes=beside, spans=[SpanView(start_ms=2_000, end_ms=4_000)], **small),
        signal(face, "face_ring_noise", -0.42, track=FIRST, boxes=walk[2:5]),
        signal(face, "edge_noise", 0.31, track=FIRST, boxes=walk[1:3]),
        signal(face, "mouth_eye_sharpness", -0.55, track=FIRST, boxes=walk[10:13]),
        signal(face, "jitter", 0.62, track=FIRST),
        signal(face, "face_ring_noise", 0.06, boxes=beside[:2], **small),
        signal(face, "edge_noise", None, abstained=Abstained.FACE_TOO_SMALL, **small),
    ]


def voice() -> list[SignalView]:
    """How the voice sounds."""
    spoken = [SpanView(start_ms=400, end_ms=3_100), SpanView(start_ms=3_900, end_ms=8_200)]
    slot = Slot.VOICE_SYNTHESIS
    return [
        signal(slot, "pitch_jitter", -4.21, spans=spoken),
        signal(slot, "pitch_spread", 0.61),
        signal(slot, "clarity", 0.83),
        signal(slot, "average_ripple", 0.34),
    ]


def words() -> list[SignalView]:
    """What is said and written, and what of it abuses."""
    slot = Slot.HATE_SPEECH
    heard = [
        SpanView(start_ms=1_000, end_ms=3_000, note="so this is the one that i told you of"),
        SpanView(start_ms=4_000, end_ms=6_000, note="people like them do not belong here"),
    ]
    read = [SpanView(start_ms=5_000, end_ms=7_000, note="GO HOME")]
    hits = [
        SpanView(start_ms=4_000, end_ms=6_000, score_bp=7_200, note="people like them do not belong here"),
        SpanView(start_ms=5_000, end_ms=7_000, score_bp=6_100, note="GO HOME"),
    ]
    written = BoxView(t_ms=5_000, x_bp=1_000, y_bp=7_600, width_bp=4_000, height_bp=1_200)
    return [
        signal(slot, "screen_text", 1.0, spans=read, boxes=[written]),
        signal(slot, "transcript", 2.0, spans=heard, reliability_bp=4_800),
        signal(slot, "abusive_language", 2.0, spans=hits, boxes=[written]),
    ]


def provenance(rank: int = 2) -> list[SignalView]:
    """Content credentials of this rank (0 none .. 3 trusted), and what the container says."""
    slot, sure = Slot.PROVENANCE, {"reliability_bp": 10_000}
    word = ("none", "invalid", "valid", "trusted")[rank]
    return [
        signal(slot, "container", note="mov,mp4,m4a,3gp,3g2,mj2", **sure),
        signal(slot, "video", 30.0, note="h264 1920x1080 yuv420p", **sure),
        signal(slot, "manifest", float(rank), note=word, **sure),
        *([signal(slot, "issuer", note="Made-up Camera Works", **sure)] if rank else []),
    ]


def lips() -> list[SignalView]:
    """Curves of mouth and speech, six seconds of them, the sound too late."""
    count = 6_000 // _STEP_MS

    def syllables(ms: float) -> float:
        return max(0.0, math.sin(ms / 160) + 0.6 * math.sin(ms / 410 + 1)) * (
            0.3 + 0.7 * (ms % 2_600 < 1_900)
        )

    opening: list[float | None] = [
        None if 1_500 <= n * _STEP_MS < 1_620 else 0.05 + 0.3 * syllables(n * _STEP_MS) for n in range(count)
    ]
    loud: list[float | None] = [-2.6 + 1.4 * syllables(n * _STEP_MS - LAG_MS) for n in range(count)]
    lags: list[float | None] = [
        3.1 * math.exp(-(((at - LAG_MS) / 110) ** 2)) + 0.3 * math.sin(at / 70)
        for at in range(-500, 501, _STEP_MS)
    ]
    curves = [
        CurveView(name="mouth_opening", unit="", start_ms=3_000, step_ms=_STEP_MS, values=opening),
        CurveView(name="speech_envelope", unit="", start_ms=3_000, step_ms=_STEP_MS, values=loud),
        CurveView(name="agreement_by_lag", unit="", start_ms=-500, step_ms=_STEP_MS, values=lags),
    ]
    slot, where = Slot.LIP_SYNC, [SpanView(start_ms=3_000, end_ms=9_000)]
    return [
        signal(slot, "sync_surprise", 0.4, track=FIRST, curves=curves, spans=where),
        signal(slot, "sync_trace", 0.18, track=FIRST, spans=where),
        signal(slot, "sync_offset_ms", float(LAG_MS), track=FIRST, spans=where),
    ]
