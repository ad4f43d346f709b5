"""Each refusal of the emulator says where its rule is known from; see `asyncsm.emulator.refusals`."""

import ast
import re
from pathlib import Path

import pytest
from doubles.recordings import FOLDER, recorded

import asyncsm.emulator

EMULATOR = Path(asyncsm.emulator.__file__).parent
KERNELS = [EMULATOR / "collections.py", EMULATOR / "places.py"]
MODULES = [*sorted(path for name in ("routes", "rules") for path in (EMULATOR / name).glob("*.py")), *KERNELS]
RULES = (
    "address",
    "at_most",
    "begins",
    "between",
    "block",
    "distinct",
    "exactly",
    "fragment",
    "known",
    "names",
    "needed",
    "no_longer",
    "one_of",
    "words",
)
EVIDENCE = re.compile(r"# .*\[(?:protocol \d+\.\d+|lifecycles \d+|rec [a-z_]+/[a-z_]+|guess)\]")


def refusals(path):
    """Line numbers at which a refusal is made."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "Refusal" or re.fullmatch(
                r"refusals\.\w+|(network_plan\.)?wrong|(sql\.)?refused", name
            ):
                yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_evidence(path):
    """The comment is on the line of the refusal, or on the one above."""
    lines = path.read_text(encoding="utf-8").splitlines()
    bare = [n for n in refusals(path) if not any(EVIDENCE.search(line) for line in lines[n - 2 : n])]
    assert bare == []


def test_evidence_of_declared_rules():
    """A model whose fields have rules says where these are known from."""
    source = {path: path.read_text("utf-8") for path in (EMULATOR.parent / "wire").glob("*.py")}
    ruled = {path.stem: text for path, text in source.items() if "from asyncsm.wire.rules import" in text}
    assert {"application_gateways", "express_route", "traffic_manager"} <= ruled.keys()
    names = re.compile(r"[, ](?:{})\(".format("|".join(RULES)))
    for text in ruled.values():
        for each in ("class " + one for one in re.split(r"^class ", text, flags=re.MULTILINE)[1:]):
            assert EVIDENCE.search(each) or not names.search(each), each


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no recordings here")
def test_recordings_exist():
    """A recording that is named as evidence is there, and has a refusal."""
    text = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    named = set(re.findall(r"\[rec ([a-z_]+/[a-z_]+)\]", text))
    assert named
    # The recordings of a class of tests begin with its name.
    ends = (".json", "__*.json")
    files = {each: [path for end in ends for path in recorded(each + end)] for each in named}
    assert [each for each, found in files.items() if not found] == []
    assert [
        each
        for each, found in files.items()
        if not any(re.search(r"<Error |<string xmlns", path.read_text("utf-8")) for path in found)
    ] == []
