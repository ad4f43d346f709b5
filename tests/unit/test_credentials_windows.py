r"""The Windows store: locations, the choice among several, and crypt32 behind a double."""

import contextlib
import ctypes
import functools
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from doubles.certificates import NOW, management_certificate, self_signed

from asyncsm.credentials import ManagementCertificate, windows
from asyncsm.credentials.crypt32 import Blob, CertificateContext, Crypt32, system_crypt32
from asyncsm.credentials.windows_store import StoredCertificate, StoreLocation, is_store_location
from asyncsm.errors import CredentialError


class TestLocations:
    @pytest.mark.parametrize(
        ("text", "location"),
        [
            (r"CURRENT_USER\my\AzureCert", ("CURRENT_USER", "my", "AzureCert")),
            (r"local_machine\Root\My Cert", ("LOCAL_MACHINE", "Root", "My Cert")),
            (r"CURRENT_USER\AzureCert", ("CURRENT_USER", "MY", "AzureCert")),
            ("CURRENT_USER\\my\\DOMAIN\\name", ("CURRENT_USER", "my", "DOMAIN\\name")),
        ],
    )
    def test_forms(self, text: str, location: tuple[str, str, str]) -> None:
        """Account, store and name; the store may be left out."""
        assert is_store_location(text)
        assert StoreLocation.parse(text) == StoreLocation(*location)

    @pytest.mark.parametrize(
        "text", ["my.pem", r"C:\certs\my.pem", "CURRENT_USER", "CURRENT_USER\\", r"HKLM\my\Name"]
    )
    def test_other_text(self, text: str) -> None:
        """Other text is a file's path, and no location."""
        assert not is_store_location(text)
        with pytest.raises(CredentialError, match=r"write CURRENT_USER\\my\\Name or"):
            StoreLocation.parse(text)


@pytest.mark.skipif(sys.platform == "win32", reason="there the store exists")
@pytest.mark.parametrize("way", [ManagementCertificate.load, ManagementCertificate.from_windows_store])
def test_elsewhere_it_says_how_to_export(way: type) -> None:
    """On other systems the error is a recipe: export there, give the .pfx here."""
    with pytest.raises(CredentialError, match="exists on Windows only") as caught:
        way(r"CURRENT_USER\my\AzureCert")
    assert 'certutil -user -p PASSWORD -exportPFX my "AzureCert" FILE.pfx' in str(caught.value)


class ScriptedStore:
    """A store that holds what it is given; exporting can be made to fail."""

    def __init__(self, *certificates: ManagementCertificate, failure: OSError | None = None) -> None:
        self.certificates = certificates
        self.failure = failure

    @contextlib.contextmanager
    def find(self, location: StoreLocation) -> Iterator[Sequence[StoredCertificate]]:
        yield [StoredCertificate(c.certificate_der, handle) for handle, c in enumerate(self.certificates)]

    def export(self, certificate: StoredCertificate, password: str) -> bytes:
        if self.failure:
            raise self.failure
        return self.certificates[certificate.handle].to_pfx(password)


def named(name: str, days: int) -> ManagementCertificate:
    pair = self_signed(name=name, ends=NOW + timedelta(days=days))
    return ManagementCertificate.from_pair(pair, name)


class TestExport:
    def loaded(self, store: ScriptedStore, name: str = "Azure") -> ManagementCertificate:
        return ManagementCertificate.from_pfx(*windows.export(rf"CURRENT_USER\my\{name}", store))

    def test_only_one(self) -> None:
        """The certificate found is exported under a password made for it."""
        assert self.loaded(ScriptedStore(management_certificate())) == management_certificate()

    def test_exact_name_first(self) -> None:
        """Of several that contain the name, the one called so wins over those valid longer."""
        store = ScriptedStore(named("Azure old", 9), named("azure", 2), named("My Azure", 8))
        assert self.loaded(store).subject == "CN=azure"

    def test_longest_valid(self) -> None:
        """Of several of one name the renewed one wins."""
        store = ScriptedStore(named("Azure", 2), named("Azure", 9), named("Azure", 5))
        assert self.loaded(store) == store.certificates[1]

    def test_none(self) -> None:
        """A name that is not in the store is named, with the tools that list it."""
        with pytest.raises(
            CredentialError, match=r"CURRENT_USER\\my\\Azure: there is no such .*certmgr\.msc"
        ):
            self.loaded(ScriptedStore())

    def test_not_exportable(self) -> None:
        """A key that Windows keeps back says how to import it otherwise."""
        store = ScriptedStore(management_certificate(), failure=OSError(22, "Key not valid for use"))
        with pytest.raises(
            CredentialError, match=r"\(Key not valid for use\).*'Mark this key as exportable'"
        ):
            self.loaded(store)

    def test_through_the_public_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both load and from_windows_store take what the store exports, and name the location."""
        monkeypatch.setattr(windows, "_system", lambda _: ScriptedStore(management_certificate()))
        location = r"CURRENT_USER\my\tester"
        assert ManagementCertificate.load(location) == management_certificate()
        assert ManagementCertificate.from_windows_store(location).source == location


class FakeLibrary:
    """crypt32.dll with one store of one certificate, and a count of what is open."""

    def __init__(self, *, certificates: int = 1, store: bool = True, exportable: bool = True) -> None:
        der = management_certificate().certificate_der
        self.encoded = ctypes.create_string_buffer(der, len(der))
        self.contexts = [
            CertificateContext(1, ctypes.addressof(self.encoded), len(der), None, None)
            for _ in range(certificates)
        ]
        self.handles = [ctypes.addressof(context) for context in self.contexts]
        self.open_stores: list[int] = []
        self.references = 0
        self.opened: list[tuple[int, int, str | None]] = []
        # These two get a restype, so they are functions: methods take no attributes.
        self.CertOpenStore = lambda *arguments: self._open(*arguments) if store else None
        self.CertFindCertificateInStore = functools.partial(self._find)
        self.exportable = exportable

    def _open(self, provider, encoding, _cryptography, flags, name):
        self.opened.append((provider.value, flags, name.value))
        self.open_stores.append(len(self.opened))
        return len(self.opened)

    def _find(self, store, encoding, flags, kind, name, previous):
        assert store.value in self.open_stores
        assert kind == 0x80007
        if previous.value is not None:
            self.references -= 1  # the search frees the one before
        position = 0 if previous.value is None else self.handles.index(previous.value) + 1
        if name.value != "tester" or position == len(self.handles):
            return None
        self.references += 1
        return self.handles[position]

    def CertDuplicateCertificateContext(self, handle):
        self.references += 1
        return handle.value

    def CertFreeCertificateContext(self, handle):
        self.references -= 1
        return 1

    def CertAddCertificateContextToStore(self, store, handle, disposition, _added):
        assert store.value in self.open_stores
        assert handle.value in self.handles
        return 1

    def PFXExportCertStoreEx(self, store, blob, password, _reserved, flags):
        assert flags == 7
        if not self.exportable:
            return 0
        target: Blob = blob._obj
        data = management_certificate().to_pfx(password.value) if target.data is None else self.exported
        self.exported = data
        target.size = len(data)
        if target.data is not None:
            ctypes.memmove(target.data, data, len(data))
        return 1

    def CertCloseStore(self, store, flags):
        self.open_stores.remove(store.value)
        return 1


class TestCrypt32:
    def api(self, library: FakeLibrary) -> Crypt32:
        return Crypt32(library, lambda: OSError(5, "Access is denied"))  # type: ignore[arg-type]

    @pytest.mark.parametrize(("account", "flag"), [("CURRENT_USER", 0x1C000), ("LOCAL_MACHINE", 0x2C000)])
    def test_export(self, account: str, flag: int) -> None:
        """A certificate is found, exported through a store in memory, and all is given back."""
        library = FakeLibrary()
        exported = windows.export(rf"{account}\my\tester", self.api(library))
        assert ManagementCertificate.from_pfx(*exported) == management_certificate()
        assert library.opened == [(10, flag, "my"), (2, 0, None)]
        assert library.open_stores == []
        assert library.references == 0

    @pytest.mark.parametrize("count", [0, 3])
    def test_all_matches(self, count: int) -> None:
        """Every match is listed once, and given back at the end."""
        library = FakeLibrary(certificates=count)
        with self.api(library).find(StoreLocation("CURRENT_USER", "my", "tester")) as found:
            assert [f.handle for f in found] == library.handles
            assert library.references == count
        assert library.references == 0

    def test_no_store(self) -> None:
        """A store that cannot be opened is the system's error."""
        with pytest.raises(CredentialError, match=r"Windows does not export it \(Access is denied\)"):
            windows.export(r"CURRENT_USER\none\tester", self.api(FakeLibrary(store=False)))

    def test_not_exportable(self) -> None:
        """A refused export gives everything back too."""
        library = FakeLibrary(exportable=False)
        with pytest.raises(CredentialError, match="Access is denied"):
            windows.export(r"CURRENT_USER\my\tester", self.api(library))
        assert library.open_stores == []
        assert library.references == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there it exists")
def test_the_library_is_of_windows() -> None:
    """Elsewhere there is no crypt32."""
    with pytest.raises(OSError, match="a library of Windows"):
        system_crypt32()


@pytest.mark.skipif(sys.platform != "win32", reason="the store is of Windows")
def test_a_name_nobody_has() -> None:
    """The real store is searched, and says so when nothing is found."""
    with pytest.raises(CredentialError, match="there is no such certificate"):
        ManagementCertificate.load(r"CURRENT_USER\my\asyncsm tests: nobody has this name")
