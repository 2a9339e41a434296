"""Models beyond one table: types, requirements, business knowledge, contexts, services, and faults that name their place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import Invalid, PackageFault
from engine.rules.decisions import read_decisions, read_leniently
from tests.law.builders import moment
from tests.rules.models import definitions, input_data, literal

TYPES = (
    '<itemDefinition name="档次"><typeRef>string</typeRef><allowedValues><text>"从轻","一般","从重"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="案件"><itemComponent name="货值 金额"><typeRef>number</typeRef></itemComponent>'
    '<itemComponent name="前科" isCollection="true"><typeRef>date</typeRef></itemComponent></itemDefinition>'
)
CASE = {"货值 金额": 18600, "前科": ["2025-01-02", "2026-03-04"]}


def decide(inside: str, name: str, **facts: object) -> object:
    return read_decisions(definitions(inside), "m.dmn").decide(name, facts)


def test_structured_facts_are_typed_and_their_components_have_names_with_spaces() -> None:
    model = TYPES + input_data("案件", "案件") + literal("倍数", "案件.货值 金额 / 1000", "案件", kind="number")
    assert decide(model, "倍数", 案件={**CASE, "前科": []}) == Decimal("18.6")
    with pytest.raises(Invalid, match="输入“案件”的值不是"):
        decide(model, "倍数", 案件={"货值 金额": "很多"})


def test_lists_are_filtered_by_the_names_of_their_components() -> None:
    rows = (
        '<itemDefinition name="行"><itemComponent name="金额"><typeRef>number</typeRef></itemComponent></itemDefinition>'
        '<itemDefinition name="清单" isCollection="true"><typeRef>行</typeRef></itemDefinition>'
    )
    model = rows + input_data("清单", "清单") + input_data("下限", "number")
    model += literal("大额", "sum(清单[金额 > 下限].金额)", "清单", "下限")
    assert decide(model, "大额", 清单=[{"金额": 1}, {"金额": 5}, {"金额": 7}], 下限=2) == 12


def test_allowed_values_of_a_type_are_held() -> None:
    model = TYPES + input_data("案情", "档次") + literal("复述", "案情", "案情", kind="档次")
    assert decide(model, "复述", 案情="从轻") == "从轻"
    with pytest.raises(Invalid, match="不在允许值之中"):
        decide(model, "复述", 案情="随便")


def _knowledge(name: str, parameters: str, text: str) -> str:
    return (
        f'<businessKnowledgeModel id="k_{name}" name="{name}"><variable name="{name}"/><encapsulatedLogic>{parameters}'
        f"<literalExpression><text>{text}</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )


def _need(kind: str, href: str) -> str:
    requirement = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
    return f'<{requirement}><{kind} href="#{href}"/></{requirement}>'


def test_business_knowledge_is_called_and_invoked() -> None:
    surcharge = _knowledge(
        "加处罚款", '<formalParameter name="本金" typeRef="number"/><formalParameter name="天数" typeRef="number"/>',
        "min(本金 * 0.03 * 天数, 本金)",
    )
    called = '<decision id="d1" name="直接"><variable name="直接"/>' + _need("requiredKnowledge", "k_加处罚款")
    called += "<literalExpression><text>加处罚款(62000, 5)</text></literalExpression></decision>"
    invoked = '<decision id="d2" name="调用"><variable name="调用"/>' + _need("requiredKnowledge", "k_加处罚款")
    invoked += (
        "<invocation><literalExpression><text>加处罚款</text></literalExpression>"
        '<binding><parameter name="天数"/><literalExpression><text>99</text></literalExpression></binding>'
        '<binding><parameter name="本金"/><literalExpression><text>62000</text></literalExpression></binding></invocation></decision>'
    )
    assert decide(surcharge + called, "直接") == 9300
    assert decide(surcharge + invoked, "调用") == 62000


def test_a_context_ends_in_its_result() -> None:
    entry = '<contextEntry><variable name="{}"/><literalExpression><text>{}</text></literalExpression></contextEntry>'
    inside = entry.format("甲", "1") + entry.format("乙", "甲 + 1")
    result = "<contextEntry><literalExpression><text>甲 + 乙</text></literalExpression></contextEntry>"
    head = '<decision id="d" name="d"><variable name="d"/><context>'
    assert decide(f"{head}{inside}</context></decision>", "d") == {"甲": 1, "乙": 2}
    assert decide(f"{head}{inside}{result}</context></decision>", "d") == 3


def test_relations_lists_and_boxed_iterations() -> None:
    def text(inner: str) -> str:
        return f"<literalExpression><text>{inner}</text></literalExpression>"

    def one(inside: str) -> object:
        return decide(f'<decision id="d" name="d"><variable name="d"/>{inside}</decision>', "d")

    relation = f'<relation><column name="名"/><column name="数"/><row>{text(chr(34) + "甲" + chr(34))}{text("1")}</row></relation>'
    assert one(relation) == [{"名": "甲", "数": 1}]
    assert one(f"<list>{text('1')}{text('2')}</list>") == [1, 2]
    assert one(f"<conditional><if>{text('1 = 1')}</if><then>{text('1')}</then><else>{text('2')}</else></conditional>") == 1
    assert one(f"<filter><in>{text('[1, 2, 3]')}</in><match>{text('item &gt; 1')}</match></filter>") == [2, 3]
    assert one(f'<for iteratorVariable="x"><in>{text("1..3")}</in><return>{text("x")}</return></for>'.replace("1..3", "[1..3]")) == [1, 2, 3]
    assert one(f'<some iteratorVariable="x"><in>{text("[1, 2]")}</in><satisfies>{text("x = 2")}</satisfies></some>') is True
    assert one(f'<every iteratorVariable="x"><in>{text("[1, 2]")}</in><satisfies>{text("x = 2")}</satisfies></every>') is False


def test_a_service_is_a_function_of_its_inputs() -> None:
    model = input_data("货值", "number") + literal("加倍", "货值 * 2", "货值")
    model += (
        '<decisionService id="s" name="服务"><variable name="服务"/><outputDecision href="#d_加倍"/>'
        '<inputData href="#in_货值"/></decisionService>'
        '<decision id="c" name="调用"><variable name="调用"/>' + _need("requiredKnowledge", "s")
        + "<literalExpression><text>服务(21)</text></literalExpression></decision>"
    )
    assert decide(model, "调用") == 42
    assert read_decisions(definitions(model), "m.dmn").invoke("服务", {"货值": 4}) == 8


def test_the_trace_holds_the_traces_of_required_decisions() -> None:
    model = input_data("货值", "number") + literal("加倍", "货值 * 2", "货值")
    model += '<decision id="z" name="总"><variable name="总"/>' + _need("requiredDecision", "d_加倍")
    model += "<literalExpression><text>加倍 + 1</text></literalExpression></decision>"
    trace = read_decisions(definitions(model), "m.dmn").explain("总", {"货值": 3})
    assert (trace.outputs, trace.inputs) == (7, {"加倍": 6})
    assert [(each.decision, each.inputs, each.outputs) for each in trace.required] == [("加倍", {"货值": 3}, 6)]


FAULTY = [
    (literal("d", "货值 + 1"), "feel.unknown_name", "决策“d”有误：第1个字符处：没有声明名为“货值”的事实"),
    (input_data("货值", "number") + literal("d", '货值 + "x"', "货值"), "feel.type", "不能用于数字和文本"),
    (literal("d", "1", kind="string"), "dmn.type", "决策“d”的结果是数字，模型规定为文本"),
    (literal("d", "1", kind="没有的类型"), "dmn.type_unknown", "类型“没有的类型”没有定义"),
    (literal("d", "now() &gt; now()".replace("&gt;", ">")), "feel.no_clock", "规则不能自己读取时间"),
    ('<decision id="d" name="d"><decisionTable hitPolicy="BEST"><output/></decisionTable></decision>', "dmn.hit_policy", "命中策略"),
    ('<decision id="d" name="d"><decisionTable><output/><rule/></decisionTable></decision>', "dmn.row", "第1行的格数与列数不符"),
    (
        '<decision id="d" name="d"><decisionTable><output typeRef="string"><outputValues><text>"甲"</text></outputValues></output>'
        '<rule><outputEntry id="o"><text>"乙"</text></outputEntry></rule></decisionTable></decision>',
        "dmn.output_value", "第1行输出“决策“d””一格的值不在允许值之中",
    ),
]


@pytest.mark.parametrize(("inside", "code", "message"), FAULTY, ids=[row[1] for row in FAULTY])
def test_a_fault_names_its_place_in_the_file(inside: str, code: str, message: str) -> None:
    with pytest.raises(PackageFault) as refused:
        read_decisions(definitions(inside), "m.dmn")
    assert refused.value.code == code
    assert message in refused.value.message
    assert refused.value.faults[0].where.startswith("m.dmn")


def test_all_faults_are_told_at_once_and_leniently_they_are_null() -> None:
    model = definitions(literal("甲", "没有 + 1") + literal("乙", "1 +"))
    with pytest.raises(PackageFault) as refused:
        read_decisions(model, "m.dmn")
    assert [fault.where for fault in refused.value.faults] == ["m.dmn#d_甲", "m.dmn#d_乙"]
    lenient = read_leniently(model, "m.dmn", moment("2026-03-05T10:00"))
    assert (lenient.decide("甲", {}), lenient.decide("乙", {})) == (None, None)


def test_a_declared_instant_is_the_only_clock() -> None:
    model = input_data("now", "date and time") + literal("今天", "today()", "now") + literal("年", "now().year", "now")
    assert str(decide(model, "今天", now=moment("2026-03-05T23:30"))) == "2026-03-05"
    assert decide(model, "年", now="2026-03-05T10:00:00") == 2026


def test_moments_without_a_zone_are_legal_time_for_departments() -> None:
    model = input_data("告知", "date and time") + literal("当天", 'date and time("2026-03-05T09:00:00") = 告知', "告知")
    model += literal("零点", 'date and time(date("2026-03-05")) < 告知 and @"2026-03-05T00:00:00" < 告知', "告知")
    assert decide(model, "当天", 告知=moment("2026-03-05T09:00")) is True
    assert decide(model, "零点", 告知=moment("2026-03-05T00:01")) is True
    with pytest.raises(Invalid, match="输入“告知”"):
        decide(model, "当天", 告知=moment("2026-03-05T09:00").replace(tzinfo=None))
    mixed = input_data("立案", "date") + input_data("告知", "date and time") + literal("差", "告知 - 立案", "告知", "立案")
    with pytest.raises(PackageFault, match="先用 date and time"):
        read_decisions(definitions(mixed), "m.dmn")
