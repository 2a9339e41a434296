"""The rules that a diagram is held against: what each refuses, how to mend it, and where it applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.errors import Fault

EVERYWHERE, IN_PACKAGES = "任何文件", "流程包"


@dataclass(frozen=True)
class Rule:
    """What a rule refuses, how to mend it, and whether it also holds for a bare file outside a package."""

    what: str
    remedy: str
    applies: str = EVERYWHERE


@dataclass(frozen=True)
class Finding:
    """One thing that keeps a diagram from running: element id and name, rule code, a Chinese sentence and the remedy."""

    element: str
    name: str
    rule: str
    text: str

    @property
    def remedy(self) -> str:
        """How to mend it."""
        return RULES[self.rule].remedy if self.rule in RULES else "请按提示修改"

    def as_fault(self, where: str) -> Fault:
        """The finding as a fault of a file."""
        return Fault(f"{where}#{self.element}" if self.element else where, self.rule, f"{self.text}。改正：{self.remedy}")


RULES: Final[dict[str, Rule]] = {
    "bpmn.process": Rule("不是 BPMN 2.0 流程文件", "从流程编辑器重新导出 BPMN 2.0 文件"),
    "bpmn.identifier": Rule("标识缺失或者重复", "给每个元素一个唯一的标识（id）"),
    "bpmn.unknown": Rule("标准中没有的元素", "删除该元素，或者改用 BPMN 2.0 的元素"),
    "bpmn.unsupported": Rule("不支持的元素", "改用 docs/bpmn.md 所列可以运行的元素"),
    "bpmn.script": Rule("脚本、监听器和内嵌代码", "删除脚本；改用已登记的操作、决策表或者 FEEL 条件"),
    "bpmn.link": Rule("链接事件：引擎会丢掉跳转", "用顺序流把两处直接连起来"),
    "bpmn.compensation": Rule("补偿事件和补偿活动：引擎不执行补偿", "用顺序流画出撤销的环节"),
    "bpmn.signal_end": Rule("信号结束事件：引擎不会发出信号", "在普通结束事件之前加一个信号抛出事件"),
    "bpmn.multiple_events": Rule("一个事件含有几种触发", "拆成几个事件，每个一种触发"),
    "bpmn.event_subprocess": Rule("不能按图运行的事件子流程", "改用边界事件，或者最外层、不中断的消息（信号）事件子流程"),
    "bpmn.message": Rule("没有引用消息或者信号：引擎会径直通过", "引用一个已定义、有名称的消息（信号）"),
    "bpmn.reference": Rule("引用的对象不存在", "改为文件中已定义的标识"),
    "bpmn.error_code": Rule("错误或者升级没有代码：引擎会把不同的错误当成一个", "给每个错误（升级）不同的代码"),
    "bpmn.error_uncaught": Rule("没有环节接住的错误：引擎会当作正常结束", "在外层活动的边界上加错误事件"),
    "bpmn.error_ambiguous": Rule("同一活动上有几个事件会接住同一个错误：引擎会全部执行", "每个错误代码只留一个边界事件"),
    "bpmn.cancel": Rule("取消事件不在事务子流程上", "只在事务子流程中使用取消事件"),
    "bpmn.attachment": Rule("边界事件没有附着在活动上", "把边界事件放到一个活动的边界上"),
    "bpmn.timer": Rule("定时没有写明、有误，或者没有引用期限", "写 ISO 8601 的时刻或者时长；流程包中引用一个期限（zhifa:limit）"),
    "bpmn.timer_cycle": Rule("周期定时", "用循环和单次定时代替"),
    "bpmn.quantity": Rule("令牌数量：引擎不予理会", "删除 startQuantity、completionQuantity，改用多实例或者网关"),
    "bpmn.loop": Rule("循环没有写明次数或者条件", "写明最多次数或者 FEEL 循环条件"),
    "bpmn.multi_instance": Rule("多实例没有写明次数或者列表", "写明 FEEL 次数（loopCardinality）或者列表事实（loopDataInputRef），二者择一"),
    "bpmn.expression": Rule("条件、次数或者定时不是 FEEL", "用 FEEL 书写，例如 amount > 100、result = \"同意\""),
    "bpmn.start": Rule("开始事件不是恰好一个", "每个流程和子流程画一个开始事件"),
    "bpmn.end": Rule("没有结束事件", "画出结束事件"),
    "bpmn.incoming": Rule("流入的连线有误", "开始事件和边界事件不得有流入的连线"),
    "bpmn.outgoing": Rule("流出的连线数目有误", "从任务流出恰好一条连线，分支和并行一律用网关画出"),
    "bpmn.condition": Rule("条件写在不起作用的地方，或者缺少条件", "条件只写在排他、包容网关的非默认流出连线上"),
    "bpmn.default": Rule("判断网关没有默认流向", "指定一条没有条件的默认流向"),
    "bpmn.dangling": Rule("连线的一端不存在，或者跨越了子流程的边界", "把连线接到同一层的元素上"),
    "bpmn.unreachable": Rule("从开始事件到不了", "用连线接上，或者删除"),
    "bpmn.stuck": Rule("从这里到不了任何结束事件", "补画通向结束事件的连线"),
    "bpmn.endless": Rule("循环中没有判断网关：永远出不来，引擎会栈溢出", "在循环中加一个排他网关"),
    "bpmn.chain": Rule("连成一串的环节过多：引擎的解析器会栈溢出", "把一段改成调用活动或者子流程"),
    "bpmn.event_gateway": Rule("基于事件的网关后面接了别的元素", "其后只接消息、信号、至多一个定时事件或者接收任务"),
    "bpmn.called": Rule("被调用的流程不存在", "一并给出被调用的流程，或者改正 calledElement"),
    "bpmn.recursive": Rule("流程直接或者间接调用自己", "去掉循环调用"),
    "bpmn.ad_hoc": Rule("即席子流程", "画出先后次序，或者改用并行网关"),
    "bpmn.complex_gateway": Rule("复杂网关", "改用排他、包容或者并行网关"),
    "bpmn.choreography": Rule("编排图、会话图不是可以运行的流程", "改画流程（process）"),
    "bpmn.pool": Rule("一个文件有几个流程", "每个流程单独一个文件", IN_PACKAGES),
    "bpmn.foreign": Rule("其他编辑器的扩展元素", "删除该扩展；流程包只认 zhifa 扩展", IN_PACKAGES),
    "bpmn.kind": Rule("流程包中不能由人或者平台办理的任务", "改用用户任务、自动任务或者业务规则任务", IN_PACKAGES),
    "bpmn.role": Rule("环节没有已登记的角色", "把环节放进角色泳道（lane_ 加角色名）", IN_PACKAGES),
    "bpmn.form": Rule("表单不存在", "改为 forms/ 中的表单", IN_PACKAGES),
    "bpmn.operation": Rule("操作未登记", "改为已登记的操作", IN_PACKAGES),
    "bpmn.operation_missing": Rule("自动环节没有指定操作", "加上 zhifa:operation", IN_PACKAGES),
    "bpmn.decision": Rule("决策不存在", "改为 decisions/ 中的决策，加上 zhifa:decision", IN_PACKAGES),
    "bpmn.limit": Rule("期限不存在", "改为 engine/law/time_limits/ 中的期限", IN_PACKAGES),
    "bpmn.document": Rule("文书没有模板", "改为 templates/ 中的文书", IN_PACKAGES),
    "bpmn.return": Rule("退回去向不是流程包中的环节", "改为环节标识，或者“流程.环节”", IN_PACKAGES),
    "bpmn.fact": Rule("事实没有登记，或者类型不符", "在 package.toml 的 [facts] 中登记", IN_PACKAGES),
}
