"""Reading documents: the quick way for flat ones, and that it is only quicker."""

import pytest
from hypothesis import given, strategies as st

from asyncsm.wire import xml

AZURE = f'xmlns="{xml.AZURE}"'
BOTH = f'{AZURE} xmlns:i="{xml.INSTANCE}"'

names = st.sampled_from(["ID", "Status", "HttpStatusCode", "a1", "B_2"])
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


@given(documents)
def test_a_document_that_is_read_the_quick_way_is_what_a_parser_makes_of_it(document):
    """Whatever the quick way accepts is well formed, and comes out as it would otherwise."""
    quickly = xml._parse_flat(document)
    if quickly is not None:
        assert quickly == xml._parse_any(document)


def test_the_status_of_an_operation_is_read_the_quick_way():
    """The reply that most calls are for needs no parser."""
    document = f"<Operation {BOTH}><ID>1-2</ID><Status>InProgress</Status></Operation>".encode()
    assert xml._parse_flat(document) == ("Operation", {"ID": "1-2", "Status": "InProgress"})


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("<A>1</A><A>2</A>", id="a repeated element"),
        pytest.param("<A><B>1</B></A>", id="a nested element"),
        pytest.param("<A></A>", id="an empty element"),
        pytest.param('<A b="1">1</A>', id="an attribute"),
        pytest.param("<A>&amp;</A>", id="a reference"),
        pytest.param("<A>é</A>", id="text beyond ASCII"),
        pytest.param("<A>1</A> ", id="white space between elements"),
        pytest.param("<A>]]></A>", id="what may not stand in text"),
    ],
)
def test_anything_less_simple_is_left_to_the_parser(inside):
    """The quick way takes no document it would have to think about."""
    assert xml._parse_flat(f"<Operation {BOTH}>{inside}</Operation>".encode()) is None


@pytest.mark.parametrize("parse", [xml.parse, lambda document: xml.parse(document.decode())])
def test_the_namespaces_every_document_declares_are_left_out(parse):
    """They say nothing; another declaration is kept."""
    document = f'<Operation {BOTH} xmlns:a="urn:a"><A/></Operation>'.encode()
    assert parse(document) == ("Operation", {"@xmlns:a": "urn:a", "A": None})
