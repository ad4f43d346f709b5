"""Thumbprints as people copy them, and what they take for one."""

import pytest

from asyncsm import models
from asyncsm.errors import InvalidArgument
from asyncsm.wire.thumbprints import clean

SHA1 = "D7FA2A61DE128E0C4712BB4E8B0B1B0FB4F4E3D8"
PAIRS = [SHA1[place : place + 2] for place in range(0, 40, 2)]
MARK = "\u200e"


@pytest.mark.parametrize(
    "copied",
    [
        SHA1,
        f" {SHA1}\r\n",
        MARK + " ".join(PAIRS),
        ":".join(PAIRS),
        "-".join(PAIRS),
        "\u2011".join(PAIRS),
        "\u2013".join(PAIRS),
        f"SHA1 Fingerprint={':'.join(PAIRS)}",
        f"sha1 Fingerprint = {':'.join(PAIRS)}",
        f"SHA1:{':'.join(PAIRS)}",
        f"sha1-{SHA1}",
        f"Thumbprint : {SHA1}",
        f"Cert Hash(sha1): {' '.join(PAIRS)}",
        "\ufeff" + "\u00a0".join(PAIRS) + "\u202c",
    ],
)
def test_what_dialogs_and_tools_add_is_taken_away(copied):
    """The certificate dialog of Windows, openssl, PowerShell and editors: the digits are the same."""
    assert clean("thumbprint", copied) == SHA1
    assert clean("thumbprint", copied.replace(SHA1, SHA1.lower())).upper() == SHA1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("f3:9a:d9:40:ee:24:0a:6f:f6:70:55:e0:26:77:49:6c", "32 digits, as of an MD5 fingerprint"),
        ("MD5:f3:9a:d9:40:ee:24:0a:6f:f6:70:55:e0:26:77:49:6c", "32 digits, as of an MD5 fingerprint"),
        ("ab" * 32, "64 digits, as of a SHA-256 fingerprint"),
        ("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "SHA-256 fingerprint of a key"),
        (SHA1[:-1], "these are 39 digits"),
        ("ssh-rsa AAAAB3NzaC1yc2E", "something else"),
        ("", "something else"),
        (None, "must be text, not NoneType"),
        (SHA1.encode(), "must be text, not bytes"),
    ],
)
def test_what_is_something_else_is_told_of(given, told):
    """The error says what was given, and what it looks like."""
    with pytest.raises(InvalidArgument, match=rf"^thumbprint: .*{told}"):
        clean("thumbprint", given)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (models.PublicKey, "fingerprint"),
        (models.KeyPair, "fingerprint"),
        (models.CertificateSetting, "thumbprint"),
        (models.Listener, "certificate_thumbprint"),
        (models.Certificate, "thumbprint"),
        (models.SubscriptionCertificate, "subscription_certificate_thumbprint"),
    ],
)
def test_models_take_them_from_callers(model, field):
    """Constructors and assignments clean and check; None is absence; a document is read as it is."""
    made = model(**{field: MARK + ":".join(PAIRS)})
    assert getattr(made, field) == SHA1
    setattr(made, field, f"{SHA1.lower()} ")
    assert getattr(made, field) == SHA1.lower()
    with pytest.raises(InvalidArgument, match=f"^{model.__name__}.{field}: 'ab'"):
        setattr(made, field, "ab")
    document = made.to_xml().replace(SHA1.lower().encode(), b"a:b")
    assert model.from_xml(document).to_xml() == document
    setattr(made, field, None)
    assert getattr(made, field) is None
