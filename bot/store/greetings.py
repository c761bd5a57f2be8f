"""Who was greeted when: entering the app says hello at most once a day."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.tables import greetings


def greet(tx: Connection, corpid: str, agentid: int, userid: str, day: str) -> bool:
    """Note that this person is greeted on `day` (YYYY-MM-DD). False when they were already."""
    dialect = sqlite if tx.dialect.name == "sqlite" else postgresql
    new = dialect.insert(greetings).values(corpid=corpid, agentid=agentid, userid=userid, day=day)
    upsert = new.on_conflict_do_update(
        index_elements=["corpid", "agentid", "userid"], set_={"day": new.excluded.day}, where=greetings.c.day < new.excluded.day
    )
    return tx.execute(upsert.returning(greetings.c.day)).first() is not None
