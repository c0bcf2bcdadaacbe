"""From a run, as its reader may see it, to its assignment."""

from __future__ import annotations

from matcher.export.view import View
from matcher.plan.assigning import Assigner, Assignment, assign
from matcher.plan.conflict import Conflict
from matcher.plan.exposure import Plan, plan_of
from matcher.plan.problem import Rules, problem_of


def assign_run(view: View, rules: Rules, assigner: Assigner | None = None) -> Plan | Conflict:
    """Assign the needs of a run to its capabilities.

    What the view leaves out, such as private records, takes no part.
    """
    found = assign(problem_of(view.run, rules), assigner)
    return plan_of(found, assigner) if isinstance(found, Assignment) else found
