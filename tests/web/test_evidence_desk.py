"""The evidence desk as its officers use it: registering, reading, keeping custody, and never citing what was excluded."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from documents.dossier import bind_dossier
from engine import journal
from engine.cases.cases import find_case
from engine.cases.custody import entries_of
from engine.cases.evidence import Evidence, evidence_of
from engine.cases.guards import investigators_ever
from engine.errors import Unlawful
from engine.oversight.archive import dossier_contents
from processes.backup import verify
from processes.host import Host
from processes.working import Worker
from tests.builders import a_case
from tests.web.evidence_builders import CO_OFFICER, LEAD, Sender, a_collected_case, form_with, photo, sha256, signed_in


def pieces(host: Host, case_id: int) -> list[Evidence]:
    with host.database.reading() as session:
        return evidence_of(session, case_id)


def described(host: Host, **changes: str) -> dict[str, str]:
    return {
        "type": "AUDIOVISUAL", "name": "店门口监控录像", "source": "邻店经营者提供", "original": "no", "purpose": "证明经营时间",
        "collected_at": f"{host.clock.now():%Y-%m-%dT%H:%M}", "place": "望海区滨海路", "co_officer": CO_OFFICER, **changes,
    }


def words(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_piece_is_registered_without_script_and_gets_its_file(host: Host) -> None:
    case, _ = a_collected_case(host)
    client, before = signed_in(host), len(pieces(host, case.case_id))
    faulty = client.post(f"/cases/{case.case_id}/evidence/new", data=described(host, name="", type="HEARSAY"))
    assert faulty.status_code == 400
    assert "请填写证据名称" in faulty.text
    assert "法定的八种之一" in faulty.text
    assert "邻店经营者提供" in faulty.text  # nothing is typed twice
    added = client.post(f"/cases/{case.case_id}/evidence/new", data=described(host))
    row = pieces(host, case.case_id)[-1]
    assert (row.number, added.headers["Location"]) == (f"ZJ{before + 1:03d}", f"/evidence/{row.id}")

    film = b"\0\0\0\x18ftypmp42" + b"\0" * 3_000_000
    sent = form_with(client, f"/evidence/{row.id}/files", "监控.mp4", film, taken_at="2026-03-02T10:00", place="店门口")
    assert sent.status_code == 302
    page = words(client, f"/evidence/{row.id}")
    for said in ("监控.mp4", "录像", "2026-03-02 10:00", "店门口", "上传设备没有计算", "刚才重新核对", "还没有审查",
                 "取得 邻店经营者提供 → 林望舒、"):
        assert said in page
    with host.database.reading() as session:
        assert [entry.act for entry in journal.entries(session, case.case_id)][-2:] == ["evidence.added", "evidence.file_received"]


def test_a_form_larger_than_fifty_megabytes_is_refused(host: Host) -> None:
    _, piece = a_collected_case(host)
    assert form_with(signed_in(host), f"/evidence/{piece}/files", "大.bin", b"\0" * (51 * 1024 * 1024)).status_code == 413


@pytest.mark.parametrize(("changes", "said"), [
    ({"co_officer": LEAD}, "执法人员不得少于两人"), ({"co_officer": "YJWH0301"}, "没有有效的执法证件"), ({"co_officer": "X"}, "不在人员库中"),
    ({"collected_at": "2099-01-01T00:00"}, "不能晚于现在"),
])
def test_a_piece_is_taken_by_two_officers_and_not_in_the_future(host: Host, changes: dict[str, str], said: str) -> None:
    case, _ = a_collected_case(host)
    before = len(pieces(host, case.case_id))
    answer = signed_in(host).post(f"/cases/{case.case_id}/evidence/new", data=described(host, **changes))
    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert len(pieces(host, case.case_id)) == before


@pytest.mark.rule("INV-P04")
def test_what_is_registered_outside_a_step_must_be_reviewed_and_none_comes_after_the_review(host: Host) -> None:
    case, _ = a_collected_case(host)
    client = signed_in(host)
    client.post(f"/cases/{case.case_id}/evidence/new", data=described(host))
    with pytest.raises(Exception, match="尚未审查"):
        case.take()  # the script reviews what its own steps have taken
    number = pieces(host, case.case_id)[-1].number
    reviews = [*case.values("evidence_review")["reviews"], {
        "evidence_number": number, "relevance": True, "legality": False, "authenticity": True, "reason": "未经提供人确认",
    }]
    case.take(reviews=reviews)
    client = signed_in(host)
    late = client.post(f"/cases/{case.case_id}/evidence/new", data=described(host))
    assert late.status_code == 422
    assert "之后登记的证据得不到审查" in late.text
    excluded = pieces(host, case.case_id)[-1]
    assert "未经提供人确认" in words(client, f"/evidence/{excluded.id}")
    gallery = words(client, f"/cases/{case.case_id}/evidence?state=EXCLUDED")
    assert number in gallery
    assert "符合条件的 2 件" in gallery
    with pytest.raises(Unlawful, match=f"{number}.*不得作为决定的依据"):
        case.until("prior_notice").take(evidence_summary=f"以上事实有{number}店门口监控录像为证")


@pytest.mark.rule("INV-P05")
@pytest.mark.parametrize("step", ["prior_notice", "make_decision"])
def test_a_notice_and_a_decision_cite_accepted_evidence_only(host: Host, step: str) -> None:
    case = a_case(host).until(step)
    with host.database.reading() as session:
        accepted = next(row.number for row in evidence_of(session, case.case_id) if row.status == "ACCEPTED")
    field = next(key for key in case.values(step) if key in ("evidence_summary", "evidence_statement"))
    with pytest.raises(Unlawful) as refused:
        case.attempt(step, **{field: f"有{accepted}、ZJ999为证"})
    assert refused.value.code == "evidence.not_accepted"
    assert "ZJ999" in refused.value.message
    assert accepted not in refused.value.message
    assert "行政处罚法 第四十" in refused.value.article
    case.take(**{field: f"有{accepted}为证"})


def test_whoever_took_evidence_outside_a_step_is_an_investigator(host: Host) -> None:
    case, _ = a_collected_case(host)
    with host.database.reading() as session:
        assert "YJWH0203" not in investigators_ever(session, find_case(session, case.case_id))
    assert signed_in(host).post(f"/cases/{case.case_id}/evidence/new", data=described(host, co_officer="YJWH0203")).status_code == 302
    with host.database.reading() as session:
        assert "YJWH0203" in investigators_ever(session, find_case(session, case.case_id))


def test_custody_is_a_chain_in_which_nothing_is_skipped(host: Host) -> None:
    case, piece = a_collected_case(host)
    client, now = signed_in(host), host.clock.now()

    def link(act: str, taker: str = "", hours: int = 0) -> tuple[int, str]:
        at = f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M}"
        answer = client.post(f"/evidence/{piece}/custody", data={"act": act, "taker": taker, "at": at, "place": "证物室", "note": "封条 0012"})
        return answer.status_code, answer.text

    assert link("moved")[0] == 400
    assert link("opened")[0] == 409
    assert link("downloaded")[0] == 400
    assert link("sealed", hours=5)[0] == 302
    assert "已经封存" in link("sealed")[1]
    assert link("moved", "证物管理员", hours=4)[0] == 302
    assert "不能早于前一环节" in link("moved", "他人", hours=9)[1]
    assert "还在封存" in link("returned", "当事人")[1]
    assert link("opened", hours=3)[0] == 302
    assert link("returned", "当事人", hours=2)[0] == 302
    assert "已经退还" in link("moved", "他人", hours=1)[1]
    with host.database.reading() as session:
        chain = [(entry.act, entry.giver, entry.taker) for entry in entries_of(session, piece)]
        assert [entry.act for entry in journal.entries(session, case.case_id)][-4:] == ["evidence.custody"] * 4
    assert chain == [
        ("sealed", "林望舒", "林望舒"),
        ("moved", "林望舒", "证物管理员"), ("opened", "证物管理员", "证物管理员"), ("returned", "证物管理员", "当事人"),
    ]
    assert "“当事人”领回，已经退还" in words(client, f"/evidence/{piece}")


def test_fetching_an_original_is_part_of_its_custody(host: Host) -> None:
    _, piece = a_collected_case(host)
    client, data = signed_in(host), photo()
    Sender(client, piece).whole("照片.jpg", data)
    Worker(host, threading.Event()).run(once=True)
    page = client.get(f"/evidence/{piece}").text
    address = re.search(r"/evidence-files/\d+/original", page)
    assert address is not None
    with client.get(address[0]) as answer:
        assert answer.data == data
    assert "下载原件 执法办案平台 → 林望舒" in words(client, f"/evidence/{piece}")


def test_the_dossier_and_the_backup_know_every_file_of_the_evidence(host: Host) -> None:
    case, piece = a_collected_case(host)
    data = photo(colour="gold")
    Sender(signed_in(host), piece).whole("照片.jpg", data)
    case.until("")
    with host.database.reading() as session:
        _, bound = bind_dossier(dossier_contents(session, host.files, case.case_id))
    with zipfile.ZipFile(io.BytesIO(bound)) as package:
        manifest: dict[str, Any] = json.loads(package.read("manifest.json"))
    assert [file["sha256"] for file in manifest["evidence"]] == [sha256(data)]
    assert verify(host.settings).problems == ()
    place = host.files.path(sha256(data))
    place.rename(place.with_suffix(".gone"))
    assert any(sha256(data)[:12] in problem for problem in verify(host.settings).problems)
    place.with_suffix(".gone").rename(place)
    closed = signed_in(host)
    assert closed.post(f"/evidence/{piece}/custody", data={"act": "sealed", "at": "2026-03-16T17:00"}).status_code in (404, 422)
    assert "上传文件" not in words(closed, f"/evidence/{piece}")


