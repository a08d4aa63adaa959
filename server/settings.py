"""The settings of the server, each read from the environment (prefix STUDIO_, but DATABASE_URL as is)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Settings(BaseModel):
    """Typed, documented (docs/settings.md), frozen once read. What is given goes before the environment.

    Not of pydantic-settings, whose many sources take longer to load than all of these files.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    data: Path = Field(
        default=Path("var/server"), description="Folder of the embedded database, the media and the keys."
    )
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL address; unset = embedded SQLite.",
    )
    keys: SecretStr | None = Field(
        default=None,
        description="The server keys as JSON; needed with PostgreSQL, otherwise keyring or keys.json.",
    )
    keys_file: Path | None = Field(default=None, description="A secret file that holds the same JSON.")
    upload_limit_mb: int = Field(default=4096, ge=1, description="Largest accepted upload, in MiB.")
    lease_s: int = Field(
        default=600, ge=15, description="How long a claim holds without a heartbeat, in seconds."
    )
    grace_s: int = Field(
        default=10, ge=0, description="How long a decision can be undone before it takes effect."
    )
    prevalence_bp: int = Field(
        default=200,
        ge=0,
        le=10_000,
        description="How many of 10,000 videos are taken to be manipulated: what a score means hangs on it.",
    )
    anthropic_key: SecretStr | None = Field(
        default=None,
        description="Key of the Anthropic API; unset = the keyring's, and without one no model is asked.",
    )
    anthropic_url: str | None = Field(
        default=None,
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$))",
        description="Where the Anthropic API is reached; unset = at Anthropic.",
    )
    opinion_model: str = Field(
        default="claude-haiku-5-5",
        max_length=80,
        description="Id of the model that is asked for an opinion of a video.",
    )
    opinion_frames: int = Field(
        default=8, ge=1, le=12, description="How many stills of a video the model is shown at most."
    )
    opinion_on_upload: bool = Field(
        default=False, description="Ask for an opinion of every new video by itself, where there is a key."
    )
    ai_tokens_per_day: int = Field(
        default=2_000_000, ge=0, description="How many tokens, in and out, models may cost in a day (UTC)."
    )
    models: Path | None = Field(
        default=None,
        description="Folder of ONNX checkpoints; unset = models in STUDIO_DATA.",
    )
    jobs: bool = Field(default=True, description="Run durable jobs in this process.")
    stand_back: bool = Field(
        default=False,
        description="Let jobs that nobody waits for rest while somebody is here: on a person's own computer.",
    )

    def __init__(self, **given: Any) -> None:
        super().__init__(**(_environment() | given))

    @property
    def sqlalchemy_url(self) -> str:
        """The address in SQLAlchemy's spelling, with the psycopg 3 driver for PostgreSQL."""
        if self.database_url is None:
            return f"sqlite:///{self.data / 'studio.sqlite'}"
        scheme, sep, rest = self.database_url.partition("://")
        return f"postgresql+psycopg{sep}{rest}" if scheme in ("postgres", "postgresql") else self.database_url

    @property
    def media(self) -> Path:
        """Where uploaded files lie."""
        return self.data / "media"

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints for forensics lie."""
        return self.models or self.data / "models"


def _environment() -> dict[str, str]:
    """The settings that variables give, by the names that `Settings` takes."""
    variables = {
        str(field.validation_alias or name): str(field.validation_alias or f"STUDIO_{name}".upper())
        for name, field in Settings.model_fields.items()
    }
    return {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
