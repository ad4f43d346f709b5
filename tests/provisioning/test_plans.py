"""Plans as files: what may stand in them, and what is said of what may not, with its place."""

import json
import tomllib
from pathlib import Path
from traceback import format_exception

import pytest
import yaml
from doubles.plans import farm
from hypothesis import given, strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from asyncsm.errors import InvalidArgument
from asyncsm.provisioning import Plan, PlanError, load_plan, loads_plan
from asyncsm.provisioning.expansion import expand
from asyncsm.provisioning.secrets import SecretReference
from asyncsm.provisioning.specs import HostedServiceSpec

YAML = """\
name: farm
location: West US
defaults:
  hosted_service:
    label: ours
    extended_properties: {team: blue, cost: "1"}
storage_accounts:
  - name: farmdisks
hosted_services:
  - name: web-{index:02}
    count: 3
  - name: other
    label: theirs
    extended_properties: {team: red}
"""
TOML = """\
name = "farm"
location = "West US"

[defaults.hosted_service]
label = "ours"
extended_properties = { team = "blue", cost = "1" }

[[storage_accounts]]
name = "farmdisks"

[[hosted_services]]
name = "web-{index:02}"
count = 3

[[hosted_services]]
name = "other"
label = "theirs"
extended_properties = { team = "red" }
"""


def problems(text, form="yaml", **options):
    """What is said of a plan that is none."""
    with pytest.raises(PlanError) as caught:
        loads_plan(text, form, file="plan", **options)
    assert str(caught.value) == "\n".join(str(one) for one in caught.value.problems)
    return [str(one) for one in caught.value.problems]


def test_three_forms_say_the_same():
    """YAML, TOML and JSON are one plan."""
    plan = loads_plan(YAML, "yaml")
    assert plan == loads_plan(TOML, "toml")
    assert plan == loads_plan(json.dumps(yaml.safe_load(YAML)), "json")
    assert plan == loads_plan(TOML, "toml")


def test_a_plan_is_made_in_python_too():
    """By its models, with the same checks."""
    plan = Plan(name="farm", hosted_services=[HostedServiceSpec(name="web", location="West US")])
    assert plan.problems() == []
    assert [one.name for one in plan.expanded().hosted_services] == ["web"]


def test_what_is_none_is_refused_in_python_too():
    """In the words for files, and in a spec as in a document: these errors are ours."""
    with pytest.raises(PlanError) as caught:
        Plan(name="farm", hosted_servces=[], storage_accounts=[{"name": "disks", "count": 0}])
    assert [str(one) for one in caught.value.problems] == [
        "storage_accounts[0].count: must be greater than or equal to 1",
        "hosted_servces: is no field here; did you mean hosted_services?",
    ]
    with pytest.raises(InvalidArgument, match=r"^HostedServiceSpec\.name: must not be empty$"):
        HostedServiceSpec(name="")


def test_counts_defaults_and_places_are_filled_in():
    """Names from templates; what an entry says goes before its kind's defaults, which are merged."""
    services = loads_plan(YAML, "yaml").expanded().hosted_services
    assert [one.name for one in services] == ["web-01", "web-02", "web-03", "other"]
    assert {one.location for one in services} == {"West US"}
    assert [one.label for one in services] == ["ours"] * 3 + ["theirs"]
    assert services[3].extended_properties == {"team": "red", "cost": "1"}


class TestTemplates:
    """What may stand in braces."""

    @given(count=st.integers(1, 60), start=st.integers(0, 9000), size=st.integers(1, 20))
    def test_copies(self, count, start, size):
        """As many as counted, all different; groups are full up to the last."""
        entry = HostedServiceSpec(
            name="web-{index:05}", label="{name} of {group}", count=count, start=start, group_size=size
        )
        copies = [*expand(entry)]
        assert len({one.name for one in copies}) == count
        assert copies[0].name == f"web-{start:05}"
        assert [one.label for one in copies] == [
            f"web-{start + place:05} of {place // size + 1}" for place in range(count)
        ]
        assert all(one.count == 1 for one in copies)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("web-{number}", "has {number}, which nobody fills; there are {index}"),
            ("web-{group}", "has {group}, which nobody fills (group needs group_size); there are {index}"),
            ("web-{index.__class__}", "has {index.__class__}, which nobody fills"),
            ("web-{index!r}", "may have a format after a colon, and nothing else"),
            ("web-{index", "is no template"),
            ("web-{index:{index}}", "may have a format after a colon, and nothing else"),
        ],
    )
    def test_anything_else_is_told(self, name, said):
        """With what there is; nothing of Python can be reached."""
        (problem,) = problems(json.dumps(farm() | {"hosted_services": [{"name": name, "count": 2}]}), "json")
        assert "hosted_services[0].name" in problem
        assert said in problem

    def test_doubled_braces_are_braces(self):
        """For texts that have some."""
        (copy,) = expand(HostedServiceSpec(name="web", label="{{index}}"))
        assert copy.label == "{index}"


class TestPlaces:
    """Errors point at file, line and column."""

    @pytest.mark.parametrize(
        ("form", "text", "place"),
        [
            ("yaml", YAML.replace("    count: 3", "    count: many"), "plan:11:5"),
            ("toml", TOML.replace("count = 3", 'count = "many"'), "plan:13:1"),
            ("json", json.dumps(yaml.safe_load(YAML) | {"location": 5}, indent=1), "plan:3:2"),
        ],
    )
    def test_of_a_wrong_value(self, form, text, place):
        """Of the field, in each form."""
        (problem,) = problems(text, form)
        assert problem.startswith(f"{place}: ")

    def test_of_a_misspelt_field(self):
        """With the one that was probably meant, also where a default has it."""
        text = YAML.replace("    label: theirs", "    lable: theirs").replace(
            "    label: ours", "    labl: ours"
        )
        said = problems(text)
        assert "plan:13:5: hosted_services[1].lable: is no field here; did you mean label?" in said
        assert "plan:5:5: defaults.hosted_service.labl: is no field here; did you mean label?" in said

    def test_all_problems_at_once(self):
        """Nobody mends a plan one error at a time."""
        text = YAML.replace("count: 3", "count: 0").replace("label: theirs", "lable: theirs")
        assert len(problems(text)) == 2

    @pytest.mark.parametrize(
        ("form", "text", "said"),
        [
            ("yaml", "name: [", "plan:1:8: is no YAML: expected the node content"),
            ("yaml", "name: a\nname: b", "plan:2:1: name: is there twice"),
            ("yaml", "a: &a [x]\nb: &b [*a,*a]\nname: !!python/object:os.system x", "is no YAML: "),
            ("toml", "name = []]", "plan:1:10: is no TOML: Expected newline"),
            ("json", '{"name": }', "plan:1:10: is no JSON: Expecting value"),
            ("json", '{"name": NaN}', "is no JSON: NaN is no number"),
        ],
    )
    def test_of_what_is_not_even_that(self, form, text, said):
        """A text that is no YAML, TOML or JSON."""
        assert any(said in one for one in problems(text, form))

    def test_aliases_that_mean_too_much(self):
        """Ten lines of YAML can stand for billions of values; they are not counted to the end."""
        lines = ["name: bomb", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
        assert "has too many or too deeply nested values" in problems("\n".join(lines))[0]

    def test_bytes_that_are_no_text(self):
        """With the line."""
        assert problems(b"name: x\nlocation: \xff") == ["plan:2: is not UTF-8"]

    def test_of_long_texts_in_toml(self):
        """What looks like a table inside of a text is none."""
        text = 'name = "x"\nlocation = """\n[[hosted_services]]\n"""\n\n[[hosted_services]]\nnam = "web"\n'
        assert any(one.startswith("plan:7:1: hosted_services[0].nam:") for one in problems(text, "toml"))


class TestChecks:
    """What is found out without asking anybody."""

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                lambda d: d["hosted_services"][0].update(name="farm"),
                "farm is there twice; a count wants a name",
            ),
            (lambda d: d["hosted_services"].append({"name": "farm-01"}), "farm-01 is there twice"),
            (lambda d: d["hosted_services"].append({"name": "no_name!"}), "'no_name!'"),
            (lambda d: d["storage_accounts"].append({"name": "UPPER"}), "'UPPER'"),
            (lambda d: d.pop("location"), "needs a location or affinity_group, or the plan a location"),
            (
                lambda d: d["storage_accounts"][0].update(location="x", affinity_group="y"),
                "has a location and an affinity_group",
            ),
            (lambda d: d["virtual_machines"][0].update(service_name="farm-1"), "did you mean 'farm-01'?"),
            (lambda d: d["virtual_machines"][0].update(deployment_name="{name}"), "are in the deployment"),
            (
                lambda d: d["virtual_machines"][0].update(virtual_network_name="net-{index}"),
                "machines of farm-01 are in the virtual network net-1 already",
            ),
            (
                lambda d: d["virtual_machines"][0].update(reserved_ip_name="ip-{index}"),
                "machines of farm-01 have the reserved IP ip-1 already",
            ),
            (
                lambda d: d["virtual_machines"][0].update(group_size=100, count=60),
                "has more than 50 machines",
            ),
            (
                lambda d: d["virtual_machines"][0].update(vm_image_name="both"),
                "give either os_virtual_hard_disk or vm_image_name",
            ),
            (
                lambda d: d.update(
                    deployments=[
                        {"name": n, "service_name": "farm-01", "package_url": "u", "configuration": "c"}
                        for n in "ab"
                    ]
                ),
                "the Production slot of farm-01 has a already",
            ),
            (
                lambda d: d.update(
                    deployments=[
                        {"name": "a", "service_name": "farm-01", "package_url": "u", "configuration": "c"}
                    ]
                ),
                "the Production slot of farm-01 has the deployment a",
            ),
        ],
    )
    def test_what_cannot_be(self, change, said):
        """Names, places, slots, and how many fit."""
        document = farm(4, 2)
        change(document)
        assert any(said in one for one in problems(json.dumps(document), "json"))

    def test_fifty_machines_can_be(self):
        """A deployment has as many at the most."""
        loads_plan(json.dumps(farm(50, 1)), "json")
        assert "has more than 50 machines" in problems(json.dumps(farm(51, 1)), "json")[0]

    def test_two_deployments_of_one_name(self):
        """Also if they are in different slots, and spelt differently."""
        document = {"name": "farm", "location": "West US", "hosted_services": [{"name": "farm"}]}
        document["deployments"] = [
            {
                "name": name,
                "deployment_slot": slot,
                "service_name": service,
                "package_url": "u",
                "configuration": "c",
            }
            for name, slot, service in (("Blue", "Production", "farm"), ("bLUE", "Staging", "FARM"))
        ]
        assert problems(json.dumps(document), "json") == [
            "plan:1:214: deployments[1].name: FARM has a deployment blue already"
        ]

    def test_files_that_are_not_there(self, tmp_path):
        """From the plan's directory."""
        document = farm(2, 1)
        document["hosted_services"][0]["certificates"] = [{"file": "gone.pfx"}]
        assert "there is no gone.pfx" in problems(json.dumps(document), "json", base=tmp_path)[0]

    def test_a_file_of_another_kind(self, tmp_path):
        """A plan's form is told by its name."""
        with pytest.raises(InvalidArgument, match=r"a plan is a \.yaml, \.toml or \.json file"):
            load_plan(tmp_path / "plan.txt")
        with pytest.raises(InvalidArgument, match="No such file"):
            load_plan(tmp_path / "plan.yaml")


class TestSecrets:
    """They stand in plans by reference only."""

    def test_a_literal_one_is_refused_and_not_shown(self):
        """Neither in the error nor anywhere."""
        document = farm(1, 1)
        document["virtual_machines"][0]["system_config"]["linux"]["user_password"] = "Hunter-22"
        said = problems(json.dumps(document), "json")
        assert (
            "user_password: a secret stands in a plan as env:NAME or file:PATH only, never itself" in said[0]
        )
        assert "Hunter" not in said[0]
        for made in (lambda: Plan.model_validate(document), lambda: Plan(**document)):
            with pytest.raises((ValidationError, PlanError)) as caught:
                made()
            assert "Hunter" not in "".join(format_exception(caught.value))

    def test_they_are_revealed_where_they_are_used(self, tmp_path, monkeypatch):
        """From the environment, or a file of which one line break does not count."""
        (tmp_path / "secret.txt").write_text("from file\n")
        monkeypatch.setenv("SOME_SECRET", "from env")
        assert SecretReference("file:secret.txt").reveal(tmp_path).get_secret_value() == "from file"
        assert SecretReference("env:SOME_SECRET").reveal(tmp_path).get_secret_value() == "from env"
        monkeypatch.delenv("SOME_SECRET")
        with pytest.raises(InvalidArgument, match=r"env:SOME_SECRET.*not set"):
            SecretReference("env:SOME_SECRET").reveal(tmp_path)
        with pytest.raises(InvalidArgument, match=r"file:gone\.txt.*cannot be read"):
            SecretReference("file:gone.txt").reveal(tmp_path)


class TestSchema:
    """The JSON Schema, with which editors help to write plans."""

    def test_it_takes_plans(self):
        """It is a schema, and these plans are according to it."""
        Draft202012Validator.check_schema(Plan.json_schema())
        validator = Draft202012Validator(Plan.json_schema())
        for document in (farm(4, 2), yaml.safe_load(YAML), tomllib.loads(TOML)):
            assert [*validator.iter_errors(document)] == []

    def test_it_refuses_what_is_none(self):
        """A misspelt field, and a secret itself."""
        validator = Draft202012Validator(Plan.json_schema())
        document = farm(1, 1)
        document["virtual_machines"][0]["system_config"]["linux"]["user_password"] = "Hunter-22"
        document["virtual_machines"][0]["rol_size"] = "Small"
        assert len([*validator.iter_errors(document)]) >= 2

    def test_it_describes_every_field(self):
        """An editor shows what each is for."""
        for name, model in Plan.json_schema()["$defs"].items():
            if name != "Defaults":
                missing = [
                    field
                    for field, shape in model.get("properties", {}).items()
                    if "description" not in shape
                ]
                assert not missing, name


def test_the_farm_of_the_tests_is_a_plan():
    """What other tests build on."""
    assert loads_plan(json.dumps(farm()), "json", base=Path()).problems() == []
