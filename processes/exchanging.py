"""Hand the outbox to the province: in batches over HTTP, each entry until the receiver has acknowledged it. See docs/exchange.md."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engine.errors import Conflict, Invalid
from engine.oversight import exchange
from processes.host import Host

LOG = logging.getLogger("zhifa.exchange")
SECONDS = 20
LONGEST_REPLY = 1_000_000


class _NoRedirect(HTTPRedirectHandler):
    """The token goes to the address in the settings and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def deliver(host: Host) -> int:
    """Send what waits, batch by batch; how many entries the receiver has acknowledged is returned.

    Conflict when the receiver cannot be reached or answers nonsense: nothing is lost, the same entries are sent the next time.
    """
    if not host.settings.exchange_url:
        return 0
    delivered = 0
    while True:
        with host.database.reading() as session:
            batch = exchange.waiting(session)
        if not batch:
            return delivered
        reply = _post(host, [entry.told() for entry in batch])
        sent = {entry.id: entry.digest for entry in batch}
        accepted = [number for number, digest in _pairs(reply, "accepted") if sent.get(number) == digest]
        refused = [(number, reason) for number, reason in _pairs(reply, "refused") if number in sent]
        now = host.clock.now()
        with host.database.writing() as session:
            delivered += exchange.acknowledge(session, accepted, now)
            for number, reason in refused:
                exchange.refuse(session, number, reason, now)
        LOG.info("exchange.delivered", extra={"accepted": len(accepted), "refused": len(refused)})
        if len(accepted) + len(refused) == 0:
            raise Conflict("exchange.stuck", "上级接收端没有确认任何一条报送内容，稍后重试")


def report_upwards(host: Host) -> None:
    """Deliver, as a worker does it now and again: what hinders it is logged, and the next time comes soon."""
    try:
        deliver(host)
    except (Conflict, Invalid) as hindered:
        LOG.warning("exchange.hindered", extra={"code": hindered.code})


def _pairs(reply: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    found = reply.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, list) and len(one) == 2 for one in found):
        raise Conflict("exchange.reply", "上级接收端的答复无法辨认，稍后重试")
    return [(number, str(text)) for number, text in found if type(number) is int]


def _post(host: Host, entries: list[dict[str, Any]]) -> Mapping[str, Any]:
    url = host.settings.exchange_url
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Invalid("exchange.url", "ZHIFA_EXCHANGE_URL 应当以 https:// 或者 http:// 开头")
    body = json.dumps({"sender": host.settings.exchange_sender, "entries": entries}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {host.settings.exchange_token}"}
    request = Request(url, body, headers, method="POST")  # noqa: S310 - the scheme is checked above
    try:
        with build_opener(_NoRedirect).open(request, timeout=SECONDS) as response:
            reply = json.loads(response.read(LONGEST_REPLY))
    except (URLError, OSError, ValueError) as error:
        raise Conflict("exchange.unreachable", f"上级接收端没有接收（{type(error).__name__}），稍后自动重试") from error
    if not isinstance(reply, dict):
        raise Conflict("exchange.reply", "上级接收端的答复无法辨认，稍后重试")
    return reply
