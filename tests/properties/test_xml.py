"""Documents as simple as an operation's status are read by a short cut; it must not show."""

import xmltodict
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


contents = st.recursive(
    st.none() | texts,
    lambda inner: (
        st.lists(inner.filter(lambda one: not isinstance(one, list)), max_size=3)
        | st.dictionaries(names | names.map("@{}".format) | st.just("#text"), inner, max_size=4)
    ),
    max_leaves=12,
)


def plain(content):
    """Attributes and text of an element are texts, whatever was drawn."""
    if isinstance(content, list):
        return [plain(one) for one in content]
    if not isinstance(content, dict):
        return content
    return {
        key: (value if isinstance(value, str) else None) if key[0] in "@#" else plain(value)
        for key, value in content.items()
    }


@given(names, st.dictionaries(names, contents, max_size=4), st.sampled_from([None, xml.AZURE]))
@example("A", {"B": ["x", None, ""], "C": [], "D": {"@a": 'it\'s "quoted"', "#text": "a & b\r\n"}}, None)
def test_documents_are_written_as_by_xmltodict(root, content, namespace):
    """But for carriage returns, which are references."""
    content = plain(content)
    declared = {"@xmlns": namespace} if namespace else {}
    declared["@xmlns:i"] = xml.INSTANCE
    text = xmltodict.unparse({root: {**declared, **content}}, full_document=False, short_empty_elements=True)
    assert xml.render(root, content, namespace) == text.replace("\r", "&#13;").encode()
