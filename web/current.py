"""What a page needs of its surroundings: the host behind the application and the officer behind the request."""

from __future__ import annotations

from typing import cast

from flask import current_app
from flask_login import current_user

from processes.host import Host


def the_host() -> Host:
    """The host behind the current application."""
    return cast(Host, current_app.extensions["zhifa"])


def officer_id() -> str:
    """Id of the signed-in officer."""
    return str(current_user.officer_id)
