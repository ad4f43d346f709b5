"""The tree of commands: each operation has one, each has a help, and little is loaded to show it."""

import re
import subprocess
import sys
from dataclasses import replace
from typing import get_args

import pytest

from asyncsm.cli import columns, describing, main, tree
from asyncsm.cli.naming import path_of
from asyncsm.operations import catalogue
from asyncsm.wire.document import Document, DocumentList

HEAVY = {"aiohttp", "asyncsm.operations", "asyncsm.services", "cryptography", "pydantic", "yaml"}


def test_the_table_of_commands_is_up_to_date():
    """It is what the declarations say; docs/generate_operations.py renews it."""
    assert tree.TABLE.read_text(encoding="utf-8") == describing.table_text()


def test_each_operation_has_a_command_of_its_own():
    """No two operations have one name, and none lacks one."""
    names = [path_of(one) for one in catalogue()]
    assert len(set(names)) == len(names)
    assert set(names) <= tree.all_words()


def test_no_group_is_called_as_a_command():
    """Where the rule has it otherwise, `EXCEPTIONS` of asyncsm/cli/naming.py names the command."""
    groups = {words.rpartition(" ")[0] for words in tree.all_words()}
    assert groups & tree.all_words() == tree.ALONE


def test_each_group_has_a_purpose():
    """And none is told of a group that there is not."""
    words = [one.split() for one in tree.all_words()]
    groups = {" ".join(one[:length]) for one in words for length in range(1, len(one))} - tree.ALONE
    assert groups == tree.GROUPS.keys()


@pytest.mark.parametrize(
    ("name", "service", "words"),
    [
        ("list_traffic_profiles", "ServiceManagementService", "traffic-profile list"),
        ("get_gateway", "NetworkManagementService", "network gateway show"),
        ("reset_role_clock", "ServiceManagementService", "vm reset-clock"),
        ("stop_cache_rows", "CacheManagementService", "cache cache-row stop-many"),
    ],
)
def test_a_new_operation_has_one_by_rule(name, service, words):
    """Nobody has to name it."""
    assert path_of(replace(catalogue()[0], name=name, service=service)) == words


@pytest.mark.parametrize("words", sorted(tree.all_words()))
def test_each_command_has_a_help(words, capsys):
    """It tells what the command does and takes; nothing is asked of a service for it."""
    assert main([*words.split(), "--help"]) == 0
    shown = "".join(capsys.readouterr().out.split())  # lines are broken at hyphens, too
    assert shown.startswith(f"Usage:asyncsm{words.replace(' ', '')}")
    assert "".join(tree.summary(words).split()) in shown


@pytest.mark.parametrize("group", sorted({one.rpartition(" ")[0] for one in tree.all_words()}))
def test_a_group_tells_its_commands(group, capsys):
    """Each with what it does; `-h` is as good as `--help`."""
    if group not in tree.ALONE:  # without a command it is the same, as it stands, and nothing was done
        assert main(group.split()) == 2
        assert capsys.readouterr().err.startswith(f"Usage: asyncsm {group}".rstrip() + " [OPTIONS] COMMAND")
    assert main([*group.split(), "-h"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(name in shown for name in tree.below(group))


@pytest.mark.parametrize("words", sorted(tree.table()["operations"]))
def test_help_speaks_of_what_a_command_has(words):
    """Options, arguments and commands, where a docstring names parameters, methods and types of Python."""
    command = tree.table()["operations"][words]
    options = {one["option"] for one in command["parameters"] if "option" in one}
    texts = [command["help"], *(one["help"] for one in command["parameters"] if "of" not in one)]
    for text in texts:
        assert set(re.findall(r"(?<!\S)--[\w-]+", text)) <= options
        assert not re.search(r"[`{}]|\biterate_|\bawait\b|\bbinary file|\bNot empty|\bNever shown", text)
        commands = re.findall(r"asyncsm ((?:[a-z-]+ ?)+)", text)
        assert all(any(one.startswith(known) for known in tree.all_words()) for one in commands)


@pytest.mark.parametrize(
    ("words", "option", "said"),
    [
        ("scheduler job update-state", "state", "enabled or disabled"),  # the service's words, as it has them
        (
            "circuit peering create",
            "secondary_peer_subnet",
            "Of the two lines, with four",
        ),  # told with another's
        ("network gateway-connection key reset", "key_length", "Key length, 1 to 128."),
        ("network nsg show", "group_name", "Group name."),
        ("sb queue list", "top", "else all."),
        ("hdinsight cluster create", "additional_storage", "Fields: account_name, blob_container_name, key."),
        ("vm update", "role", "Fields: role_name, os_version,"),
        ("network configuration set", "configuration", "takes all networks away."),
        ("deployment swap", "production", "Name of the deployment now in production."),
    ],
)
def test_help_of_a_parameter(words, option, said):
    """By the docstring of its method, else by its name and the rule for it."""
    (one,) = [one for one in tree.table()["operations"][words]["parameters"] if one["name"] == option]
    assert said in one["help"]


def test_help_tells_what_is_required(capsys):
    """Also where a file may have it, which is seen when the command is run."""
    assert main(["hdinsight", "cluster", "create", "--help"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"--region TEXT +That of the cloud service\. +\[required\]", shown)
    assert "--head-node-size TEXT" in shown
    assert len(re.findall(r"\[required\]", shown)) == 2 + 5


@pytest.mark.parametrize("words", sorted(tree.table()["operations"]))
def test_no_option_means_two_things(words):
    """Options of an operation are not those that every command has."""
    command = tree.made(words)
    written = [option for one in command.params for option in (*one.opts, *one.secondary_opts)]
    assert len(written) == len(set(written))


def test_columns_are_of_methods_that_there_are():
    assert {*columns.COLUMNS, *columns.SECRETS} <= {one.name for one in catalogue()}


@pytest.mark.parametrize("method", sorted(columns.COLUMNS))
def test_columns_are_of_fields_that_there_are(method):
    """At any depth, in what a reply is, or lists."""
    (reply,) = {one.reply for one in catalogue() if one.name == method}
    for path in columns.COLUMNS[method].values():
        models = {reply, *models_in(field.annotation for field in reply.model_fields.values())}
        for name in path.split("."):
            having = [model for model in models if hasattr(model, name) or name in model.model_fields]
            assert having, path
            models = models_in(
                model.model_fields[name].annotation for model in having if name in model.model_fields
            )


def models_in(annotations):
    """The models in types, be it as items of lists."""
    found, waiting = set(), list(annotations)
    while waiting:
        one = waiting.pop()
        waiting += get_args(one)
        if isinstance(one, type) and issubclass(one, Document):
            found.add(one)
            if issubclass(one, DocumentList):
                waiting += [field.annotation for field in one.model_fields.values()]
    return found


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, "Usage"),
        ({"COMP_WORDS": "asyncsm ser", "COMP_CWORD": "1"}, "service"),
        ({"COMP_WORDS": "asyncsm vm st", "COMP_CWORD": "2"}, "stop-many"),
        ({"COMP_WORDS": "asyncsm vm stop --post", "COMP_CWORD": "3"}, "--post-shutdown-action"),
    ],
)
def test_nothing_heavy_is_loaded_for_help_and_completion(environment, shown, tmp_path):
    """Client, models and libraries wait until a command is run."""
    program = "import sys; sys.argv[1:] = ['--help']; from asyncsm.cli import main\n"
    program += "try: main()\nfinally: sys.stderr.write(' '.join(sys.modules))"
    if environment:
        environment = environment | {"_ASYNCSM_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": "", "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown in done.stdout
    assert not HEAVY & set(done.stderr.split())
