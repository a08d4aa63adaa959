"""Writes the tables of every setting, server and client, into docs/settings.md (`make docs`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args

from annotated_types import Ge
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from server.settings import Settings
from studio.settings import TABLE, Choice, Flag, Number, Record, Setting

PAGE = Path(__file__).parents[1] / "docs/settings.md"
KINDS = {Path: "path", int: "whole number", bool: "true or false", str: "text", SecretStr: "text, secret"}


def server_rows() -> Iterator[str]:
    """One row for each field of the server's settings."""
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"STUDIO_{name}".upper())
        yield f"| `{variable}` | {server_kind(field)} | {shown(field.default)} | {field.description} |"


def server_kind(field: FieldInfo) -> str:
    """What a field accepts, in words."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    least = next((f", at least {bound.ge}" for bound in field.metadata if isinstance(bound, Ge)), "")
    return KINDS[kinds[0]] + least


def client_rows() -> Iterator[str]:
    """One row for each entry of the client's table."""
    for setting in TABLE:
        where = setting.page or "kept by the program"
        value = f"{client_kind(setting)} | {shown(setting.default)}"
        yield f"| `{setting.key}` | {where} | {value} | {setting.doc} |"


def client_kind(setting: Setting[object]) -> str:
    """What a setting accepts, in words."""
    match setting.type:
        case Flag():
            return "true or false"
        case Number(low, high, unit):
            return f"{low} to {high} {unit}"
        case Choice(options):
            return ", ".join(options)
        case Record():
            return "JSON object"
    return "address"


def shown(default: object) -> str:
    """A default in a cell; nothing for none and for what is empty."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if default else ""


def render(page: str) -> str:
    """The page with its tables as the settings are now."""
    server = ["| variable | value | default | what it does |", "|---|---|---|---|", *server_rows()]
    client = ["| key | page | value | default | what it does |", "|---|---|---|---|---|", *client_rows()]
    for name, table in (("server", server), ("client", client)):
        head, rest = page.split(f"<!-- {name} -->")
        tail = rest.split(f"<!-- /{name} -->")[1]
        page = "\n".join((f"{head}<!-- {name} -->", "", *table, "", f"<!-- /{name} -->{tail}"))
    return page


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
