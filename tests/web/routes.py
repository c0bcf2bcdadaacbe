"""Every route of the application: who may call it, and with what it is called.

A new route without a line here fails ``test_privacy_matrix``: say who may call it. ``what`` names
the kind of the number in its address, see ``secret_world.World.numbers``; what needs nothing is "".
"""

from __future__ import annotations

from typing import NamedTuple

STAFF = frozenset({"administrator", "manager"})
MEMBERS = frozenset({"owner", "rival", "inventor", "institute"})
ADMIN = frozenset({"administrator"})
EDITORS = STAFF | MEMBERS
MATCHING = EDITORS | {"reviewer"}
SIGNED_IN = MATCHING | {"visitor"}
#: Searching is open to people who have not signed in.
ALL = SIGNED_IN | {""}


class Route(NamedTuple):
    """Who may call an endpoint; ``what`` the number in its address counts."""

    who: frozenset[str]
    what: str = ""


ROUTES = {
    "home.box": Route(ALL),
    "home.results": Route(ALL),
    "records.needs": Route(ALL),
    "records.capabilities": Route(ALL),
    "records.show": Route(ALL, "record"),
    "records.new": Route(EDITORS),
    "records.create": Route(EDITORS),
    "records.edit": Route(EDITORS, "record"),
    "records.save": Route(EDITORS, "record"),
    "records.archive": Route(EDITORS, "record"),
    "records.restore": Route(EDITORS, "record"),
    "records.purge_page": Route(ADMIN, "record"),
    "records.purge": Route(ADMIN, "record"),
    "records.autosave": Route(EDITORS, "record"),
    "records.discard": Route(EDITORS, "record"),
    "records.similar": Route(EDITORS, "record"),
    "records.diagnosis": Route(EDITORS, "need"),
    "records.publish": Route(EDITORS, "need"),
    "records.organisations": Route(STAFF),
    "records.upload_page": Route(EDITORS),
    "records.upload": Route(EDITORS),
    "records.imported": Route(EDITORS, "import"),
    "records.undo": Route(EDITORS, "import"),
    "records.preview": Route(EDITORS, "waiting"),
    "records.map_columns": Route(EDITORS, "waiting"),
    "records.confirm": Route(EDITORS, "waiting"),
    "records.give_up": Route(EDITORS, "waiting"),
    "matches.overview": Route(MATCHING),
    "matches.of_need": Route(MATCHING, "need"),
    "matches.of_capability": Route(MATCHING, "capability"),
    "matches.again": Route(MATCHING, "record"),
    "matches.changes": Route(STAFF, "record"),
    "matches.say": Route(EDITORS, "match"),
    "matches.decisions": Route(STAFF),
    "matches.deals": Route(STAFF),
    "matches.deal": Route(STAFF, "deal"),
    "matches.enter": Route(STAFF, "deal"),
    "matches.close": Route(STAFF, "deal"),
    "matches.reopen": Route(STAFF, "deal"),
    "matches.ask": Route(STAFF, "match"),
    "matches.reviews_of_match": Route(STAFF, "match"),
    "matches.reviews": Route(STAFF | {"reviewer"}),
    "matches.review": Route(STAFF | {"reviewer"}, "review"),
    "matches.answer": Route(ADMIN | {"reviewer"}, "review"),
    "searches.own": Route(SIGNED_IN),
    "searches.save": Route(SIGNED_IN),
    "searches.new": Route(SIGNED_IN, "search"),
    "searches.open_one": Route(SIGNED_IN, "search"),
    "searches.rename": Route(SIGNED_IN, "search"),
    "searches.delete": Route(SIGNED_IN, "search"),
    "indicators.figures": Route(SIGNED_IN),
    "indicators.export": Route(SIGNED_IN),
    "batch.jobs": Route(STAFF),
    "batch.begin": Route(STAFF),
    "batch.job": Route(STAFF, "job"),
    "batch.progress": Route(STAFF, "job"),
    "batch.stop": Route(STAFF, "job"),
    "batch.drop": Route(STAFF, "job"),
    "batch.changes": Route(STAFF, "job"),
    "batch.file": Route(STAFF, "job"),
    "plan.index": Route(STAFF),
    "plan.assigning": Route(STAFF),
    "plan.assignment": Route(STAFF, "job"),
    "plan.assignment_file": Route(STAFF, "job"),
    "plan.consortia": Route(STAFF),
    "plan.consortium": Route(STAFF, "need"),
    "plan.consortium_file": Route(STAFF, "need"),
    "plan.linkage": Route(STAFF),
    "plan.find_linkage": Route(STAFF),
    "plan.linkage_of": Route(STAFF, "job"),
    "plan.linkage_progress": Route(STAFF, "job"),
    "plan.linkage_file": Route(STAFF, "job"),
    "plan.stop_linkage": Route(STAFF, "job"),
    "plan.remove_linkage": Route(STAFF, "job"),
    "account.log_in": Route(ALL),
    "account.check_in": Route(ALL),
    "account.log_out": Route(SIGNED_IN),
    "account.setup": Route(ALL),
    "account.set_up": Route(ALL),
    "account.own": Route(SIGNED_IN),
    "account.save_own": Route(SIGNED_IN),
    "account.change_password": Route(SIGNED_IN),
    "account.invitation": Route(ALL, "token"),
    "account.join": Route(ALL, "token"),
    "account.reset": Route(ALL, "token"),
    "account.set_new": Route(ALL, "token"),
    "account.forgot": Route(ALL),
    "account.ask_for_mail": Route(ALL),
    "account.person": Route(STAFF, "user"),
    "account.save_person": Route(STAFF, "user"),
    "account.people": Route(STAFF),
    "account.organisations": Route(STAFF),
    "account.invite": Route(STAFF),
    "account.withdraw": Route(STAFF, "invitation"),
    "account.reset_link": Route(STAFF, "user"),
    "account.set_active": Route(STAFF, "user"),
    "admin.first": Route(STAFF),
    "admin.taxonomies": Route(ADMIN),
    "admin.one_taxonomy": Route(ADMIN),
    "admin.new_term": Route(ADMIN),
    "admin.term": Route(ADMIN),
    "admin.save_term": Route(ADMIN),
    "admin.reset_to_default": Route(ADMIN),
    "admin.audit": Route(ADMIN),
    "admin.audit_file": Route(ADMIN),
    "admin.organisations": Route(STAFF),
    "admin.organisation": Route(STAFF, "organisation"),
    "admin.new_organisation": Route(STAFF),
    "admin.create_organisation": Route(STAFF),
    "admin.edit_organisation": Route(STAFF, "organisation"),
    "admin.save_edited": Route(STAFF, "organisation"),
    "admin.merge_page": Route(STAFF, "organisation"),
    "admin.merge": Route(STAFF, "organisation"),
    "admin.settings_page": Route(ADMIN),
    "admin.change_setting": Route(ADMIN),
    "admin.test_mail": Route(ADMIN),
    "admin.system": Route(ADMIN),
    "admin.index_state": Route(ADMIN),
    "admin.make_backup": Route(ADMIN),
    "admin.rebuild": Route(ADMIN),
}
