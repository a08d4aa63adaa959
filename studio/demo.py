"""`make demo`: fills the demo profile once, then opens the client on it; without a display, renders it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from studio import demo_data
from studio.__main__ import NO_SCREEN, has_display
from studio.paths import Profile
from studio.settings import SIGN_IN, Settings

FIRST_ACCOUNT = "moderator@demo.local"


def start(data: Path, media: Path | None) -> int:
    """Seed the profile at `data` (kept when it is there already) and run the client; the exit status."""
    seen = has_display()
    if not seen:  # before the minutes that filling takes
        print(NO_SCREEN.format(command="make demo"), file=sys.stderr)
    profile = Profile(data.resolve()).create()
    fresh = not any(profile.server_data.iterdir())
    seed = [sys.executable, "-m", "server", "seed-demo", "--data", str(profile.server_data)]
    if media is not None:
        seed += ["--media", str(media.resolve())]
    if status := subprocess.run(seed, check=False).returncode:
        return status
    _suggest_account(profile)
    if not seen:
        shots = data / "screenshots"
        print(f"Meanwhile every tab is rendered into {shots}", file=sys.stderr)
        if fresh:
            demo_data.adopt(profile.server_data)
        return subprocess.run(
            [sys.executable, "-m", "studio", "screenshots", str(shots)], check=False
        ).returncode
    from studio.launch import begin, launch

    return launch(begin(profile=profile.root, server=None))


def _suggest_account(profile: Profile) -> None:
    """Let the sign-in page of a fresh demo propose the moderator."""
    settings = Settings(profile.settings)
    known = settings.get(SIGN_IN)
    address = f"email:embedded:{profile.root}"
    if address not in known:
        settings.set(SIGN_IN, known | {address: FIRST_ACCOUNT})
        settings.save()
