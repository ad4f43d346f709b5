"""Plans: the resources wanted in a subscription, as data, and the checks of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, JsonValue, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning.checks import Checks, Copies
from asyncsm.provisioning.defaults import SECTIONS, Defaults, Sections, merged, placed
from asyncsm.provisioning.expansion import TemplateError, expand
from asyncsm.provisioning.problems import Problem, problem, problems_of
from asyncsm.provisioning.specs import Part
from asyncsm.wire.document import first_of

VERSION: Final = 1
SCHEMA_ID: Final = "urn:asyncsm:plan:1"


class PlanError(InvalidArgument):
    """Raised for a plan that is not valid.

    Attributes:
        problems: all that is wrong with it.
        plan: the plan, if its fields are what they should be, and it contradicts itself.
    """

    def __init__(self, problems: list[Problem], plan: Plan | None = None) -> None:
        super().__init__("plan", "\n".join(str(one) for one in problems))
        self.problems: list[Problem] = problems
        self.plan: Plan | None = plan

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.problems)


class Head(Part):
    """The fields of a plan before its sections."""

    version: Literal[1] = VERSION
    """The version of the form of plans."""
    name: str = Field(min_length=1, max_length=100)
    """The plan's name, for its journal and reports."""
    location: str | None = None
    """The location of all entries that have neither a location nor an affinity group."""
    subscriptions: tuple[str, ...] = ()
    """Names of the subscriptions in which its resources are, such as profiles; one that is not named if absent."""
    defaults: Defaults = Field(default_factory=Defaults)
    """Values for fields that the entries of a kind leave out."""


class Plan(Sections, Head):
    """A plan: the resources wanted in a subscription.

    Raises:
        PlanError: it is not valid; `load_plan` also says where in the file.
    """

    @classmethod
    def _refused(cls, error: ValidationError) -> PlanError:
        return PlanError(problems_of(error, cls))

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("defaults"), dict):
            return data
        filled = dict(data)
        for section in SECTIONS:
            default = data["defaults"].get(section.removesuffix("s"))
            entries = data.get(section)
            if isinstance(default, dict) and isinstance(entries, (list, tuple)):
                filled[section] = [
                    merged(default, entry) if isinstance(entry, dict) else entry for entry in entries
                ]
        return filled

    @field_validator("defaults")
    @classmethod
    def _of_their_kinds(cls, value: Defaults) -> Defaults:
        """Refuse values that no entry could have, even if there is no entry: one may be a secret in clear."""
        wrong: list[InitErrorDetails] = []
        kinds = cls.kinds()
        for kind, default in value:
            try:
                kinds[kind].model_validate(default)
            except ValidationError as error:
                # Pydantic would keep the values in its error; they are left out.
                wrong += [
                    InitErrorDetails(
                        type=one["type"], loc=(kind, *one["loc"]), input=None, ctx=one.get("ctx", {})
                    )
                    for one in error.errors(include_url=False, include_input=False)
                    if one["type"] != "missing"
                ]
        if wrong:
            raise ValidationError.from_exception_data("Defaults", wrong, hide_input=True)
        return value

    def problems(self, base: str | Path | None = None) -> list[Problem]:
        """Check what the types of the fields cannot say: names, references and files.

        Args:
            base: the directory of its files; ``None`` to leave files unchecked.
        """
        copies, problems = expand_all(self, "1" if self.subscriptions else "")
        if problems:
            return problems
        entries = {section: getattr(self, section) for section in SECTIONS}
        return list(Checks(entries, copies, self.location, None if base is None else Path(base)).all())

    def copies(self) -> Copies:
        """Return what `expanded` has, by section, each with the place of its entry in the plan.

        Raises:
            PlanError: a template cannot be filled in.
        """
        copies, problems = expand_all(self, "1" if self.subscriptions else "")
        if problems:
            raise PlanError(problems)
        return copies

    def expanded(self) -> Self:
        """Return the plan with all counts expanded, and templates and locations filled in.

        Raises:
            PlanError: a template cannot be filled in.
        """
        return self.model_copy(
            update={
                section: tuple(one.made_of(path) for path, one in found)
                for section, found in self.copies().items()
            }
        )

    @classmethod
    def json_schema(cls) -> dict[str, JsonValue]:
        """Return the JSON Schema of plans, for editors."""
        schema: dict[str, JsonValue] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA_ID,
            **cls.model_json_schema(),
        }
        schema["title"] = "asyncsm plan"
        return schema


def expand_all(plan: Plan, place: str) -> tuple[Copies, list[Problem]]:
    """Expand all entries; return the copies of each section with the paths of their entries, and what is wrong."""
    problems: list[Problem] = []
    copies: Copies = {section: [] for section in plan.sections()}
    for section, expanded in copies.items():
        for at, entry in enumerate(getattr(plan, section)):
            path = entry.origin or (section, at)
            try:
                made = [entry] if entry.origin else expand(entry, place)
                expanded.extend((path, placed(one, plan.location)) for one in made)
            except TemplateError as error:
                problems.append(problem((*path, *error.path), str(error)))
            except ValidationError as error:
                first = first_of(error)
                problems.append(problem((*path, *first.place), first.message))
    return copies, problems
