"""SVG path data (SVG 2, 9.3) as strokes of straight lines."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from server.sparks.engine.arrays import Doubles

FURTHEST: Final = 20_000
"""px from (0, 0): what lies farther off is no drawing of ours, and would overflow what follows."""
MOST_POINTS: Final = 20_000
"""Of all drawings of a spark together, with those that curves are cut at."""
_FINEST: Final = 48
"""Lines for one curve at most."""

_SPACE = re.compile(r"[\s,]*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_Pen = tuple[float, float]


class TooManyPoints(ValueError):
    """A path has more of them than it may."""


def flattened(path: str, most: int = MOST_POINTS) -> list[Doubles]:
    """The strokes of path data, each (n, 2) with n >= 2; a closed one ends where it began.

    Raises ValueError, which says where, for what is no path data, leads too far or draws nothing, and
    TooManyPoints as soon as there would be more than `most`: before a curve is cut, not after.
    """
    strokes = _Reader(path, most).strokes()
    if not strokes:
        raise ValueError("the path draws nothing")
    return strokes


class _Reader:
    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._left = most
        self._at = 0
        self._pen: _Pen = (0.0, 0.0)
        self._start: _Pen = (0.0, 0.0)
        self._control: _Pen | None = None
        """The last control point of the command before, where a smooth one may go on from it."""
        self._stroke: list[_Pen] = []
        self._done: list[Doubles] = []
        self._relative = False

    def strokes(self) -> list[Doubles]:
        command = ""
        while self._more():
            given = self._path[self._at]
            if given.isascii() and given.isalpha():
                self._at += 1
                if given.upper() not in _COMMANDS:
                    raise self._fault(f"{given} is not one of M L H V C S Q T A Z", back=1)
                command = given
            elif command in "zZ":
                raise self._fault("a command must come next")
            if not self._stroke and not self._done and command.upper() != "M":
                raise self._fault("a path begins with M")
            self._relative = command.islower()
            _COMMANDS[command.upper()](self)
            if command in "mM":
                command = "l" if self._relative else "L"
        self._lift()
        return self._done

    # What is written next

    def _more(self) -> bool:
        found = _SPACE.match(self._path, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._path)

    def _number(self) -> float:
        self._more()
        found = _NUMBER.match(self._path, self._at)
        if found is None:
            raise self._fault("a number must come next")
        number = float(found.group())
        if abs(number) > FURTHEST:
            raise self._fault(f"{found.group()} is too much; {FURTHEST} is the most")
        self._at = found.end()
        return number

    def _flag(self) -> bool:
        """Of an arc: one digit, after which the next number may follow at once."""
        self._more()
        given = self._path[self._at : self._at + 1]
        if given not in ("0", "1"):
            raise self._fault("0 or 1 must come next")
        self._at += 1
        return given == "1"

    def _point(self) -> _Pen:
        x, y = self._number(), self._number()
        return (self._pen[0] + x, self._pen[1] + y) if self._relative else (x, y)

    def _fault(self, says: str, back: int = 0) -> ValueError:
        return ValueError(f"at character {self._at - back + 1} of the path: {says}")

    # What the pen does

    def _count(self, points: int) -> None:
        """Before they are made."""
        self._left -= points
        if self._left < 0:
            raise TooManyPoints(f"at character {self._at + 1} of the path")

    def _go(self, where: _Pen) -> None:
        self._count(1)
        self._append([where])

    def _append(self, points: list[_Pen]) -> None:
        if max(max(abs(x), abs(y)) for x, y in points) > FURTHEST:
            raise self._fault(f"the path leads farther than {FURTHEST} px")
        if not self._stroke:
            self._stroke = [self._pen]
        self._stroke += points
        self._pen = points[-1]

    def _lift(self) -> None:
        if len(self._stroke) > 1:
            self._done.append(np.array(self._stroke))
        self._stroke = []

    def move(self) -> None:
        self._lift()
        self._count(1)
        where = self._point()
        if max(abs(where[0]), abs(where[1])) > FURTHEST:
            raise self._fault(f"the path leads farther than {FURTHEST} px")
        self._pen = self._start = where
        self._stroke = [where]
        self._control = None

    def line(self) -> None:
        self._go(self._point())
        self._control = None

    def across(self) -> None:
        x = self._number()
        self._go((self._pen[0] + x if self._relative else x, self._pen[1]))
        self._control = None

    def down(self) -> None:
        y = self._number()
        self._go((self._pen[0], self._pen[1] + y if self._relative else y))
        self._control = None

    def close(self) -> None:
        if self._pen != self._start or len(self._stroke) == 1:
            self._go(self._start)
        self._lift()
        self._pen = self._start
        self._control = None

    def cubic(self) -> None:
        first = self._point()
        self._cubic(first, self._point(), self._point())

    def smooth_cubic(self) -> None:
        first = self._mirrored(cubic=True)
        self._cubic(first, self._point(), self._point())

    def quadratic(self) -> None:
        self._quadratic(self._point(), self._point())

    def smooth_quadratic(self) -> None:
        control = self._mirrored(cubic=False)
        self._quadratic(control, self._point())

    def arc(self) -> None:
        across, along, turn = abs(self._number()), abs(self._number()), math.radians(self._number())
        large, sweep = self._flag(), self._flag()
        self._arc(across, along, turn, large is not sweep, sweep, self._point())
        self._control = None

    def _mirrored(self, *, cubic: bool) -> _Pen:
        """The control point before at the other side of the pen, if the curve before was of this kind."""
        if self._control is None or self._was_cubic is not cubic:
            return self._pen
        return 2 * self._pen[0] - self._control[0], 2 * self._pen[1] - self._control[1]

    _was_cubic = False

    def _cubic(self, first: _Pen, second: _Pen, end: _Pen) -> None:
        self._curve([self._pen, first, second, end])
        self._control, self._was_cubic = second, True

    def _quadratic(self, control: _Pen, end: _Pen) -> None:
        self._curve([self._pen, control, end])
        self._control, self._was_cubic = control, False

    def _curve(self, points: list[_Pen]) -> None:
        """A Bézier curve of any degree, by de Casteljau."""
        u = self._steps(sum(math.dist(a, b) for a, b in pairwise(points)))[:, None]
        levels = [np.tile(np.array(point), (len(u), 1)) for point in points]
        while len(levels) > 1:
            levels = [a + (b - a) * u for a, b in pairwise(levels)]
        self._through(levels[0], points[-1])

    def _arc(self, across: float, along: float, turn: float, plus: bool, sweep: bool, end: _Pen) -> None:
        """From the end points to the centre (SVG 2, B.2.4); radii too small are made larger, none is a
        line."""
        if self._pen == end:
            return
        if min(across, along) < 1e-9:
            self._go(end)
            return
        cos, sin = math.cos(turn), math.sin(turn)
        half = (self._pen[0] - end[0]) / 2, (self._pen[1] - end[1]) / 2
        x, y = cos * half[0] + sin * half[1], -sin * half[0] + cos * half[1]
        grown = math.sqrt(max((x / across) ** 2 + (y / along) ** 2, 1))
        across, along = across * grown, along * grown
        reach = (across * y) ** 2 + (along * x) ** 2
        root = math.sqrt(max(((across * along) ** 2 - reach) / reach, 0)) if reach > 0 else 0.0
        root = root if plus else -root
        cx, cy = root * across * y / along, -root * along * x / across
        first = math.atan2((y - cy) / along, (x - cx) / across)
        gone = math.atan2((-y - cy) / along, (-x - cx) / across) - first
        gone = gone % math.tau if sweep else -(-gone % math.tau)
        angles = first + gone * self._steps(abs(gone) * max(across, along))
        px, py = across * np.cos(angles) + cx, along * np.sin(angles) + cy
        middle = (self._pen[0] + end[0]) / 2, (self._pen[1] + end[1]) / 2
        points = np.column_stack([cos * px - sin * py + middle[0], sin * px + cos * py + middle[1]])
        self._through(points, end)

    def _through(self, points: Doubles, end: _Pen) -> None:
        self._append([*((x, y) for x, y in points[:-1].tolist()), end])

    def _steps(self, length: float) -> Doubles:
        """Where a curve of this length is cut, after 0 up to 1: a quarter of a circle of 250 px in 40 lines
        is 0.05 px off."""
        lines = min(max(math.ceil(2 * math.sqrt(length)), 4), _FINEST)
        self._count(lines)
        return np.arange(1, lines + 1) / lines


_COMMANDS: Final[dict[str, Callable[[_Reader], None]]] = {
    "M": _Reader.move,
    "L": _Reader.line,
    "H": _Reader.across,
    "V": _Reader.down,
    "C": _Reader.cubic,
    "S": _Reader.smooth_cubic,
    "Q": _Reader.quadratic,
    "T": _Reader.smooth_quadratic,
    "A": _Reader.arc,
    "Z": _Reader.close,
}
