"""`zhifa demo`: build the sample province and run both sample cases from filing to archive, showing every step."""

from __future__ import annotations

import argparse
import json
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any

from documents.keys import trust_roots
from documents.verifying import verify
from engine import journal
from engine.cases.cases import find_case
from engine.cases.document_records import documents_of
from engine.cases.limits import limits_of
from engine.cases.parties import known_party
from engine.clock import SettableClock
from engine.oversight.archive import archive_of
from engine.registers.agencies import Officer
from engine.workflow.tasks import items_of_case
from processes.host import Host, open_host
from processes.manifest import find_package
from processes.sample import BEGINNING, install_sample
from processes.scripted import Progress, Script, parse_script, run_script
from web.commands.serving import demonstration_settings

READY = "ready"
SCRIPTS = ("ordinary_case", "emergency_case")


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("demo", help="建立示范省，走完两个示范案件")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"))
    parser.add_argument("--resume", action="store_true", help="从上次中断的环节继续")
    parser.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.folder
    began = time.perf_counter()
    if not (arguments.resume and (folder / READY).exists()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    clock = SettableClock(BEGINNING)
    host = open_host(demonstration_settings(folder), clock)
    try:
        if not (folder / READY).exists():
            print("建立示范省：省、市、区、镇，两个执法主体，执法人员、事项、裁量基准、电子印章……", flush=True)
            install_sample(host)
            (folder / READY).touch()
        cases = {}
        for name in SCRIPTS:
            script = parse_script((find_package("national") / "scenarios" / f"{name}.toml").read_bytes(), name)
            print(f"\n{script.key} {'行政处罚普通程序' if script.procedure == 'ordinary' else '快速办理（应急程序）'}", flush=True)
            case_id = run_script(host, clock, script, _tell)
            cases[script.key] = _export(host, case_id, script, folder / "cases" / script.key)
    finally:
        host.close()
    summary = {"cases": cases}
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    _print_summary(cases, folder, time.perf_counter() - began)
    sound = all(
        case["journal"] == "intact" and case["status"] == "archived"
        and all(document["seal"] in ("valid", "none") for document in case["documents"]) for case in cases.values()
    )
    return 0 if sound else 1


def _tell(progress: Progress) -> None:
    due = f"期限 {progress.due}" if progress.due else ""
    made = "、".join(progress.documents)
    print(
        f"  {progress.number:>2}/{progress.total} {progress.at:%Y-%m-%d %H:%M} {_padded(progress.name, 26)} "
        f"{_padded(progress.actor, 8)} {_padded(due, 16)} {progress.seconds:5.2f} 秒  {made}", flush=True,
    )


def _export(host: Host, case_id: int, script: Script, folder: Path) -> dict[str, Any]:
    """Write every document, the dossier and the journal of a case, and verify what was sealed."""
    for part in ("documents", "dossier"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    roots = trust_roots(host.settings.keys_dir)
    with host.database.reading() as session:
        case, records = find_case(session, case_id), documents_of(session, case_id)
        names = {officer.id: officer.name for officer in session.query(Officer)}
        count, broken = journal.verify(session, case_id)
        entries = journal.entries(session, case_id)
        archive = archive_of(session, case_id)
        documents = []
        for record in records:
            stem = f"{record.id:03d}-{record.kind}-{record.title.replace('/', '或')}" + (f"-第{record.version}版" if record.version > 1 else "")
            pdf = host.files.get(record.final)
            (folder / "documents" / f"{stem}.pdf").write_bytes(pdf)
            (folder / "documents" / f"{stem}.docx").write_bytes(host.files.get(record.word))
            seal = ("valid" if verify(pdf, roots).valid else "invalid") if record.sealed else "none"
            documents.append({
                "kind": record.kind, "title": record.title, "number": record.number, "version": record.version,
                "file": f"documents/{stem}.pdf", "sha256": record.final, "pages": record.pages, "seal": seal,
            })
        if archive:
            (folder / "dossier" / "案卷.pdf").write_bytes(host.files.get(archive.volume))
            (folder / "dossier" / "归档包.zip").write_bytes(host.files.get(archive.package))
        lines = [{"sequence": e.sequence, "at": e.at.isoformat(), "act": e.act, "actor": names.get(e.actor_id, e.actor_id),
                  "facts": json.loads(e.facts), "previous": e.previous, "digest": e.digest} for e in entries]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / "journal.jsonl").write_text(text, encoding="utf-8")
        return {
            "key": script.key, "number": case.number, "title": case.title, "procedure": case.procedure,
            "party": known_party(session, case_id).name, "status": case.status.lower(),
            "journal": "intact" if not broken else "broken", "journal_entries": count,
            "steps": [
                {"step": item.step, "name": item.name, "actor": names.get(item.closed_by or "", ""),
                 "at": item.closed_at.isoformat() if item.closed_at else None, "state": item.state,
                 "due": item.due_at.isoformat() if item.due_at else None}
                for item in items_of_case(session, case_id)
            ],
            "limits": [
                {"limit": row.limit_id, "name": row.name, "started": row.started_at.date().isoformat(),
                 "due": row.due_on.isoformat(), "ended": row.ended_at.date().isoformat() if row.ended_at else None,
                 "provisional": row.provisional, "because": [part["text"] for part in row.trace]}
                for row in limits_of(session, case_id)
            ],
            "documents": documents,
        }


def _print_summary(cases: dict[str, dict[str, Any]], folder: Path, seconds: float) -> None:
    print("\n期限一览")
    for case in cases.values():
        for row in case["limits"]:
            ended = f"办结 {row['ended']}" if row["ended"] else "（当事人的期限，仍在进行）"
            print(f"  {case['key']} {_padded(row['name'], 40)} 起 {row['started']}  止 {row['due']}  {ended}")
    print("\n汇总")
    for case in cases.values():
        sealed = sum(1 for document in case["documents"] if document["seal"] == "valid")
        kinds = len({document["kind"] for document in case["documents"]})
        steps = sum(1 for step in case["steps"] if step["state"] == "done")
        print(
            f"  {case['key']} {case['number']} {case['title']}\n    {steps} 个环节，{len(case['documents'])} 份文书（{kinds} 种），"
            f"{sealed} 份用印且验证有效，全过程记录 {case['journal_entries']} 条{'完好' if case['journal'] == 'intact' else '断裂'}，"
            f"状态 {'已归档' if case['status'] == 'archived' else case['status']}"
        )
    print(
        f"\n用时 {seconds:.0f} 秒。文书、案卷和记录在 {folder}/cases/，汇总在 {folder}/summary.json。\n"
        "接下来：运行 make serve，用示范账号在浏览器里查看案件、文书和全过程记录；或者新建一个案件试办。"
    )


def _padded(text: str, width: int) -> str:
    """Pad to a width in terminal columns, where a Chinese character takes two."""
    columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(width - columns, 0)
