"""The one table of actions and keys; menus, tooltips, palette and key overlay derive from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

Scope = Literal["global", "queue", "review", "content", "feed", "sparks", "table"]


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something a person can do by a key.

    `keys` are portable Qt key names. `letters_inactive_in_text`: a text field with focus keeps the
    key for typing. `hold`: the action lasts as long as the key is down (its handler takes a bool).
    `repeats`: a key kept down does it again; never for a decision. `urgent`: it is heard in the
    whole window, and those of its keys with Ctrl or Alt also in a text field.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    scope: Scope
    group: str
    icon: str = ""
    letters_inactive_in_text: bool = True
    hold: bool = False
    repeats: bool = False
    urgent: bool = False


def _application(name: str, text: str, *keys: str, icon: str = "", in_text: bool = True) -> Action:
    return Action(
        id=name,
        text=text,
        keys=keys,
        scope="global",
        group="Application",
        icon=icon,
        letters_inactive_in_text=not in_text,
    )


def _review(
    group: str,
    name: str,
    text: str,
    *keys: str,
    icon: str = "",
    hold: bool = False,
    repeats: bool = False,
    urgent: bool = False,
) -> Action:
    return Action(
        id=f"review.{name}",
        text=text,
        keys=keys,
        scope="review",
        group=group,
        icon=icon,
        hold=hold,
        repeats=repeats,
        urgent=urgent,
    )


def _content(name: str, text: str, *keys: str, icon: str, in_text: bool = False) -> Action:
    return Action(
        id=f"content.{name}",
        text=text,
        keys=keys,
        scope="content",
        group="My videos",
        icon=icon,
        letters_inactive_in_text=not in_text,
    )


def _feed(group: str, name: str, text: str, *keys: str, icon: str = "", repeats: bool = False) -> Action:
    return Action(
        id=f"feed.{name}", text=text, keys=keys, scope="feed", group=group, icon=icon, repeats=repeats
    )


def _sparks(name: str, text: str, *keys: str, icon: str = "", repeats: bool = False) -> Action:
    return Action(
        id=f"sparks.{name}", text=text, keys=keys, scope="sparks", group="Preview", icon=icon, repeats=repeats
    )


ACTIONS: Final[tuple[Action, ...]] = (
    _application("palette", "Search and commands", "Ctrl+K", icon="command"),
    _application("keys", "Show all keys", "?", icon="keyboard", in_text=False),
    _application("filter", "Filter this list", "Ctrl+F", icon="filter"),
    _application("settings", "Settings", "Ctrl+,", icon="settings"),
    _application("refresh", "Refresh", "F5", icon="refresh"),
    _application("region", "Next part of the window", "F6"),
    *(_application(f"tab.{n}", f"Go to tab {n}", f"Ctrl+{n}") for n in range(1, 10)),
    _application("quit", "Quit", "Ctrl+Q", icon="sign-out"),
    Action(
        id="queue.claim-next",
        text="Claim the next item",
        keys=("N",),
        scope="queue",
        group="Queue",
        icon="review",
    ),
    Action(
        id="queue.open",
        text="Review the selected item",
        keys=("Return", "Enter"),
        scope="queue",
        group="Queue",
        icon="play",
    ),
    Action(id="queue.why", text="Why is this first?", keys=("W",), scope="queue", group="Queue", icon="help"),
    Action(
        id="queue.peek", text="Look without claiming", keys=("P",), scope="queue", group="Queue", icon="eye"
    ),
    Action(id="queue.take-over", text="Take over", keys=("T",), scope="queue", group="Queue", icon="unlock"),
    Action(
        id="queue.account",
        text="Open the creator's account",
        keys=("C",),
        scope="queue",
        group="Queue",
        icon="person",
    ),
    Action(
        id="table.copy",
        text="Copy selected rows",
        keys=("Ctrl+C",),
        scope="table",
        group="Tables",
        icon="copy",
    ),
    Action(
        id="table.export",
        text="Export as CSV",
        keys=("Ctrl+Shift+E",),
        scope="table",
        group="Tables",
        icon="export",
    ),
    _content("upload", "Upload videos", "U", icon="upload"),
    _content("hold", "Pause or go on with the upload", "P", icon="pause"),
    _content("link", "Copy the link", "L", icon="link"),
    _content("save", "Save changes", "Ctrl+S", icon="check", in_text=True),
    _content("delete", "Delete the video", "Del", icon="trash"),
    _content("undo", "Undo what can be undone", "Z", icon="undo"),
    _review("Playback", "play", "Play or pause", "Space", icon="play"),
    _review("Playback", "shuttle-back", "Shuttle backwards", "J", icon="shuttle-back"),
    _review("Playback", "shuttle-stop", "Stop the shuttle", "K", icon="stop"),
    _review("Playback", "shuttle-forward", "Shuttle forwards", "L", icon="shuttle-forward"),
    _review("Playback", "step-back", "One frame back", "Left", icon="step-back", repeats=True),
    _review("Playback", "step-forward", "One frame forward", "Right", icon="step-forward", repeats=True),
    _review("Playback", "ten-back", "Ten frames back", "Shift+Left", repeats=True),
    _review("Playback", "ten-forward", "Ten frames forward", "Shift+Right", repeats=True),
    _review("Playback", "second-back", "One second back", "Ctrl+Left", repeats=True),
    _review("Playback", "second-forward", "One second forward", "Ctrl+Right", repeats=True),
    _review("Playback", "first-frame", "First frame", "Home", icon="skip-back"),
    _review("Playback", "last-frame", "Last frame", "End", icon="skip-forward"),
    _review("Marks", "previous-marker", "Previous marker", "[", icon="chevron-left", repeats=True),
    _review("Marks", "next-marker", "Next marker", "]", icon="chevron-right", repeats=True),
    _review("Marks", "mark-in", "Mark in", "I", icon="mark-in"),
    _review("Marks", "mark-out", "Mark out", "O", icon="mark-out"),
    _review("Marks", "note", "Note on this frame", ";", icon="note"),
    _review("Comfort", "reveal", "Hold to reveal", "B", icon="eye", hold=True),
    _review("Comfort", "greyscale", "Greyscale on or off", "G", icon="contrast"),
    _review("Comfort", "mute", "Sound on or off", "M", icon="mute"),
    _review("Comfort", "regions", "Boxes on the frame", "Shift+G", icon="regions"),
    _review("Comfort", "spectrum", "Pitch of the sound", "Shift+M", icon="spectrum"),
    _review("Comfort", "transcript", "Transcript", "T", icon="text"),
    _review(
        "Comfort",
        "panic",
        "Blank the screen",
        "X",
        "Ctrl+Shift+X",
        icon="blank",
        urgent=True,
    ),
    *(_review("Policy", f"policy.{n}", f"Shortlist policy {n}", str(n)) for n in range(1, 10)),
    _review("Decision", "allow", "Allow", "A", icon="allow"),
    _review("Decision", "restrict", "Restrict", "R", icon="restrict"),
    _review("Decision", "remove", "Remove", "D", icon="remove"),
    _review("Decision", "escalate", "Escalate", "E", icon="escalate"),
    _review("Decision", "facts", "Write the facts", "F", icon="text"),
    _review("Decision", "find-policy", "Find a policy", "/", icon="search"),
    _review("Decision", "hold", "Hold", "H", icon="hold"),
    _review("Decision", "skip", "Skip", "S", icon="skip"),
    _review("Decision", "hand-over", "Hand over", "P", icon="people"),
    _review("Decision", "confirm", "Confirm", "Return", "Enter", icon="check"),
    _review("Decision", "undo", "Undo the last decision", "Z", icon="undo"),
    _review("Decision", "next", "Next item", "N", icon="chevron-right"),
    _review("Decision", "proceed", "Take the cover off", "V", icon="eye"),
    _review("Decision", "give-back", "Give the item back", "U", icon="chevron-left"),
    _review("Decision", "account", "Open the creator's account", "C", icon="person"),
    _review("Decision", "why", "Why is this first?", "W", icon="help"),
    _review("Decision", "scores", "Scores of the video", "Shift+T", icon="shield"),
    _feed("Watching", "next", "Next video", "Down", "PgDown", icon="chevron-down"),
    _feed("Watching", "previous", "Previous video", "Up", "PgUp", icon="chevron-up"),
    _feed("Watching", "saved", "Saved videos", "Shift+S", icon="bookmark"),
    _feed("Watching", "blocked", "People you block", "B", icon="restrict"),
    _feed("Watching", "open", "Open a link", "Ctrl+V", icon="link"),
    _feed("Watching", "play", "Play or pause", "Space", icon="play"),
    _feed("Watching", "mute", "Sound on or off", "M", icon="mute"),
    _feed("Watching", "louder", "Louder", "+", "=", icon="volume", repeats=True),
    _feed("Watching", "softer", "Softer", "-", icon="volume", repeats=True),
    _feed("This video", "sparks", "Sparks", "G", icon="spark"),
    _feed("This video", "like", "Like", "L", icon="heart"),
    _feed("This video", "comments", "Comments", "K", icon="comment"),
    _feed("This video", "save", "Save", "S", icon="bookmark"),
    _feed("This video", "follow", "Follow its creator", "F", icon="follow"),
    _feed("This video", "profile", "Profile of its creator", "P", icon="person"),
    _feed("This video", "share", "Copy its link", "C", icon="link"),
    _feed("This video", "why", "Why is this here?", "W", icon="help"),
    _feed("This video", "report", "Report", "R", icon="flag"),
    _sparks("play", "Play or pause", "Space", icon="play"),
    _sparks("step-back", "One picture back", ",", icon="step-back", repeats=True),
    _sparks("step-forward", "One picture forward", ".", icon="step-forward", repeats=True),
    _sparks("dice", "Throw the dice", "D", icon="refresh"),
    _sparks("lock", "Keep this throw", "L", icon="lock"),
    _sparks("ground", "Another ground", "G", icon="contrast"),
    _sparks("mute", "Sound on or off", "M", icon="mute"),
)
BY_ID: Final = {action.id: action for action in ACTIONS}


def typed(action: str, key: str) -> bool:
    """Tell whether a text field keeps `key`, which is one of `action`, for typing."""
    known = BY_ID[action]
    combined = "Ctrl+" in key or "Alt+" in key
    return known.letters_inactive_in_text and not (known.urgent and combined)


PORTABLE: Final = QKeySequence.SequenceFormat.PortableText
_ON_SCREEN: Final = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter"}


class KeyConflict(ValueError):
    """The wanted key already does something else where both would be heard."""

    def __init__(self, key: str, taken_by: Action) -> None:
        super().__init__(f"{shown(key)} already means “{taken_by.text}”")
        self.key = key
        self.taken_by = taken_by


def normal(key: str) -> str:
    """Return the one portable spelling of `key`; raises ValueError when Qt knows no such key."""
    sequence = QKeySequence.fromString(key, PORTABLE)
    text = sequence.toString(PORTABLE)
    if sequence.count() != 1 or not text or not text.isascii() or "Unknown" in text:
        raise ValueError(f"not a key: {key!r}")
    return text


def shown(key: str) -> str:
    """Return `key` as it is written on screen: arrows as arrows, Return as Enter."""
    text = normal(key)
    cut = text.rfind("+", 0, -1) + 1
    return text[:cut] + _ON_SCREEN.get(text[cut:], text[cut:])


def heard_together(first: Scope, second: Scope) -> bool:
    """Tell whether one key press can reach both scopes: they are equal, or one is global.

    A table sits inside other scopes, so its keys are heard together with each of them.
    """
    return first == second or "global" in (first, second) or "table" in (first, second)


class Keymap(QObject):
    """The keys in force: the table above with a person's own choices laid over it."""

    changed = Signal()

    def __init__(self, chosen: Mapping[str, Iterable[str]] | None = None) -> None:
        """Lay stored choices over the table.

        Unknown actions, bad keys and conflicts in them are dropped: a settings file edited by hand
        must never keep the application from starting.
        """
        super().__init__()
        self._chosen: dict[str, tuple[str, ...]] = {}
        for action, keys in (chosen or {}).items():
            with suppress(ValueError, TypeError):
                if action in BY_ID:
                    self._chosen[action] = tuple(dict.fromkeys(normal(key) for key in keys))
        # Dropping one choice gives its action the table's keys back, which others may have taken.
        while clashing := self._clashing():
            del self._chosen[clashing]

    def _clashing(self) -> str | None:
        for action, keys in self._chosen.items():
            if any(self.taken_by(key, action) for key in keys):
                return action
        return None

    def keys(self, action: str) -> tuple[str, ...]:
        """Return the keys of action id `action`; raises KeyError for an unknown id."""
        return self._chosen.get(action, BY_ID[action].keys)

    def chosen(self) -> dict[str, list[str]]:
        """Return what differs from the table, to be stored in the settings."""
        return {action: list(keys) for action, keys in self._chosen.items()}

    def remap(self, action: str, keys: Iterable[str]) -> None:
        """Give `action` other keys; no key at all is allowed.

        Raises KeyError for an unknown action, ValueError for what is no key, KeyConflict when a
        key is taken.
        """
        wanted = tuple(dict.fromkeys(normal(key) for key in keys))
        for key in wanted:
            taken = self.taken_by(key, action)
            if taken is not None:
                raise KeyConflict(key, taken)
        self._lay(action, wanted)
        self.changed.emit()

    def swap(self, action: str, key: str) -> Action:
        """Give `key` to `action`, and the key it had to the one that has `key` now; returns that one.

        Raises KeyError and ValueError as `remap` does, and KeyConflict when nobody has the key or the other
        one cannot take what is left.
        """
        wanted = normal(key)
        other = self.taken_by(wanted, action)
        if other is None:
            raise ValueError(f"{shown(wanted)} is not in use")
        mine, theirs = self.keys(action), self.keys(other.id)
        given = mine[:1]
        before = dict(self._chosen)
        self._lay(action, (wanted, *mine[1:]))
        self._lay(other.id, tuple(k for t in theirs for k in (given if t == wanted else (t,))))
        for changed in (action, other.id):
            for each in self.keys(changed):
                if (taken := self.taken_by(each, changed)) is not None:
                    self._chosen = before
                    raise KeyConflict(each, taken)
        self.changed.emit()
        return other

    def _lay(self, action: str, keys: tuple[str, ...]) -> None:
        if keys == BY_ID[action].keys:
            self._chosen.pop(action, None)
        else:
            self._chosen[action] = keys

    def reset(self, action: str | None = None) -> None:
        """Return one action, or all of them, to the table's keys.

        Raises KeyConflict when another action has meanwhile been given the key.
        """
        if action is None:
            self._chosen.clear()
            self.changed.emit()
        else:
            self.remap(action, BY_ID[action].keys)

    def taken_by(self, key: str, for_action: str) -> Action | None:
        """Return the action that already answers to `key` where `for_action` would be heard."""
        scope = BY_ID[for_action].scope
        for other in ACTIONS:
            if other.id == for_action or not heard_together(scope, other.scope):
                continue
            if normal(key) in self.keys(other.id):
                return other
        return None

    def shown(self, action: str) -> str:
        """Return the keys of `action` for the screen, "" when it has none."""
        return " / ".join(dict.fromkeys(shown(key) for key in self.keys(action)))

    def tooltip(self, action: str) -> str:
        """Return the action's name with its key, as every button's tooltip has it."""
        keys = self.shown(action)
        return f"{BY_ID[action].text} ({keys})" if keys else BY_ID[action].text

    def groups(self, scopes: Iterable[Scope]) -> dict[str, list[Action]]:
        """Return the actions heard in `scopes` by group, in the order of the table."""
        wanted = set(scopes)
        found: dict[str, list[Action]] = {}
        for action in ACTIONS:
            if action.scope in wanted:
                found.setdefault(action.group, []).append(action)
        return found
