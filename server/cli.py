"""`python -m server COMMAND`: serve, and everything one does to a server from its own machine."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from server.lock import FolderLock, Taken
from server.refused import Refused
from server.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int]
Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

REFUSED = 1
ALREADY_RUNNING = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 refused or found wanting, 2 misused, 3 another server runs."""
    asked = _parser().parse_args(arguments)
    given = {"data": asked.data} if asked.data else {}
    command: Command = asked.run
    before = os.umask(0o077)  # SQLite makes its files as open as it is let
    try:
        return command(Settings(**given), asked)
    except Refused as refusal:
        _say(str(refusal))
        return ALREADY_RUNNING if isinstance(refusal, Taken) else REFUSED
    finally:
        os.umask(before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, metavar="DIR", help="the server's folder (else STUDIO_DATA)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    audit = commands.add_parser("audit", help="the tamper-evident log").add_subparsers(
        required=True, metavar="ACTION"
    )

    def add(name: str, run: Command, about: str, *, to: Subcommands = commands) -> argparse.ArgumentParser:
        made = to.add_parser(name, parents=[common], help=about, description=about)
        made.set_defaults(run=run)
        return made

    one = add("serve", _serve, "answer requests until stopped")
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=8420, help="0 = any free port")
    one.add_argument(
        "--announce", action="store_true", help="tell progress in JSON on stdout, stop when stdin is closed"
    )
    add("migrate", _migrate, "bring the database to this program's schema")
    one = add("seed-demo", _seed_demo, "fill an empty database with demo people, videos and flags")
    one.add_argument(
        "--media", type=Path, metavar="DIR", help="your own videos instead of the generated ones"
    )
    one = add("create-admin", _create_admin, "add a person with the role admin")
    one.add_argument("--email", required=True)
    one.add_argument("--handle", required=True)
    one.add_argument("--name")
    one = add("create-service-token", _create_service_token, "let a program flag, e.g. a classifier")
    one.add_argument("name", metavar="NAME", help="how the audit log names it, e.g. gore-v1")
    add("openapi", _openapi, "print the description of the HTTP API")
    one = add("doctor", _doctor, "look the server over; exit code 1 when something fails")
    one.add_argument("--json", action="store_true")
    one = add("backup", _backup, "write database and media into one file, while the server runs or not")
    one.add_argument("file", type=Path)
    one = add(
        "restore", _restore, "put a backup into an empty folder and database; the server must be stopped"
    )
    one.add_argument("file", type=Path)
    one.add_argument("--force", action="store_true", help="replace what is there")
    content = commands.add_parser("content", help="videos and their counters").add_subparsers(
        required=True, metavar="ACTION"
    )
    one = add(
        "recount", _recount, "compare counters with what happened; exit code 1 when one is wrong", to=content
    )
    one.add_argument("--repair", action="store_true", help="put the right numbers")
    forensics = commands.add_parser("forensics", help="what scores are worth").add_subparsers(
        required=True, metavar="ACTION"
    )
    one = add("evaluate", _evaluate, "measure the analysers on labelled clips of your own", to=forensics)
    one.add_argument("manifest", type=Path, metavar="MANIFEST.csv", help="its clips lie beside it")
    one.add_argument("--json", action="store_true", help="the figures as JSON instead of a table")
    models = commands.add_parser("models", help="checkpoints that look at faces and voices").add_subparsers(
        required=True, metavar="ACTION"
    )
    add("list", _list_models, "what is in the model folder, and why it is not used", to=models)
    one = add("check", _check_models, "load checkpoints; exit code 1 when one cannot be used", to=models)
    one.add_argument("file", type=Path, nargs="?", metavar="FILE.onnx", help="else all in the model folder")
    one.add_argument("--card", type=Path, metavar="CARD.json", help="else FILE.json beside it")
    one = add("add", _add_model, "verify a checkpoint and copy it into the model folder", to=models)
    one.add_argument("file", type=Path, metavar="FILE.onnx")
    one.add_argument("--card", type=Path, metavar="CARD.json", help="else FILE.json beside it")
    one.add_argument(
        "--accept-non-commercial", action="store_true", help="use it although its licence says so"
    )
    add("verify", _audit_verify, "check every entry and seal; exit code 1 when one does not hold", to=audit)
    add("seal", _audit_seal, "sign the newest entry now", to=audit)
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _serve(settings: Settings, asked: argparse.Namespace) -> int:
    from server.serve import serve

    serve(settings, host=asked.host, port=asked.port, announced=asked.announce)
    return 0


def _migrate(settings: Settings, asked: argparse.Namespace) -> int:
    from server.migrations.schema import HEAD
    from server.runtime import migrated

    with migrated(settings):
        _say(f"The database is at revision {HEAD}.")
    return 0


def _seed_demo(settings: Settings, asked: argparse.Namespace) -> int:
    from server.demo.seed import seed

    seed(settings, media=asked.media, say=_say)
    return 0


def _create_admin(settings: Settings, asked: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from server.accounts import passwords, service
    from server.accounts.permissions import Role
    from server.accounts.schemas import NewPerson
    from server.kit.access import SYSTEM
    from server.kit.errors import DomainError
    from server.runtime import opened

    password = os.environ.get("STUDIO_ADMIN_PASSWORD") or getpass.getpass("Password: ")
    try:
        new = NewPerson(
            handle=asked.handle, name=asked.name or asked.handle, email=asked.email, password=password
        )
    except ValidationError as error:
        # Never the error's own text: it quotes the password.
        raise Refused("; ".join(f"{found['loc'][0]}: {found['msg']}" for found in error.errors())) from None
    with opened(settings) as (db, keys):
        try:
            hashed = passwords.hashed(password)
            with db.write() as s:
                service.create_person(
                    s,
                    actor=SYSTEM,
                    keys=keys,
                    handle=new.handle,
                    name=new.name,
                    email=new.email,
                    password_hash=hashed,
                    roles=[Role.ADMIN],
                )
        except DomainError as refusal:
            _say(refusal.detail)
            return REFUSED
    _say(f"@{new.handle} may sign in as admin.")
    return 0


def _create_service_token(settings: Settings, asked: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from server.accounts import programs
    from server.accounts.schemas import NewProgram
    from server.kit.access import SYSTEM
    from server.kit.errors import DomainError
    from server.runtime import opened

    try:
        name = NewProgram(name=asked.name).name
    except ValidationError as error:
        raise Refused("; ".join(f"name: {found['msg']}" for found in error.errors())) from None
    with opened(settings) as (db, keys):
        try:
            with db.write() as s:
                _, token = programs.create(s, actor=SYSTEM, keys=keys, name=name)
        except DomainError as refusal:
            _say(refusal.detail)
            return REFUSED
    _say(f"{name} may flag with this token, which is shown only now:")
    print(token)
    return 0


def _openapi(settings: Settings, asked: argparse.Namespace) -> int:
    from server.app import create_app
    from server.kit.crypto import generate
    from server.kit.db import Database

    db = Database("sqlite://")
    print(json.dumps(create_app(settings, db, generate()).openapi(), indent=1))
    db.dispose()
    return 0


def _doctor(settings: Settings, asked: argparse.Namespace) -> int:
    from server.kit.db import Database
    from server.ops.doctor import examine
    from server.ops.schemas import Level
    from server.runtime import find_keys

    db = Database(settings.sqlalchemy_url, existing=True)
    findings = examine(settings, db, find_keys(settings))
    db.dispose()
    if asked.json:
        print(findings.model_dump_json(indent=1))
    else:
        for check in findings.checks:
            print(f"{check.level:4}  {check.name:10}  {check.finding}")
            if check.advice:
                print(f"{'':18}{check.advice}")
    return REFUSED if findings.level is Level.FAIL else 0


def _backup(settings: Settings, asked: argparse.Namespace) -> int:
    from server.ops.backup import backup

    written = backup(settings, asked.file)
    _say(f"{asked.file}: the database and {written.media} media files, {written.size / 2**20:.1f} MiB.")
    _say("The server's keys are not in it: keep them apart, a backup without them cannot be read.")
    return 0


def _restore(settings: Settings, asked: argparse.Namespace) -> int:
    from server.ops.backup import restore

    with FolderLock(settings.data):
        restored = restore(settings, asked.file, force=asked.force)
    _say(f"Restored what was backed up at {restored.made_at}: {restored.media} media files.")
    try:
        return _audit_verify(settings, asked)
    except Refused as refusal:
        _say("It is all there. What could not be done is to look it over:")
        raise refusal


def _audit_verify(settings: Settings, asked: argparse.Namespace) -> int:
    from server.audit.verify import verify
    from server.runtime import existing

    with existing(settings) as (db, keys), db.read() as s:
        verdict = verify(s, keys)
    if not verdict.whole:
        _say(f"NOT WHOLE at entry {verdict.broken_at}: {verdict.reason}.")
        return REFUSED
    _say(f"Whole: {verdict.entries} entries, sealed to {verdict.sealed_to}, {verdict.unsealed} unsealed.")
    return 0


def _audit_seal(settings: Settings, asked: argparse.Namespace) -> int:
    from server.audit.service import seal
    from server.runtime import existing

    with existing(settings) as (db, keys), db.write() as s:
        sealed = seal(s, keys)
    _say("Nothing new to seal." if sealed is None else f"Sealed up to entry {sealed}.")
    return 0


def _recount(settings: Settings, asked: argparse.Namespace) -> int:
    from server.content.recount import recount
    from server.runtime import existing

    with existing(settings) as (db, _):
        found = recount(db, repair=asked.repair)
    for one in found:
        _say(f"{one.row} {one.what}: {one.by:+}")
    if not found:
        _say("Every counter is what the facts say.")
        return 0
    _say(
        f"{len(found)} were wrong and are mended."
        if asked.repair
        else f"{len(found)} are wrong; --repair mends."
    )
    return 0 if asked.repair else REFUSED


def _evaluate(settings: Settings, asked: argparse.Namespace) -> int:
    from server.forensics.commands import evaluate

    evaluate(asked.manifest, json_only=asked.json)
    return 0


def _list_models(settings: Settings, asked: argparse.Namespace) -> int:
    from server.forensics.checkpoints.commands import list_models

    list_models(settings.checkpoints)
    return 0


def _check_models(settings: Settings, asked: argparse.Namespace) -> int:
    from server.forensics.checkpoints.commands import check_models

    return 0 if check_models(settings.checkpoints, asked.file, asked.card) else REFUSED


def _add_model(settings: Settings, asked: argparse.Namespace) -> int:
    from server.forensics.checkpoints.commands import add_model

    add_model(settings.checkpoints, asked.file, asked.card, accept_non_commercial=asked.accept_non_commercial)
    return 0
