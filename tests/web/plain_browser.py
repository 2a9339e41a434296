"""A browser without JavaScript, as far as filling in forms goes: it reads the controls off the page and posts what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from lxml import html

from processes.sample import PASSWORD

OPTIONS = ("radio", "checkbox")
Data = dict[str, list[str]]


class PlainBrowser:
    """One person's browser: the page it shows, and what stands in the form that is being filled in.

    A control that the page lacks, an option that is not offered and a field that is locked fail the test at once.
    """

    def __init__(self, app: Flask, person: str) -> None:
        self.client = app.test_client()
        self.open("/sign-in")
        self.fill({"login": person.lower(), "password": PASSWORD}, "登录").press("登录")
        assert self.heading == "我的待办", self.text

    def open(self, address: str) -> PlainBrowser:
        """Go to an address."""
        return self._show(self.client.get(address, follow_redirects=True))

    def follow(self, words: str, within: str = "") -> PlainBrowser:
        """Follow the first link of these words; within: only in the list entry or table row that also says this."""
        for link in self.page.xpath("//a[@href]"):
            around = link.xpath("ancestor::*[self::tr or self::li][1]") or [link]
            if _words(link) == words and within in _words(around[0]):
                return self.open(link.get("href"))
        raise AssertionError(f"no link “{words}” beside “{within}” on: {self.text[:600]}")

    def fill(self, values: Mapping[str, Any], button: str) -> PlainBrowser:
        """Fill in the form that has this button: texts, choices, and rows of a group, added by the page's own button."""
        self.form, self.data = self._form_of(button), self._held(button)
        for name, value in values.items():
            if isinstance(value, list) and value and isinstance(value[0], Mapping):
                self._fill_rows(name, value, button)
            else:
                self._set(name, value)
        return self

    def press(self, button: str) -> PlainBrowser:
        """Press a button of the filled form, by its words."""
        control = next(each for each in self._buttons(self.form) if _words(each) == button)
        return self._post({control.get("name"): [control.get("value") or ""]} if control.get("name") else {})

    def offered(self, button: str, name: str) -> dict[str, str]:
        """The options of a choice in the form with this button: the words up to a bracket, and what is posted for them."""
        options = self._form_of(button).xpath(".//select[@name=$name]/option", name=name)
        return {_words(each).partition("（")[0]: str(each.get("value")) for each in options}

    @property
    def text(self) -> str:
        """All words on the page, spaces run together."""
        return _words(self.page.find(".//main"))

    @property
    def heading(self) -> str:
        """The page's own heading."""
        return _words(self.page.find(".//h1"))

    def value(self, name: str) -> str:
        """What a text control of the shown page holds."""
        control = self.page.xpath("//main//*[@name=$name]", name=name)[0]
        return str(control.value or "").strip()

    def _fill_rows(self, group: str, rows: list[Mapping[str, Any]], button: str) -> None:
        for place, row in enumerate(rows):
            if not any(name.startswith(f"{group}-{place}-") for name in self._names()):
                self._post({f"add:{group}": ["1"]})
                assert self.status == 200
                self.form, self.data = self._form_of(button), self._held(button)
            for key, value in row.items():
                self._set(f"{group}-{place}-{key}", value)

    def _set(self, name: str, value: Any) -> None:
        controls = self.form.xpath(".//*[@name=$name]", name=name)
        assert controls, f"“{self.heading}” does not ask for {name}"
        texts = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
        first = controls[0]
        if first.tag == "select" or first.get("type") in OPTIONS:
            offered = first.value_options if first.tag == "select" else [each.get("value") for each in controls]
            texts = [] if texts == ["false"] and offered == ["true"] else texts  # a box that is left unticked
            assert set(texts) <= set(offered), f"{name} of “{self.heading}” offers {offered}, not {texts}"
        else:
            assert len(texts) == 1 or first.get("type") == "text", name
            texts = ["、".join(texts)]
            assert first.get("readonly") is None and first.get("disabled") is None, f"{name} is locked"
        self.data[name] = texts

    def _post(self, pressed: Data) -> PlainBrowser:
        address = self.form.get("action") or self.address
        return self._show(self.client.post(address, data={**self.data, **pressed}, follow_redirects=True))

    def _show(self, answer: Any) -> PlainBrowser:
        self.status: int = answer.status_code
        self.page = html.fromstring(answer.get_data(as_text=True))
        self.address = urlsplit(answer.request.url).path
        return self

    def _form_of(self, button: str) -> Any:
        found = [form for form in self.page.forms if button in map(_words, self._buttons(form))]
        assert found, f"no form with “{button}” on “{self.heading}”: {self.text[:600]}"
        return found[0]

    def _held(self, button: str) -> Data:
        held: Data = {}
        for control in self._form_of(button).xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
            if control.get("type") in OPTIONS and control.get("checked") is None:
                continue
            value = control.get("value") or "on" if control.get("type") in OPTIONS else control.value
            held.setdefault(control.get("name"), []).append(str(value or "").removeprefix("\n"))
        return held

    def _names(self) -> set[str]:
        return {str(each.get("name")) for each in self.form.xpath(".//*[@name]")}

    def _buttons(self, form: Any) -> list[Any]:
        return [each for each in form.xpath(".//button") if each.get("type", "submit") == "submit"]


def _words(element: Any) -> str:
    return " ".join(element.text_content().split())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
