"""Wording about conduct that clause 4.4 forbids."""

FACTS = "所见事实"
NOTE = "第 4.4 条所禁止的行为："
