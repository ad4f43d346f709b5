"""Notes: what a conversion could not decide, as comments in the script and as a list."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from asyncsm.migrating.script import Script


@dataclass(frozen=True, order=True)
class Note:
    """Something to look at.

    Attributes:
        line: in the script as it was.
        text: what there is to look at, and why.
    """

    line: int
    text: str


@dataclass
class Notes:
    """The notes of a conversion as it goes on."""

    script: Script
    found: set[Note] = field(default_factory=set)
    _comments: dict[cst.CSTNode, list[str]] = field(default_factory=dict)

    def mark(self, node: cst.CSTNode, text: str) -> None:
        """Put a comment before the statement in which a node stands, and list it."""
        self.tell(node, text)
        for each in (node, *self.script.ancestors(node)):
            if isinstance(each, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                comments = self._comments.setdefault(each, [])
                if text not in comments:
                    comments.append(text)
                return

    def tell(self, node: cst.CSTNode, text: str) -> None:
        """List something that needs no comment."""
        self.found.add(Note(self.script.line(node), text))

    def written(self, original: cst.CSTNode, updated: cst.CSTNodeT) -> cst.CSTNodeT:
        """Return a statement with the comments that were made on it."""
        before: list[cst.EmptyLine] = list(getattr(updated, "leading_lines", ()))
        there = {each.comment.value for each in before if each.comment is not None}
        comments = [f"# asyncsm: {text}" for text in self._comments.get(original, ())]
        lines = [cst.EmptyLine(comment=cst.Comment(each)) for each in comments if each not in there]
        return updated.with_changes(leading_lines=[*before, *lines]) if lines else updated
