"""One item of the rules, as published."""

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a clause: its words as they stand in the clause's text, and its address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause.

    id: "chapter.item", both counted from 1. lineage: the name it keeps when later versions number it anew.
    chapter: the chapter's number; chapter_numeral and chapter_title as printed ("四", "违规/降权的处理流程").
    item: its place in the chapter. text: verbatim, markdown marks removed. sentences: [start, end) spans of `text` that cover it whole.
    picture: address of a table published only as a picture, or "".
    """

    id: str
    lineage: str
    chapter: int
    chapter_numeral: str
    chapter_title: str
    item: int
    text: str
    links: tuple[Link, ...] = ()
    picture: str = ""
    sentences: tuple[Span, ...] = ()

    def opening(self, length: int = 16) -> str:
        """The clause's first words: its defined term where it has one ("应用下架"), else its first `length` characters and an ellipsis."""
        head, colon, _ = self.text.replace(":", "：").partition("：")
        if colon and len(head) <= 20 and "。" not in head and "，" not in head and "了解并同意" not in head:
            return head
        return self.text[:length].rstrip("，、（“《") + "…"
