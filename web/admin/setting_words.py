"""The settings in an office's words: what each is called, and what happens when it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Words:
    """One setting: its name for people, what a change does, and such values as need words."""

    title: Any
    effect: Any
    said: Mapping[str, Any] | None = None


WORDS: Mapping[str, Words] = {
    "open_search": Words(
        _l("Searching without signing in"),
        _l("Decides whether somebody without an account can search on the first page. He sees "
           "published records alone, and no owner of an anonymous one."),
        {"auto": _l("only on this computer"), "on": _l("allowed for everybody"),
         "off": _l("only after signing in")},
    ),
    "address": Words(
        _l("Address of this website"),
        _l("Links in mails (invitations, new passwords) lead to it. A wrong one makes these links "
           "useless; empty, no mail is sent and you pass the links on yourself."),
    ),
    "mail_server": Words(
        _l("Mail server"),
        _l("Mails go out through it. Empty, no mail is sent: people cannot reset a password by "
           "themselves."),
    ),
    "mail_port": Words(
        _l("Port of the mail server"),
        _l("Has to fit the mail server; with a wrong number no mail goes out. Try it below."),
    ),
    "mail_security": Words(
        _l("Connection to the mail server"),
        _l("Has to fit the mail server. Without encryption the password can be read on the way."),
        {"ssl": _l("encrypted from the start (SSL)"),
         "starttls": _l("encrypted after a greeting (STARTTLS)"),
         "none": _l("not encrypted (inside an own network only)")},
    ),
    "mail_user": Words(
        _l("User name of the mailbox"),
        _l("With it the program signs in at the mail server; empty, it does not sign in."),
    ),
    "mail_password": Words(
        _l("Password of the mailbox"),
        _l("Many mail providers want an authorisation code here instead of the password. It is "
           "never shown again; a new one replaces it."),
    ),
    "mail_sender": Words(
        _l("Sender of the mails"),
        _l("Who gets a mail sees this address. Most mail servers accept only the mailbox’s own."),
    ),
    "home": Words(
        _l("Folder for intermediate results"),
        _l("In another folder the language model has to be prepared once more; no record is lost."),
        {"": _l("the user’s cache folder")},
    ),
    "database": Words(
        _l("Where the records are kept"),
        _l("With another database you see its records and users, not the present ones. Nothing "
           "moves by itself: make a backup here and restore it there."),
        {"": _l("the program’s own file")},
    ),
    "encoder": Words(
        _l("Language model"),
        _l("With another model everything is computed anew, which takes minutes to hours, and the "
           "probabilities no longer hold until they are calibrated again."),
        {"default": _l("the one that comes with the program")},
    ),
    "threads": Words(
        _l("Processor cores used"),
        _l("Fewer make matching slower and leave more of the computer for other work; results stay "
           "the same."),
        {"0": _l("all of them")},
    ),
    "lang": Words(
        _l("Language of reports and messages"),
        _l("Holds for the command line and for people who have not chosen a language; results stay "
           "the same."),
        {"zh": _l("Chinese"), "en": _l("English")},
    ),
    "top": Words(
        _l("Matches listed for each need"),
        _l("More make lists and reports longer; which partners are recommended does not change."),
    ),
    "consortia": Words(
        _l("Needs for which a batch report seeks a consortium"),
        _l("Higher, more needs are looked at and a report takes longer; with 0 it proposes none."),
        {"0": _l("none")},
    ),
    "capacity": Words(
        _l("Projects a capability can take if it does not say"),
        _l("Higher, the plan gives the same owners more needs; lower, it spreads them and more "
           "needs may stay without a partner."),
    ),
    "new_years": Words(
        _l("Years an organisation counts as new"),
        _l("Higher, more organisations fall under the rule that favours new ones in a plan."),
    ),
    "trusted_hosts": Words(
        _l("Names under which this website may be opened"),
        _l("Under any other name it answers with an error. A wrong entry locks everybody out."),
        {"": _l("this computer’s own names where it is served to this computer only, else any")},
    ),
    "proxies": Words(
        _l("Proxies before this website"),
        _l("Too few, and all visitors seem to come from one address and share its limits; too "
           "many, and an address can be forged."),
        {"0": _l("none")},
    ),
}  # fmt: skip
