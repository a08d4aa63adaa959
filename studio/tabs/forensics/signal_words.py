"""What each signal is called, what it means and how its value is written. Free of Qt."""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """A signal in the moderator's words; `shape` formats its value, "" where the value says nothing."""

    title: str
    meaning: str
    shape: str = "{:.2f}"


_RATIO: Final = "{:+.2f}"

SIGNALS: Final[dict[str, Words]] = {
    # Faces
    "face_px": Words("Size of the face", "Too small a face hides what was done to it.", "{:.0f} px"),
    "mouth_eye_sharpness": Words(
        "Mouth against eyes", "A mouth that is softer than the eyes may have been made anew.", _RATIO
    ),
    "mouth_cheek_noise": Words(
        "Noise of the mouth", "Other noise than the cheeks' is a trace of a mouth put in.", _RATIO
    ),
    "face_ring_noise": Words(
        "Noise of the face", "Other noise than around it is a trace of a face put in.", _RATIO
    ),
    "edge_noise": Words("Edge of the face", "A smooth or rough outline may be the seam of a mask.", _RATIO),
    "face_ring_ela": Words(
        "Compression of the face", "A face compressed more or less often than its surroundings.", _RATIO
    ),
    "face_ring_sharpness": Words(
        "Sharpness of the face", "A face softer or sharper than what is beside it.", _RATIO
    ),
    "high_frequency_share": Words("Fine detail", "Generators leave out or overdo the finest detail.", _RATIO),
    "spectrum_residual": Words(
        "Pattern in the spectrum", "Upscaling inside a generator leaves a regular pattern."
    ),
    "jitter": Words("Unrest of the face", "A face made frame by frame trembles.", "{:.2f} %"),
    "mouth_jitter": Words("Unrest of the mouth", "A mouth that trembles more than the head.", _RATIO),
    "face_signals": Words("Traces in the face", "Noise, edges, spectrum and sharpness of the face.", ""),
    # Voice
    "pitch_jitter": Words("Steadiness of pitch", "Machine voices may hold their pitch too evenly.", _RATIO),
    "pitch_spread": Words("Range of pitch", "How far the voice rises and falls.", "{:.2f} octaves"),
    "shimmer": Words("Steadiness of loudness", "Machine voices may be too even from one moment on.", _RATIO),
    "clarity": Words("Clearness of the voice", "How pure its tone is; machines are often purer."),
    "clarity_spread": Words("Change of clearness", "Living voices change between clear and breathy."),
    "voiced_share": Words("Share of tone", "How much of the speech has a tone."),
    "flatness": Words(
        "Flatness of the sound", "Noise-like or tone-like; vocoders differ from throats.", _RATIO
    ),
    "cepstral_movement": Words("Quick change of colour", "How fast the colour of the voice moves.", _RATIO),
    "cepstral_slow_movement": Words(
        "Slow change of colour", "How far the colour of the voice moves.", _RATIO
    ),
    "average_ripple": Words("Ripple of the average", "Vocoders leave ripples in the long average."),
    "group_delay_spread": Words("Spread of phase", "How natural the phases of the voice are."),
    "stretch_spread": Words("Rhythm of speech", "Machines speak in stretches of like length."),
    "loudness_spread": Words("Range of loudness", "Machines speak at an even loudness."),
    "voice_signals": Words("Traces in the voice", "Pitch, harmonics and rhythm of the voice.", ""),
    # Lips
    "sync_surprise": Words(
        "Lips go with the speech",
        "How much better than with shifted sound; low means that they disagree.",
        "{:.1f} standard deviations",
    ),
    "sync_trace": Words("Strength of the agreement", "How closely movement and speech go together."),
    "sync_offset_ms": Words("Lag of the sound", "More than 0: the sound comes late.", "{:+.0f} ms"),
    "lip_sync": Words("Lips and speech", "Whether they go together.", ""),
    # Content
    "explicit": Words("Nudity, median of the frames", "Single frames may be wrong; the median counts."),
    "abusive_language": Words(
        "Abusive words", "A rough classifier and a list of words; both miss hate in code.", "{:.0f} lines"
    ),
    "transcript": Words("What is said", "A machine wrote it down; many words are wrong.", "{:.0f} lines"),
    "screen_text": Words("What is written", "Read in the picture.", "{:.0f} lines"),
    "checkpoint": Words("Installed model", "What a detector with weights says of it by itself."),
}


def named(name: str) -> Words:
    """The words of a signal; one that is not known here is called by its own name."""
    if name in SIGNALS:
        return SIGNALS[name]
    return Words(name.rpartition(".")[2].replace("_", " ").capitalize(), "")


def told(name: str, value: float | None, note: str) -> str:
    """What came out, in the signal's own unit."""
    shape = named(name).shape
    number = shape.format(value) if value is not None and shape else ""
    return " · ".join(part for part in (number, note) if part)
