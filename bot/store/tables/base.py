"""What every table shares. Ids from WeCom compare in binary: zhangsan, ZhangSan and the zhangsan of another corp are three people."""

from sqlalchemy import Column, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def corpid() -> Column[str]:
    """The column for a corp."""
    return Column("corpid", String(64), nullable=False)


def userid() -> Column[str]:
    """The column for a member of a corp."""
    return Column("userid", String(128), nullable=False)
