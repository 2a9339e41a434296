"""The named operations of a case. A name is permanent: running cases depend on it."""

from __future__ import annotations

from engine.cases import closing, deciding, executing, filing, investigation, noticing, reviewing, serving
from engine.cases.acts import IN_STEP, Operation

OPERATIONS: tuple[Operation, ...] = (
    Operation("cases.register_source", IN_STEP, filing.register_source, "登记案件来源和当事人"),
    Operation("cases.check_item", IN_STEP, filing.check_item, "校验执法事项、依据和实施主体"),
    Operation("cases.verify_clue", IN_STEP, filing.verify_clue, "记录线索核查"),
    Operation("cases.propose_filing", IN_STEP, filing.propose_filing, "提出立案或者不予立案建议"),
    Operation("cases.review_filing", IN_STEP, filing.review_filing, "审核立案建议"),
    Operation("cases.approve_filing", IN_STEP, filing.approve_filing, "审批立案"),
    Operation("cases.assign_officers", IN_STEP, filing.assign_officers, "指定办案人员"),
    Operation("cases.tell_complainant", IN_STEP, filing.tell_complainant, "告知实名举报人"),
    Operation("cases.confirm_address", IN_STEP, filing.confirm_address, "确认送达地址"),
    Operation("cases.check_emergency", IN_STEP, filing.check_emergency, "校验应急响应是否覆盖本案"),
    Operation("cases.open_combined", IN_STEP, filing.open_combined, "合并登记和立案建议"),
    Operation("cases.approve_combined", IN_STEP, filing.approve_combined, "合并审批立案和派员"),
    Operation("cases.choose_act", IN_STEP, investigation.choose_act, "选择调查措施"),
    Operation("cases.collect_evidence", IN_STEP, investigation.collect_evidence, "收集证据"),
    Operation("cases.order_correction", IN_STEP, investigation.order_correction, "责令改正"),
    Operation("cases.review_evidence", IN_STEP, investigation.review_evidence, "审查证据三性"),
    Operation("cases.report", IN_STEP, investigation.report, "提交调查终结报告"),
    Operation("cases.report_opinion", IN_STEP, investigation.report_opinion, "审核调查终结报告"),
    Operation("cases.record_review", IN_STEP, reviewing.record_review, "记录案件审核或者法制审核"),
    Operation("cases.approve_notice", IN_STEP, noticing.approve_notice, "审批处罚建议"),
    Operation("cases.give_notice", IN_STEP, noticing.give_notice, "确定告知内容"),
    Operation("cases.register_defence", IN_STEP, noticing.register_defence, "登记陈述申辩、听证申请或者放弃"),
    Operation("cases.hear_defence", IN_STEP, noticing.hear_defence, "听取并复核陈述申辩"),
    Operation("cases.record_hearing", IN_STEP, noticing.record_hearing, "记录听证"),
    Operation("cases.discuss", IN_STEP, deciding.discuss, "记录集体讨论"),
    Operation("cases.order_refund", IN_STEP, deciding.order_refund, "责令退还多收价款"),
    Operation("cases.record_refund", IN_STEP, deciding.record_refund, "登记退款结果"),
    Operation("cases.approve_decision", IN_STEP, deciding.approve_decision, "审批处理决定"),
    Operation("cases.decide", IN_STEP, deciding.decide, "作出行政处罚决定"),
    Operation("cases.approve_seal", IN_STEP, deciding.approve_seal, "核准用印"),
    Operation("cases.record_service", IN_STEP, serving.record_service, "登记送达"),
    Operation("cases.review_publicity", IN_STEP, executing.review_publicity, "公示保密审查"),
    Operation("cases.approve_publicity", IN_STEP, executing.approve_publicity, "审批公示"),
    Operation("cases.record_payment", IN_STEP, executing.record_payment, "登记缴款"),
    Operation("cases.dispose_property", IN_STEP, executing.dispose_property, "处理没收物品"),
    Operation("cases.record_termination", IN_STEP, closing.record_termination, "记录终止调查"),
    Operation("cases.propose_closing", IN_STEP, closing.propose_closing, "提出结案"),
    Operation("cases.approve_closing", IN_STEP, closing.approve_closing, "审批结案"),
    Operation("cases.prepare_archive", IN_STEP, closing.prepare_archive, "立卷归档"),
)
