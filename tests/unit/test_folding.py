"""Entries that differ in numbers that count become one with a count, and expand to what they were."""

import pytest
from hypothesis import given, strategies as st

from asyncsm.estate.folding import folded
from asyncsm.provisioning.expansion import expand
from asyncsm.provisioning.machine_specs import VirtualMachineSpec
from asyncsm.provisioning.specs import HostedServiceSpec


def machines(*names, **more):
    return [
        {"name": name.partition("/")[2], "service_name": name.partition("/")[0], **more} for name in names
    ]


@pytest.mark.parametrize(
    ("names", "result"),
    [
        (["web-1", "web-2", "web-3"], [{"name": "web-{index}", "count": 3}]),
        (["web-09", "web-10", "web-11"], [{"name": "web-{index:02}", "count": 3, "start": 9}]),
        (["web-9", "web-10"], [{"name": "web-{index}", "count": 2, "start": 9}]),
        (["1a2", "2a2"], [{"name": "{index}a2", "count": 2}]),
        (
            ["a1", "a2", "a5", "a6"],
            [{"name": "a{index}", "count": 2}, {"name": "a{index}", "count": 2, "start": 5}],
        ),
        (["a01", "a2"], [{"name": "a01"}, {"name": "a2"}]),
        (["a1", "b2"], [{"name": "a1"}, {"name": "b2"}]),
        (["a20150615010203", "a20150615010204"], [{"name": "a20150615010203"}, {"name": "a20150615010204"}]),
    ],
)
def test_names(names, result):
    """By the number that counts, with its leading zeros."""
    assert folded([{"name": name} for name in names]) == result


def test_groups():
    """Machines that count on over services are one entry; so are equal ones in services that count."""
    names = [f"farm-{(n - 1) // 5 + 1:02}/vm-{n:03}" for n in range(1, 13)]
    assert folded(machines(*names)) == [
        {"name": "vm-{index:03}", "count": 12, "group_size": 5, "service_name": "farm-{group:02}"}
    ]
    assert folded(machines(*(f"s{n}/vm" for n in range(3, 7)))) == [
        {"name": "vm", "count": 4, "start": 3, "service_name": "s{index}"}
    ]
    assert folded(machines("s1/vm-1", "s1/vm-2", "s2/vm-1", "s2/vm-2")) == [
        {"name": "vm-{index}", "count": 2, "service_name": "s1"},
        {"name": "vm-{index}", "count": 2, "service_name": "s2"},
    ]


def test_bodies():
    """What differs in anything but such numbers stays apart; braces that are meant are doubled."""
    assert folded([{"name": "a1", "label": "x"}, {"name": "a2", "label": "y"}]) == [
        {"name": "a1", "label": "x"},
        {"name": "a2", "label": "y"},
    ]
    assert folded([{"name": f"a{n}", "label": f"{{no}} {n}"} for n in (1, 2)]) == [
        {"name": "a{index}", "count": 2, "label": "{{no}} {index}"}
    ]
    assert folded([{"name": "a1", "label": "1"}, {"name": "a2", "label": "3"}]) == [
        {"name": "a1", "label": "1"},
        {"name": "a2", "label": "3"},
    ]


TEXT = st.text(st.sampled_from("ab-{}019"), max_size=6)
NAME = TEXT.filter(str.strip)


@given(st.lists(st.tuples(NAME, TEXT), unique=True, max_size=12))
def test_the_same_comes_out(entries):
    """Expanding the result gives the same entries."""
    given_ = [{"name": name, "label": label} for name, label in entries]
    made = [
        one.model_dump(exclude_unset=True)
        for entry in folded(given_)
        for one in expand(HostedServiceSpec.model_validate(entry))
    ]
    assert sorted(made, key=str) == sorted(given_, key=str)


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 120), st.sampled_from(["", "03"]))
def test_what_was_counted_is_counted(count, group_size, start, form):
    """An entry comes back as it was, or in another that makes the same."""
    entry = {
        "name": f"vm-{{index:{form}}}" if form else "vm-{index}",
        "count": count,
        "start": start,
        "group_size": group_size,
        "service_name": "svc-{group}",
    }
    copies = [one.model_dump(exclude_unset=True) for one in expand(VirtualMachineSpec.model_validate(entry))]
    result = folded(copies)
    assert len(result) == 1
    assert [
        one.model_dump(exclude_unset=True) for one in expand(VirtualMachineSpec.model_validate(result[0]))
    ] == copies
