"""Sparks: the catalogue, one of them large on each ground, and flying over the video of the feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from server.sparks.engine.format.spark import Tier
from server.sparks.rules import VersionState
from server.sparks.schemas import JudgingView, RefusalView
from studio.api.errors import Offline
from studio.scenes.camera import Camera, Strip
from studio.scenes.feed import FAN, still_page
from studio.scenes.office import ADMIN
from studio.sparks.flights import CROSS_S, Flights
from studio.stage import until
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.tab import FeedTab
from studio.tabs.sparks.page import SparksPage
from studio.tabs.sparks.panel import TrayPanel
from studio.tabs.sparks.stage import Ground
from studio.tabs.sparks.state import Wanted
from studio.tabs.sparks.tab import SparksTab
from studio.theme import style
from studio.widgets.empty_state import ErrorState
from studio.widgets.skeleton import Skeleton

PATIENCE_S: Final = 900.0
"""Films are baked here that a person's computer has baked in some quiet moment."""
AT: Final = 0.55
"""Where in its film a spark is looked at."""


async def _thumbs(page: SparksPage | TrayPanel) -> None:
    grid = page.grid

    def here() -> bool:
        grid.look()
        return bool(grid.seen_rows()) and all(
            grid.poster_of(grid.sparks[row]) is not None for row in grid.seen_rows()
        )

    await until(here, "the thumbnails", seconds=PATIENCE_S)


async def _film(page: SparksPage) -> None:
    preview = page.preview
    await until(lambda: preview.film is not None, "the film", seconds=PATIENCE_S)
    film = preview.film
    assert film is not None
    preview.playback.pause()
    preview.playback.seek(film.length.seconds * AT)

    def decoded() -> bool:
        preview.tick()
        return film.here(preview.playback.picture() or 0, *preview.stage.pixels) is not None

    await until(decoded, "the picture", seconds=PATIENCE_S)
    await until(lambda: preview.figures(), "the figures", seconds=PATIENCE_S)
    preview.tick()
    preview._tell()


def _aim(page: SparksPage) -> None:
    """At the rarest, which is the last."""
    page.grid.setCurrentIndex(page.grid.model().index(len(page.grid.sparks) - 1, 0))


async def _catalogue(camera: Camera) -> None:
    page = camera.tab(SparksTab).page
    await until(lambda: page.grid.sparks, "the catalogue")
    _aim(page)
    await _thumbs(page)
    await _film(page)
    await until(lambda: page.details.settled, "the details")
    page.grid.setFocus()
    await camera.take("sparks")
    page.preview.set_ground(Ground.WHITE)
    await camera.take("sparks-white")
    page.preview.set_ground(Ground.VIDEO)
    page.preview.video.run(True)
    await until(lambda: page.preview.video.frame is not None, "a frame of the video")
    page.preview.video.run(False)
    page.preview.tick()
    await camera.take("sparks-video")
    page.preview.set_ground(Ground.BLACK)
    await _refused(camera, page)
    page.filters.search.setText("nothing is called this")
    await until(lambda: not page.grid.sparks, "no spark")
    await camera.take("sparks-none")
    page.filters.put(Wanted(tier=Tier.LEGENDARY))
    await camera.take("sparks-filtered")
    page.filters.put(Wanted())
    await until(lambda: page.grid.sparks, "the sparks to come back")
    page.reading.failed.emit(Offline())
    await camera.take("sparks-offline", away=True)
    await _without(camera, page)


async def _refused(camera: Camera, page: SparksPage) -> None:
    spark, details = page.grid.current, page.details
    assert spark is not None
    judged = JudgingView(
        spark_id=spark.id,
        number=spark.number,
        sha256=spark.sha256,
        state=VersionState.REFUSED,
        refusals=[
            RefusalView(
                code="flashes_on_black",
                message="4 flashes within a second on black; 2 is the most.",
                second=spark.duration_ms / 1000 * AT,
                region=(152.0, 432.0, 341.0, 256.0),
            ),
            RefusalView(
                code="too_loud", message="It is at -14.2 LUFS; this tier is at -16.", second=None, region=None
            ),
        ],
        measured={},
        reason=None,
        runs=1,
        asked_at=datetime.now(UTC),
        judged_at=datetime.now(UTC),
    )
    details._judged(judged)
    details.faults.buttons[0].click()
    await _film(page)
    page.preview.set_fault(details.faults.faults[1])
    await camera.take("sparks-refused")
    page.preview.set_fault(None)
    details.read()
    await until(lambda: details.settled, "the details to come back")


async def _without(camera: Camera, page: SparksPage) -> None:
    page.reading.catalogue.forget()
    page.grid.fill([])
    page.reading.failed.emit(Offline())
    await until(lambda: isinstance(page.states.shown(), ErrorState), "what is said")
    await camera.take("sparks-error", away=True)
    page.states.loading()
    await until(lambda: isinstance(page.states.shown(), Skeleton), "the skeleton")
    await camera.take("sparks-loading")
    page.reading.catalogue.take(page.reading.catalogue.ask(), [])
    page._arrived()
    await camera.take("sparks-empty")
    page.refresh()
    await until(lambda: page.grid.sparks, "the sparks to come back")


async def _tray(page: FeedPage) -> TrayPanel:
    page.sparks.toggle()
    tray = page.sparks.tray
    assert isinstance(tray, TrayPanel)
    await until(lambda: tray.grid.sparks, "the sparks")
    await _thumbs(tray)
    tray.grid.setCurrentIndex(tray.grid.model().index(len(tray.grid.sparks) - 1, 0))
    return tray


async def _begun(flights: Flights) -> None:
    def begun() -> bool:
        flights.tick()
        return flights.queue.flying[0].began is not None

    await until(begun, "the film", seconds=PATIENCE_S)


async def _stand(flights: Flights, clock: list[float], share: float) -> None:
    """Let what flies stand still where it is seen best."""
    flight = flights.queue.flying[0]
    await _begun(flights)
    assert flight.ends is not None
    assert flight.began is not None
    clock[0] = flight.began + (flight.ends - flight.began) * share

    def painted() -> bool:
        flights.tick()
        return all(each.image is not None and each.flight.began is not None for each in flights.seen)

    await until(painted, "the pictures", seconds=PATIENCE_S)
    clock[0] += CROSS_S  # until nothing is seen any more of what stood for it
    await until(painted, "the pictures", seconds=PATIENCE_S)
    flights.tick()


async def _over_video(camera: Camera) -> None:
    page = camera.tab(FeedTab).page
    await until(lambda: page.feed.items, "the feed")
    await still_page(page)
    clock = [100.0]
    page.sparks.now = lambda: clock[0]
    tray = await _tray(page)
    await camera.take("feed-sparks")
    flights = page.sparks.flights
    assert flights is not None
    page.watching._held = False  # a still frame, as if it played
    page._repaint()
    rare = tray.grid.sparks[-1]
    for _ in range(3):
        page.sparks.fly(tray.given(rare))
    clock[0] += 0.5
    flights.tick()
    await camera.take("feed-spark-waits")
    flights.clear()
    style.theme().reduced_motion = False
    for _ in range(3):
        page.sparks.fly(tray.given(rare))
    await _stand(flights, clock, AT)
    await camera.take("feed-spark")
    for spark in tray.grid.sparks[:-1]:
        page.sparks.fly(tray.given(spark))
    await _stand(flights, clock, AT)
    await camera.take("feed-sparks-many")
    flights.clear()
    style.theme().reduced_motion = True
    clock[0] += 10
    page.sparks.fly(tray.given(rare))
    await _begun(flights)
    clock[0] += 1.0
    flights.tick()
    await camera.take("feed-spark-still")
    flights.clear()
    camera.app.window.host.toasts.clear()
    tray.reading.catalogue.forget()
    tray.reading.failed.emit(Offline())
    await camera.take("feed-sparks-error", away=True)
    tray.retry()
    await until(lambda: tray.grid.sparks and tray.reading.settled, "the sparks to come back")
    page.sparks.toggle()


STRIPS: Final = (
    Strip(
        tab="sparks",
        email=ADMIN,
        pictures=(
            "sparks",
            "sparks-white",
            "sparks-video",
            "sparks-refused",
            "sparks-none",
            "sparks-filtered",
            "sparks-offline",
            "sparks-error",
            "sparks-loading",
            "sparks-empty",
        ),
        act=_catalogue,
    ),
    Strip(
        tab="feed",
        email=FAN,
        pictures=(
            "feed-sparks",
            "feed-spark-waits",
            "feed-spark",
            "feed-sparks-many",
            "feed-spark-still",
            "feed-sparks-error",
        ),
        act=_over_video,
    ),
)
