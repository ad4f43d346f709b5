"""Long replies: read as short ones are, in steps that hold up no other thread."""

import gc
import sys
import threading

import pytest

from asyncsm import UnexpectedPayload, models
from asyncsm.engine import protocol
from asyncsm.engine.sending import decoded
from asyncsm.engine.undisturbed import TURN, short_turns, without_collections
from asyncsm.wire import codec, xml
from asyncsm.wire.http import HttpResponse

AZURE = (
    'xmlns="http://schemas.microsoft.com/windowsazure" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
)
IMAGE = "<OSImage><Name>one</Name><OS>Linux</OS><Surprise><Part>a</Part><Part>b</Part></Surprise></OSImage>"


def document(number, item=IMAGE):
    return f"<Images {AZURE}>{item * number}<New><A>1</A><A>2</A></New></Images>".encode()


@pytest.fixture(autouse=True)
def collector():
    """The garbage collector is afterwards as it was."""
    gc.unfreeze()  # Python 3.12 begins with frozen objects of its own, and pytest has those that were there
    before = gc.isenabled()
    yield
    assert (gc.isenabled(), gc.get_freeze_count()) == (before, 0)
    gc.freeze()


async def test_a_long_list_is_read_as_a_short_one():
    """Every item is what it would be in a short list, with its unknown elements, and so is what stands beside."""
    (one,) = models.Images.from_xml(document(1))
    long = await decoded(models.Images, HttpResponse(200, {}, document(20_000)), protocol.get("x"))
    assert len(long) == 20_000
    assert all(each == one for each in long)
    assert one.extra_elements
    assert long.to_xml() == document(20_000)
    at_the_border = (
        models.Images.from_xml(document(codec.MANY)),
        models.Images.from_xml(document(codec.MANY + 1)),
    )
    assert [*at_the_border[0].images, one] == at_the_border[1].images


@pytest.mark.parametrize("number", [codec.MANY, codec.MANY + 1, 20_000])
async def test_a_mistake_in_a_long_list(number):
    """It is found in lists of any length."""
    body = document(number).replace(b"</Images>", b"<OSImage><IsPremium>maybe</IsPremium></OSImage></Images>")
    with pytest.raises(UnexpectedPayload, match="valid boolean"):
        await decoded(models.Images, HttpResponse(200, {}, body), protocol.get("x"))


def test_a_long_document_that_is_none():
    """It is told by its beginning, with the words that a short one gets."""
    for size in (10, xml.LONG + 1):
        with pytest.raises(xml.MalformedXml, match="syntax error: line 1, column 0"):
            xml.parse(b"x" * size)
    for beginning in (b" \n", b"\xef\xbb\xbf", b"<!-- -->"):
        assert xml.parse(beginning + b"<A>" + b"x" * xml.LONG + b"</A>")[0] == "A"


def test_the_collector_waits_for_all_and_no_longer():
    """Several threads may read long replies at once; a program that has it off keeps it off."""
    inside, done = threading.Event(), threading.Event()

    def other():
        with without_collections():
            inside.set()
            done.wait()

    thread = threading.Thread(target=other)
    with without_collections():
        thread.start()
        inside.wait()
    assert not gc.isenabled()
    done.set()
    thread.join()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collections():
        raise ZeroDivisionError
    gc.disable()
    try:
        with without_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_other_threads_have_short_turns_for_as_long(monkeypatch):
    """A waiting event loop gets the interpreter within a millisecond, and afterwards everything is as before."""
    before = sys.getswitchinterval()
    seen = []
    decode = protocol.decode

    def watched(*arguments):
        seen.append(sys.getswitchinterval())
        return decode(*arguments)

    monkeypatch.setattr(protocol, "decode", watched)
    for number in (2_000, 20_000):
        await decoded(models.Images, HttpResponse(200, {}, document(number)), protocol.get("x"))
    assert seen == [pytest.approx(TURN)] * 2
    assert sys.getswitchinterval() == before
    sys.setswitchinterval(TURN / 10)
    try:
        with short_turns():
            assert sys.getswitchinterval() < TURN / 5  # the program wants it shorter still
    finally:
        sys.setswitchinterval(before)


def test_frozen_objects_stay_frozen():
    """What the program froze before it forked is left alone."""
    gc.freeze()
    try:
        with without_collections():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
