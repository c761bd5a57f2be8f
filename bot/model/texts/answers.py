"""Wording of answers about the rules.

A clause is always quoted whole, between 「 and 」, as one unbroken run equal to the corpus byte for byte; the sentence that answers
is repeated below it. Whatever is worded here fits one message of 2048 UTF-8 bytes, except `contents`, which is a list of such messages.
"""

from collections.abc import Sequence

from rules import Answer, Book, Clause

# What the packaged text leaves open, by heading of rules/bank/uncovered.txt. Of a text that was uploaded nobody knows.
_NOT_STATED = {
    "deadline": "规则原文没有写明期限（几天内提交、多久有结果等）。",
    "duration": "规则原文没有写明处理措施持续多久。",
    "money": "规则原文没有写明罚款、保证金、收费或赔偿的金额。",
    "contact": "规则原文没有公布联系电话、邮箱、地址或联系人；它只说书面通知会通过邮件、企业微信通知、服务商后台通知等方式发出（4.1）。",
    "threshold": "规则原文（文字部分）没有写明次数、比例或金额门槛。",
    "score": "规则原文没有写明评分、排名的算法或公式。",
    "template": "规则原文没有提供报告、申请的模板或格式要求。",
    "procedure_detail": "规则原文没有写明具体的操作入口、按钮、进度或审核环节。",
    "other_documents": "规则原文只列出了相关协议的名称和链接（1.1、1.3），没有收录它们的内容。",
    "agreement_detail": "规则原文只列出了相关协议的名称和链接（1.1、1.3），没有收录它们的内容。",
    "eligibility": "规则原文没有写明资质、证照、注册资本等具体条件。",
    "listing_howto": "规则原文没有写明上架要填的资料和操作步骤。",
    "data_privacy": "规则原文没有写到数据的保存、归属、删除或导出。",
    "history": "规则原文没有写到以前的版本和修改记录。",
    "courts": "规则原文没有写到诉讼、仲裁或管辖法院。",
    "individual_cases": "规则原文只写通用规则，不涉及某个应用或某家服务商的具体情况。",
    "customers": "规则原文没有写到退费、退款等客户纠纷的处理办法。",
    "statistics": "规则原文没有公布任何数量或统计数据。",
}
_GONE = "这个问题原来对应的条款，在现行版本里已经没有了。"
_NOT_STATED_AT_ALL = "规则原文没有写到这一点。"
# Topics of rules/bank/unrelated.txt: naming clauses that are near to them would only mislead.
_FAR = {"api", "wecom_usage", "other_platforms", "life", "general_knowledge", "coding", "injection", "english_chat"}
_PICTURE = "具体行为对应哪一档处理，只写在原文的一张表格图片里，我没有读取图片，不能替它作答。请直接查看："
_SOME_PICTURE = "原文有一张表格图片，我没有读取图片，不能替它作答。请直接查看："
_OUTSIDE = "这个问题不在《{title}》的范围内，我只回答这份规则里的内容。"
_UNSURE = "这个问题我没有把握：规则原文可能没有写到，我不猜测。"
_NOT_A_QUESTION = "没看懂这条消息。请用一句话描述您的问题，例如：应用被下架后怎么恢复？"
_THUMBS = "这个回答有用吗？回复“有用”或“没用”。"
_TRY = "也可以换个说法再问，或回复“目录”看全部条款。"
_HUMAN = "需要工作人员答复的，回复“申请人工”。"
_OPENING_CHARS = 20


def word(answer: Answer, book: Book) -> str:
    """The whole reply to a question."""
    if answer.kind == "clause" and answer.clause:
        return _quoted(answer, answer.clause, book)
    if answer.kind == "refusal":
        return _refused(answer, book)
    return {"greeting": greeting, "thanks": thanks, "human": human}.get(answer.kind, about_bot)(book)


def clause_text(clause: Clause, book: Book) -> str:
    """One clause verbatim with its source: the reply to a bare clause id."""
    return "\n".join(part for part in (_heading(clause), f"「{clause.text}」", _picture_line(clause), _source(book)) if part)


def no_such_clause(book: Book) -> str:
    """The reply to a clause id that this version doesn't have."""
    last = book.clauses[-1].id
    return f"《{book.title}》没有这一条。条款编号从 {book.clauses[0].id} 到 {last}，回复“目录”看全部条款。"


def contents(book: Book, limit: int = 2048) -> list[str]:
    """All clauses by chapter with their first words, as messages of at most `limit` UTF-8 bytes each, cut at line ends."""
    messages = [f"《{book.title}》目录（{book.version} 版，共 {len(book.clauses)} 条）"]
    for line in [*_content_lines(book), "回复条款编号（如 4.2）看原文。"]:
        longer = f"{messages[-1]}\n{line}"
        if len(longer.encode()) <= limit:
            messages[-1] = longer
        else:
            messages.append(line)
    return messages


def greeting(book: Book) -> str:
    """To a greeting, and on entering the app."""
    return (
        f"您好，我是规则助手，按《{book.title}》（{book.version} 版）原文回答服务商的问题。\n"
        "直接提问即可，例如：\n· 应用被下架后怎么恢复\n· 对处理结果有异议怎么办\n· 什么是套壳应用\n"
        "回复“目录”看全部条款，回复条款编号（如 4.2）看原文。"
    )


def thanks(book: Book) -> str:
    """To thanks and goodbyes."""
    return f"不客气。《{book.title}》的问题随时可以问我。"


def human(book: Book) -> str:
    """To a wish for a person: how to have the last answer looked at by one, and what clause 4.1 says."""
    clause = book.cited("4.1")
    told = f"对处理结果有异议的，可回复 {clause.id} 看原文。\n" if clause else ""
    if clause and book.is_packaged:
        told = f"对处理结果有异议的，规则允许服务商联系企业微信团队，可回复 {clause.id} 看原文；规则原文没有公布电话、邮箱等联系方式。\n"
    return (
        "我是自动应答的规则助手，不能实时转接人工。对我的回答不满意时，请先把问题用一句话发给我，再回复“申请人工”，工作人员会限时答复。\n"
        f"{told}规则方面的问题，我可以继续回答。"
    )


def about_bot(book: Book) -> str:
    """To praise, complaint, and "who are you"."""
    return (
        f"我是规则助手，只按《{book.title}》（{book.version} 版）原文作答，没有把握时会直接说明。\n"
        "答得不对时请换个说法再问，或回复“目录”自己查看条款。"
    )


def menu() -> str:
    """What can be asked or sent: the reply to "help"."""
    return (
        "可以这样用：\n· 直接提问，例如：撤出推荐后老客户还能用吗\n"
        "· 回复条款编号（如 4.2）看原文\n· 回复“目录”看全部条款\n· 回复“版本”看规则的版本和出处\n"
        "服务商管理员还可以回复：\n· “我的处理”“进度”看案件和材料办到哪一步\n· “提交整改报告”“我要申诉”“申请恢复”“重新申请”“撤出推荐”\n"
        "· 填写期间直接发图片，会加入材料\n"
        "得到回答后，可回复“有用”或“没用”；要工作人员答复，回复“申请人工”"
    )


def version(book: Book) -> str:
    """Which text is quoted here: its two names, date and address."""
    return (
        f"当前引用的版本：《{book.title}》，最后更新 {book.version}，共 {len(book.clauses)} 条。\n"
        f"正文中自称《{book.name_in_text}》。\n原文：{book.url}"
    )


def dated_version(book: Book) -> str:
    """Which text was quoted then."""
    return (
        f"《{book.title}》{book.version} 版，共 {len(book.clauses)} 条。\n原文：{book.url}\n"
        f"要看其中一条，请带上时间问，例如：{book.version} 版第 {book.clauses[0].id} 条。"
    )


def _quoted(answer: Answer, clause: Clause, book: Book) -> str:
    lines = []
    if answer.language == "en":
        lines.append(f"The rules exist in Chinese only. Clause {clause.id} answers this:")
    lines += [_heading(clause), f"「{clause.text}」"]
    if answer.marked and answer.marked != (0, len(clause.text)):
        start, end = answer.marked
        lines.append(f"重点：{clause.text[start:end]}")
    lines += [_by_operators(answer.say), _picture_line(clause), _source(book), _next_step(answer.neighbours)]
    return "\n".join(line for line in lines if line)


def _refused(answer: Answer, book: Book) -> str:
    if answer.tied:
        return "\n".join(filter(None, (_NOT_STATED_AT_ALL, _by_operators(answer.say), _source(book), _TRY, _HUMAN)))
    if answer.topic == "gibberish" or not answer.neighbours:
        return f"{_NOT_A_QUESTION}\n回复“目录”看全部条款。"
    lines = ["The rules do not clearly answer this, so nothing is quoted."] if answer.language == "en" else []
    if answer.topic in _FAR:
        return "\n".join([*lines, _OUTSIDE.format(title=book.title), _TRY])
    lines.append(_why(answer.topic, book))
    lines.append("相近的条款：")
    lines += [f"· {clause.id} {clause.opening(_OPENING_CHARS)}" for clause in answer.neighbours[:3]]
    lines += [f"回复 {answer.neighbours[0].id} 看原文。", _TRY, _HUMAN]
    return "\n".join(lines)


def _by_operators(say: str) -> str:
    """What people of the platform said, so that nobody takes it for the rules' own words."""
    return f"平台运营说明（不是规则原文）：{say}" if say else ""


def _why(topic: str | None, book: Book) -> str:
    """Why nothing is quoted, as exactly as the topic allows."""
    if topic == "picture":
        pictures = [clause.picture for clause in book.clauses if clause.picture]
        return (_PICTURE if book.is_packaged else _SOME_PICTURE) + pictures[0] if pictures else _UNSURE
    if topic == "gone":
        return _GONE
    if topic is None or not book.is_packaged:
        return _UNSURE
    return _NOT_STATED.get(topic, _NOT_STATED_AT_ALL) + "原文没有的内容，我不猜测。"


def _heading(clause: Clause) -> str:
    return f"【{clause.id}】{clause.chapter_numeral}、{clause.chapter_title} · 第 {clause.item} 条"


def _picture_line(clause: Clause) -> str:
    return f"具体处理规则是一张表格图片：{clause.picture}" if clause.picture else ""


def _source(book: Book) -> str:
    return f"出处：《{book.title}》{book.version} 版\n{book.url}"


def _next_step(neighbours: Sequence[Clause]) -> str:
    if not neighbours:
        return f"没答到点上？换个说法再问，或回复“目录”看全部条款。\n{_THUMBS}"
    close = "、".join(f"{clause.id} {clause.opening(_OPENING_CHARS)}" for clause in neighbours[:2])
    return f"相近：{close}\n没答到点上？回复 {neighbours[0].id} 看原文，或回复“目录”看全部条款。\n{_THUMBS}"


def _content_lines(book: Book) -> list[str]:
    lines, chapter = [], 0
    for clause in book.clauses:
        if clause.chapter != chapter:
            chapter = clause.chapter
            lines.append(f"{clause.chapter_numeral}、{clause.chapter_title}")
        lines.append(f"{clause.id} {clause.opening(_OPENING_CHARS)}")
    return lines
