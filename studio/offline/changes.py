"""One broadcast of what changed; every view decides for itself whether to refresh."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The settings tell of changes before the first window is there; the client of the API is slow to load.
    from studio.api.client import Answer
    from studio.offline.edits import Edit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """An edit that the server has accepted, and what it said to it."""

    edit: Edit
    answer: Answer


@dataclass(frozen=True, slots=True)
class Changes:
    """Kinds of things that changed and their ids; no ids means "any of them".

    `origin` names who caused it ("live", "outbox", a tab), so that a view can ignore its own. `answered`
    comes with the kind of an edit that was accepted, for those who have to know what the server made of it.
    """

    kinds: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    origin: str = ""
    answered: Answered | None = field(default=None, compare=False)

    def touches(self, kind: str, item_id: str | None = None) -> bool:
        """True when a view of `kind` (of that one item, if given) has to refresh."""
        return kind in self.kinds and (item_id is None or not self.ids or item_id in self.ids)


class Broadcast:
    """Delivers Changes to subscribers, in order of subscription, on the caller's thread.

    Subscribers are bound methods and are held weakly: a closed view needs no unsubscribing. `alive` says
    of an object that still exists whether it may be called: Qt deletes its half of a view at once, while
    Python keeps the other until it collects cycles.
    """

    def __init__(self, *, alive: Callable[[object], bool] = lambda _view: True) -> None:
        self._alive = alive
        self._methods: list[weakref.WeakMethod[Callable[[Changes], None]]] = []

    def subscribe(self, method: Callable[[Changes], None]) -> None:
        """Call `method` with every later Changes for as long as its object lives.

        Raises TypeError for a function or lambda: held weakly, it would be gone at once.
        """
        if not isinstance(method, MethodType):
            raise TypeError("only a bound method can subscribe: it is held weakly")
        self._methods.append(weakref.WeakMethod(method))

    def unsubscribe(self, method: Callable[[Changes], None]) -> None:
        """Call `method` no more: what it works on has been closed."""
        self._methods = [each for each in self._methods if each() != method]

    def send(self, changes: Changes) -> None:
        """Tell every subscriber; one that fails is logged and does not keep it from the others."""
        if not changes.kinds:
            return
        self._methods = [method for method in self._methods if method() is not None]
        for reference in tuple(self._methods):
            method: Any = reference()
            if method is None or not self._alive(method.__self__):
                continue
            try:
                method(changes)
            except Exception:
                log.exception("a subscriber failed on %s", sorted(changes.kinds))
