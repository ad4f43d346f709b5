"""Imports: what a script imported from the old SDK, and what it imports instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import libcst as cst

from asyncsm.migrating import building, knowledge
from asyncsm.migrating.inference import Inference
from asyncsm.migrating.nodes import asname, dotted
from asyncsm.migrating.notes import Notes
from asyncsm.migrating.script import Script

Import = TypeVar("Import", cst.ImportFrom, cst.Import)

LEFT_OVER: Final = frozenset(
    {"contextlib", "time", "threading", "queue", "concurrent.futures", "multiprocessing.pool"}
)
"""Modules whose import goes when nothing uses it any more."""


class Imports:
    """The imports of a script as they become, and the names of what they import."""

    def __init__(self, inference: Inference, notes: Notes) -> None:
        self.inference = inference
        self.script: Script = inference.script
        self.notes = notes
        self.modules: set[str] = set()
        self.names: dict[str, set[str]] = {}
        """What is imported from each module, as it is written there."""
        self.shared: bool = self._uses_other_libraries()
        self.place: cst.CSTNode | None = None
        """The statement of the script in which the old SDK was first imported."""

    def _uses_other_libraries(self) -> bool:
        """Tell a script that uses another library for Azure, which raises the same errors."""
        known = (*self.script.imports.values(), *self.script.imported_all)
        return any(
            each.startswith("azure.")
            and not (_is_old(each) or _is_error(each) or each in knowledge.ERROR_PACKAGES)
            for each in known
        )

    def is_place(self, statement: cst.CSTNode) -> bool:
        """Tell a statement in which the old SDK is imported."""

        class Finder(cst.CSTVisitor):
            found = False

            def visit_Import(self, node: cst.Import) -> None:
                self.found |= any(_is_old(dotted(each.name)) for each in node.names)

            def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
                self.found |= dotted(node.module) in knowledge.ERROR_PACKAGES or _is_old(dotted(node.module))

        finder = Finder()
        statement.visit(finder)
        return finder.found

    def use(self, name: str) -> cst.Name | cst.Attribute:
        """Return a name of a module, which is imported."""
        self.modules.add(name.partition(".")[0])
        return building.name(name)

    def imported(self, name: str, source: str, alias: str = "") -> str:
        """Import a name of asyncsm, and return what it is called here."""
        self.names.setdefault(source, set()).add(f"{name} as {alias}" if alias and alias != name else name)
        return alias or name

    # Names.

    def renamed(self, node: cst.Name | cst.Attribute) -> cst.Name | cst.Attribute | None:
        """Return what a name of the old SDK is written as, ``None`` for any other name."""
        whole = dotted(node)
        first = whole.partition(".")[0]
        if not first or self.script.scope_of[node].home(first) is not None:
            return None
        if first not in self.script.imports:
            return self._from_all(whole)
        old = self.script.imports[first] + whole[len(first) :]
        if first == whole and asname_kept(self.script.imports, first):
            return None
        if not (_is_old(old) or _is_error(old)):
            return None
        new = self._new_name(old)
        if new is None:
            return None
        if isinstance(node, cst.Name):
            return cst.Name(new)
        self.modules.add("asyncsm")
        home = knowledge.home_of(new)
        return building.name(f"{home}.{new}") if home else None

    def _from_all(self, name: str) -> cst.Name | None:
        packages = set(self.script.imported_all)
        home = knowledge.home_of(name)
        error = name in knowledge.error_names()
        if home is None or not (
            any(map(_is_old, packages)) or (error and packages & set(knowledge.ERROR_PACKAGES))
        ):
            return None
        new = knowledge.error_names().get(name, name)
        return cst.Name(self.imported(new, home))

    def _new_name(self, old: str) -> str | None:
        last = old.rpartition(".")[2]
        new = knowledge.error_names().get(last, last)
        taken = new != last and new in self.script.top.names()
        return last if taken else new if knowledge.home_of(last) else None

    def caught(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        """Return the errors to catch where those of the old SDK were caught."""
        found: list[cst.BaseExpression] = []
        for old, new in zip(_parts(original), _parts(updated), strict=True):
            found.append(new)
            name = self._old_error(old)
            if name == knowledge.ASYNCHRONOUS:
                found.append(self._beside(new, knowledge.TOO_LATE))
            elif name and self.shared:
                found.append(old)
        if len(found) == len(_parts(original)):
            return updated
        return cst.Tuple([cst.Element(each) for each in found])

    def _beside(self, new: cst.BaseExpression, name: str) -> cst.BaseExpression:
        """Return another error, written as the one beside it."""
        if isinstance(new, cst.Attribute):
            return cst.Attribute(value=new.value, attr=cst.Name(name))
        return cst.Name(self.imported(name, "asyncsm"))

    def _old_error(self, node: cst.BaseExpression) -> str:
        """Return the last part of the name of an error of the old SDK; the empty text for any other."""
        whole = dotted(node)
        first = whole.partition(".")[0]
        old = self.script.imports.get(first, first) + whole[len(first) :]
        last = old.rpartition(".")[2]
        return last if last in knowledge.error_names() and first else ""

    # Statements.

    def left(self, node: cst.Import) -> cst.Import | cst.RemovalSentinel:
        """Return what is left of an import, taking out what comes from asyncsm now."""
        kept = [
            each
            for each in node.names
            if not _is_old(dotted(each.name)) and dotted(each.name) not in knowledge.ERROR_PACKAGES
        ]
        if len(kept) == len(node.names):
            return node
        return _with_names(node, kept)

    def left_from(self, node: cst.ImportFrom) -> cst.ImportFrom | cst.RemovalSentinel:
        """Return what is left of an import of single names."""
        module = dotted(node.module)
        if module not in knowledge.ERROR_PACKAGES and not _is_old(module):
            return node
        if isinstance(node.names, cst.ImportStar):
            return node if self.shared and not _is_old(module) else cst.RemoveFromParent()
        kept = [each for each in node.names if not self._take(module, dotted(each.name), asname(each))]
        if len(kept) == len(node.names):
            return node
        return _with_names(node, kept)

    def _take(self, module: str, name: str, alias: str) -> bool:
        """Import a name from asyncsm if it comes from there now."""
        whole = f"{module}.{name}"
        if whole == knowledge.OLD_PACKAGE:
            return True
        home = knowledge.home_of(name)
        if not (_is_old(whole) or _is_error(whole)):
            return False
        if home is None:
            self.notes.mark(self.place or self.script.module, f"asyncsm has no {name}")
            return False
        self.imported(self._new_name(whole) or name, home, alias)
        return not (self.shared and _is_error(whole))

    def written(self) -> list[cst.BaseStatement]:
        """Return the imports from asyncsm."""
        lines = [f"import {each}\n" for each in sorted(self.modules & {"asyncsm"})]
        for module, names in sorted(self.names.items()):
            line = f"from {module} import {', '.join(sorted(names))}\n"
            if len(line) > 100:
                line = (
                    f"from {module} import (\n" + "".join(f"    {each},\n" for each in sorted(names)) + ")\n"
                )
            lines.append(line)
        return [building.statement(each) for each in lines]

    def completed(self, module: cst.Module) -> cst.Module:
        """Return a script that imports what it uses, and nothing that it used before only."""
        used = _used(module)
        body = list(module.body)
        wanted = sorted(self.modules - {"asyncsm"} - set(self.script.imports))
        at = next((at for at, each in enumerate(body) if _is_import(each)), 0)
        new = [building.statement(f"import {each}\n") for each in wanted]
        if new and at < len(body):
            new[0] = new[0].with_changes(leading_lines=getattr(body[at], "leading_lines", ()))
            body[at] = body[at].with_changes(leading_lines=[])
        kept = [each for each in (*body[:at], *new, *body[at:]) if not self._is_idle(each, used)]
        return module.with_changes(body=kept)

    def _is_idle(self, statement: cst.CSTNode, used: set[str]) -> bool:
        match statement:
            case cst.SimpleStatementLine(body=[cst.Import(names=[alias])]):
                name = dotted(alias.name)
                return name in LEFT_OVER and (asname(alias) or name.partition(".")[0]) not in used
            case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module, names=names)]) if not isinstance(
                names, cst.ImportStar
            ):
                known = [asname(each) or dotted(each.name) for each in names]
                return dotted(module) in LEFT_OVER and used.isdisjoint(known)
            case _:
                return False


def asname_kept(imports: dict[str, str], name: str) -> bool:
    """Tell a name that an import gave, so that its uses stay."""
    return imports[name].rpartition(".")[2] != name


def _is_old(name: str) -> bool:
    return name == knowledge.OLD_PACKAGE or name.startswith(f"{knowledge.OLD_PACKAGE}.")


def _is_error(name: str) -> bool:
    package, _, last = name.rpartition(".")
    return package in knowledge.ERROR_PACKAGES and last in knowledge.error_names()


def _parts(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [each.value for each in node.elements] if isinstance(node, cst.Tuple) else [node]


def _with_names(node: Import, kept: Sequence[cst.ImportAlias]) -> Import | cst.RemovalSentinel:
    if not kept:
        return cst.RemoveFromParent()
    last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(names=[*kept[:-1], last])


def _is_import(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Import()]):
            return True
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=module)]):
            return dotted(module) != "__future__"
        case _:
            return False


def _used(module: cst.Module) -> set[str]:
    class Names(cst.CSTVisitor):
        def __init__(self) -> None:
            super().__init__()
            self.found: set[str] = set()

        def visit_Import(self, node: cst.Import) -> bool:
            return False

        def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
            return False

        def visit_Name(self, node: cst.Name) -> None:
            self.found.add(node.value)

    names = Names()
    module.visit(names)
    return names.found
