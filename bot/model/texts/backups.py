"""What backup and restore say."""

NOTHING_TO_BACK_UP = "数据库还没有建立，没有可备份的内容。"
NO_BACKUP = "这不是本系统的备份文件。"
DAMAGED = "备份文件已损坏或被改动过，没有恢复任何内容。"
NOT_EMPTY = "目标数据库里已有内容。请恢复到空的数据库（换一个 DATA_DIR 或 DATABASE_URL），以免覆盖。"


def newer(schema: object) -> str:
    """Of a backup that this version does not know."""
    return f"备份的数据库版本（{schema}）本程序不认识，请用同版本或更新的程序恢复。"


def not_at_head(current: object, head: object) -> str:
    """Of a database that can't be backed up by this version."""
    return f"数据库是 {current} 版，本程序需要 {head} 版。请先运行 python -m bot migrate；要在升级前备份，请用升级前的程序。"


def another_schema(current: object, schema: object) -> str:
    """Of an empty database that is at another version than the backup."""
    return f"目标数据库是 {current} 版，备份是 {schema} 版。请恢复到还没有建表的数据库，恢复后会自动升级。"


def file_differs(path: str) -> str:
    """Of a file that stands where another one is to go."""
    return f"{path} 已存在，且与备份里的不同。请恢复到空的文件夹。"


def done(what: str, rows: int, files: int, schema: str) -> str:
    """After either."""
    return f"{what}：{rows} 行数据、{files} 个文件，数据库版本 {schema}。"


def missing(number: int) -> str:
    """Of evidence that had gone before the backup was made."""
    return f"注意：有 {number} 个证据文件在备份时已经不在文件夹里。"


def waiting(number: int) -> str:
    """Of what a worker will go on sending after a restore."""
    return f"注意：备份时有 {number} 批消息还没有发完。发送进程启动后会接着发，备份之后已经发出的会再发一次。"


CHECK_NOW = "请运行 python -m bot audit verify 核验审计记录。"
