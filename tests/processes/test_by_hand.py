"""Documents by hand: offered to those in charge only, printed from the queue, changed in Word, approved by another, void for ever."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from documents.drafting import paragraphs
from documents.keys import create_authority, issue_seal
from documents.upload_checks import parts_of
from engine import journal
from engine.cases.document_records import AWAITING, ISSUED, SEALED, documents_of, find_document, superseded_documents
from engine.cases.draft_changes import changes_of
from engine.clock import at_legal_midnight
from engine.errors import Conflict, Invalid, NotPermitted, PackageFault, Unlawful
from engine.registers.agencies import Seal, find_officer
from processes.approving import approve, change_draft, declare_void, waiting_for
from processes.backup import referenced
from processes.checks import check_package
from processes.host import Host
from processes.making import begin, make_by_hand, offered, preview
from processes.overlay import resolve
from processes.picturing import add_picture, set_signature
from processes.publishing import publish
from processes.queue import drain
from processes.reserving import account_for, numbers_shown, reserve_block, series_offered
from processes.sample import AUTHORITY_FROM, AUTHORITY_TO
from tests.builders import CaseBuilder, a_case, host_in
from tests.documents.test_pictures import png
from tests.processes.hand_made import DECISION, ENTERED, LETTER, NAME, NOTE, reworded, write_package

LEAD, CO, UNIT_HEAD, HEAD, CLERK = "YJWH0101", "YJWH0102", "YJWH0100", "YJWH0002", "YJWH0304"


@pytest.fixture(scope="module")
def installed(pattern: Path, tmp_path_factory: pytest.TempPathFactory, fonts: Path) -> Iterator[Path]:
    """An installation with the package, a seal and a case under investigation."""
    folder = tmp_path_factory.mktemp("by-hand") / "installation"
    shutil.copytree(pattern, folder)
    write_package(folder / "shelf")
    host = host_in(folder, shelves=(folder / "shelf",))
    publish(host, NAME, "YJWH0001")
    a_case(host, package=NAME).until("choose_act")
    keys = host.settings.keys_dir
    create_authority(keys, "示范机构（虚构）", AUTHORITY_FROM, AUTHORITY_TO)
    with host.database.reading() as session:
        for seal in session.query(Seal):
            issue_seal(keys, seal.name, seal.number, at_legal_midnight(seal.valid_from), at_legal_midnight(seal.valid_to))
    host.close()
    yield folder


@pytest.fixture
def host(installed: Path, tmp_path: Path) -> Iterator[Host]:
    shutil.copytree(installed, tmp_path / "installation")
    found = host_in(tmp_path / "installation", shelves=(tmp_path / "installation/shelf",))
    found.clock.set(at_legal_midnight(date(2026, 3, 10)))  # type: ignore[attr-defined]
    yield found
    found.close()


CASE = 1


def record_of(host: Host, document_id: int):  # type: ignore[no-untyped-def]
    with host.database.reading() as session:
        return find_document(session, document_id)


def acts(host: Host) -> list[str]:
    with host.database.reading() as session:
        return [entry.act for entry in journal.entries(session, CASE)]


def test_only_kinds_that_no_step_makes_are_offered_and_only_to_those_in_charge(host: Host) -> None:
    with host.database.reading() as session:
        case, bundle, _ = begin(host, session, CASE, LEAD, NOTE)
        named = {person: [kind.code for kind in offered(bundle, case, find_officer(session, person), host)] for person in (LEAD, CO, HEAD)}
    own = {code for code in named[LEAD] if code.startswith("X-")}
    assert own == {LETTER, NOTE}
    assert named[CO] == named[LEAD] and named[HEAD] == []
    assert "DOC-45" not in named[LEAD]


@pytest.mark.parametrize(("who", "code", "family", "words"), [
    (UNIT_HEAD, NOTE, NotPermitted, "本案的办案人员"), (CLERK, NOTE, NotPermitted, "本案的办案人员"),
    (LEAD, DECISION, Unlawful, "处理决定"), (LEAD, "DOC-45", Unlawful, "由流程环节"), (LEAD, "NO-1", NotPermitted, "没有这种文书"),
])
def test_what_is_not_allowed_is_refused_and_written_down(host: Host, who: str, code: str, family: type, words: str) -> None:
    with pytest.raises(family, match=words):
        make_by_hand(host, CASE, who, code, ENTERED)
    assert acts(host)[-1] == "document.refused"
    with host.database.reading() as session:
        assert [row for row in documents_of(session, CASE) if row.by_hand] == []


def test_not_before_filing_and_not_with_an_expired_certificate(host: Host) -> None:
    clue = CaseBuilder(host, a_case(host, package=NAME).script, 2).case_id
    with pytest.raises((Conflict, NotPermitted)):
        make_by_hand(host, clue, LEAD, NOTE, ENTERED)
    with host.database.writing() as session:
        find_officer(session, LEAD).certificate_to = date(2026, 1, 31)
    with pytest.raises(Unlawful, match="行政执法证件无效") as refusal:
        make_by_hand(host, CASE, LEAD, NOTE, ENTERED)
    assert refusal.value.article == "行政处罚法 第四十二条第一款"


def test_a_preview_takes_no_number_and_faults_of_the_form_are_named(host: Host) -> None:
    shown = preview(host, CASE, LEAD, LETTER, ENTERED)
    assert "（制作时取号）" in shown and "移送理由：涉案货值较大，可能需要移送。" in shown and "联系人：何砚" in shown
    with pytest.raises(Invalid) as refusal:
        make_by_hand(host, CASE, LEAD, LETTER, {**ENTERED, "organ": ""})
    assert [fault.where for fault in refusal.value.faults] == ["organ"]
    assert record_of(host, make_by_hand(host, CASE, LEAD, LETTER, ENTERED)).number == "云望市监1移〔2026〕1号"


def test_a_note_counts_at_once_and_says_where_its_contents_came_from(host: Host) -> None:
    made = make_by_hand(host, CASE, LEAD, NOTE, ENTERED)
    assert drain(host, CASE) == 0
    record = record_of(host, made)
    assert (record.state, record.by_hand, record.pages) == (ISSUED, True, 1)
    assert record.snapshot["理由"] == ENTERED["reason"]
    known = record.provenance
    reason = known["contents"]["理由"]
    assert (reason["source"], reason["from"], reason["by"]) == ("entered.reason", "制作文书时填写", "林望舒")
    with host.database.reading() as session:
        case, bundle, _ = begin(host, session, CASE, LEAD, NOTE)
    assert known["template"] == bundle.templates[NOTE].digest and known["release"] == case.release_digest
    assert {row["statute"] for row in known["law"]} == {basis.statute for basis in case.item.legal_bases}
    assert {"document.by_hand", "documents.by_hand"} <= set(acts(host))


def test_a_letter_is_changed_in_word_approved_by_another_and_sealed(host: Host) -> None:
    made = make_by_hand(host, CASE, LEAD, LETTER, ENTERED)
    assert drain(host, CASE) == 0
    first = record_of(host, made)
    assert (first.state, first.seal_valid) == (AWAITING, None)
    word = host.files.get(first.word)

    with pytest.raises(Invalid, match="法定内容“当事人姓名或者名称”被删去"):
        change_draft(host, made, LEAD, reworded(word, "立案调查", ""), first.word)
    with pytest.raises(Invalid, match="不是 Word 文件"):
        change_draft(host, made, LEAD, b"%PDF-1.7", first.word)
    with pytest.raises(NotPermitted):
        change_draft(host, made, HEAD, word, first.word)
    changed = reworded(word, "涉案货值较大", "涉案货值达到三万元")
    assert change_draft(host, made, CO, changed, first.word) == 1
    with pytest.raises(Conflict, match="被他人修改"):
        change_draft(host, made, LEAD, changed, first.word)
    with host.database.reading() as session:
        row = changes_of(session, made)[0]
    assert (row.officer_id, row.before) == (CO, first.word)
    assert [old.replace("涉案货值较大", "涉案货值达到三万元") for _, old, _ in row.differences] == [new for _, _, new in row.differences]

    second = record_of(host, made)
    assert host.files.get(first.word) == word  # what was made is kept
    for who, family in ((LEAD, NotPermitted), (CO, NotPermitted), (UNIT_HEAD, NotPermitted)):
        with pytest.raises(family):
            approve(host, made, who, second.word)
    with pytest.raises(Conflict, match="重新阅读"):
        approve(host, made, HEAD, first.word)
    with host.database.reading() as session:
        assert [one.id for one in waiting_for(session, find_officer(session, HEAD))] == [made]
        assert waiting_for(session, find_officer(session, UNIT_HEAD)) == []
    approve(host, made, HEAD, second.word)
    assert drain(host, CASE) == 0
    done = record_of(host, made)
    assert (done.state, done.seal_valid, done.approved_by) == (SEALED, True, HEAD)
    assert "移送理由：涉案货值达到三万元，可能需要移送。" in paragraphs(host.files.get(done.word))
    with pytest.raises(Conflict, match="不能再修改"):
        change_draft(host, made, LEAD, changed, done.word)


def test_signature_pictures_and_code_of_the_case_stand_on_the_document(host: Host) -> None:
    with pytest.raises(NotPermitted):
        add_picture(host, CASE, UNIT_HEAD, "现场", png())
    with pytest.raises(Invalid, match="不是完好的 PNG 或者 JPEG 图片"):
        add_picture(host, CASE, LEAD, "现场", b"<svg/>")
    add_picture(host, CASE, LEAD, "现场", png(colour="green"))
    set_signature(host, LEAD, png(60, 30))
    record = record_of(host, make_by_hand(host, CASE, LEAD, NOTE, {**ENTERED, "reason": "**加粗**的理由"}))
    with host.database.reading() as session:
        case, bundle, _ = begin(host, session, CASE, LEAD, NOTE)
        assert case.number in record.snapshot["案件码"]
        assert {record.snapshot["主办签名"]["picture"], record.snapshot["图片"][0]["picture"]} <= set(referenced(session))
        word = bundle.templates[NOTE].fill(record.snapshot, host.files.get)
    assert len([name for name in parts_of(word) if name.startswith("word/media/")]) == 3
    assert "移送理由：加粗的理由" in paragraphs(word)
    assert drain(host, CASE) == 0
    if folder := os.environ.get("ZHIFA_PICTURES"):
        Path(folder, "note.pdf").write_bytes(host.files.get(record_of(host, record.id).pdf))


def test_a_new_version_keeps_the_number_and_a_void_one_is_never_given_again(host: Host) -> None:
    first = make_by_hand(host, CASE, LEAD, NOTE, ENTERED)
    drain(host, CASE)
    second = make_by_hand(host, CASE, LEAD, NOTE, {**ENTERED, "reason": "改正后的理由。"}, replaces=first)
    drain(host, CASE)
    old, new = record_of(host, first), record_of(host, second)
    assert (new.number, new.version, new.supersedes_id) == (old.number, 2, first)
    assert paragraphs(host.files.get(old.word)) != paragraphs(host.files.get(new.word))
    with pytest.raises(Invalid, match="请写明理由"):
        declare_void(host, second, LEAD, " ")
    with pytest.raises(NotPermitted):
        declare_void(host, second, CLERK, "错了")
    declare_void(host, second, LEAD, "受文机关有误")
    with host.database.reading() as session:
        assert second not in [row.id for row in documents_of(session, CASE)]
        assert [(row.id, row.void_reason) for row in superseded_documents(session, CASE)] == [(second, "受文机关有误")]
    assert host.files.get(record_of(host, second).final).startswith(b"%PDF")
    third = record_of(host, make_by_hand(host, CASE, LEAD, NOTE, ENTERED))
    assert (third.number, third.occurrence) == ("云望市监2移〔2026〕2号", 2)


def test_the_two_officers_of_a_case_draw_from_the_block_of_one_and_behind_it_when_it_is_used_up(host: Host) -> None:
    with host.database.reading() as session:
        series = series_offered(host, session, NAME)
        number = begin(host, session, CASE, LEAD, NOTE)[2].number
    assert series[number] == "联系记录"
    with pytest.raises(NotPermitted, match="负责人"):
        reserve_block(host, LEAD, LEAD, number, 3, NAME)
    with pytest.raises(Invalid, match="没有这一种文号"):
        reserve_block(host, HEAD, LEAD, "{seq}号", 3, NAME)
    assert reserve_block(host, HEAD, LEAD, number, 3, NAME) == [1, 2, 3]
    with pytest.raises(NotPermitted, match="不由您保管"):
        account_for(host, CO, number, 2026, 1, "use", "抄走")
    account_for(host, LEAD, number, 2026, 1, "void", "写坏")
    drawn = [record_of(host, make_by_hand(host, CASE, who, NOTE, ENTERED)).number for who in (LEAD, CO, LEAD, LEAD)]
    assert drawn == [f"云望市监2移〔2026〕{place}号" for place in (2, 3, 4, 5)]  # the two officers of a case draw from one block
    with host.database.reading() as session:
        assert [(row.number, row.state) for row in numbers_shown(session, find_officer(session, LEAD))] == [(1, "void"), (2, "used"), (3, "used")]
        assert [entry.act for entry in journal.entries(session, journal.NO_CASE)][-2:] == ["number.reserved", "number.void"]


@pytest.mark.parametrize(("file", "old", "new", "words"), [
    (f"templates/{NOTE}.toml", 'form = "x_01"', 'form = "x_09"', "forms/x_09.toml"),
    (f"templates/{NOTE}.toml", "entered.reason", "entered.cause", "entered.cause"),
    (f"templates/{NOTE}.toml", "party.name", "partner.name", "partner"),
    (f"templates/{NOTE}.toml", 'form = "x_01"', 'form = "x_01"\nstatuses = ["SLEEPING"]', "statuses"),
])
def test_a_kind_that_asks_what_its_form_does_not_is_refused_when_published(tmp_path: Path, file: str, old: str, new: str, words: str) -> None:
    folder = write_package(tmp_path)
    (folder / file).write_text((folder / file).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    try:
        faults = check_package(resolve(NAME, (tmp_path,)))
    except PackageFault as fault:
        faults = list(fault.faults)
    assert any(words in fault.message and file in fault.message for fault in faults), faults
