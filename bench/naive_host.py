"""The baseline: a host as a tutorial would write it. Everything is read, restored, run by the stock library and written whole.

It runs the very same diagrams; FEEL conditions become the Python ones of the stock script engine, statutory timers become durations.
It knows no rights, forms, safeguards, journal, work items or deadlines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.camunda.parser.task_spec import CAMUNDA_MODEL_NS, BusinessRuleTaskParser
from SpiffWorkflow.camunda.specs.business_rule_task import BusinessRuleTask
from SpiffWorkflow.dmn.parser.BpmnDmnParser import BpmnDmnParser
from SpiffWorkflow.dmn.serializer.task_spec import BaseBusinessRuleTaskConverter
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, update
from sqlalchemy.orm import Session

from engine.database import Database
from engine.untrusted_xml import parse_xml
from engine.workflow.markup import BPMN, ZHIFA

WORDS = ((r"(?<![!<>=])=(?!=)", "=="), (r"\btrue\b", "True"), (r"\bfalse\b", "False"))


INSTANCES = Table(
    "bench_naive_instance", MetaData(), Column("id", Integer, primary_key=True), Column("state", Text, nullable=False)
)  # one workflow as JSON, specification included: what the library's own serializer gives


class NaiveEngine(PythonScriptEngine):  # type: ignore[misc]
    """The stock engine; a service task does nothing, as fast as nothing can be done."""

    def call_service(self, task: Any, **kwargs: Any) -> str:
        """Done."""
        return "{}"


class NaiveParser(BpmnDmnParser):  # type: ignore[misc]
    """The stock parser with the library's own decision tables."""

    OVERRIDE_PARSER_CLASSES = {full_tag("businessRuleTask"): (BusinessRuleTaskParser, BusinessRuleTask)}


def plain_bpmn(source: bytes) -> bytes:
    """The diagram without our extensions, as the stock parser takes it."""
    root = parse_xml(source, "naive")
    for timer in root.iter(f"{{{BPMN}}}timerEventDefinition"):
        for child in list(timer):
            timer.remove(child)
        etree.SubElement(timer, f"{{{BPMN}}}timeDuration").text = '"P5D"'
    for condition in root.iter(f"{{{BPMN}}}conditionExpression"):
        for pattern, word in WORDS:
            condition.text = re.sub(pattern, word, condition.text)
    for task in list(root.iter(f"{{{BPMN}}}serviceTask")):
        task.tag = f"{{{BPMN}}}task"  # the stock service task needs an extension; an empty task is what it would be
    for rule in root.iter(f"{{{BPMN}}}businessRuleTask"):
        for decision in rule.iter(f"{{{ZHIFA}}}decision"):
            rule.set(f"{{{CAMUNDA_MODEL_NS}}}decisionRef", decision.get("name", ""))
    return bytes(etree.tostring(root))


class NaiveHost:
    """Starts and steps workflows in the bench_naive_instance table of a database."""

    def __init__(self, database: Database, sources: Mapping[str, bytes], top: str, tables: Iterable[bytes] = ()) -> None:
        self.database = database
        kinds = BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, BusinessRuleTask: BaseBusinessRuleTaskConverter})
        self.serializer = BpmnWorkflowSerializer(kinds)
        parser = NaiveParser(namespaces={**DEFAULT_NSMAP, "camunda": CAMUNDA_MODEL_NS})
        for table in tables:
            parser.add_dmn_xml(etree.fromstring(table))
        for name, source in sources.items():
            parser.add_bpmn_xml(etree.fromstring(plain_bpmn(source)), filename=f"{name}.bpmn")
        self.spec, self.called = parser.get_spec(top), parser.get_subprocess_specs(top)
        INSTANCES.create(database.engine, checkfirst=True)

    def start(self, data: Mapping[str, Any]) -> int:
        """Begin a workflow; its id is returned."""
        workflow = BpmnWorkflow(self.spec, self.called, script_engine=NaiveEngine())
        workflow.task_tree.data.update(data)
        workflow.do_engine_steps()
        with self.database.writing() as session:
            result = session.execute(insert(INSTANCES).values(state=self.serializer.serialize_json(workflow)))
            return int(result.inserted_primary_key[0])

    def waiting(self, identifier: int) -> list[str]:
        """Names of the user tasks that wait."""
        with self.database.reading() as session:
            workflow = self._load(session, identifier)
        return [task.task_spec.name for task in workflow.get_tasks(state=TaskState.READY, manual=True)]

    def step(self, identifier: int, name: str, values: Mapping[str, Any], facts: Mapping[str, Any]) -> int:
        """Complete the waiting user task of this name, and keep what was filled in; the bytes stored are returned.

        values: the form, kept under the step's name as our host keeps it in rows; facts: what the conditions read.
        """
        with self.database.writing() as session:
            workflow = self._load(session, identifier)
            task = workflow.get_next_task(state=TaskState.READY, spec_name=name)
            task.data.update({name: dict(values), **facts})
            task.run()
            workflow.do_engine_steps()
            state = self.serializer.serialize_json(workflow)
            session.execute(update(INSTANCES).where(INSTANCES.c.id == identifier).values(state=state))
        return len(state)

    def _load(self, session: Session, identifier: int) -> Any:
        text = session.scalar(select(INSTANCES.c.state).where(INSTANCES.c.id == identifier))
        workflow = self.serializer.deserialize_json(text)
        workflow.script_engine = NaiveEngine()
        return workflow
