"""What of BPMN we run, and by which rule the rest is refused: the one list behind the checks and docs/bpmn.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.workflow.drafts import Element


@dataclass(frozen=True)
class Construct:
    """One kind of element: its Chinese name, the rule that refuses it (empty: it runs), and what to know about it."""

    name: str
    rule: str = ""
    remark: str = ""

    @property
    def runs(self) -> bool:
        """Whether it runs as drawn."""
        return not self.rule


# Keyed by the element, after a colon what kind of event; "eventStart" is the start of an event sub-process.
CONSTRUCTS: Final[dict[str, Construct]] = {
    "startEvent": Construct("开始事件", remark="每个流程、子流程恰好一个"),
    "startEvent:message": Construct("消息开始事件", remark="等到消息才开始"),
    "startEvent:signal": Construct("信号开始事件", remark="等到信号才开始"),
    "startEvent:timer": Construct("定时开始事件", remark="时间到了才开始"),
    "startEvent:conditional": Construct("条件开始事件", remark="条件成立才开始；条件用 FEEL"),
    "eventStart:message": Construct("事件子流程的消息开始事件", remark="只限最外层流程，且不中断（isInterrupting=\"false\"）"),
    "eventStart:signal": Construct("事件子流程的信号开始事件", remark="只限最外层流程，且不中断"),
    "eventStart:timer": Construct("事件子流程的定时开始事件", "bpmn.event_subprocess"),
    "eventStart:conditional": Construct("事件子流程的条件开始事件", "bpmn.event_subprocess"),
    "eventStart:error": Construct("错误事件子流程", "bpmn.event_subprocess"),
    "eventStart:escalation": Construct("升级事件子流程", "bpmn.event_subprocess"),
    "eventStart:compensate": Construct("补偿事件子流程", "bpmn.compensation"),
    "endEvent": Construct("结束事件", remark="以到达的状态命名"),
    "endEvent:message": Construct("消息结束事件"),
    "endEvent:error": Construct("错误结束事件", remark="由外层活动边界上的错误事件接住"),
    "endEvent:escalation": Construct("升级结束事件"),
    "endEvent:terminate": Construct("终止结束事件", remark="终止所在的流程或者子流程"),
    "endEvent:cancel": Construct("取消结束事件", remark="只限事务子流程"),
    "endEvent:signal": Construct("信号结束事件", "bpmn.signal_end"),
    "endEvent:compensate": Construct("补偿结束事件", "bpmn.compensation"),
    "intermediateCatchEvent:message": Construct("消息捕获事件"),
    "intermediateCatchEvent:signal": Construct("信号捕获事件"),
    "intermediateCatchEvent:timer": Construct("定时捕获事件"),
    "intermediateCatchEvent:conditional": Construct("条件捕获事件", remark="条件用 FEEL"),
    "intermediateCatchEvent:link": Construct("链接捕获事件", "bpmn.link"),
    "intermediateThrowEvent": Construct("空中间事件", remark="只作标记"),
    "intermediateThrowEvent:message": Construct("消息抛出事件"),
    "intermediateThrowEvent:signal": Construct("信号抛出事件"),
    "intermediateThrowEvent:escalation": Construct("升级抛出事件"),
    "intermediateThrowEvent:link": Construct("链接抛出事件", "bpmn.link"),
    "intermediateThrowEvent:compensate": Construct("补偿抛出事件", "bpmn.compensation"),
    "boundaryEvent:timer": Construct("边界定时事件", remark="流程包中的法定期限只用期限引用（zhifa:limit）"),
    "boundaryEvent:message": Construct("边界消息事件", remark="不中断的，每来一次接一次"),
    "boundaryEvent:signal": Construct("边界信号事件", remark="不中断的，每来一次接一次"),
    "boundaryEvent:error": Construct("边界错误事件", remark="总是中断"),
    "boundaryEvent:escalation": Construct("边界升级事件", remark="不中断的，每来一次接一次"),
    "boundaryEvent:conditional": Construct("边界条件事件", remark="条件用 FEEL"),
    "boundaryEvent:cancel": Construct("边界取消事件", remark="只限事务子流程"),
    "boundaryEvent:compensate": Construct("边界补偿事件", "bpmn.compensation"),
    "task": Construct("未定类型的任务", remark="流程包中请改用用户任务或者自动任务"),
    "userTask": Construct("用户任务", remark="流程包中须有泳道角色和表单"),
    "manualTask": Construct("人工任务", remark="流程包中请改用用户任务"),
    "serviceTask": Construct("自动任务", remark="流程包中须指定已登记的操作"),
    "businessRuleTask": Construct("业务规则任务", remark="流程包中由决策表（DMN）判定"),
    "sendTask": Construct("发送任务", remark="须引用消息"),
    "receiveTask": Construct("接收任务", remark="须引用消息"),
    "scriptTask": Construct("脚本任务", "bpmn.script"),
    "callActivity": Construct("调用活动", remark="被调用的流程须一并给出；版本随流程包固定"),
    "subProcess": Construct("子流程", remark="恰好一个开始事件，至少一个结束事件"),
    "eventSubProcess": Construct("事件子流程"),
    "transaction": Construct("事务子流程", remark="取消时走边界取消事件；不做补偿"),
    "adHocSubProcess": Construct("即席子流程", "bpmn.ad_hoc"),
    "exclusiveGateway": Construct("排他网关", remark="分支按文件中的次序判断，须有默认流向"),
    "inclusiveGateway": Construct("包容网关", remark="须有默认流向"),
    "parallelGateway": Construct("并行网关"),
    "eventBasedGateway": Construct("基于事件的网关", remark="其后只接消息、信号、定时事件或者接收任务"),
    "complexGateway": Construct("复杂网关", "bpmn.complex_gateway"),
    "loop:standard": Construct("标准循环", remark="循环条件用 FEEL，或者写明最多次数"),
    "loop:sequential": Construct("顺序多实例", remark="次数用 FEEL 数字，或者指明列表事实"),
    "loop:parallel": Construct("并行多实例", remark="同上"),
}


def key_of(element: Element, *, in_event_subprocess: bool) -> str:
    """The key of an element in CONSTRUCTS; elements with several events have the key of none of them."""
    kind = element.kind
    if kind == "subProcess" and element.event_driven:
        return "eventSubProcess"
    if not kind.endswith("Event"):
        return kind
    if len(element.triggers) > 1:
        return f"{kind}:multiple"
    if kind == "startEvent" and in_event_subprocess:
        kind = "eventStart"
    return f"{kind}:{element.triggers[0].kind}" if element.triggers else kind
