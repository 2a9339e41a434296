"""A document by hand in a real browser: chosen, filled, looked at, made, changed in Word, approved by another, and explained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from processes.host import Host
from processes.publishing import publish
from processes.sample import install_sample
from tests.builders import a_case, host_in
from tests.documents.test_pictures import png
from tests.processes.hand_made import ENTERED, LETTER, NAME, reworded, write_package
from tests.web.test_journey import fill, made, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, fonts: Path) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("making")
    write_package(folder / "shelf")
    found = host_in(folder, shelves=(folder / "shelf",))
    install_sample(found)
    publish(found, NAME, "YJWH0001")
    yield found
    found.close()


def picture(page: Page, name: str) -> None:
    """With ZHIFA_PICTURES a folder, every page of the journey is kept as a picture."""
    if folder := os.environ.get("ZHIFA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_letter_from_choice_to_seal(page: Page, host: Host, tmp_path: Path) -> None:
    case = a_case(host, package=NAME).until("choose_act")
    sign_in(page, "yjwh0101")
    page.goto(f"/cases/{case.case_id}/documents")
    page.get_by_role("link", name="制作文书").click()
    expect(page.get_by_role("link", name="行政处罚决定书")).to_have_count(0)
    picture(page, "choose")
    page.locator('a[href$="/documents/new/X-01"]').click()
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("alert")).to_contain_text("必须填写")
    fill(page, {"organ": ENTERED["organ"], "reason": ENTERED["reason"], "co_officer": "YJWH0102"})
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_text("（制作时取号）")).to_be_visible()
    picture(page, "preview")
    page.get_by_role("button", name="制作文书").click()
    expect(page.get_by_text("《案件移送函》正在制作")).to_be_visible()

    record = made(host, case.case_id, LETTER)
    changed = tmp_path / "changed.docx"
    changed.write_bytes(reworded(host.files.get(record.word), "货值较大", "货值三万元"))
    page.goto(f"/documents/{record.id}")
    page.get_by_label("修改后的文件").set_input_files(changed)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_text("有 1 处不同")).to_be_visible()
    expect(page.get_by_role("button", name="核准")).to_have_count(0)
    picture(page, "changed")

    page.get_by_role("button", name="退出").click()
    sign_in(page, "yjwh0002")
    page.get_by_role("link", name="阅读并核准").click()
    expect(page.locator("ins")).to_contain_text("货值三万元")
    page.get_by_label("同意制发").check()
    picture(page, "approve")
    page.get_by_role("button", name="核准").click()
    expect(page.get_by_text("已核准")).to_be_visible()
    made(host, case.case_id, LETTER)
    page.goto(f"/documents/{record.id}")
    expect(page.get_by_text("印章有效")).to_be_visible()

    page.get_by_role("link", name="为什么这样写").click()
    expect(page.get_by_text("制作文书时填写，林望舒").first).to_be_visible()
    expect(page.get_by_text("entered.reason")).to_be_visible()
    expect(page.get_by_text(record.provenance["template"])).to_be_visible()  # type: ignore[index]
    picture(page, "why")


def test_the_change_stands_beside_the_step_that_approves_the_seal(page: Page, host: Host, tmp_path: Path) -> None:
    from processes.approving import change_draft
    from processes.queue import drain
    from processes.running import complete_by_step

    case = a_case(host)
    while case.script.steps[case.position].id != "make_decision":
        case.take()
    step = case.script.steps[case.position]
    case.clock.set(step.at)
    complete_by_step(host, case.case_id, step.id, step.actor, step.values)
    drain(host, case.case_id)
    draft = made(host, case.case_id, "DOC-45")
    assert draft.state == "drafted"
    words = str(draft.snapshot["履行方式和期限"])[:8]
    change_draft(host, draft.id, "YJWH0101", reworded(host.files.get(draft.word), words, f"{words}，逾期加处罚款，"), draft.word)
    item = case.open_items()[0]
    sign_in(page, {"seal_keeper": "yjwh0305", "agency_head": "yjwh0002"}.get(item.role, "yjwh0002"))
    page.goto(f"/tasks/{item.id}")
    expect(page.get_by_role("heading", name="拟制文书的修改")).to_be_visible()
    expect(page.locator("ins")).to_contain_text("逾期加处罚款")
    picture(page, "step")


def test_a_head_hands_out_numbers_and_an_officer_accounts_for_them(page: Page, host: Host) -> None:
    sign_in(page, "yjwh0002")
    page.get_by_role("link", name="预留号码").click()
    page.get_by_label("文书").select_option(label="行政处罚决定书")
    page.get_by_label("交给").select_option("YJWH0101")
    page.get_by_label("个数").fill("2")
    page.get_by_role("button", name="分配").click()
    expect(page.get_by_text("已预留 2 个号码")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    sign_in(page, "yjwh0101")
    page.goto("/numbers")
    expect(page.get_by_role("button", name="分配")).to_have_count(0)
    rows = page.get_by_role("row").filter(has_text="未使用")
    expect(rows).to_have_count(2)
    rows.first.get_by_text("登记", exact=True).click()
    rows.first.get_by_label("用于哪份文书").fill("写坏")
    rows.first.get_by_role("button", name="作废").click()
    expect(page.get_by_role("row").filter(has_text="已作废")).to_contain_text("写坏")
    picture(page, "numbers")


def test_pictures_and_a_signature_are_added(page: Page, host: Host, tmp_path: Path) -> None:
    case = a_case(host, package=NAME).until("choose_act")
    (tmp_path / "a.png").write_bytes(png(200, 80))
    (tmp_path / "b.png").write_bytes(b"<svg/>")
    sign_in(page, "yjwh0101")
    page.goto(f"/cases/{case.case_id}/documents")
    page.get_by_role("link", name="图片").click()
    page.get_by_label("名称").fill("现场门头")
    page.get_by_label("图片", exact=False).last.set_input_files(tmp_path / "a.png")
    page.get_by_role("button", name="保存图片").click()
    shown = page.get_by_role("img", name="现场门头")
    expect(shown).to_be_visible()
    assert shown.evaluate("e => e.naturalWidth") == 200
    address = str(shown.get_attribute("src"))
    picture(page, "pictures")
    page.goto("/signature")
    page.get_by_label("图片", exact=False).last.set_input_files(tmp_path / "b.png")
    page.get_by_role("button", name="保存签名").click()
    expect(page.get_by_text("不是完好的 PNG 或者 JPEG 图片")).to_be_visible()
    page.goto("/signature")
    page.get_by_label("图片", exact=False).last.set_input_files(tmp_path / "a.png")
    page.get_by_role("button", name="保存签名").click()
    expect(page.get_by_role("img", name="签名")).to_be_visible()
    own = str(page.get_by_role("img", name="签名").get_attribute("src"))
    page.get_by_role("button", name="退出").click()
    sign_in(page, "yjwh0306")  # neither of the case nor the owner of the signature
    for path in (address, own):
        answer = page.goto(path)
        assert answer is not None and answer.status == 404
