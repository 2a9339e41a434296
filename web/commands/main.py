"""The command `zhifa`: one sub-command per family, each in a module of its own."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from engine import logs
from engine.errors import ZhifaError
from engine.settings import Settings
from web.commands import (
    accounts,
    backups,
    bpmn,
    decisions,
    demonstration,
    documents,
    incidents,
    journals,
    law,
    messages,
    migrating,
    numbers,
    outbox,
    packages,
    registers,
    sampling,
    serving,
    upgrading,
    verifying,
    working,
)

LOG = logging.getLogger("zhifa.commands")
SERVERS = frozenset({"serve", "worker"})
FAMILIES = (
    demonstration, packages, verifying, bpmn, decisions, documents, incidents, messages, migrating, journals, numbers,
    registers, law, accounts, backups, upgrading, outbox, sampling, serving, working,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it succeeded, 1 when zhifa refused, 2 when the call was wrong."""
    parser = argparse.ArgumentParser(prog="zhifa", description="执法：行政执法办案平台")
    families = parser.add_subparsers(dest="command", required=True, metavar="命令")
    for family in FAMILIES:
        family.add_to(families)
    chosen = parser.parse_args(arguments)
    with logs.about(command=chosen.command):
        status = _run(chosen)
        LOG.info("command.ended", extra={"status": status})
    return status


def _run(chosen: argparse.Namespace) -> int:
    try:
        settings = Settings.from_environment()
        usual = logging.INFO if chosen.command in SERVERS else logging.WARNING
        logs.configure(settings.log_format, logs.level_of(settings.log_level, usual))
        return int(chosen.run(chosen))
    except ZhifaError as error:
        LOG.info("command.refused", extra={"code": error.code})
        print(f"拒绝（{error.code}）：{error.message}", file=sys.stderr)
        for fault in error.facts.get("faults", ()):
            print(f"  {fault.where}：{fault.message}", file=sys.stderr)
        if error.facts.get("article"):
            print(f"  依据：{error.facts['article']}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
