"""Values with secrets, which do not leave the process."""

from __future__ import annotations

from typing import ClassVar, Self


class StaysInProcess:
    """Mixin for frozen values that hold a secret: copies are the value itself, pickling is refused."""

    __slots__ = ()

    _refusal: ClassVar[str] = (
        "holds a secret and is not pickled: pass what it can be read from, and read it there"
    )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError(f"a {type(self).__name__} {self._refusal}")
