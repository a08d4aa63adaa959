"""Say what a file that is not a video really is, from its first bytes."""

from __future__ import annotations

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "a ZIP archive or office document"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"BM", "a BMP image"),
    (8, b"WEBP", "a WebP image"),
    (8, b"WAVE", "a sound file"),
    (0, b"ID3", "a sound file"),
    (0, b"fLaC", "a sound file"),
    (0, b"#EXTM3U", "a playlist, which only points at other files"),
    (0, b"ffconcat", "a playlist, which only points at other files"),
    (0, b"SQLite format 3", "a database"),
)
_TEXT = frozenset(b"\t\n\r\f\x1b") | frozenset(range(0x20, 0x7F)) | frozenset(range(0x80, 0x100))


def describe(head: bytes) -> str | None:
    """A noun phrase for what `head` (the first bytes of a file) begins, or None when unknown."""
    for offset, magic, kind in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    opening = text[:64].lower()
    if opening.startswith(b"ffconcat"):
        return "a playlist, which only points at other files"
    if opening.startswith((b"<!doctype html", b"<html", b"<script")):
        return "a web page"
    if opening.startswith((b"<?xml", b"<svg", b"<mpd")):
        return "an XML document"
    if text and _TEXT.issuperset(head) and _is_utf8(head):
        return "a text file"
    return None


def _is_utf8(head: bytes) -> bool:
    """True when `head` is UTF-8, allowing for a last character that was cut."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3
    return True
