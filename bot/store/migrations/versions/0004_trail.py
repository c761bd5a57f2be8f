"""where each chain of the trail ends; and what was written there is never changed

Whoever rebuilds one of these tables later (batch_alter_table on SQLite) must make its triggers anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = ("id", "case_id", "seq", "at", "actor", "action", "content", "personal_sha256", "previous", "hash")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chains")),
    )
    _on_sqlite() if op.get_bind().dialect.name == "sqlite" else _on_postgresql()


def _on_sqlite() -> None:
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _KEPT)
    refused = {
        ("events", "DELETE"): "1",
        ("events", "UPDATE"): f"NOT (NEW.personal IS NULL AND {same})",
        ("heads", "DELETE"): "1",
        ("heads", "UPDATE"): "1",
        ("chains", "DELETE"): "1",
        ("chains", "UPDATE"): "NEW.name IS NOT OLD.name OR NEW.length < OLD.length",
    }
    for (table, what), when in refused.items():
        op.execute(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _on_postgresql() -> None:
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _KEPT)
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    refused = {
        ("events", "DELETE"): "",
        ("events", "UPDATE"): f"WHEN (NOT (NEW.personal IS NULL AND {same}))",
        ("heads", "DELETE"): "",
        ("heads", "UPDATE"): "",
        ("chains", "DELETE"): "",
        ("chains", "UPDATE"): "WHEN (NEW.name IS DISTINCT FROM OLD.name OR NEW.length < OLD.length)",
    }
    for (table, what), when in refused.items():
        op.execute(f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION append_only()")
