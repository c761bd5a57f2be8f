"""The provider's pages, under /portal: cases and their notices, and what a provider hands in.

An address names a notice, a case or a filing, and no person. Who reads is told by WeCom's web authorisation, or by a personal link;
what they may see is asked of the database at every use. A stranger, somebody who left and another provider's admin get the same page
as for what does not exist.
"""

from flask import Blueprint

from bot.context import House
from bot.model.texts import filings as filing_texts
from bot.model.texts import my_cases as case_texts
from bot.model.texts.cases import MEASURES, STATES
from bot.model.texts.notices import moment
from bot.model.texts.outcomes import listed
from bot.web.portal.cases import Cases
from bot.web.portal.desk import Desk
from bot.web.portal.entrance import Entrance
from bot.web.portal.filings import Filings
from bot.web.portal.notices import Notices
from bot.web.portal.rules import Rules
from bot.web.portal.starts import Starts
from bot.web.portal.uploads import Uploads
from bot.wecom.client import Client

__all__ = ["Portal"]


class Portal:
    """The pages, over one house. client: asks WeCom who somebody is."""

    def __init__(self, house: House, client: Client) -> None:
        self.desk = Desk(house)
        self._client = client

    def blueprint(self) -> Blueprint:
        """For Flask, under /portal."""
        pages = Blueprint("portal", "bot.web", url_prefix="/portal", template_folder="templates", static_folder="static")
        Entrance(self.desk, self._client).add_to(pages)
        Cases(self.desk).add_to(pages)
        Notices(self.desk).add_to(pages)
        Starts(self.desk).add_to(pages)
        Filings(self.desk).add_to(pages)
        Uploads(self.desk).add_to(pages)
        Rules(self.desk).add_to(pages)
        for name, worded in (
            ("moment", moment),
            ("listed", listed),
            ("case_state", STATES.__getitem__),
            ("measure", MEASURES.__getitem__),
            ("kind", filing_texts.KINDS.__getitem__),
            ("filing_state", filing_texts.STATES.__getitem__),
            ("named", filing_texts.named),
            ("size", case_texts.size),
            ("subject", case_texts.subject),
            ("file_ids", lambda filing: {file.sha256: file.id for file in filing.files if file.destroyed_at is None}),
            ("titles", lambda filing: {item.clause: item.title for item in filing.items}),
        ):
            pages.add_app_template_filter(worded, name)
        return pages
