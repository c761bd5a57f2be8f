"""The rules: their text, and finding the clause that answers a question. No Flask, SQL or network; nothing of the bot.

`load()` gives the Book; `Book.ask(question)` the Answer. `python -m rules` is the command line.
"""

import os

# numpy reads this when it is first imported. Its products are small here, and idle BLAS threads spin on the core that the encoder needs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rules.answer import Answer
from rules.book import Book, build, load
from rules.clause import Clause, Link
from rules.documents import Document, Edition
from rules.overlay import Overlay, Tie

__all__ = ["Answer", "Book", "Clause", "Document", "Edition", "Link", "Overlay", "Tie", "build", "load"]
