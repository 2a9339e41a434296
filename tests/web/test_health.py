"""What the machines that watch the platform are told, and what strangers are not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from engine.schema import upgrade
from processes.host import Host, open_host
from tests.builders import host_in
from web.app import create_app


@pytest.fixture
def empty(tmp_path: Path) -> Host:
    host = host_in(tmp_path)
    upgrade(host.database)
    return host


def client(host: Host, token: str = "") -> FlaskClient:
    return create_app(open_host(replace(host.settings, metrics_token=token))).test_client()


def test_a_sound_installation_is_ready(empty: Host) -> None:
    assert client(empty).get("/health/live").json == {"state": "alive"}
    answer = client(empty).get("/health/ready")
    assert (answer.status_code, answer.json["checks"]) == (200, {"database": True, "files": True, "migrations": True})  # type: ignore[index]


def test_it_says_which_part_is_missing(empty: Host, tmp_path: Path) -> None:
    with empty.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client(empty).get("/health/ready")
    assert (answer.status_code, answer.json["checks"]["migrations"]) == (503, False)  # type: ignore[index]
    shutil.rmtree(tmp_path / "files", ignore_errors=True)
    (tmp_path / "files").write_text("in the way")
    assert client(empty).get("/health/ready").json["checks"]["files"] is False  # type: ignore[index]


def test_figures_are_for_the_token_only(empty: Host) -> None:
    assert client(empty).get("/metrics").status_code == 404
    watched = client(empty, "a token")
    assert watched.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    watched.get("/health/live")
    figures = watched.get("/metrics", headers={"Authorization": "Bearer a token"}).text
    assert 'zhifa_jobs{state="pending"} 0.0' in figures
    assert "zhifa_outbox_waiting 0.0" in figures
    assert "zhifa_outbox_refused 0.0" in figures
    assert 'zhifa_request_seconds_count{endpoint="health.live",status="200"} 1.0' in figures
