"""What the keys of every video do: play, shuttle, step, and go to an end or a marker."""

from __future__ import annotations

from collections.abc import Callable

from studio.video.player import Player


def transport(player: Player) -> dict[str, Callable[..., None]]:
    """The handlers that move `player`, by action id of the key table."""
    return {
        "review.play": player.play_pause,
        "review.shuttle-back": lambda: player.shuttle(-1),
        "review.shuttle-stop": lambda: player.shuttle(0),
        "review.shuttle-forward": lambda: player.shuttle(1),
        "review.step-back": lambda: player.step(-1),
        "review.step-forward": lambda: player.step(1),
        "review.ten-back": lambda: player.step(-10),
        "review.ten-forward": lambda: player.step(10),
        "review.second-back": lambda: player.step_ms(-1000),
        "review.second-forward": lambda: player.step_ms(1000),
        "review.first-frame": player.to_start,
        "review.last-frame": player.to_end,
        "review.previous-marker": player.previous_marker,
        "review.next-marker": player.next_marker,
    }
