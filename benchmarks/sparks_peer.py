"""20,000 additive particles of radius 8 px on 360 x 640 px: our engine against tsParticles in headless
Chromium, and against what a core can add up at most.

On both sides all particles live and stay on the canvas, are thrown, fall, are slowed down and bounce off a
wall (ours a circle, the peer's the four edges), by 1/60 s a frame (ours in two steps), and each frame is
finished. Costs are ms of CPU time a frame, of all threads and processes: other processes would stretch
`wall_ms`. The sides take turns, for who shares the caches slows down both; `ratio_to_peer` (bar 25) is the
median over the turns, `ratios` are the least and the most of them.

- `ours`: simulation, staging, drawing and tone map, OpenCV in one thread; medians. No bloom, as the peer has
  none.
- `floor_ms`: the fill limit. For each particle 16 x 16 texels of RGB in float32 are added up in the nearest
  cache by numpy's own loop and nothing else is done; `fill_gpix_s` is how fast, `ratio_to_floor` ours over
  it.
- `peer`, by how Chromium draws. `cpu`: Skia in the page's own process, GPU off, as it is without any flag
  where there is no GPU; `ratio_to_peer` is of this one. With `full` also `swiftshader`: Skia on a GPU that
  the CPU plays; and `cpu_source_over`: as `cpu`, but not additive. Of wall time `scripted_ms` is what the
  library's own script takes, `read_ms` the wait for the frame's pixels.

What is not the same. The peer's circles are flat, blended in 8 bits; our lights are soft and reach farther
(more than half of the peak on 2.3 times the circle's area), are summed in float32, tone mapped and dithered.
The peer's frame is also put together by the browser, ours is a picture in memory. The peer is set up to be
fast: its smallest bundle and the blend plug-in, one colour, one opacity, one blend mode for the whole canvas,
no links, no interactivity, no retina, no limit of frames. Of each frame one pixel is read back: otherwise
Chromium leaves out frames that the next one overwrites (SwiftShader most of them), which would be no frame's
cost.

The peer is no part of the product. `STUDIO_PEER` names a folder that has it; to fill it by npm:

    npm install --ignore-scripts --prefix FOLDER \\
        @sparticuz/chromium @tsparticles/basic @tsparticles/plugin-blend

Node unpacks Chromium at the first run. Another Chromium may lie there as `chromium/chromium`. A picture of
each side is left in the folder, to be looked at. Where there is no peer, `peer` is null and `no_peer` says
why.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from benchmarks import chromium
from server.sparks.engine.film import one_thread
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.renderer import Renderer
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.staging import Staging
from server.sparks.engine.tone import Tone

PARTICLES: Final = 20_000
RADIUS: Final = 8
"""px of the canvas; the stage is twice as wide."""
PARTS: Final = ("simulate", "stage", "draw", "tone")
_WARM: Final = 30
"""Steps before the first frame that counts."""
BUNDLES: Final = (
    "@tsparticles/basic/tsparticles.basic.bundle.min.js",
    "@tsparticles/plugin-blend/tsparticles.plugin.blend.min.js",
)
_CPU: Final = ("--disable-gpu",)
_SWIFTSHADER: Final = (
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
)  # fmt: skip


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; no database is part of it."""
    found: dict[str, Any] = {"particles": PARTICLES, "radius_px": RADIUS, "canvas_px": [360, 640]}
    turns, frames, theirs = (8, 30, 16) if scale == "full" else (2, 12, 5)
    wanted: dict[str, tuple[Sequence[str], bool]] = {"cpu": (_CPU, True)}
    if scale == "full":
        wanted |= {"swiftshader": (_SWIFTSHADER, True), "cpu_source_over": (_CPU, False)}
    ours, peers = _Ours(), dict[str, _Peer]()
    with one_thread():
        try:
            folder = _folder(os.environ.get("STUDIO_PEER", ""))
            with ExitStack() as browsers:
                for name, (flags, blend) in wanted.items():
                    peers[name] = _Peer(name, folder, flags, blend, browsers)
                for turn in range(turns):
                    print(f"turn {turn + 1} of {turns}", file=sys.stderr, flush=True)
                    ours.turn(frames)
                    for name, peer in peers.items():
                        # SwiftShader may take seconds for a frame.
                        peer.turn(theirs // 4 + 1 if name == "swiftshader" else theirs)
                found["peer"] = {name: peer.told() for name, peer in peers.items()}
            cv2.imwrite(str(folder / "ours.png"), ours.picture)
        except chromium.Missing as why:
            found |= {"peer": None, "no_peer": str(why)}
            ours, peers = _Ours(), {}
            for _ in range(turns):
                ours.turn(frames)
    found["ours"] = ours.told()
    for name, peer in peers.items():
        ratios = np.array(peer.costs) / np.array(ours.costs)
        told = {
            "ratio_to_peer": round(float(np.median(ratios)), 1),
            "ratios": [round(float(ratios.min()), 1), round(float(ratios.max()), 1)],
            "ratio_wall": round(found["peer"][name]["wall_ms"] / found["ours"]["wall_ms"], 1),
        }
        found["peer"][name] |= told
        if name == "cpu":
            found |= told
    speed = fill()
    floor = PARTICLES * (2 * RADIUS) ** 2 / speed * 1e3
    return found | {
        "fill_gpix_s": round(speed / 1e9, 2),
        "floor_ms": round(floor, 2),
        "ratio_to_floor": round(found["ours"]["whole_ms"] / floor, 1),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg(),
    }


def fill() -> float:
    """Texels/s of RGB in float32 that one core adds up, 16 x 16 at a time, both sums and texels in its
    nearest cache (6 KiB). The best of many tries: a limit is no average."""
    texels, tiles = (2 * RADIUS) ** 2, 2_000
    tile = np.linspace(0, 1, texels * 3, dtype=np.float32)
    sums = np.empty_like(tile)
    repeated = np.broadcast_to(tile, (tiles, tile.size))
    took = []
    for _ in range(200):
        began = time.perf_counter()
        np.add.reduce(repeated, axis=0, out=sums)
        took.append(time.perf_counter() - began)
    return tiles * texels / min(took)


class _Ours:
    """Our side, as the product runs it."""

    def __init__(self) -> None:
        self._simulation = Simulation(_spark(), 7)
        self._staging, self._renderer = Staging(self._simulation), Renderer()
        self._tone = Tone(360, 640)
        self._simulation.advance_to(_WARM)
        self._frames: list[list[float]] = []
        self._walls: list[float] = []
        self.costs: list[float] = []
        """ms of CPU time a frame, of each turn the median."""
        self.picture: Any = None

    def turn(self, frames: int) -> None:
        for _ in range(frames):
            step, began = self._simulation.step + 2, time.perf_counter()
            moments = [time.process_time()]
            self._simulation.advance_to(step)
            moments.append(time.process_time())
            scene = self._staging.scene()
            moments.append(time.process_time())
            light, cover = self._renderer.draw(scene)
            moments.append(time.process_time())
            shown = self._tone.map(light, cover, exposure=scene.exposure, scrim=scene.scrim)
            moments.append(time.process_time())
            self._walls.append((time.perf_counter() - began) * 1e3)
            self._frames.append([1e3 * one for one in np.diff(moments)])
            self.picture = cv2.cvtColor(shown, cv2.COLOR_RGBA2BGR)
        self.costs.append(float(np.median(np.sum(self._frames[-frames:], axis=1))))

    def told(self) -> dict[str, Any]:
        each = np.array(self._frames)
        placed = self._simulation.of("many").particles
        on = (placed.x >= 0) & (placed.x <= 720) & (placed.y >= 0) & (placed.y <= 1_280)
        return {
            "alive": self._simulation.count,
            "on_canvas": int(on.sum()),
            "lit_share": _lit(self.picture),
            "frames": len(each),
            "whole_ms": round(float(np.median(each.sum(1))), 2),
            "p95_ms": round(float(np.percentile(each.sum(1), 95)), 2),
            "wall_ms": round(float(np.median(self._walls)), 2),
            **{f"{part}_ms": round(float(np.median(each[:, at])), 2) for at, part in enumerate(PARTS)},
        }


class _Peer:
    """tsParticles in one Chromium, which rests between turns."""

    def __init__(
        self, name: str, folder: Path, flags: Sequence[str], blend: bool, open_ones: ExitStack
    ) -> None:
        self._page = open_ones.enter_context(chromium.page(chromium.find(folder), flags))
        self._name, self._folder = name, folder
        for bundle in BUNDLES:
            self._page.run_script((folder / "node_modules" / bundle).read_text(encoding="utf-8"))
        self._page.run_script(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))
        self._page.run_script(f"peer.load({PARTICLES}, {json.dumps(blend)})")
        self._page.run_script("peer.turn(3)")
        self._began = self._page.run_script("peer.state()")
        self._frames = 0
        self._spent: dict[str, float] = {}
        self._walls: list[float] = []
        self._read: list[float] = []
        self._scripted = 0.0
        self.costs: list[float] = []
        """ms of CPU time a frame, of all processes, of each turn the mean."""

    def turn(self, frames: int) -> None:
        before = self._page.cpu()
        told = self._page.run_script(f"peer.turn({frames})")
        spent = {kind: s - before.get(kind, 0) for kind, s in self._page.cpu().items()}
        self.costs.append(sum(spent.values()) * 1e3 / told["drawn"])
        for kind, s in spent.items():
            self._spent[kind] = self._spent.get(kind, 0) + s
        self._frames += told["drawn"]
        self._walls += told["apart"]
        self._read += told["read"]
        self._scripted += told["scripted"]

    def told(self) -> dict[str, Any]:
        state, began = self._page.run_script("peer.state()"), self._began.pop("first")
        moved = np.hypot(*np.array(np.subtract(state.pop("first"), began)).T)
        png = base64.b64decode(self._page.run_script("peer.picture()"))
        (self._folder / f"peer_{self._name}.png").write_bytes(png)
        picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        lit = _lit(picture)
        if state["alive"] < PARTICLES or lit < 0.2 or moved.min() <= 0:
            raise chromium.Missing(f"it does not show what it should: {state}, lit {lit}, moved {moved}")
        return {
            "library": f"tsParticles {state.pop('version')}",
            **self._browser(),
            **state,
            "lit_share": lit,
            "frames": self._frames,
            "cpu_ms": round(float(np.median(self.costs)), 1),
            "cpu_ms_by_process": {
                kind: round(s * 1e3 / self._frames, 1) for kind, s in self._spent.items() if s > 0
            },
            "wall_ms": round(float(np.median(self._walls)), 1),
            "scripted_ms": round(self._scripted / self._frames, 1),
            "read_ms": round(float(np.median(self._read)), 1),
        }

    def _browser(self) -> dict[str, Any]:
        """What it is and how it draws, by its own word."""
        gpu = self._page.ask("SystemInfo.getInfo")["gpu"]
        status = gpu.get("featureStatus", {})
        return {
            "browser": self._page.ask("Browser.getVersion")["product"],
            "canvas_2d": status.get("2d_canvas"),
            "rasterization": status.get("rasterization"),
            "gl_renderer": gpu.get("auxAttributes", {}).get("glRenderer", ""),
        }


def _folder(named: str) -> Path:
    if not named:
        raise chromium.Missing("STUDIO_PEER is not set: it names the folder of Chromium and tsParticles")
    folder = Path(named).resolve()
    absent = [one for one in BUNDLES if not (folder / "node_modules" / one).is_file()]
    if absent:
        raise chromium.Missing(f"not in the folder that STUDIO_PEER names: {', '.join(absent)}")
    return folder


def _spark() -> Spark:
    """All born at once, at their full light for all their life, within a round wall."""
    look = {"size": (2 * RADIUS, 2 * RADIUS), "colours": "one", "jitter": 0, "gain": 0.02}
    layer = {
        "kind": "particles", "id": "many", "emit": {"bursts": [{"count": PARTICLES}]}, "life": (12, 12),
        "shape": {"kind": "disc", "radius": 340}, "launch": {"kind": "out", "speed": (60, 700)},
        "forces": [{"kind": "gravity", "y": 250}, {"kind": "drag", "rate": 0.1}],
        "colliders": [
            {"kind": "circle", "at": (360, 640), "radius": 358, "inside": True, "bounce": 1, "friction": 0}
        ],
        "look": look | {"alpha_over": {"keys": [(0, 1), (1, 1)]}},
    }  # fmt: skip
    return Spark.model_validate(
        {
            "schema": "spark/1", "id": "many", "name": "Many", "tier": "common", "credits": 1, "family": "f",
            "duration": 12, "hero_at": 1, "max_particles": PARTICLES, "stage": {"bloom": 0},
            "palettes": {"one": ["#ff8844"]}, "layers": [layer],
        }
    )  # fmt: skip


def _lit(picture: Any) -> float:
    """The share of pixels that are not dark."""
    return round(float((picture[..., :3].max(axis=2) > 0).mean()), 2)


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
