"""The link of a video is found wherever it stands, and nothing else is taken for one."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.video_link import link_to, video_in

ID = UUID(int=7)


@given(st.uuids(), st.text(), st.sampled_from(["", " ", "\n", ".", ">"]))
def test_a_link_is_found_in_any_text(video_id: UUID, before: str, after: str) -> None:
    assert video_in(f"{before} {link_to(video_id)}{after}") == (video_in(before) or video_id)
    assert video_in(link_to(video_id).upper()) == video_id


@pytest.mark.parametrize("text", ["", "studio:video/", f"studio:video/{ID}0", str(ID), "studio:video/x"])
def test_nothing_else_is_one(text: str) -> None:
    assert video_in(text) is None
