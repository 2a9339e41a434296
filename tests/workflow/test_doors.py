"""The doors through which SpiffWorkflow would run code: each is shut at the check, and FactsEngine guards what is behind it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid, Unlawful, ZhifaError
from engine.workflow import driving
from engine.workflow.answers import make_answers
from engine.workflow.reading import read_draft
from engine.workflow.skeleton import skeleton
from engine.workflow.specs import FactsEngine, NoEnvironment, assemble
from engine.workflow.trials import check_files
from tests.workflow.sketches import draw
from tests.workflow.test_bpmn_run import NAMES

MARK = "zhifa-door"
LINE = "startEvent s\nuserTask a\nendEvent e\ns -> a -> e\n"
FORK = "startEvent s\nexclusiveGateway g default=g_e\nendEvent e\nendEvent f\ns -> g\ng -> e\n"
MANY = "userTask a\n+<multiInstanceLoopCharacteristics>{}</multiInstanceLoopCharacteristics>"
VENDOR = 'xmlns:x="http://spiffworkflow.org/bpmn/schema/1.0/core"'
TABLE = (
    '<decisionTable id="table"><input id="i"><inputExpression id="ie" typeRef="string"><text>name</text></inputExpression></input>'
    '<output id="o" name="result" typeRef="string"/><rule id="r"><inputEntry id="re"><text>{input}</text></inputEntry>'
    '<outputEntry id="ro"><text>{output}</text></outputEntry></rule></decisionTable>'
)

# 37 texts that reach for the interpreter, exhaust it, or belong to another language.
HOSTILE = [
    "().__class__.__bases__[0].__subclasses__()", "__import__('os').system('id')", '__import__("os").popen("id").read()',
    "eval('1')", 'exec("import os")', 'open("/etc/passwd").read()', "globals()", "locals()", "vars()", "dir()", "breakpoint()",
    "getattr(name, '__class__')", "lambda: 1", "(lambda: 1)()", "[x for x in (1).__class__.__mro__]", "name.__class__",
    "name.__init__.__globals__", "''.join(['a'])", "f'{name}'", "'%s' % name", "'{0.__class__}'.format(name)", "9**9**9", "1 << 10**9",
    "'a' * 10**10", "import os", "from os import system", "raise SystemExit", "while True: pass", "name := 1", "print(name)", "`id`",
    "$(id)", "${name.getClass()}", "#{execution.setVariable('a', 1)}", "{{ name }}", "<%= name %>", "exit()",
    f"open({str(Path(MARK))!r}, 'w')",
]


def condition(text: str) -> str:
    return FORK + f"g -> f if {text}"


def script(text: str) -> str:
    return LINE.replace("userTask a", f"scriptTask a\n+<script>{escape(text)}</script>")


def timer(text: str) -> str:
    return LINE.replace("userTask a", f"intermediateCatchEvent a : timer <timeDuration>{escape(text)}</timeDuration>")


def pre_script(text: str) -> str:
    return LINE.replace("userTask a", f"userTask a\n+<extensionElements><x:preScript {VENDOR}>{escape(text)}</x:preScript></extensionElements>")


def cardinality(text: str) -> str:
    return LINE.replace("userTask a", MANY.format(f"<loopCardinality>{escape(text)}</loopCardinality>"))


def completion(text: str) -> str:
    return LINE.replace("userTask a", MANY.format(f"<loopCardinality>2</loopCardinality><completionCondition>{escape(text)}</completionCondition>"))


def waiting(text: str) -> str:
    return LINE.replace("userTask a", f"intermediateCatchEvent a : conditional <condition>{escape(text)}</condition>")


def correlation(_: str) -> str:
    return LINE.replace("userTask a", 'intermediateCatchEvent a : message messageRef="M"')


def correlated(text: str) -> str:
    return (
        '<collaboration id="c"><correlationKey id="k" name="k"><correlationPropertyRef>p</correlationPropertyRef></correlationKey></collaboration>'
        '<correlationProperty id="p" name="p"><correlationPropertyRetrievalExpression messageRef="M">'
        f"<messagePath>{escape(text)}</messagePath></correlationPropertyRetrievalExpression></correlationProperty>"
    )


DOORS = {"condition": condition, "script": script, "timer": timer, "preScript": pre_script, "cardinality": cardinality,
         "completion condition": completion, "conditional event": waiting}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_expression_is_refused_at_every_door(door: str, text: str) -> None:
    report = check_files({"a.bpmn": draw(DOORS[door](text), before=NAMES)})[0]
    assert {fault.rule for fault in report.faults} & {"bpmn.expression", "bpmn.script", "bpmn.timer"}
    assert not report.runs


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """What Python was asked to compile or run under the name of a string, as the library's evaluators do."""
    seen: list[str] = []
    active = [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if active[0] and event == "compile" and arguments[1] in ("<string>", "<unknown>", None):
            seen.append(str(arguments[0])[:80])

    sys.addaudithook(audit)
    yield seen
    active[0] = False


@pytest.mark.parametrize("door", DOORS)
def test_each_door_stands_open_in_the_library(door: str, tmp_path: Path, watched: list[str]) -> None:
    """Otherwise the tests below would prove nothing."""
    made = tmp_path / "made"
    parser = SpiffBpmnParser()
    parser.add_bpmn_xml(etree.fromstring(draw(DOORS[door](f"open({str(made)!r}, 'w').close() or 'P1D'"), before=NAMES)), "a.bpmn")
    workflow = BpmnWorkflow(parser.get_spec("main"), {}, script_engine=PythonScriptEngine())
    with suppress(TypeError, SpiffWorkflowException):
        workflow.do_engine_steps()
        for task in [task for task in workflow.get_tasks() if task.task_spec.manual]:
            task.run()
    assert made.exists()
    assert watched


@pytest.mark.parametrize("door", DOORS)
def test_the_librarys_evaluators_are_never_reached_even_by_a_bundle_that_was_not_checked(door: str, watched: list[str]) -> None:
    hostile = f"open({str(Path(MARK))!r}, 'w')"
    draft = read_draft(draw(DOORS[door](hostile), before=NAMES), "a.bpmn")
    with suppress(ZhifaError):  # most cannot even be compiled
        driving.drive([draft], "main", make_answers({}))
    spec, called = assemble([draft], "main")
    workflow = BpmnWorkflow(spec, called, script_engine=FactsEngine(_nothing_compiled))
    try:
        workflow.do_engine_steps()
        for task in workflow.get_tasks():
            if task.task_spec.manual and task.state == TaskState.READY:
                task.run()
    except Unlawful as refused:
        assert refused.code == "workflow.expression"
    assert watched == []
    assert not Path(MARK).exists()


def _nothing_compiled(text: str) -> object:
    raise KeyError(text)


@pytest.mark.parametrize("door", ["condition", "script", "cardinality", "completion condition", "conditional event", "timer"])
def test_facts_engine_refuses_behind_the_librarys_own_parser(door: str, watched: list[str]) -> None:
    """As if the skeleton were not there: the file goes to the library as it is, and its engine is ours."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(draw(DOORS[door](f"open({MARK!r}, 'w')"), before=NAMES)), "a.bpmn")
    workflow = BpmnWorkflow(parser.get_spec("main"), parser.get_subprocess_specs("main"), script_engine=FactsEngine(_nothing_compiled))
    with pytest.raises(Unlawful) as refused:
        workflow.do_engine_steps()
        for task in [task for task in workflow.get_tasks() if task.task_spec.manual]:
            task.run()
    assert refused.value.code in ("workflow.expression", "workflow.script")
    assert watched == []
    assert not Path(MARK).exists()


def test_an_eighth_door_stands_open_in_the_library_and_is_shut_here(tmp_path: Path) -> None:
    """The key of a message is computed past the script engine, in its environment."""
    made = tmp_path / "made"
    data = draw(correlation(""), before=NAMES, after=correlated(f"open({str(made)!r}, 'w').close()"))
    for engine, opened in ((PythonScriptEngine(), True), (FactsEngine(_nothing_compiled), False)):
        made.unlink(missing_ok=True)
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(data), "a.bpmn")
        workflow = BpmnWorkflow(parser.get_spec("main"), {}, script_engine=engine)
        workflow.do_engine_steps()
        event = BpmnEvent(MessageEventDefinition("催告"), payload={})
        if opened:
            workflow.catch(event)
        else:
            with pytest.raises(Unlawful, match="不得自行计算"):
                workflow.catch(event)
        assert made.exists() is opened


@pytest.mark.parametrize("text", ["1", "x", "().__class__"])
def test_the_environment_evaluates_executes_and_calls_nothing(text: str) -> None:
    environment = NoEnvironment()
    for work in (environment.evaluate, environment.execute, environment.call_service):
        with pytest.raises(Unlawful):
            work(text, {}, external_context={})


def test_nothing_of_the_file_but_known_bones_reaches_the_library() -> None:
    hostile = "__import__('os').system('id')"
    text = pre_script(hostile) + "scriptTask x\n+<script>evil()</script>"
    draft = read_draft(draw(text, before=NAMES, after=correlated(hostile)), "a.bpmn")
    written = etree.tostring(skeleton([draft])).decode()
    assert "import" not in written
    assert "evil" not in written
    assert not {"script", "extensionElements", "correlationProperty", "preScript", "dataInputAssociation"} & {
        etree.QName(each).localname for each in skeleton([draft]).iter()
    }


@pytest.mark.parametrize("value", [Decimal("1.5"), Decimal(-1), Decimal(1001), Decimal("NaN")])
def test_a_number_of_instances_is_small_and_whole(value: Decimal) -> None:
    workflow = BpmnWorkflow(*assemble([read_draft(draw(cardinality("n")), "a.bpmn")], "main"), script_engine=FactsEngine(lambda _: value))
    with pytest.raises(Invalid, match="次数"):
        workflow.do_engine_steps()


def test_the_librarys_decision_engine_is_not_even_loaded() -> None:
    """The doors of the DMN cells: decisions are the rule engine's, and no module here imports the library's."""
    folder = Path(__file__).parents[2]
    users = [path for name in ("engine", "processes", "documents", "forms", "web") for path in (folder / name).rglob("*.py")
             if "SpiffWorkflow.dmn" in path.read_text(encoding="utf-8")]
    assert users == []


@pytest.mark.parametrize("cell", ["input", "output"])
def test_a_business_rule_task_never_reaches_a_decision_table_of_the_library(cell: str, watched: list[str]) -> None:
    table = TABLE.format(**{"input": "-", "output": '"x"', cell: escape("__import__('os').system('id')")})
    named = f"<extensionElements><x:calledDecisionId {VENDOR}>d</x:calledDecisionId>{table}</extensionElements>"
    text = LINE.replace("userTask a", f"businessRuleTask a\n+{named}")
    draft = read_draft(draw(text), "a.bpmn")
    outcome = driving.drive([draft], "main", make_answers({"tasks": {"a": {"result": "x"}}}))
    assert (outcome.status, outcome.facts) == ("completed", {"result": "x"})
    workflow = BpmnWorkflow(*assemble([draft], "main"), script_engine=FactsEngine(_nothing_compiled))
    with pytest.raises(Unlawful, match="决策表"):
        workflow.do_engine_steps()
    assert watched == []
