"""Documents as simple as an operation's status are read by a short cut; it must not show."""

from hypothesis import example, given, strategies as st

from asyncsm.wire import xml

names = st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True)
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
children = st.lists(st.tuples(names, texts), max_size=5)


def outcome(document):
    try:
        return xml.parse(document)
    except xml.MalformedXml:
        return "malformed"


@given(names, children, st.booleans())
@example("Operation", [("ID", "a-b"), ("Status", "InProgress")], False)
@example("A", [("B", "&lt;")], False)
@example("A", [("B", "]]>")], False)
@example("A", [("B", "x"), ("B", "y")], True)
@example("A", [("B", " ")], True)
def test_the_short_cut_reads_what_the_parser_reads(root, inside, instance):
    """With an XML declaration before it, which the short cut does not take, a document reads the same."""
    declared = f' xmlns="{xml.AZURE}"' + (f' xmlns:i="{xml.INSTANCE}"' if instance else "")
    content = "".join(f"<{name}>{text}</{name}>" for name, text in inside)
    document = f"<{root}{declared}>{content}</{root}>".encode()
    assert outcome(document) == outcome(b'<?xml version="1.0" encoding="utf-8"?>' + document)
