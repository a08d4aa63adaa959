"""My videos before the real server: an upload that is cut, gone on with by another run, edited, deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from PySide6.QtWidgets import QApplication

from server.accounts import sessions
from server.accounts.permissions import Role, permissions_of
from server.content.models import Video
from server.content.rules import VideoState
from server.kit.crypto import Keys
from server.kit.db import Database
from studio.tabs.content.tab import ContentTab
from tests.studio.tabs.content.content_server import BLOCK, file
from tests.studio.tabs.office import Office, person_me, play, until
from tests.studio.tabs.real import person, real


def test_a_video_is_cut_gone_on_with_edited_and_deleted(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys
) -> None:
    server = real(tmp_path, db, keys)
    tiana = person(db, keys, "tiana", Role.CREATOR)
    with db.write() as s:
        token, _ = sessions.open_session(
            s, keys=keys, person_id=tiana.id, device_id=uuid4(), device_name="Desk"
        )
    allowed = sorted(permissions_of(frozenset({Role.CREATOR}), cleared=False))
    me = person_me(permissions=allowed).model_copy(update={"id": tiana.id})
    path = file(tmp_path, "harbour.mp4", BLOCK * 20)

    def stored() -> Video:
        with db.read() as s:
            return s.query(Video).one()

    async def first(office: Office) -> None:
        tab = ContentTab(office.context)
        await office.show(tab, 1240, 800)
        tab.page.take_files([path])
        await office.settle()
        tab.page.new.begin.click()
        uploads = office.context.uploads
        await until(lambda: uploads.all() and uploads.progress(uploads.all()[0].id).sent >= BLOCK * 3)  # type: ignore[union-attr]
        await uploads.close()  # as far as the server can tell, the program was killed

    async def second(office: Office) -> None:
        assert stored().state == VideoState.UPLOADING
        tab = ContentTab(office.context)
        await office.show(tab, 1240, 800)
        await office.context.uploads.begin()
        await office.settle()
        assert stored().state == VideoState.PROCESSING
        assert tab.page.model.row(0).state is VideoState.PROCESSING
        pane = tab.page.pane
        pane.form.title.setText("Harbour at dawn")
        pane.form.typed.emit()
        pane.save_button.click()
        await office.settle()
        assert stored().title == "Harbour at dawn"
        pane.delete()
        await office.settle()
        assert stored().deleted_at is not None
        assert tab.page.model.rowCount() == 0

    now = datetime.now(UTC)
    play(qapp, tmp_path, server.transport, first, token=token, me=me, now=now)
    play(qapp, tmp_path, server.transport, second, token=token, me=me, now=now)
    assert stored().size == BLOCK * 20
