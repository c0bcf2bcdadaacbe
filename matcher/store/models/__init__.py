"""The tables of the database, the only truth for the web application.

Vectors are not here: ``matcher/encode/cache.py`` keeps them in an SQLite file of its own, which
is only a copy and may be deleted at any time.
"""

from __future__ import annotations

from matcher.store.models.accounts import Invitation, Role, User, users_roles
from matcher.store.models.base import Base
from matcher.store.models.offers import Capability, Need, Offer
from matcher.store.models.parties import Alias, Organisation
from matcher.store.models.results import (
    Deal,
    DealStage,
    Decision,
    Match,
    MatchList,
    Run,
    Snapshot,
)  # fmt: skip
from matcher.store.models.reviews import Review
from matcher.store.models.work import (
    AuditEntry,
    Draft,
    Import,
    ImportChange,
    Job,
    Removal,
    Revision,
    SavedSearch,
    StoredSetting,
)  # fmt: skip

__all__ = [
    "Alias", "AuditEntry", "Base", "Capability", "Deal", "DealStage", "Decision", "Draft",
    "Import", "ImportChange", "Invitation", "Job", "Match", "MatchList", "Need", "Offer",
    "Organisation", "Removal", "Review", "Revision", "Role", "Run", "SavedSearch", "Snapshot",
    "StoredSetting", "User", "users_roles",
]  # fmt: skip
