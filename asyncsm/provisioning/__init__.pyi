from .graph import Graph as Graph
from .journal import Journal as Journal, JournalError as JournalError, Phase as Phase
from .plan import Plan as Plan, PlanError as PlanError
from .problems import Problem as Problem
from .progress import (
    Progress as Progress,
    ResourceRecord as ResourceRecord,
    Span as Span,
    State as State,
    Step as Step,
)
from .provisioner import (
    Planned as Planned,
    Preview as Preview,
    Provisioner as Provisioner,
    Status as Status,
    journal_beside as journal_beside,
)
from .reading import load_plan as load_plan, loads_plan as loads_plan
from .rehearsal import check_plan as check_plan
from .report import Report as Report, Traffic as Traffic
from .resources import resources_of as resources_of
from .runner import RunOptions as RunOptions
from .steps import Outcome as Outcome
