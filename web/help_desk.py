"""帮助：short pages by role, written in Markdown beside this module and rendered when they are asked for; HTML in them stays text."""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from markdown_it import MarkdownIt
from markupsafe import Markup

desk = Blueprint("help_desk", __name__)
TOPICS = {
    "handling": "办案人员", "reviewing": "审核人员", "deciding": "负责人", "administering": "管理员", "signing-in": "登录与账号",
    "keyboard": "键盘操作",
}
BY_ROLE = {
    "case_reviewer": "reviewing", "legal_reviewer": "reviewing", "hearing_chair": "reviewing", "handling_unit_head": "deciding",
    "agency_head": "deciding", "agency_chief": "deciding", "seal_keeper": "deciding", "administrator": "administering",
}


@desk.get("/help")
def index() -> ResponseReturnValue:
    """What help there is."""
    return render_template("help/index.html", topics=TOPICS, leads={topic: _text(topic).split("\n\n")[1] for topic in TOPICS})


@desk.get("/help/<topic>")
def page(topic: str) -> ResponseReturnValue:
    """One page."""
    if topic not in TOPICS:
        abort(404)
    return render_template("help/page.html", topics=TOPICS, topic=topic, title=TOPICS[topic], text=rendered(_text(topic)))


def topic_of(role: str) -> str:
    """The page that helps with a step of this role."""
    return BY_ROLE.get(role, "handling")


def rendered(text: str) -> Markup:
    """Markdown as HTML that is safe to show: no HTML of its own, no address but ours and https."""
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))  # noqa: S704 - the renderer escapes


def _text(topic: str) -> str:
    return files("web").joinpath("help", f"{topic}.md").read_text(encoding="utf-8")
