"""What the course of a review has shown; the page does it with widgets, a test without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from server.moderation.schemas import Review
from studio.api.errors import ApiError
from studio.tabs.moderation.claims import HeldClaim
from studio.tabs.moderation.decision_state import Case, Draft
from studio.tabs.moderation.prefetch import Ready
from studio.tabs.moderation.review_bundle import Bundle
from studio.tabs.moderation.review_media import Media
from studio.video.storyboard import Preview


class View(Protocol):
    """What the flow has shown. Every method returns at once."""

    def show_loading(self, title: str) -> None:
        """Nothing is there yet."""

    def show_failed(self, error: ApiError) -> None:
        """The item could not be read; `retry` of the flow tries again."""

    def show_bundle(self, bundle: Bundle, case: Case) -> None:
        """Show an item anew."""

    def show_draft(self, bundle: Bundle, case: Case) -> None:
        """Show another draft for the same item."""

    def offer_refused(self, bundle: Bundle, case: Case) -> None:
        """Offer the other draft that there is, if any."""

    def show_media(self, media: Media) -> None:
        """The video of the item is here."""

    def show_previews(self, previews: Sequence[Preview]) -> None:
        """Small stills of the item's video, which is on its way."""

    def close_video(self) -> None:
        """The video that is shown has to go; it comes anew."""

    def show_media_problem(self, text: str, what_to_do: str) -> None:
        """The video of the item cannot be had."""

    def show_progress(self, done: int, total: int) -> None:
        """So many bytes of the video have come."""

    def show_review(self, review: Review, case: Case) -> None:
        """What is known of the item has changed."""

    def show_claim(self, held: HeldClaim) -> None:
        """The claim was extended, pauses or was lost."""

    def prepare(self, ready: Ready) -> None:
        """Open the next video out of sight."""

    def forget_ahead(self) -> None:
        """Close what was opened out of sight."""

    def put_away(self) -> None:
        """Hand over what is being typed, and let go of the item."""

    def withdraw_offer(self, take_back: Callable[[], object]) -> None:
        """A decision cannot be undone any more by `take_back`: stop offering it."""

    def current_draft(self) -> Draft:
        """What is chosen at this moment."""
