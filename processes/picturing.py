"""Pictures for documents: those that officers in charge add to a case, and each officer's own written signature."""

from __future__ import annotations

from documents.pictures import encode
from engine import journal
from engine.cases.cases import find_case
from engine.cases.pictures import Picture, pictures_of
from engine.errors import Invalid
from engine.registers.agencies import find_officer
from processes.host import Host
from processes.making import require_in_charge

MOST_PICTURES = 60
LONGEST_TITLE = 80


def add_picture(host: Host, case_id: int, officer_id: str, title: str, data: bytes) -> int:
    """Add a picture to a case by an officer in charge; its id is returned. What is kept is our own encoding of its pixels."""
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise Invalid("picture.title", f"请填写图片名称，不超过 {LONGEST_TITLE} 字")
    file, width, height = encode(data)
    digest, now = host.files.put(file), host.clock.now()
    with host.database.writing() as session:
        case, officer = find_case(session, case_id), find_officer(session, officer_id)
        require_in_charge(host, case, officer)
        if len(pictures_of(session, case_id)) >= MOST_PICTURES:
            raise Invalid("picture.many", f"一个案件最多 {MOST_PICTURES} 张图片")
        row = Picture(case_id=case_id, officer_id=officer.id, title=title.strip(), sha256=digest, width=width, height=height, at=now)
        session.add(row)
        session.flush()
        journal.append(session, case_id, "picture.added", officer.id, now, {"title": row.title, "sha256": digest})
        return row.id


def set_signature(host: Host, officer_id: str, data: bytes) -> int:
    """Give an officer, by himself, a written signature for the documents that he signs; documents made before keep the old one."""
    file, width, height = encode(data)
    digest, now = host.files.put(file), host.clock.now()
    with host.database.writing() as session:
        officer = find_officer(session, officer_id)
        row = Picture(case_id=None, officer_id=officer.id, title="签名", sha256=digest, width=width, height=height, at=now)
        session.add(row)
        session.flush()
        journal.append(session, None, "signature.set", officer.id, now, {"sha256": digest})
        return row.id
