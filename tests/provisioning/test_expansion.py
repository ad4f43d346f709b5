"""Templates that ask for too much: refused with their place, whatever Python's formats would do."""

import pytest

from asyncsm.provisioning.expansion import TemplateError, expand
from asyncsm.provisioning.specs import HostedServiceSpec


@pytest.mark.parametrize("form", ["099999999", "1000", ".99999999", "9999999999999999999999"])
def test_a_format_is_not_wider_than_any_text_may_be(form):
    """A few characters of a plan could ask for gigabytes."""
    with pytest.raises(TemplateError, match="at most 999") as caught:
        [*expand(HostedServiceSpec(name="web", label=f"{{name:{form}}}"))]
    assert caught.value.path == ("label",)


@pytest.mark.parametrize(("form", "name"), [("03", "web-007"), ("0003", "web-007"), ("x", "web-7")])
def test_usual_formats_are_taken(form, name):
    """Leading zeros are no width."""
    (copy,) = expand(HostedServiceSpec(name=f"web-{{index:{form}}}", start=7))
    assert copy.name == name


def test_a_number_that_is_no_character_is_told():
    """Formats fail in more than one way; each is an error of the template."""
    with pytest.raises(TemplateError, match="is no template"):
        [*expand(HostedServiceSpec(name="web-{index:c}", start=2_000_000))]
