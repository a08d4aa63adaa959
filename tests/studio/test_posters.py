"""Stills are kept as long as there is room for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from server.content.rules import DerivativeKind
from studio import posters
from tests.studio.tabs.content.content_server import ME, ContentServer, video
from tests.studio.tabs.office import Office, play


def test_those_that_were_not_looked_at_for_longest_go_when_the_bytes_are_used_up(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = QPixmap(480, 853)
    each_takes = 480 * 853 * still.depth() // 8
    monkeypatch.setattr(posters, "MOST_BYTES", 3 * each_takes)

    async def story(office: Office) -> None:
        found = posters.Posters(office.context, qapp)
        shown = [video(n, derivatives=[DerivativeKind.POSTER]) for n in range(4)]
        for each in shown[:3]:
            found.put(each, still)
        assert found.get(shown[0]) is still  # looked at last
        found.put(shown[3], still)
        assert set(found._stills) == {shown[0].id, shown[2].id, shown[3].id}

    play(qapp, tmp_path, ContentServer(), story, me=ME)
