"""Wording about conduct that clause 4.4 forbids."""

FACTS = "所见事实"
NOTE = "第 4.4 条所禁止的行为："
RECORD_FIRST = "请先在案件上登记所见的行为和证据，再提出永久下架。"
