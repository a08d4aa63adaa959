"""What the server tells of sparks."""

from __future__ import annotations

from typing import Final

CHANGED: Final = "sparks.changed"
DRAFT: Final = "sparks.draft"
JUDGED: Final = "sparks.judged"
READ: Final = "sparks.read"
EDIT: Final = "sparks.edit"
PUBLISH: Final = "sparks.publish"
