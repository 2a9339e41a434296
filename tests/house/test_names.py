"""Names keep to the glossary, and the five import names belong to this distribution alone."""

from __future__ import annotations

import ast
import re
from importlib.metadata import packages_distributions

import pytest

from tests.house.tree import PACKAGES, files, modules

VAGUE_MODULES = {"utils", "util", "common", "helpers", "helper", "models", "services", "misc", "base", "core", "manager"}
VAGUE_CLASSES = re.compile(r"(Manager|Helper|Util|Utils|Processor|Impl|Info|Data|DTO|VO)$")
PINYIN = re.compile(
    r"(?<![a-z])(anjian|anhao|chufa|dangshiren|guidang|jiean|juedingshu|lian|shenpi|songda|tingzheng|wenshu|xingzheng|zhifa(?!$)|zhixing)(?![a-z])"
)
FOREIGN_TO_GLOSSARY = {"seizure": "查封 is sealing_off, 扣押 is impoundment", "lawsuit": "行政诉讼 is litigation"}


@pytest.mark.parametrize("package", PACKAGES)
def test_import_name_is_provided_by_this_distribution_alone(package: str) -> None:
    assert set(packages_distributions().get(package, ())) == {"zhifa"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path.as_posix() for path, _ in modules(*PACKAGES) if path.stem in VAGUE_MODULES] == []


def _public_classes(*folders: str) -> list[tuple[str, str]]:
    return [
        (path.as_posix(), node.name)
        for path, tree in modules(*folders)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def test_service_means_the_service_of_documents_only() -> None:
    """送达 is Service; there is no service layer, so no FooService."""
    wrong = [each for each in _public_classes(*PACKAGES) if each[1].endswith("Service") and each[1] != "Service"]
    assert wrong == []


def test_public_classes_say_what_they_are() -> None:
    assert [each for each in _public_classes(*PACKAGES) if VAGUE_CLASSES.search(each[1])] == []


def test_no_pinyin_and_no_word_that_the_glossary_replaces() -> None:
    names = [(path.as_posix(), path.stem) for path in files() if path.suffix == ".py"]
    for path, tree in modules(*PACKAGES):
        names += [(path.as_posix(), node.name) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    words = [(where, re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()) for where, name in names]
    assert [each for each in words if any(PINYIN.fullmatch(part) for part in each[1].split("_"))] == []
    assert [each for each in words if set(each[1].split("_")) & FOREIGN_TO_GLOSSARY.keys()] == []
