"""Documents that nobody writes: nested without end, with numbers and moments that there are not."""

import json

import pytest
from doubles.scripted import SUBSCRIPTION

from asyncsm import InvalidArgument, ManagementSession
from asyncsm.cli import profiles
from asyncsm.cli.values import structure_of
from asyncsm.models import Job
from asyncsm.polling import OperationToken
from asyncsm.provisioning.record import Record
from asyncsm.texts import read_json
from asyncsm.wire.http import HttpResponse
from asyncsm.wire.refusals import read_refusal

DEPTH = 100_000
NESTED = {"a list": "[" * DEPTH, "objects": '{"error":' * DEPTH + "1" + "}" * DEPTH}
nested = pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)


@nested
@pytest.mark.parametrize("read", [read_json, Record.read, OperationToken.parse, Job.from_body])
def test_json_that_is_nested_too_deeply_is_no_document(read, text):
    """Whoever reads JSON refuses it as any other that cannot be read."""
    with pytest.raises(ValueError, match=r"nested|is not what OperationHandle\.token gave"):
        read(text)


@nested
def test_a_refusal_that_is_nested_too_deeply_is_only_text(text):
    """The status alone says what it is."""
    assert read_refusal(text.encode()) is None


def test_the_error_of_a_refusal_may_stand_in_many_others():
    """Each object has the next one; the innermost counts."""
    body = '{"error":' * 500 + '{"code": "Odd", "message": "why"}' + "}" * 500
    assert read_refusal(body.encode()) == ("Odd", "why", None)


@pytest.mark.parametrize(
    "content",
    ["[" * DEPTH, "a: 2001-99-99", "a: !!int x", f"a: {'9' * 6000}"],
    ids=["nested", "no date", "no number", "too many digits"],
)
def test_a_file_of_values_that_cannot_be_read_is_told(tmp_path, content):
    """PyYAML raises whatever Python does."""
    file = tmp_path / "values.yaml"
    file.write_text(content)
    with pytest.raises(InvalidArgument, match=r"--from-file: .*values\.yaml is neither JSON nor YAML"):
        structure_of(f"@{file}", "--from-file")


def test_a_file_of_values_may_say_the_same_many_times(tmp_path):
    """A few lines of YAML can mean billions of values, which are not looked at one by one."""
    names = "bcdefghij"
    lines = [
        "a: &a [x, x]",
        *(f"{one}: &{one} [{', '.join([f'*{chr(ord(one) - 1)}'] * 10)}]" for one in names),
    ]
    file = tmp_path / "values.yaml"
    file.write_text("\n".join(lines))
    assert len(structure_of(f"@{file}", "--from-file")) == 10


@pytest.mark.parametrize(
    "content",
    [f"a = {'[' * DEPTH}", f"a = {'9' * 6000}", "profiles = 3", "current = []"],
    ids=["nested", "too many digits", "no profiles", "no name"],
)
def test_a_file_of_profiles_that_cannot_be_read_is_told(tmp_path, monkeypatch, content):
    """TOML can be right, and still have nothing to do with profiles."""
    monkeypatch.setattr(profiles, "folder", lambda: tmp_path)
    (tmp_path / profiles.FILE).write_text(content)
    with pytest.raises(InvalidArgument, match=profiles.FILE):
        profiles.read()


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -0500",
        "Mon, 01 Jan 0101 00:00:00 GMT",
        "Mon, 01 Jan 0101 00:00:00 +0900",
    ],
)
def test_a_date_at_an_end_of_the_calendar_is_none(date):
    """Whatever is reckoned from it would leave the calendar."""
    assert HttpResponse(200, {"date": date}).date is None


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_record_at_an_end_of_the_calendar_is_none(since):
    """No run has written it."""
    with pytest.raises(ValueError, match="in no calendar"):
        Record.read(json.dumps({"phase": "intended", "action": "create", "since": since}))


@pytest.mark.parametrize("since", ["2016-01-01", 5])
def test_a_change_in_doubt_has_a_moment(since):
    """So that a look at the service knows where to begin."""
    session = ManagementSession(SUBSCRIPTION, transport=object())
    with pytest.raises(InvalidArgument, match="since"), session.in_doubt(since):
        pass
