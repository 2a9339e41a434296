"""A negative conclusion of a review gives its reason, also where a package's form would let it pass without."""

from __future__ import annotations

import pytest

from engine.errors import Unlawful
from engine.workflow import releases
from processes.host import Host
from processes.overlay import resolve
from tests.builders import a_case


@pytest.mark.rule("R-AB-30-4")
def test_a_review_that_does_not_agree_gives_its_reason(host: Host) -> None:
    """阿坝州行政权力依法规范公开运行实施办法（试行） 第三十条第四项."""
    contents = resolve("national")
    form = contents["forms/case_review.toml"].decode()
    head, advice = form.split('key = "advice"')
    loose = head + 'key = "advice"' + advice.replace("required = true\n", "", 1)
    with host.database.reading() as session:
        digest = releases.current(session, "national", host.clock.now()).digest
    host.bundles._bundles.pop(digest, None)
    host.bundles.get(digest, lambda: {**contents, "forms/case_review.toml": loose.encode()})
    case = a_case(host).until("case_review")
    with pytest.raises(Unlawful) as refusal:
        case.attempt("case_review", conclusion="CORRECT", advice="")
    assert refusal.value.code == "opinion.reason"
    assert "第三十条第四项" in refusal.value.article
    case.attempt("case_review", conclusion="CORRECT", advice="定性不准，请改正")
