"""Who gets what: every route × every person, own agency and others, one cell each; what is refused changes nothing."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.accounts.devices import end_all
from engine.accounts.identities import Account, create_account
from engine.cases.document_records import documents_of
from engine.cases.evidence import evidence_of
from engine.cases.stays import GROUNDS
from engine.jobs import FAILED, Job
from engine.journal import JournalEntry
from engine.oversight.notices import STEP, Draft, keep
from engine.registers.importing import load_registers
from engine.workflow.incidents import JOB, report
from engine.workflow.opinions import BEFORE, Opinion
from engine.workflow.tasks import WorkItem
from processes.consulting import consult
from processes.copying import send_copy
from processes.host import Host
from processes.picturing import add_picture
from processes.receiving import Described, begin, receive_whole
from processes.sample import PASSWORD
from processes.staying import ask_to_stop
from tests.builders import a_case
from tests.documents.test_pictures import png

TABLE = Path(__file__).with_name("access.csv")
NOBODY = ""
AGENCY = frozenset(f"YJWH{number}" for number in (
    "0001", "0002", "0003", "0100", "0101", "0102", "0201", "0202", "0203", "0301", "0302", "0303", "0304", "0305", "0306", "0307",
))
OTHERS = frozenset({"YJ000101", "YJ000801", "YJ000901"})  # the city's lead officer, administrator and supervisor
TOWN, ELSEWHERE = "YJQS0101", "YJLJ0001"  # lead officer of the town in the same region, head of an agency in another region
DISABLED = "YJWH0401"  # lead officer and head of the case's own agency, whose account was taken away while he was signed in
REVIEWER = "YJWH0201"
LEADERS = frozenset({"YJWH0001", "YJWH0002", "YJWH0100"})
HANDLERS = frozenset({"YJWH0101", "YJWH0102", "YJWH0304"})  # lead and co-officer, and who registered the case
AUDIENCES: Mapping[str, frozenset[str]] = {
    "anyone": AGENCY | OTHERS | {NOBODY, TOWN, ELSEWHERE, DISABLED},
    "signed_in": AGENCY | OTHERS | {TOWN, ELSEWHERE},
    "nobody": frozenset(),
    "sees_case": HANDLERS | LEADERS | {REVIEWER, "YJWH0203"},  # the hearing chair is asked about a step
    "opens_cases": frozenset({"YJWH0304", "YJWH0101", "YJWH0102", "YJ000101", TOWN}),
    "takes_step": frozenset({REVIEWER}),
    "gives": LEADERS | {REVIEWER},
    "asked": frozenset({"YJWH0203"}),
    "did_step": frozenset({"YJWH0304"}),
    "told": frozenset({REVIEWER}),
    "administers": frozenset({"YJWH0307", "YJ000801"}),
    "repairs": HANDLERS | LEADERS | {"YJWH0307"},  # the agency's administrator
    "minds": LEADERS | {"YJWH0307", "YJ000801", ELSEWHERE},  # each in his own agency
    "skips": LEADERS | {"YJWH0307"},
    "receives": LEADERS | {"YJWH0101", "YJWH0102"},
    "asks_to_stop": frozenset({"YJWH0100", "YJWH0101", "YJWH0102"}),
    "goes_on": frozenset({"YJWH0001", "YJWH0002", "YJWH0100", "YJWH0101", "YJWH0102"}),
    "in_charge": frozenset({"YJWH0101", "YJWH0102"}),
    "hands_out_numbers": LEADERS | {ELSEWHERE},  # each in his own agency
    "decides_stop": frozenset({"YJWH0001", "YJWH0002"}),
    "heads": LEADERS | {ELSEWHERE},  # each sees what waits in his own agency
    "copied": frozenset({"YJWH0203"}),
    "calls_back": LEADERS,
}
# What a form of another page would send: a refusal must come from the rights, not from an empty field.
TEMPTING = {"reason": "试", "sure": "yes", "target": "1", "to": "YJWH0102", "officer": "YJWH0102", "question": "试", "kind": "after",
            "decision": "approve", "opinion": "试", "text": "试", "agreed": "yes", "ground": "stay:OTHER", "act": "skip",
            "note": "试", "item": "1", "name": "试", "place": "/tasks"}
REFUSED = frozenset({302, 401, 403, 404})


def prepared(host: Host) -> Mapping[str, object]:
    """Ids of one undecided case and of what belongs to it: what a stranger would try to guess."""
    case = a_case(host).until("evidence_review")
    file_id, evidence_id, upload_id = sent_files(host, case.case_id)
    case.until("case_review")
    item = case.open_items()[0]
    consult(host, item.id, REVIEWER, ["YJWH0203"], BEFORE, "请对程序提出意见")
    stay = ask_to_stop(host, case.case_id, "YJWH0101", *next((kind, ground) for kind, grounds in GROUNDS.items() for ground in grounds), "试")
    with host.database.writing() as session:
        job = Job(case_id=case.case_id, operation="documents.issue", arguments={}, state=FAILED, enqueued_at=host.clock.now())
        session.add(job)
        session.flush()
        incident = report(session, case.case_id, JOB, job.operation, "", "", "YJWH0101", "试", host.clock.now(), job_id=job.id)
        opinion = session.scalars(select(Opinion.id)).one()
        done = session.scalars(select(WorkItem.id).where(WorkItem.case_id == case.case_id, WorkItem.closed_by == "YJWH0304")).first()
        document = documents_of(session, case.case_id)[0].id
        told = Draft("test", REVIEWER, STEP, case.case_id, "“案件审核”等待办理", item_id=item.id)
        notice = keep(session, [told], host.clock.now())[0].id
    copy, ended = (send_copy(host, case.case_id, "YJWH0001", person, "请阅知") for person in ("YJWH0203", "YJWH0201"))
    return {
        "copy_id": copy, "ended": ended, "list_id": 1,
        "case_id": case.case_id, "item_id": item.id, "document_id": document, "opinion_id": opinion, "done": done, "tab": "journal",
        "notice_id": notice, "person_id": "YJWH0304", "act": "disable", "topic": "keyboard", "token": "0" * 40,
        "procedure": "filing", "form": "word", "incident_id": incident.id, "request_id": stay, "filename": "zhifa.css",
        "code": "DOC-45", "picture_id": add_picture(host, case.case_id, "YJWH0101", "试", png()),
        "file_id": file_id, "evidence_id": evidence_id, "upload_id": upload_id, "shape": "original",
    }


def sent_files(host: Host, case_id: int) -> tuple[int, int, str]:
    """(file, piece of evidence, unfinished upload) of the lead officer."""
    with host.database.reading() as session:
        piece = evidence_of(session, case_id)[0].id
    whole = receive_whole(host, piece, "YJWH0101", Described("试.png", len(png())), BytesIO(png()))
    assert whole.file_id is not None
    return whole.file_id, piece, begin(host, piece, "YJWH0101", Described("试.txt", 10)).id


@pytest.fixture(scope="module")
def objects(host: Host) -> Mapping[str, object]:
    return prepared(host)


STRANGERS = """
valid_from = 2020-01-01
[[region]]
code = "999902"
name = "临江区"
level = "county"
parent_code = "999900"
[[agency]]
code = "11999902MB0A40004J"
name = "云江市临江区市场监督管理局"
short_name = "云临"
domain = "market_regulation"
domain_word = "市监"
case_word = "YL"
region_code = "999902"
address = "云江市临江区江滨路2号"
phone = "0999-7000001"
reconsideration_agency = "云江市临江区人民政府"
court = "云江市临江区人民法院"
[[officer]]
id = "YJQS0101"
name = "许青石"
agency_code = "11999901MB0A300039"
roles = ["lead_officer", "co_officer"]
[[officer]]
id = "YJLJ0001"
name = "江临"
agency_code = "11999902MB0A40004J"
roles = ["agency_head"]
[[officer]]
id = "YJWH0401"
name = "去职者"
agency_code = "11999901MB0A10001K"
roles = ["lead_officer", "agency_head"]
"""


@pytest.fixture(scope="module", autouse=True)
def strangers(host: Host, app: Flask) -> None:
    """People of another agency and another region, and one whose account is taken away while he is signed in."""
    now = host.clock.now()
    with host.database.writing() as session:
        load_registers(session, tomllib.loads(STRANGERS), at=now)
        for person in (TOWN, ELSEWHERE, DISABLED):
            create_account(session, person.lower(), person, PASSWORD, now)
    client_of(app, DISABLED)
    with host.database.writing() as session:
        session.get_one(Account, DISABLED.lower()).enabled = False
        assert end_all(session, DISABLED.lower(), now) == 1


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_route_has_its_row(app: Flask) -> None:
    assert sorted(app.view_functions) == sorted(row["endpoint"] for row in rows())


def cells(app: Flask, objects: Mapping[str, object]) -> Iterator[tuple[str, str, str, str, frozenset[str]]]:
    """(endpoint, method, address, person, audience) for every cell."""
    audiences = {row["endpoint"]: AUDIENCES[row["who"]] for row in rows()}
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        values = {name: objects[name] for name in rule.arguments}
        if rule.endpoint == "routing_desk.withdraw":
            values["item_id"] = objects["done"]
        if rule.endpoint == "copy_desk.end":
            values["copy_id"] = objects["ended"]
        address = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for person in sorted(AUDIENCES["anyone"]):
                yield rule.endpoint, method, address, person, audiences[rule.endpoint]


def test_every_cell(app: Flask, host: Host, objects: Mapping[str, object]) -> None:
    """Strangers first, so that nothing has changed yet when they try; then those who may, whom no door keeps out."""
    with host.database.reading() as session:
        before = set(session.scalars(select(JournalEntry.id)))
    wrong = list[str]()
    for endpoint, method, address, person, audience in cells(app, objects):
        if person in audience:
            continue
        status, target = answered(app, person, method, address, TEMPTING)
        if status not in REFUSED or (status == 302 and "/sign-in" not in target):
            wrong.append(f"{person or 'nobody'} got {status} from {method} {address} ({endpoint})")
    with host.database.reading() as session:
        done = [row.act for row in session.scalars(select(JournalEntry)) if row.id not in before]
    assert wrong == [], chr(10).join(wrong)
    assert {act for act in done if "refused" not in act} <= {"account.signed_in"}
    for endpoint, method, address, person, audience in cells(app, objects):
        if person not in audience or endpoint == "sign_in.leave":
            continue
        status, target = answered(app, person, method, address, {})
        kept_out = status in (401, 403, 404) or "/sign-in" in target
        if status >= 500 or (kept_out and audience != AUDIENCES["anyone"]):
            wrong.append(f"{person or 'nobody'} got {status} from {method} {address} ({endpoint})")
    assert wrong == [], chr(10).join(wrong)


def answered(app: Flask, person: str, method: str, address: str, data: Mapping[str, str]) -> tuple[int, str]:
    """Status and the address to which the answer leads."""
    status, target = _asked(client_of(app, person), method, address, data)
    if person and (status == 401 or "/sign-in" in target) and _sign_in(client_of(app, person), person):
        return _asked(client_of(app, person), method, address, data)  # an earlier request had ended the session
    return status, target


def _asked(client: FlaskClient, method: str, address: str, data: Mapping[str, str]) -> tuple[int, str]:
    with client.open(address, method=method, data=data if method == "POST" else None) as answer:
        return answer.status_code, answer.headers.get("Location", "")


CLIENTS = dict[tuple[int, str], FlaskClient]()


def client_of(app: Flask, person: str) -> FlaskClient:
    """The person's own client, signed in when it is new."""
    if (id(app), person) not in CLIENTS:
        client = CLIENTS[id(app), person] = app.test_client()
        assert not person or _sign_in(client, person)
    return CLIENTS[id(app), person]


def _sign_in(client: FlaskClient, person: str) -> bool:
    """Sign in again if need be; False when the client was signed in all the time, or cannot be."""
    if client.get("/account").status_code == 200:
        return False
    client.post("/sign-in", data={"login": person.lower(), "password": PASSWORD})
    return client.get("/account").status_code == 200


def test_every_id_of_another_agency_is_not_found(app: Flask, objects: Mapping[str, object]) -> None:
    """A wrong id and a stranger's id answer alike: nobody learns what exists."""
    for person in sorted(OTHERS | {TOWN, ELSEWHERE}):
        client = client_of(app, person)
        for template in ("/cases/{case_id}", "/tasks/{item_id}", "/documents/{document_id}", "/opinions/{opinion_id}",
                         "/evidence/{evidence_id}", "/evidence-files/{file_id}/original"):
            known, unknown = template.format(**objects), template.format(**dict.fromkeys(objects, 999_999))
            assert client.get(known).status_code == client.get(unknown).status_code == 404


def test_a_list_of_an_agency_names_no_case_of_another(app: Flask, objects: Mapping[str, object]) -> None:
    """What heads may open in every agency shows nothing of this one to a head elsewhere."""
    number = f"/cases/{objects['case_id']}"
    assert number in client_of(app, "YJWH0002").get("/tasks/agency").get_data(as_text=True)
    for path in ("/tasks", "/tasks/agency", "/cases", "/incidents", "/numbers"):
        page = client_of(app, ELSEWHERE).get(path)
        assert page.status_code == 200
        assert number not in page.get_data(as_text=True), path
