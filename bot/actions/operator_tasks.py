"""Ticking off what our own staff had to do by hand. The list: bot.actions.case_files.errands."""

from bot import clock
from bot.actions.rights import by, must
from bot.actions.words import written
from bot.context import Context
from bot.errors import UserMistake
from bot.model.operator import Operator, Role
from bot.model.texts import operator_tasks as texts
from bot.store import operator_tasks, trail
from bot.store.operator_tasks import OperatorTask


def finish(ctx: Context, actor: Operator, task_id: int, note: str) -> OperatorTask:
    """Tick a task off, with what was done. Raises NotFound, and UserMistake where it is not open, or where what ends it is another
    action: a measure confirmed, a service recorded."""
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR, Role.APPROVER)
        task = operator_tasks.get(tx, task_id)
        if instead := texts.ended_otherwise(task.kind):
            raise UserMistake(instead)
        note = written(texts.NOTE, note)
        if not operator_tasks.finish(tx, task.key, actor.id, clock.now(), note):
            raise UserMistake(texts.NOT_OPEN)
        content = {"task": task.id, "kind": task.kind}
        trail.record(tx, by(actor), "task_done", content, case_id=task.case_id, personal={"note": note})
        return operator_tasks.get(tx, task_id)
