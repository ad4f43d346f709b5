"""Methods' signatures: their parameters with the service's rules, and callers' arguments held against them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Coroutine, Sequence
from types import NoneType, UnionType
from typing import Annotated, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from asyncsm.errors import InvalidArgument
from asyncsm.operations.checking import MisdeclaredError
from asyncsm.operations.facts import Parameter, Rule

AnyMethod: TypeAlias = Callable[..., Coroutine[object, object, object]]
Method = TypeVar("Method", bound=AnyMethod)
Check: TypeAlias = Callable[[str, object], object]


def composed(method: Method) -> Method:
    """Check the arguments of a method that is made of declared ones as theirs are, before it asks anything.

    Its annotations are read when it is first called. Switches are checked, too: any text is true to Python.
    """

    @functools.cache
    def arguments() -> Arguments:
        from asyncsm.operations.arguments import truth  # which loads pydantic, as the method will

        return Arguments(method, signature(method, method.__qualname__)[1], switch=truth)

    @functools.wraps(method)
    async def call(self: object, *args: object, **kwargs: object) -> object:
        return await method(self, **arguments().values(args, kwargs))

    return cast("Method", call)


class Arguments:
    """Holds the arguments of a method's callers against its signature.

    Args:
        method: the function as it was written, which complains of wrong arguments in Python's words.
        parameters: those of its signature.
        in_path: names of those that are checked where they are put into a path.
        switch: check of truth values where they go into no body; the method looks at all that has no check.
    """

    def __init__(
        self,
        method: AnyMethod,
        parameters: Sequence[Parameter],
        in_path: Collection[str] = (),
        switch: Check | None = None,
    ) -> None:
        self._method = method
        self._positional = tuple(one.name for one in parameters if not one.keyword_only)
        # With so many positional arguments all parameters are given.
        self._number = len(parameters) if len(self._positional) == len(parameters) else -1
        self._names = frozenset(one.name for one in parameters)
        self._required = frozenset(one.name for one in parameters if one.required)
        self._defaults = {
            one.name: one.default for one in parameters if not one.required and one.default is not None
        }
        self._checks = [
            (one.name, one.optional, check)
            for one in parameters
            if (check := _check_of(one, in_path, switch)) is not None
            or not (one.optional or one.name in in_path or switch)
        ]

    def values(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
        """The caller's arguments by name, with defaults, checked and in the form of the wire.

        Raises:
            TypeError: they do not fit the signature.
            InvalidArgument: one of them breaks a rule.
        """
        values = self._given(args, kwargs)
        for name, optional, check in self._checks:
            value = values.get(name)
            if value is None and not optional:
                # The old SDK's callers pass None for what they do not mean to say.
                value = values[name] = self._defaults.get(name)
                if value is None:
                    raise InvalidArgument(name, "must be given, not None")
            if check is not None and value is not None:
                values[name] = check(name, value)
        return values

    def _given(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
        """The arguments by name, with defaults."""
        values: dict[str, object] = dict(zip(self._positional, args))  # noqa: B905 - naming it takes as long as the rest
        if kwargs:
            if not (kwargs.keys() <= self._names and kwargs.keys().isdisjoint(values)):
                self._complain(args, kwargs)
            values |= kwargs
        if len(args) != self._number:
            if len(args) > len(self._positional) or not self._required <= values.keys():
                self._complain(args, kwargs)
            if self._defaults:
                values = self._defaults | values
        return values

    def _complain(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        """Have Python say what is wrong with these arguments."""
        self._method(None, *args, **kwargs).close()


def signature(method: AnyMethod, where: str) -> tuple[dict[str, object], tuple[Parameter, ...]]:
    """Return what a method is annotated with, by name, and its parameters."""
    try:
        hints: dict[str, object] = get_type_hints(method, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise MisdeclaredError(f"{where}: {error}") from error
    _, *parameters = inspect.signature(method).parameters.values()
    return hints, tuple(_parameter(one, hints.get(one.name), where) for one in parameters)


def _parameter(parameter: inspect.Parameter, annotation: object, where: str) -> Parameter:
    if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
        raise MisdeclaredError(f"{where}: *{parameter.name} cannot be declared")
    kind, rule, optional = _taken_apart(annotation)
    default = None if parameter.default is parameter.empty else parameter.default
    return Parameter(
        name=parameter.name,
        type=kind,
        rule=rule,
        required=parameter.default is parameter.empty,
        optional=optional,
        keyword_only=parameter.kind is parameter.KEYWORD_ONLY,
        default=default,
    )


def _taken_apart(annotation: object) -> tuple[object, Rule | None, bool]:
    """An annotation's type, its rule, and whether it allows ``None``."""
    rule: Rule | None = None
    optional = False
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        optional = len(kinds) < len(get_args(annotation))
        # A kind of its own may be a union, which | None has made part of a larger one.
        annotation = kinds[0] if len(kinds) == 1 else functools.reduce(lambda one, other: one | other, kinds)
    if get_origin(annotation) is Annotated:
        annotation, *rules = get_args(annotation)
        rule = next((one for one in rules if isinstance(one, Rule)), None)
    return annotation, rule, optional


def _check_of(parameter: Parameter, in_path: Collection[str], switch: Check | None) -> Check | None:
    if parameter.rule is not None:
        return parameter.rule.check
    if parameter.type is bool:
        return switch
    if parameter.type is str:
        return _text if parameter.name not in in_path else None
    return _model_check_of(parameter.type)


def _model_check_of(kind: object) -> Check | None:
    """Return the check of a parameter that is a model, one of several, or a list of them; ``None`` for others."""
    from asyncsm.operations import arguments  # which loads pydantic, as the binder has by now
    from asyncsm.wire.document import Document

    if isinstance(kind, type) and issubclass(kind, Document):
        return lambda name, value: arguments.model(name, value, kind)
    inside = get_args(kind)
    check = _model_check_of(inside[0]) if len(inside) == 1 else None
    if check is None:
        return None
    return lambda name, value: [
        check(name, one) for one in arguments.items(name, cast("list[object]", value))
    ]


def _text(name: str, value: object) -> object:
    if not isinstance(value, str):
        raise InvalidArgument(name, f"must be text, not {type(value).__name__}")
    return value
