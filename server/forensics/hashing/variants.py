"""What a bank keeps of one picture besides itself: its centre crops, since PDQ does not survive a crop.

A crop of 2 % a side already moves a hash by 36 of 256 bits; so a bank holds crops in steps small enough that
every crop up to the widest lies near one of them. Mirrors are left to the query, which hashes its flipped
picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from server.forensics.hashing.pdq import Hash, Picture, pdq_small

STEP_BP: Final = 100
WIDEST_BP: Final = 1_200
"""Of the picture's width and height, cut off on each of the four sides; in basis points."""
CROPS_BP: Final = tuple(range(0, WIDEST_BP + 1, STEP_BP))


def centre_crop(picture: Picture, crop_bp: int) -> Picture:
    """The picture (height, width, 3) without `crop_bp` of its width and height on each side: a view of it.

    ValueError unless 0 <= crop_bp < 5,000.
    """
    if not 0 <= crop_bp < 5_000:
        raise ValueError(f"a crop of {crop_bp} bp a side leaves nothing")
    height, width = picture.shape[:2]
    rows, columns = round(height * crop_bp / 10_000), round(width * crop_bp / 10_000)
    return picture[rows : height - rows, columns : width - columns]


def variants(picture: Picture) -> Iterator[tuple[int, Hash]]:
    """(crop in bp, `pdq-1s`) of the picture and of each crop; the first is the whole picture."""
    for crop_bp in CROPS_BP:
        yield crop_bp, pdq_small(centre_crop(picture, crop_bp))
