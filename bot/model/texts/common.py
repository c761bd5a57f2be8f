"""What is said whatever the subject."""

FAILED = "抱歉，刚才处理您的消息时出了点问题，我们已记录下来。请过一会儿再发一次。"
LIMITED = "您发得有点快，我一时答不过来。请过一分钟再问。"
NOT_TEXT = "我目前只看得懂文字。请把想问的规则用一句话写给我，例如：应用被取消推荐后怎么恢复？"
EMPTY = "我没有看到可以回答的文字。请用一句话写下您的问题，例如：应用被下架了怎么恢复？"


def mark(code: str) -> str:
    """The line that makes a sent text unlike every other one. At most 24 bytes with a code of 6 characters."""
    return f"\n（编号 {code}）"


def unmarked(text: str) -> str:
    """A sent text without its mark."""
    head, line_end, tail = text.rpartition("\n")
    return head if line_end and tail.startswith("（编号 ") else text
