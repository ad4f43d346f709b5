"""Reading documents: the quick way for flat ones, and that it is only quicker."""

import pytest
from hypothesis import given, strategies as st

from asyncsm.wire import codec, xml
from asyncsm.wire.operations import Operation
from asyncsm.wire.subscription import Subscription

AZURE = f'xmlns="{xml.AZURE}"'
BOTH = f'{AZURE} xmlns:i="{xml.INSTANCE}"'

NAMES = {"ID": "id", "Status": "status", "HttpStatusCode": "http_status_code"}
names = st.sampled_from([*NAMES, "a1", "B_2"])
texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z", "Cc"]), max_size=8)
pieces = st.one_of(
    st.tuples(names, texts).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"),
    st.tuples(names, names, texts).map(lambda three: f"<{three[0]}>{three[2]}</{three[1]}>"),
    st.sampled_from(
        ["<ID/>", "<ID></ID>", "<a:ID>1</a:ID>", "<!-- ID -->", "<ID>&lt;</ID>", '<ID i:nil="true"/>']
    ),
)
documents = st.builds(
    lambda declared, inside: f"<Operation {declared}>{''.join(inside)}</Operation>".encode(),
    st.sampled_from([AZURE, BOTH]),
    st.lists(pieces, max_size=4),
)


def quick(document):
    return codec.read_flat(Operation, "Operation", document)


@given(documents)
def test_a_document_that_is_read_the_quick_way_is_what_a_parser_makes_of_it(document):
    """Whatever the quick way accepts is well formed, and comes out as it would otherwise."""
    quickly = quick(document)
    if quickly:
        name, node = xml.parse(document)
        assert name == "Operation"
        assert quickly == {NAMES[wire]: text for wire, text in node.items()}


def test_the_status_of_an_operation_is_read_the_quick_way():
    """The reply that most calls are for needs no parser."""
    document = f"<Operation {BOTH}><ID>1-2</ID><Status>InProgress</Status></Operation>".encode()
    assert quick(document) == {"id": "1-2", "status": "InProgress"}


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("<ID>1</ID><ID>2</ID>", id="a repeated element"),
        pytest.param("<ID><B>1</B></ID>", id="a nested element"),
        pytest.param("<A>1</A>", id="an unknown element"),
        pytest.param("<Status>1</Status><ID>1</ID>", id="another order"),
        pytest.param("<ID></ID>", id="an empty element"),
        pytest.param('<ID b="1">1</ID>', id="an attribute"),
        pytest.param("<ID>&amp;</ID>", id="a reference"),
        pytest.param("<ID>é</ID>", id="text beyond ASCII"),
        pytest.param("<ID>1</ID> ", id="white space between elements"),
        pytest.param("<ID>]]></ID>", id="what may not stand in text"),
    ],
)
def test_anything_less_simple_is_left_to_the_parser(inside):
    """The quick way takes no document it would have to think about."""
    assert quick(f"<Operation {BOTH}>{inside}</Operation>".encode()) is None


def test_models_of_many_fields_are_left_to_the_parser():
    """A pattern of many fields takes longer to make than it would save."""
    document = f"<Subscription {BOTH}><SubscriptionID>1</SubscriptionID></Subscription>".encode()
    assert codec.read_flat(Subscription, "Subscription", document) is None
    assert Subscription.from_xml(document).subscription_id == "1"


@pytest.mark.parametrize("parse", [xml.parse, lambda document: xml.parse(document.decode())])
def test_the_namespaces_every_document_declares_are_left_out(parse):
    """They say nothing; another declaration is kept."""
    document = f'<Operation {BOTH} xmlns:a="urn:a"><A/></Operation>'.encode()
    assert parse(document) == ("Operation", {"@xmlns:a": "urn:a", "A": None})


@pytest.mark.parametrize(
    "document",
    [
        f'<a:R xmlns:a="{xml.AZURE}" xmlns:i="{xml.INSTANCE}" a:c="1"><a:A i:nil="true"/><a:B>2</a:B></a:R>',
        f'<R {AZURE} xmlns:a="{xml.AZURE}" xmlns:xsi="{xml.INSTANCE}" c="1"><A xsi:nil="true"/><a:B>2</a:B></R>',
    ],
    ids=["every name with a prefix", "other prefixes"],
)
def test_prefixes_of_known_namespaces_do_not_matter(document):
    """Whoever wrote a document, it is read as if the service had: by its names, and ``i:nil``."""
    assert xml.parse(document) == ("R", {"@c": "1", "A": {"@i:nil": "true"}, "B": "2"})


def test_prefixes_of_other_namespaces_are_kept():
    """A name in another namespace is another name, be the prefix declared at the root or below."""
    document = f'<a:R xmlns:a="{xml.AZURE}" xmlns:b="urn:b"><b:A/><c:B xmlns:c="urn:c"/></a:R>'
    name, node = xml.parse(document)
    assert name == "R"
    assert list(node) == ["@xmlns:b", "b:A", "c:B"]
