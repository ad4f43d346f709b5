"""What a field may have by its annotation, where that allows several kinds of values or none."""

import pytest
from pydantic import BaseModel

from asyncsm.emulator.fitting import check_contents


class Shown(BaseModel):
    """Fields of every kind of union; each has a value that fits."""

    text: str | None = "some"
    either: int | str = 1
    any_of_both: int | str | None = None


@pytest.mark.parametrize(
    ("field", "value"), [("text", None), ("either", "one"), ("any_of_both", "one"), ("any_of_both", 1)]
)
def test_each_kind_of_a_union_fits(field, value):
    check_contents(Shown.model_construct(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", 1), ("text", "\0"), ("either", 1.5), ("any_of_both", 1.5), ("any_of_both", "\0")],
)
def test_what_is_of_no_kind_of_a_union_is_refused_with_the_name_of_its_field(field, value):
    with pytest.raises(ValueError, match=f"'{field}' of Shown"):
        check_contents(Shown.model_construct(**{field: value}))
