"""Sparks from the tray to the catalogue: a viewer rehearses three over a playing video, then with reduced
motion and muted; an admin looks at one on every ground, sets a price, publishes a spark, and is refused
another that flashes. Leaves numbered screenshots in `build/stories/THEME/sparks`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import sqlalchemy as sa
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

from server.runtime import existing
from server.settings import Settings
from server.sparks.engine.format.spark import Tier
from server.sparks.models import sparks, versions
from server.sparks.rules import SparkState, VersionState
from server.sparks.schemas import SparkView
from studio.app import App
from studio.paths import Profile
from studio.sparks.flights import Flights
from studio.sparks.queue import Flight
from studio.stage import play, until
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.tab import FeedTab
from studio.tabs.sparks.page import SparksPage
from studio.tabs.sparks.panel import TrayPanel
from studio.tabs.sparks.stage import Ground
from studio.tabs.sparks.state import Wanted
from studio.tabs.sparks.tab import SparksTab
from tests.stories.hands import STORIES, THEME, Hands
from tests.studio.sparks.test_mixer import Device

OUT = STORIES / "sparks"
BAKING_S = 180
JUDGING_S = 300
GOOD, FLASHING = "glow-worm", "storm-warning"

pytestmark = pytest.mark.story


@dataclass
class Viewer(Hands):
    """A viewer at the feed, and the device that hears the sparks."""

    story: ClassVar[str] = OUT.name
    device: Device = field(default_factory=Device)
    landed: list[Flight] = field(default_factory=list)

    @property
    def page(self) -> FeedPage:
        tab = self.app.window.tabs["feed"]
        assert isinstance(tab, FeedTab)
        return tab.page

    @property
    def tray(self) -> TrayPanel:
        tray = self.page.sparks.tray
        assert isinstance(tray, TrayPanel)
        return tray

    @property
    def flights(self) -> Flights:
        flights = self.page.sparks.flights
        assert flights is not None
        return flights

    @property
    def playing_ms(self) -> int:
        slot = self.page.watching.slot
        assert slot is not None
        return slot.ms

    async def open_tray(self) -> None:
        """Come to a playing video and open the tray by its key."""
        await until(lambda: self.page.feed.items, "the feed")
        self.app.window.activateWindow()
        await until(lambda: self.page.watching.slot and self.page.watching.slot.ready, "a picture")
        self.page.sparks.make_sink = lambda: self.device
        self.press(Qt.Key.Key_G)
        await until(lambda: self.page.sparks.tray and self.tray.grid.sparks, "the tray")
        self.flights.landed.connect(self.landed.append)

    async def choose(self, tier: Tier) -> Flight:
        """Find the dearest spark of a tier by its name, and let it fly by keys alone."""
        found = self.tray.reading.catalogue.shown(Wanted(tier=tier))[-1]
        self.tray.search.setFocus()
        self.tray.search.clear()
        self.type(found.name)
        await until(lambda: [one.name for one in self.tray.grid.sparks] == [found.name], "it to be found")
        self.press(Qt.Key.Key_Return)
        self.press(Qt.Key.Key_Return)
        await until(lambda: self.flights.seen, "the first pixel of it")
        return self.flights.seen[-1].flight

    async def watch(self, flight: Flight, name: str) -> None:
        """Watch it over the playing video to its end; a picture is taken at its finest moment."""
        await until(lambda: flight.began is not None, "its film", seconds=BAKING_S)
        hero = await self.hero_at(flight)
        before = self.playing_ms
        await until(
            lambda: any(one.flight is flight and one.number >= hero * 30 for one in self.flights.seen),
            "its finest moment",
        )
        self.shot(name)
        await until(lambda: flight in self.landed, "its end")
        assert self.playing_ms != before, "the video stood still meanwhile"

    def heard(self) -> float:
        """The loudest sample that the device got since it was last asked, 0 to 1."""
        samples = np.frombuffer(bytes(self.device.tape.data), "<i2")
        self.device.tape.data.clear()
        return float(np.abs(samples.astype(np.float64)).max(initial=0)) / 32_768

    async def hero_at(self, flight: Flight) -> float:
        """s, from the file itself."""
        assert self.app.context is not None
        content = await self.app.context.films.content(flight.given.spark)
        return float(json.loads(content)["hero_at"])


def test_sparks_from_the_tray_to_the_catalogue(qapp: QApplication, demo: Profile, tmp_path: Path) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    size = QSize(1440, 900)
    taken = [0]

    async def evening(app: App) -> None:
        viewer = Viewer(app)
        await rehearse(viewer)
        taken[0] = viewer.shots

    async def quiet_evening(app: App) -> None:
        viewer = Viewer(app, shots=taken[0])
        await rehearse_quietly(viewer)
        taken[0] = viewer.shots

    async def office(app: App) -> None:
        await keep_the_catalogue(Admin(app, shots=taken[0]), tmp_path)

    play(qapp, demo.root, evening, email="fan@demo.local", size=size, theme=THEME, reduced_motion=False)
    play(qapp, demo.root, quiet_evening, email="fan@demo.local", size=size, theme=THEME)
    play(qapp, demo.root, office, email="admin@demo.local", size=size, theme=THEME, reduced_motion=False)
    check_the_catalogue(demo)


async def rehearse(viewer: Viewer) -> None:
    """A common, an epic and a legendary over the playing video."""
    await viewer.open_tray()
    grid = viewer.tray.grid
    await until(
        lambda: all(grid.poster_of(grid.sparks[row]) for row in grid.seen_rows()),
        "the pictures of the tray",
        seconds=BAKING_S,
    )
    viewer.shot("tray")
    viewer.page.setFocus()
    viewer.press(Qt.Key.Key_M)
    for tier in (Tier.COMMON, Tier.EPIC, Tier.LEGENDARY):
        flight = await viewer.choose(tier)
        viewer.shot(f"{tier}-begins")
        await viewer.watch(flight, f"{tier}-over-the-video")
        assert viewer.heard() > 0.01, f"nothing of the {tier} spark was heard"
    assert [flight.given.spark.tier for flight in viewer.landed] == [
        Tier.COMMON,
        Tier.EPIC,
        Tier.LEGENDARY,
    ]


async def rehearse_quietly(viewer: Viewer) -> None:
    """Nothing moves and nothing sounds, and it is still said who gave what."""
    await viewer.open_tray()
    viewer.page.setFocus()
    viewer.press(Qt.Key.Key_M)
    flight = await viewer.choose(Tier.EPIC)
    await until(lambda: flight.began is not None, "the still that says who gives it")
    await until(lambda: viewer.flights.seen and viewer.flights.seen[-1].opacity == 1, "all of its light")
    viewer.shot("reduced-motion")
    assert not viewer.flights.seen[-1].moves
    await until(lambda: flight in viewer.landed, "its end")
    assert viewer.heard() == 0


@dataclass
class Admin(Hands):
    """An admin at the Sparks tab."""

    story: ClassVar[str] = OUT.name

    @property
    def page(self) -> SparksPage:
        tab = self.app.window.tabs["sparks"]
        assert isinstance(tab, SparksTab)
        return tab.page

    def shown(self) -> list[SparkView]:
        return list(self.page.grid.sparks)

    def aim(self, name: str) -> SparkView:
        """Walk to the spark of this name in the grid."""
        self.page.grid.setFocus()
        self.press(Qt.Key.Key_Home)
        for _ in self.shown():
            current = self.page.grid.current
            if current is not None and current.name == name:
                return current
            self.press(Qt.Key.Key_Right)
        raise AssertionError(f"{name} is not in the grid")

    def judged(self) -> bool:
        """Whether the server has judged what is aimed at."""
        judging = self.page.details.judging
        return judging is not None and judging.judged_at is not None

    async def look(self) -> None:
        """Until its film plays and its figures are there."""
        preview = self.page.preview
        await until(lambda: preview.film and preview.stage.image, "its film", seconds=BAKING_S)
        await until(preview.figures, "its figures", seconds=BAKING_S)

    async def take_in(self, file: Path, name: str) -> SparkView:
        """Import a file as the dialog would, and walk to the draft."""
        page = self.page
        page.deeds.take_in(file)
        page.filters.state.setCurrentIndex(page.filters.state.findText("Drafts"))
        await until(lambda: name in {one.name for one in self.shown()}, "the draft")
        return self.aim(name)

    async def publish(self) -> None:
        """Ask for the publication of what is aimed at."""
        details = self.page.details
        assert details.admin is not None
        button = details.admin.publish
        await until(lambda: details.settled and button.isEnabled(), "its versions")
        button.click()


async def keep_the_catalogue(admin: Admin, folder: Path) -> None:
    """Filter, look on every ground, set a price, publish one, be refused another."""
    admin.app.window.open_tab("sparks")
    admin.app.window.activateWindow()
    await until(lambda: admin.shown(), "the catalogue")
    await filter_the_grid(admin)
    await look_on_every_ground(admin)
    await set_a_price(admin)
    await publish_one(admin, folder)
    await be_refused_another(admin, folder)


async def filter_the_grid(admin: Admin) -> None:
    """By tier, by family, by price, by word."""
    filters, everything = admin.page.filters, len(admin.shown())
    filters.tier.setCurrentIndex(filters.tier.findText("Epic"))
    await until(lambda: {one.tier for one in admin.shown()} == {Tier.EPIC}, "the epic ones")
    admin.shot("filtered")
    filters.family.setCurrentIndex(filters.family.findText("Burst"))
    await until(lambda: {one.family for one in admin.shown()} == {"burst"}, "the family")
    filters.search.setFocus()
    admin.type("no such thing")
    await until(lambda: not admin.shown(), "the words to be looked for")
    admin.shot("none-found")
    admin.page.states.acted.emit()
    await until(lambda: len(admin.shown()) == everything, "all of them again")


async def look_on_every_ground(admin: Admin) -> None:
    """The large preview on black, on white and over a playing video, and its meters."""
    admin.aim("Supernova Bloom")
    await admin.look()
    preview = admin.page.preview
    for ground in (Ground.BLACK, Ground.WHITE, Ground.VIDEO):
        if ground is not Ground.BLACK:
            admin.press(Qt.Key.Key_G)
        assert preview.stage.ground is ground
        if ground is Ground.VIDEO:
            await until(lambda: preview.stage.video is not None, "the video behind it")
        preview.playback.seek(0.7)
        preview.tick()
        film = preview.film
        assert film is not None
        await until(lambda: preview.stage.image is not None, "the picture")
        admin.shot(f"on-{ground.value}")
    said = {name: label.text() for name, label in preview.controls.figures.items()}
    assert "most 4," in said["Particles"]
    assert said["Flashes"].startswith(("0", "1", "2")), said
    assert "LUFS" in said["Loudness"]


async def set_a_price(admin: Admin) -> None:
    """What it costs from now on stands above what it cost before."""
    details, spark = admin.page.details, admin.page.grid.current
    assert details.admin is not None
    assert spark is not None
    assert spark.credits is not None
    details.admin.cost.setValue(spark.credits + 100)
    details.admin.set_price.click()
    await until(lambda: details.prices.text().count("credits") == 2, "the history of its prices")
    admin.shot("price-history")


async def publish_one(admin: Admin, folder: Path) -> None:
    """A file becomes a draft, the server judges it, and it is in the catalogue."""
    await admin.take_in(written(folder, GOOD, glow_worm()), "Glow Worm")
    admin.shot("draft")
    await admin.publish()
    filters = admin.page.filters
    filters.state.setCurrentIndex(filters.state.findText("Published"))
    there = lambda: "Glow Worm" in {one.name for one in admin.shown()}  # noqa: E731
    await until(there, "it to be judged and published", seconds=JUDGING_S)
    admin.aim("Glow Worm")
    await admin.look()
    admin.shot("published")


async def be_refused_another(admin: Admin, folder: Path) -> None:
    """One that flashes stays a draft; when and where it flashes is shown."""
    await admin.take_in(written(folder, FLASHING, storm_warning()), "Storm Warning")
    await admin.publish()
    faults = admin.page.details.faults
    refused = lambda: any("flashes" in one.message for one in faults.faults)  # noqa: E731
    await until(lambda: admin.judged() and refused(), "it to be refused", seconds=JUDGING_S)
    await admin.look()
    assert faults.faults[0].second is not None
    assert faults.faults[0].region is not None
    faults.buttons[0].click()
    await until(lambda: admin.page.preview.stage.region is not None, "the place that flashes")
    admin.shot("refused")


def written(folder: Path, slug: str, content: dict[str, Any]) -> Path:
    """A file that an author left."""
    file = folder / f"{slug}.json"
    file.write_text(json.dumps({"schema": "spark/1", "id": slug, **content}))
    return file


def glow_worm() -> dict[str, Any]:
    """A slow light that goes across."""
    path = {"points": [[0, 200, 700], [0.7, 360, 560], [1.4, 520, 640]]}
    look = {"size": [6, 16], "colours": "green", "gain": 0.4}
    layer = {"kind": "particles", "id": "worm", "emit": {"rate": 200}, "place": {"path": path}, "look": look}
    return {
        "name": "Glow Worm", "tier": "common", "credits": 3, "family": "wander", "duration": 1.6,
        "hero_at": 0.8, "palettes": {"green": ["#f0ffd0", "#9be83c", "#2f7a1f"]}, "layers": [layer],
    }  # fmt: skip


def storm_warning() -> dict[str, Any]:
    """White light over most of the stage, four times a second."""
    layer = {
        "kind": "particles", "id": "sheet", "emit": {"bursts": [{"count": 60, "times": 8, "every": 0.25}]},
        "shape": {"kind": "disc", "radius": 420}, "life": [0.1, 0.12],
        "look": {"size": [180, 240], "colours": "white", "gain": 3},
    }  # fmt: skip
    return {
        "name": "Storm Warning", "tier": "common", "credits": 3, "family": "arc", "duration": 2,
        "hero_at": 0.05, "palettes": {"white": ["#ffffff"]}, "layers": [layer],
    }  # fmt: skip


def check_the_catalogue(profile: Profile) -> None:
    """What the database holds of it."""
    with existing(Settings(data=profile.server_data)) as (db, _keys), db.read() as s:
        state = {row.slug: row.state for row in s.execute(sa.select(sparks.c.slug, sparks.c.state))}
        assert state[GOOD] is SparkState.PUBLISHED
        assert state[FLASHING] is SparkState.DRAFT
        judged = sa.select(versions.c.state).join(sparks, sparks.c.id == versions.c.spark_id)
        assert s.scalars(judged.where(sparks.c.slug == FLASHING)).all() == [VersionState.REFUSED]
