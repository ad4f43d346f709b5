"""The emulator that the tests of a module share is, for each of them, as one of its own would be."""

import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest
from doubles.bare_client import connected
from doubles.certificates import management_certificate
from doubles.compute import SERVICES, SHOP, add_store, deployment, hosted_service
from doubles.shared_emulator import shared_emulator

from asyncsm.emulator import Emulator, Fault, ManualClock, Quotas
from asyncsm.emulator.change_tracking import Register
from asyncsm.emulator.clock import Clock

NOT_OF_A_START = {
    # Where it listens, and what asyncio and OpenSSL have made of that.
    "_listener",
    "_admin",
    "_context",
    "_directory_use",
    "publishsettings",
    # Tables and functions, which nothing changes.
    "_limits",
    # Numbers of rows go on; what stands in them is compared by `assert_kept`.
    "_database",
    "mark",
    "watcher",
    "__weakref__",
    # The real time.
    "_begun",
}


def everything(thing: object, seen: set[int] | None = None) -> object:
    """All that an object of this project has and refers to, as lists and dictionaries."""
    seen = set() if seen is None else seen
    if isinstance(thing, str | bytes | int | float | None):
        return thing
    if isinstance(thing, Random):
        return thing.getstate()
    if isinstance(thing, Register):
        return [(name, everything(each, seen)) for _, name, each in thing.entries()]
    if isinstance(thing, Mapping):
        return {key: everything(each, seen) for key, each in thing.items()}
    if isinstance(thing, tuple | list | deque | set | frozenset):
        return [everything(each, seen) for each in thing]
    if not type(thing).__module__.startswith("asyncsm."):
        return repr(thing) if isinstance(thing, Path) else type(thing).__name__
    if id(thing) in seen:
        return type(thing).__name__
    seen.add(id(thing))
    return {name: everything(getattr(thing, name), seen) for name in attributes(thing)}


def attributes(thing: object) -> Iterator[str]:
    """The names of what an object has, in dictionary or slots."""
    slots = [name for each in type(thing).__mro__ for name in getattr(each, "__slots__", ())]
    for name in (*getattr(thing, "__dict__", ()), *slots):
        if name not in NOT_OF_A_START and hasattr(thing, name):
            yield name


async def spoil(emulator: Emulator) -> None:
    """Do to an emulator whatever tests do."""
    emulator.faults.add(Fault(kind="500", probability=0.5))
    emulator.faults.add(Fault(kind="stuck", operation="CreateDeployment", count=1))
    async with connected(emulator) as client:
        for _ in range(5):
            await client.get("locations")
        emulator.faults.clear()
        emulator.faults.add(Fault(kind="503", path="nowhere"))
        await client.post(SERVICES, hosted_service())
        add_store(emulator)
        await client.post(f"{SHOP}/deploymentslots/production", deployment())
        own = management_certificate("stranger")
        subscription = emulator.state.subscriptions[emulator.subscription_id]
        subscription.quotas = Quotas(cores=1)
        emulator._gate.trust(own.certificate_der)
    emulator.clock.advance(20)
    said = emulator.snapshot()
    (first, *_) = subscriptions = said["subscriptions"]["$names"]
    said["subscriptions"]["$names"] = {first: subscriptions[first]}
    emulator.restore(said)


OPTIONS = {
    "held": {"subscriptions": 2, "seed": 1},
    "running": {"seed": 1, "strict": True, "quotas": Quotas(cores=1000), "throttle": "100/10"},
}


@pytest.mark.parametrize("name", OPTIONS)
async def test_it_begins_again(name: str, identity_files: Path, tmp_path: Path):
    """After whatever was done to it, it has nothing that one has not that has just been started."""
    options = dict(OPTIONS[name])

    def clock() -> Clock:
        return ManualClock() if name == "held" else Clock(300)

    directory = Path(shutil.copytree(identity_files, tmp_path / "emulator"))
    options["directory"] = directory
    async with shared_emulator(tmp_path / "shared.db", clock=clock(), **options) as shared:
        before = comparable(shared.emulator)
        await spoil(shared.emulator)
        if name == "running":
            shared.emulator.clock.set_factor(7)
            shared.emulator.clock.pause()
        assert comparable(shared.emulator) != before
        emulator = await shared.begin_again()
        async with shared_emulator(tmp_path / "fresh.db", clock=clock(), **options) as fresh:
            assert comparable(emulator) == comparable(fresh.emulator)
            if name == "held":
                assert emulator.snapshot() == fresh.emulator.snapshot()
                shared.assert_kept()


async def test_a_certificate_is_forgotten(identity_files: Path, tmp_path: Path):
    """What a test has let into handshakes does not get into those of the next."""
    directory = Path(shutil.copytree(identity_files, tmp_path / "emulator"))
    async with shared_emulator(directory=directory) as shared:
        trusted = shared.emulator._gate._context.cert_store_stats()
        shared.emulator._gate.trust(management_certificate("stranger").certificate_der)
        assert shared.emulator._gate._context.cert_store_stats() != trusted
        await shared.begin_again()
        assert shared.emulator._gate._context.cert_store_stats() == trusted


def comparable(emulator: Emulator) -> object:
    """All of an emulator, but not where its clock is if that runs."""
    found = everything(emulator)
    assert isinstance(found, dict)
    if not isinstance(emulator.clock, ManualClock):
        found["clock"].pop("_origin")
    return found
