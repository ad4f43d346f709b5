"""Values that do not leave the process: those with secrets, and what belongs to an event loop."""

from __future__ import annotations

from typing import ClassVar, Self


class StaysInProcess:
    """Mixin for what holds a secret or an event loop: copies are the thing itself, pickling is refused."""

    __slots__ = ()

    _refusal: ClassVar[str] = (
        "holds a secret and is not pickled: pass what it can be read from, and read it there"
    )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        name = type(self).__name__
        raise TypeError(f"{'an' if name[0] in 'AEIOU' else 'a'} {name} {self._refusal}")
