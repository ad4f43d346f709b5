"""What errors of plans say: never a secret, always the place, and once each."""

import pickle
import traceback

import pytest

from asyncsm.provisioning import PlanError, check_plan, loads_plan

HEAD = "name: farm\nlocation: West US\n"


def refused(text, form="yaml"):
    """The error of a plan that is none."""
    with pytest.raises(PlanError) as caught:
        loads_plan(text, form, file="plan")
    return caught.value


class TestSecrets:
    """A password that was written into a plan is in no error, and in no traceback of one."""

    @pytest.mark.parametrize(
        "value",
        ["!secret Hunter-22", "!Hunter-22", "*Hunter-22", "[Hunter-22", "!!int Hunter-22", '"Hunter-22'],
    )
    def test_not_when_yaml_cannot_be_read(self, value):
        """Which is what passwords with special characters do to it."""
        error = refused(f"{HEAD}user_password: {value}\n")
        assert "Hunter" not in "".join(traceback.format_exception(error))

    def test_not_in_defaults_of_what_there_is_none(self):
        """Defaults are checked whether or not anything uses them."""
        system = "{linux: {user_name: ops, user_password: Hunter-22}}"
        error = refused(f"{HEAD}defaults: {{virtual_machine: {{system_config: {system}}}}}\n")
        assert "env:NAME or file:PATH only" in str(error)
        assert "Hunter" not in "".join(traceback.format_exception(error))


class TestPlaces:
    """Every error has the file, and a line where there is one."""

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("name: x\nlocation: !place West", "plan:2:11: "),
            ("name: x\n? [a, b]\n: 2", "plan:2:3: "),
            ("name: x\nversion: !!bool maybe", "plan:2:10: "),
            ("name: x\nversion: !!timestamp soon", "plan:2:10: "),
            ("name: x\nversion: 2020-99-99", "plan:2:10: "),
            ("name: x\nversion: !!int one", "plan:2:10: "),
            ("name: x\na: &a [*a]", "plan:2:4: "),
        ],
    )
    def test_of_values_yaml_cannot_make(self, text, place):
        """Unknown tags, keys that are lists, values that are not of their kind, aliases of themselves."""
        assert str(refused(text)).startswith(place)

    @pytest.mark.parametrize(
        "line",
        [
            '# it\'s """ only a comment',
            "name = \"a ''' b\"",
            'name = \'a """ b\'',
            'name = """a \\""" b\n[[disks]]\n"""',
            'name = """a"""" # "["',
            "hosted_services = [ # ]\n  {name = \"]\", location = 'West US'}, [\n]]",
        ],
    )
    def test_quotes_that_open_nothing_in_toml(self, line):
        """Fields after them have their own places."""
        number = line.count("\n") + 2
        assert f"plan:{number}:1: locatoin: " in str(refused(f'{line}\nlocatoin = "x"\n', "toml"))

    def test_numbers_too_long_for_toml(self):
        """An error of the plan like any other."""
        assert str(refused("version = " + "1" * 5000, "toml")).startswith("plan: is no TOML: ")


class TestDefaults:
    """A mistake in defaults is told where it is."""

    @pytest.mark.parametrize("entries", ["", "hosted_services: [{name: a}, {name: b}, {name: c}]\n"])
    def test_once_however_many_entries_take_it(self, entries):
        """None, or several."""
        error = refused(f"{HEAD}defaults: {{hosted_service: {{lable: x}}}}\n{entries}")
        assert str(error) == "plan:3:29: defaults.hosted_service.lable: is no field here; did you mean label?"

    def test_what_is_missing_is_left_to_the_entries(self):
        """A default need not be a whole one."""
        machine = "os_virtual_hard_disk: {host_caching: None}, system_config: {linux: {user_name: ops}}"
        plan = loads_plan(f"{HEAD}defaults: {{virtual_machine: {{{machine}}}}}\n", "yaml")
        assert plan.virtual_machines == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        *(
            (f"name: {name}", "name: must be a text, .* put it in quotes")
            for name in ("no", "12", "1.5", "2026-01-31")
        ),
        ("hosted_services:", "hosted_services: is empty; leave it out, or give a list"),
        ("defaults:", "defaults: is empty; leave it out, or give fields with values"),
        ("hosted_services: {name: shop}", "hosted_services: must be a list"),
        ("hosted_services: [shop]", r"hosted_services\[0\]: must be fields with values"),
        ("hosted_services: [{name: shop, count: 0}]", "count: must be greater than or equal to 1"),
        ("location: " + "[" * 5000, "its values are too deeply nested"),
    ],
)
def test_wrong_kinds_of_values_are_told_in_words(line, said):
    """Above all what YAML does not take for a text, and sections with nothing in them."""
    document = line if line.startswith("name") else f"name: farm\n{line}"
    with pytest.raises(PlanError, match=said):
        loads_plan(document, "yaml")


async def test_a_broken_template_is_told_once(tmp_path):
    """Both by what reads the plan and by what would make it."""
    plan = tmp_path / "farm.yaml"
    plan.write_text('{name: farm, location: West US, hosted_services: [{name: "a{index", count: 2}]}')
    with pytest.raises(PlanError) as told:
        await check_plan(plan)
    assert [one.path for one in told.value.problems] == [("hosted_services", 0, "name")]


def test_each_wrong_name_is_told():
    """Not the first of its kind only."""
    error = refused(
        f"{HEAD}hosted_services: [{{name: a_1}}, {{name: b_1}}, {{name: 'c_{{index}}', count: 9}}]\n"
    )
    assert [one.path[1] for one in error.problems] == [0, 1, 2]


def test_a_deployments_name_is_its_own_in_both_slots():
    """The service refuses a second one of the name."""
    entry = "{{name: {}, service_name: web, deployment_slot: {}, package_url: u, configuration: c}}"
    error = refused(
        f"{HEAD}deployments: [{entry.format('one', 'Production')}, {entry.format('One', 'Staging')}]\n"
    )
    assert str(error).endswith("deployments[1].name: web has a deployment one already")


def test_a_machine_starts_from_something():
    """A disk that says nothing about its content is none."""
    error = refused(f"{HEAD}virtual_machines: [{{name: a, service_name: s, os_virtual_hard_disk: {{}}}}]\n")
    assert "virtual_machines[0].os_virtual_hard_disk: " in str(error)


def test_errors_travel_between_processes():
    """With all their problems."""
    error = refused("name: x\nlocatoin: y")
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
