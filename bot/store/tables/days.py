"""Sums of a day, of what is too much to be counted whenever somebody looks."""

from sqlalchemy import BigInteger, Column, String, Table

from bot.store.columns import Moment
from bot.store.tables.base import metadata

days = Table(
    "days",
    metadata,
    Column("day", String(10), primary_key=True),  # in China
    Column("name", String(16), primary_key=True),  # as bot/model/overview.SUMS
    Column("number", BigInteger, nullable=False),
    Column("summed_at", Moment, nullable=False),
)
