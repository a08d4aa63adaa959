"""The settings of the server, each read from the environment (prefix STUDIO_, but DATABASE_URL as is)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Typed, documented (docs/settings.md), frozen once read."""

    model_config = SettingsConfigDict(env_prefix="STUDIO_", frozen=True, extra="ignore")

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
    jobs: bool = Field(default=True, description="Run durable jobs in this process.")

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
