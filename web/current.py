"""What a page needs of its surroundings: the host behind the application and the officer behind the request."""

from __future__ import annotations

import secrets
from typing import cast

from flask import current_app, request
from flask_login import current_user

from processes.host import Host


def the_host() -> Host:
    """The host behind the current application."""
    return cast(Host, current_app.extensions["zhifa"])


def officer_id() -> str:
    """Id of the signed-in officer."""
    return str(current_user.officer_id)


def new_key() -> str:
    """A fresh key for a form: the same form, sent twice, is one request."""
    return secrets.token_urlsafe(18)


def request_key() -> str:
    """The key of the present request, from the header Idempotency-Key or the form; empty when it has none."""
    return request.headers.get("Idempotency-Key") or request.form.get("key", "")
