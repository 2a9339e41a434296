"""What the tests of evidence files share: a case in which evidence waits for its review, clients that sign in, and a tus client."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from engine.cases.evidence import evidence_of
from processes.host import Host
from processes.sample import PASSWORD
from tests.builders import CaseBuilder, a_case
from web.app import create_app

LEAD, CO_OFFICER, STRANGER = "YJWH0101", "YJWH0102", "YJ000101"
TUS = {"Tus-Resumable": "1.0.0"}


def a_collected_case(host: Host) -> tuple[CaseBuilder, int]:
    """A case whose evidence waits for its review, and the id of its first piece."""
    case = a_case(host).until("evidence_review")
    with host.database.reading() as session:
        return case, evidence_of(session, case.case_id)[0].id


def signed_in(host: Host, officer: str = LEAD) -> FlaskClient:
    app = create_app(host, demonstration=True)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/sign-in", data={"login": officer.lower(), "password": PASSWORD})
    return client


def form_with(client: FlaskClient, address: str, name: str, data: bytes, **fields: str) -> TestResponse:
    """A form with one file, as a browser without script sends it; made here, for the test client would leave its own file open."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    file = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n--x--\r\n"
    return client.post(address, data=b"".join(parts) + file, content_type="multipart/form-data; boundary=x")


def fetch(client: FlaskClient, address: str, headers: Mapping[str, str] | None = None) -> TestResponse:
    """A file as a browser fetches it: read to its end and closed."""
    with client.get(address, headers=headers) as answer:
        answer.get_data()
        return answer


def photo(width: int = 640, height: int = 400, *, taken: str = "", colour: str = "steelblue") -> bytes:
    """A JPEG; taken: with this EXIF moment and a position."""
    picture, out = Image.new("RGB", (width, height), colour), io.BytesIO()
    exif = Image.Exif()
    if taken:
        exif[271] = "Trial Camera"
        exif.get_ifd(0x8769)[36867] = taken
        place = exif.get_ifd(0x8825)
        place.update({1: "N", 2: (23.0, 7.0, 30.0), 3: "E", 4: (113.0, 15.0, 0.0)})
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Sender:
    """A tus client over the test client: what tus-js-client sends, one request at a time."""

    client: FlaskClient
    evidence: int

    def create(self, name: str, data: bytes, *, size: int = 0, digest: str = "", **said: str) -> TestResponse:
        metadata = {"filename": name, "sha256": digest or sha256(data), **said}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
        return self.client.post(
            f"/evidence/{self.evidence}/uploads", headers={**TUS, "Upload-Length": str(size or len(data)), "Upload-Metadata": pairs}
        )

    def offset(self, address: str) -> int:
        return int(self.client.head(address, headers=TUS).headers["Upload-Offset"])

    def send(self, address: str, data: bytes, offset: int, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.client.patch(address, data=data, content_type="application/offset+octet-stream", headers={
            **TUS, "Upload-Offset": str(offset), **(headers or {}),
        })

    def whole(self, name: str, data: bytes, **said: str) -> TestResponse:
        return self.send(self.create(name, data, **said).headers["Location"], data, 0)
