"""A fictitious case, as full as a case can be, from which every kind of document can be filled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.cases.penalties import DECIDED, NOTICED, PROPOSED
from engine.cases.snapshot import penalty_row
from engine.clock import LEGAL_TIME_ZONE
from engine.law import wording
from engine.law.penalties import ProposedPenalty

PARTY = "云江市味百鲜餐饮管理有限公司"
PLACE = "云江市望海区滨河路88号3栋1层"
AGENCY = "云江市望海区市场监督管理局"


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LEGAL_TIME_ZONE)


def sample_snapshot() -> dict[str, Any]:
    penalties = [
        ProposedPenalty("FINE", Decimal("186000.00")), ProposedPenalty("CONFISCATE_GAIN", Decimal("16800.00")),
        ProposedPenalty("CONFISCATE_GOODS", None, "蒸饭柜1台、封口机1台、保温箱20个"),
    ]
    rows = [penalty_row(item) for item in penalties]
    shown: dict[str, Any] = {}
    for stage in (PROPOSED, NOTICED, DECIDED):
        shown |= {
            stage: rows, f"{stage}_text": "；".join(row["text"] for row in rows), f"{stage}_fine": Decimal("186000.00"),
            f"{stage}_total": Decimal("202800.00"),
        }
    opinion = {"opinion": "同意。", "person": "江屿", "at": at(5, 12)}
    evidence = [
        _evidence(1, "现场笔录及全程录像", "现场笔录", "执法人员现场制作", "证明当事人在现场加工盒饭"),
        _evidence(2, "送货单和收款收据", "书证", "当事人提供", "证明销售数量和收入"),
        _evidence(3, "当事人询问笔录", "当事人的陈述", "周牧野陈述", "证明经营的起止时间"),
    ]
    return {
        "case": {
            "number": "YW-2026-0027", "source_number": "登记2026-00001", "title": f"{PARTY}涉嫌未取得食品经营许可从事餐饮配送案",
            "procedure": "ordinary", "procedure_name": "普通程序", "opened_at": at(3, 2), "filed_on": date(2026, 3, 5),
            "violation_from": date(2026, 2, 2), "violation_to": date(2026, 3, 4), "violation_place": PLACE, "status": "DECIDED",
            "status_name": "已决定", "archive_number": "YW-CF-2026-0027", "closed_on": date(2026, 6, 5),
            "decided_on": date(2026, 5, 12), "served_on": date(2026, 5, 13), "keep_secret": True, "tier": "T2",
            "cause": "未取得食品经营许可从事餐饮配送", "fast_track": False,
        },
        "agency": {
            "name": AGENCY, "short_name": "云望", "domain_word": "市监", "address": "云江市望海区政务路1号",
            "phone": "0999-6000001", "reconsideration_agency": "云江市望海区人民政府", "court": "云江市望海区人民法院",
            "area": "999901",
        },
        "item": {
            "code": "SCJG-CF-0122-01", "name": "对未取得食品经营许可从事食品经营活动的行政处罚", "cause": "未取得食品经营许可",
            "violated": "《中华人民共和国食品安全法》第三十五条第一款",
            "penalty": "《中华人民共和国食品安全法》第一百二十二条第一款", "reconsideration_first": False, "legal_bases": [],
        },
        "party": {
            "type": "LEGAL", "type_name": "法人", "name": PARTY, "code": "91999901MA0WBX001N", "identity_number": "",
            "legal_representative": "周牧野", "address": PLACE, "phone": "13900000001",
        },
        "officers": [
            {"name": "林望舒", "certificate": "YJWH0101", "role_name": "主办执法人员"},
            {"name": "何砚", "certificate": "YJWH0102", "role_name": "协办执法人员"},
        ],
        "lead": {"name": "林望舒", "certificate": "YJWH0101", "role_name": "主办执法人员"},
        "co": {"name": "何砚", "certificate": "YJWH0102", "role_name": "协办执法人员"},
        "unit_head": {"name": "秦岸"}, "head": {"name": "江屿"}, "chief": {"name": "沈叙白"},
        "forms": _forms(),
        "opinions": dict.fromkeys(("handler", "unit", "head", "reviewer", "legal_reviewer"), opinion),
        "evidence": evidence, "accepted_evidence": evidence[:2],
        "penalties": {
            **shown, "fine": Decimal("186000.00"), "fine_capitals": wording.amount_in_capitals(186000),
            "total": Decimal("202800.00"), "total_capitals": wording.amount_in_capitals(202800),
        },
        "discretion": {
            "statement": "适用《示例基准》“从轻”条目。", "reasoning": "适用《示例基准》“从轻”条目。适用从轻档次，按货值金额10倍罚款。",
            "factors": "货值金额（元）：18600.00；已停止违法：是",
        },
        "hearing_right": True, "defence_days": 5, "hearing_days": 5, "deadlines": {},
        "remedy": {
            "reconsideration_agency": "云江市望海区人民政府", "reconsideration_days": 60, "court": "云江市望海区人民法院",
            "litigation_months": 6, "after_reconsideration_days": 15, "reconsideration_first": False,
        },
        "service": {
            "recipient": PARTY, "method": "DIRECT", "method_name": "直接送达", "place": PLACE, "receiver": "周牧野",
            "relation": "法定代表人", "served_at": at(5, 13, 10, 20), "sent_at": None, "arrived_at": None,
            "served_on": date(2026, 5, 13), "servers": "林望舒、何砚", "document_title": "行政处罚决定书",
            "document_number": "云望市监处罚〔2026〕12号",
        },
        "payments": [
            {
                "kind_name": "罚款", "amount": Decimal("186000.00"), "amount_text": "186,000.00元", "channel_name": "银行代收",
                "bill_number": "YJ20260525001", "paid_at": at(5, 25, 14),
            },
        ],
        "payments_total": Decimal("186000.00"),
        "emergency": {
            "title": "突发公共卫生事件应急响应", "level": "二级", "declared_by": "示范省人民政府", "number": "示应急〔2026〕3号",
            "from": at(7, 1), "to": None, "measure": "禁止哄抬防疫物资和民生商品价格",
        },
        "documents": [
            {
                "sequence": 1, "number": "登记2026-00001", "title": "案件来源登记表", "date": date(2026, 3, 2), "pages": 1,
                "sha256": "4f0b2ac19d3e8c7566a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8", "author": "谢知微",
            },
        ],
        "numbers": {"notice": "云望市监罚告〔2026〕9号", "decision": "云望市监处罚〔2026〕12号"},
        "today": date(2026, 5, 12), "facts": {},
        "document": {
            "code": "DOC-45", "title": "行政处罚决定书", "number": "云望市监处罚〔2026〕12号", "date": date(2026, 5, 12),
            "version": 1, "supersedes": None,
        },
    }


def _evidence(number: int, name: str, kind: str, source: str, purpose: str) -> dict[str, Any]:
    return {
        "number": f"ZJ{number:03d}", "type": "DOCUMENTARY", "type_name": kind, "name": name, "source": source, "original": True,
        "purpose": purpose, "status": "accepted", "status_name": "采信", "reason": "", "collected_at": at(3, 4, 15, number),
    }


def _forms() -> dict[str, Any]:
    by = {"actor": "林望舒", "at": at(3, 9)}
    act = {
        "started_at": at(3, 9, 15), "ended_at": at(3, 9, 16, 20), "place": PLACE, "co_officer": "YJWH0102",
        "co_officer_name": "何砚", "certificate_shown": True, "rights_told": True, "recusal_requested": False,
    }
    rows = [
        {"name": "送货单", "type": "DOCUMENTARY", "type_name": "书证", "source": "当事人提供", "original": True, "purpose": "证明销量"},
    ]
    address = {
        "address": PLACE, "recipient": "周牧野", "recipient_phone": "13900000001", "electronic_consent": True,
        "electronic_channel": "E_PLATFORM", "electronic_channel_name": "一体化平台", "electronic_address": "13900000001",
    }
    review = {
        "received_at": at(3, 26), "jurisdiction_ok": True, "party_ok": True, "facts_ok": True, "nature_ok": True,
        "basis_ok": True, "procedure_ok": True, "proper_ok": True, "conclusion": "AGREE", "conclusion_name": "同意",
        "advice": "事实清楚，证据确凿，同意处理意见。", **by,
    }
    site = {
        **act, "party_present": True, "site_situation": "现场有蒸饭柜1台、封口机1台。\n当事人未能出示食品经营许可证。",
        "measures": "当事人自行停止配送。", "recording": "YX20260304-01", "evidence": rows, **by,
    }
    opened = {
        "source_type": "REPORT", "source_type_name": "举报", "received_at": at(3, 2), "real_name": True, "keep_secret": True,
        "reporter_name": "保密", "clue_content": "举报无证加工盒饭。", "violation_from": date(2026, 2, 2),
        "violation_to": date(2026, 3, 4), "violation_place": PLACE, "party_type": "LEGAL", "party_type_name": "法人",
        "party_name": PARTY, "party_code": "91999901MA0WBX001N", "legal_representative": "周牧野", "party_address": PLACE,
        "party_phone": "13900000001", "handling_opinion": "建议核查。", **by,
    }
    proposal = {
        "verification_result": "经核查，线索属实。", "has_evidence": True, "penalty_due": True, "own_jurisdiction": True,
        "within_limitation": True, "violated_clause": "《中华人民共和国食品安全法》第三十五条第一款",
        "penalty_clause": "《中华人民共和国食品安全法》第一百二十二条第一款", "proposal": "FILE", "proposal_name": "立案",
        "opinion": "建议立案。", **by,
    }
    return {
        "register_source": opened, "verify_clue": {**site, **address}, "propose_filing": proposal,
        "combined_open": {**opened, **proposal, "violated_measure": "禁止哄抬价格", "co_officer_name": "何砚", "no_conflict": True},
        "combined_approve": {"decision": "AGREE", "decision_name": "同意", "opinion": "同意。", "oral_approval_at": at(7, 6, 14), **by},
        "assign_officers": {"lead_officer_name": "林望舒", "co_officer_name": "何砚", "no_conflict": True, **by},
        "tell_complainant": {"way": "PHONE", "way_name": "电话", "told_at": at(3, 9), "result": "我局已立案调查。", **by},
        "site_inspection": site,
        "interview_notice": {
            "person_name": "周牧野", "ask_at": at(3, 9, 15), "ask_place": f"{AGENCY}询问室", "bring": "营业执照", "contact_person": "林望舒",
            "contact_phone": "0999-6000001", **by,
        },
        "interview": {
            **act, "person_name": "周牧野", "person_identity_number": "999901198503123512", "relation": "当事人法定代表人",
            "answers": [{"question": "何时开始加工盒饭？", "answer": "2026年2月2日开始。"}], "evidence": rows, **by,
        },
        "collect_documents": {
            "extracted_at": at(3, 9, 15), "place": PLACE, "co_officer_name": "何砚", "provider": "周牧野", "evidence": rows, **by,
        },
        "collect_electronic": {
            "extracted_at": at(3, 9, 15), "place": PLACE, "co_officer_name": "何砚", "environment": "收银电脑，未联网。",
            "method": "导出明细并计算校验值。", "items": [{"name": "明细.csv", "size": "112 KB", "time": "2026年2月至3月"}],
            "hash_algorithm_name": "SHA-256", "hash_value": "4f0b2ac1", "storage": "取证U盘 DZ-2026-0058", "evidence": rows, **by,
        },
        "order_correction": {
            "violation": "未取得食品经营许可从事餐饮配送", "content": "立即停止无证经营。", "deadline": date(2026, 3, 9),
            "consequence": "逾期不改正的，依法从重处理。", "receiver": "周牧野", **by,
        },
        "confirm_address": {**address, "told_consequence": True, **by},
        "investigation_report": {
            "facts": "当事人未取得食品经营许可从事餐饮配送。", "nature": "未取得食品经营许可从事食品经营活动",
            "violated_clause": "《中华人民共和国食品安全法》第三十五条第一款",
            "penalty_clause": "《中华人民共和国食品安全法》第一百二十二条第一款", "discretion_standard": "CL-SCJG-0122",
            "factors": "货值金额18600元；首次违法。", "tier": "T3", "tier_name": "一般", "range_low": Decimal("186000.00"),
            "range_high": Decimal("279000.00"), "discretion_reason": "按货值13倍拟罚。", "deviation_reason": "无偏离。",
            "legal_review_triggers": ["LR3"], "legal_review_triggers_name": "案件情况疑难复杂", "overcharged": Decimal("3440.00"),
            "penalties": [], **by,
        },
        "report_opinion": {"decision": "AGREE", "opinion": "同意。", **by},
        "case_review": review,
        "legal_review": {**review, "qualification_number": "A20199999010001"},
        "review_after_hearing": {**review, "qualification_number": "A20199999010001"},
        "approve_notice": {"decision": "AGREE", "decision_name": "同意", "opinion": "同意。", **by},
        "prior_notice": {
            "facts": "当事人未取得食品经营许可从事餐饮配送。", "evidence_summary": "现场笔录、询问笔录等。", "reason": "适用一般档次。",
            "refund_amount": Decimal("3440.00"), "contact_person": "林望舒", "contact_phone": "0999-6000001", **by,
        },
        "register_defence": {
            "statement": True, "statement_content": "请求从轻。", "hearing_requested": False, "waived": ["DEFENCE", "HEARING"],
            "waived_name": "陈述、申辩权、要求听证权", "waiver_signed_at": at(4, 2), "waiver_recording": "YX20260402-01", **by,
        },
        "hear_defence": {
            "heard_at": at(4, 2, 15, 20), "place": f"{AGENCY}询问室", "co_officer_name": "何砚", "content": "请求从轻。",
            "recheck_result": "首次违法属实。", "adopted": "PARTIAL", "adopted_name": "部分采纳", "reason": "首次违法属实。", **by,
        },
        "hold_hearing": {
            "notice_served_at": at(4, 8), "held_at": at(4, 16), "place": f"{AGENCY}会议室", "public": True, "minutes": "略",
            "opinion": "事实清楚，建议维持。", **by,
        },
        "collective_discussion": {
            "held_at": at(5, 11), "mode": "局机关三楼会议室", "attendees_name": "沈叙白、江屿、叶澜", "observers_name": "林望舒",
            "opinions": [{"speaker": "沈叙白", "opinion": "同意从轻。"}], "resolution": "同意适用从轻档次。", "tier": "T2",
            "tier_name": "从轻", "discretion_reason": "主动消除危害后果。", "dissent": "无", **by,
        },
        "order_refund": {"overcharged": Decimal("3440.00"), "deadline": at(7, 10, 18), "way": "退还消费者，无法退还的公告查找。", **by},
        "record_refund": {"refunded": Decimal("3000.00"), "unrefunded": Decimal("440.00"), "completed_at": at(7, 10), **by},
        "decision_approval": {"decision": "AGREE", "decision_name": "同意", "opinion": "同意。", **by},
        "make_decision": {
            "facts": "当事人自2026年2月2日起加工盒饭，货值金额合计18600.00元，违法所得16800.00元。",
            "evidence_statement": "以上证据具备关联性、合法性、真实性，相互印证。", "defence_adoption": "请求从轻的意见予以采纳。",
            "discretion_reason": "适用从轻档次，按货值金额10倍罚款。",
            "performance": "自收到本决定书之日起十五日内，持本决定书到指定银行或者通过电子支付系统缴纳罚没款。",
            "reconsideration_first": False, **by,
        },
        "serve_document": {
            "method": "DIRECT", "method_name": "直接送达", "co_officer_name": "何砚", "recipient": PARTY, "place": PLACE,
            "served_at": at(5, 13, 10, 20), "receiver": "周牧野", "relation": "法定代表人", "recording": "YX20260513-01", **by,
        },
        "publicity_review": {
            "publish": True, "secret_check": "不涉及国家秘密。", "privacy_mask": "隐去身份证件号码。", "channels_name": "本机关网站",
            "publish_until": date(2028, 5, 18), **by,
        },
        "publicity_approve": {"decision": "AGREE", "opinion": "同意公示。", **by},
        "record_payment": {"payments": [], **by},
        "dispose_property": {
            "method": "PUBLIC_WAREHOUSE", "method_name": "移交公物仓", "items": "蒸饭柜1台", "disposed_at": at(6, 3), "witness": "何砚",
            "receipt": "GWC-2026-0031", **by,
        },
        "propose_closing": {
            "close_reason": "DONE", "close_reason_name": "执行完毕", "execution_state": "已缴清。", "property_state": "已移交。",
            "publicity_state": "已公示。", **by,
        },
        "approve_closing": {"decision": "AGREE", "opinion": "同意结案。", **by},
        "archive_case": {
            "archive_number": "YW-CF-2026-0027", "retention": "Y30", "retention_name": "30年", "note": "本卷文书齐全。",
            "checker": "谢知微", **by,
        },
    }
