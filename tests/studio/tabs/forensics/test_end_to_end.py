"""The Scores tab before the real server: a bank is made, listed, filled from a list and given out again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QApplication

from server.kit.crypto import Keys
from server.kit.db import Database
from studio.tabs.forensics.exporting import Export
from studio.tabs.forensics.tab import ScoresTab
from tests.studio.tabs.office import Office, play, words
from tests.studio.tabs.real import real


def test_a_bank_is_made_filled_and_given_out(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys
) -> None:
    server = real(tmp_path, db, keys)
    listed, out = tmp_path / "list.csv", tmp_path / "out.csv"
    digest = "f" * 63 + "0"
    listed.write_text(f"hash,type,tags\n{digest},sha256,partner:demo\n", encoding="utf-8")

    async def story(office: Office) -> None:
        tab = ScoresTab(office.context)
        await office.show(tab, 1_180, 740)
        assert tab.banks is not None
        assert "No analyses yet" in words(tab)
        tab.pages.setCurrentWidget(tab.banks)
        await office.settle()
        assert "No hash banks yet" in words(tab)
        tab.banks.make_bank({"name": "Partners", "kind": "exchange", "policy": "violence.graphic"})
        await office.settle()
        await office.settle()
        bank = tab.banks.bank()
        assert bank is not None
        assert bank.name == "Partners"
        tab.banks.take_in(listed)
        await office.settle()
        await office.settle()
        assert "1 entries imported" in office.told()
        assert tab.banks.entries.rowCount() == 1
        path = f"/v1/forensics/banks/{bank.id}/export"
        tab.banks.exporting.begin(Export("Hashes", path, "hashes.csv", "", {"format": "csv"}), out)
        await office.settle()
        assert "hash" in out.read_text(encoding="utf-8").splitlines()[0]

    play(qapp, tmp_path, server.transport, story, token=server.token, me=server.me, now=datetime.now(UTC))
