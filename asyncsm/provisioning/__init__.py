"""Provisioning of many resources from one plan: preview, apply, watch, resume after a crash, destroy.

    plan = load_plan("farm.yaml")
    async with ServiceManagementService() as sms:
        report = await Provisioner(plan, sms, journal=Path("farm.yaml.journal")).apply()

A plan is data (`Plan`, `load_plan`). A `Provisioner` carries it out in a subscription; with its
journal a run that crashed can be resumed. Existing resources are not made again.
"""

from asyncsm.provisioning.graph import Graph
from asyncsm.provisioning.journal import Journal, JournalError, Phase
from asyncsm.provisioning.plan import Plan, PlanError, Problem
from asyncsm.provisioning.progress import Progress, ResourceRecord, Span, State, Step
from asyncsm.provisioning.provisioner import Planned, Preview, Provisioner, Status, journal_beside
from asyncsm.provisioning.reading import load_plan, loads_plan
from asyncsm.provisioning.report import Report, Traffic
from asyncsm.provisioning.resources import resources_of
from asyncsm.provisioning.runner import RunOptions
from asyncsm.provisioning.steps import Outcome

__all__ = [
    "Graph",
    "Journal",
    "JournalError",
    "Outcome",
    "Phase",
    "Plan",
    "PlanError",
    "Planned",
    "Preview",
    "Problem",
    "Progress",
    "Provisioner",
    "Report",
    "ResourceRecord",
    "RunOptions",
    "Span",
    "State",
    "Status",
    "Step",
    "Traffic",
    "journal_beside",
    "load_plan",
    "loads_plan",
    "resources_of",
]
