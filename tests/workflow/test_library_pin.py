"""The inner parts of the library that our tree stands in for or leans on: an upgrade that changes one of them fails here."""

from __future__ import annotations

import hashlib
import inspect
from importlib.metadata import version
from typing import Any

import pytest
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, BpmnStartTask, EventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask, StandardLoopTask
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity, SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.bpmn.util.subworkflow import BpmnBaseWorkflow, BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.task import Task
from SpiffWorkflow.workflow import Workflow

PINNED = "3.2.0"
# Who finds one of these changed: read the difference, adapt engine/workflow/tree.py, walk test_differential.py in full
# (ZHIFA_PROVE=full), and only then write the new number here.
PORTRAITS: dict[Any, str] = {
    BpmnProcessSpec: "335b83caca73d212",
    BoundaryEventJoin: "ea730a1b4f5424ac",
    BoundaryEventSplit: "27364118bcf7c835",
    BpmnStartTask: "055579f7bb9e93de",
    EventSplit: "0c8f5c6ac8a9ef58",
    _EndJoin: "06f17d7ba2dd3734",
    CatchingEvent: "298ad27ec2cd5fed",
    InclusiveGateway: "9bdb381330ae56b0",
    MultiInstanceTask: "35cddc024f942371",
    StandardLoopTask: "dbdc567930014829",
    ParallelGateway: "c4bb1e70ef5f7759",
    CallActivity: "cf1d4e0f3b9512a4",
    SubWorkflowTask: "19342baaa221a4f2",
    UnstructuredJoin: "8d115bf312fa000d",
    EventManager: "2d926d4f3dce8825",
    BpmnBaseWorkflow: "464012aad1700dd3",
    BpmnSubWorkflow: "539aed91444cfdbd",
    BpmnWorkflow: "c9f310da86e1846d",
    TaskSpec: "43dc36a3bc3b3b6e",
    Join: "5fbdf4e6910f3d21",
    Task: "92063c04a76674f0",
    Workflow: "fd90e7900533a3e4",
}


def portrait(one: Any) -> str:
    return hashlib.sha256(inspect.getsource(one).encode()).hexdigest()[:16]


def test_the_library_is_the_one_that_was_walked() -> None:
    assert version("SpiffWorkflow") == PINNED


@pytest.mark.parametrize("one", PORTRAITS, ids=lambda one: one.__name__)
def test_an_inner_part_is_as_it_was(one: Any) -> None:
    assert portrait(one) == PORTRAITS[one]
