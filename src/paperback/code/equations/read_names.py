"""Symbols of the notation in LaTeX: scalars, elements of tensors, functions of whole tensors."""

from dataclasses import dataclass, field

from paperback.code.equations.form import (
    Add,
    Apply,
    Call,
    Cat,
    El,
    Expr,
    Lam,
    Mul,
    Red,
    Sym,
    Var,
    fresh,
)
from paperback.code.equations.tokens import Cursor, Entry, LatexError


@dataclass(slots=True)
class Names(Cursor):
    """Reads what the notation names, with its indices.

    Attributes:
        names: Tokens of every symbol and what it stands for, the longest first.
        vector: Inside a norm, the index over which it sums and that elements leave out.
    """

    names: list[tuple[list[str], Entry]] = field(default_factory=list)
    vector: str = ""
    vector_size: Expr | None = None

    def sum(self) -> Expr:
        raise NotImplementedError

    def atom(self) -> Expr:
        raise NotImplementedError

    def symbol(self) -> Expr | None:
        for spelled, entry in self.names:
            if self.text[self.at : self.at + len(spelled)] == spelled:
                after = self.at + len(spelled)
                if self.text[after : after + 3] == ["_", "{", r"\mathrm"] and entry.kind == "scalar":
                    continue
                self.at = after
                return self.resolved(entry)
        return None

    def resolved(self, entry: Entry) -> Expr:
        if entry.kind == "scalar":
            return Sym(entry.key)
        if entry.kind == "tensor":
            return self.element(entry)
        if entry.kind == "operator":
            self.take("(")
            inner = self.sum()
            self.take(")")
            return Apply(entry.key, inner)
        self.take("(")
        args = [self.whole()]
        while self.peek() == ",":
            self.take()
            args.append(self.whole())
        self.take(")")
        return Call(entry.key, tuple(args), self.index(len(entry.sizes), entry.sizes))

    def element(self, entry: Entry) -> Expr:
        """An element; two vectors with a transposition between them are an inner product."""
        start = self.at
        try:
            return El(entry.key, self.index(len(entry.sizes), entry.sizes))
        except LatexError:
            self.at = start
        before, self.vector = (self.vector, self.vector_size), fresh("dot")
        left = El(entry.key, self.index(len(entry.sizes), entry.sizes))
        for token in ("^", "{", r"\top", "}"):
            self.take(token)
        right = self.symbol()
        name = self.vector
        self.vector, self.vector_size = before
        if not isinstance(right, El) or left.index[-1] != Var(name) or right.index[-1] != Var(name):
            raise LatexError("an inner product of something that is no vector")
        return Red("sum", ((name, entry.sizes[-1]),), Mul((left, right)))

    def index(self, rank: int, sizes: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Indices in a subscript; inside a norm the last one may be missing."""
        found: list[Expr] = []
        if rank and self.peek() == "_":
            self.take()
            if self.peek() == "{":
                self.take()
                found = self.indices(rank)
                self.take("}")
            else:
                found = [self.atom()]
        if len(found) == rank - 1 and self.vector:
            self.vector_size = sizes[-1]
            found.append(Var(self.vector))
        if len(found) != rank:
            raise LatexError(f"{len(found)} indices where {rank} are needed")
        return tuple(found)

    def indices(self, rank: int) -> list[Expr]:
        found = [self.sum()]
        while self.peek() == ",":
            self.take()
            found.append(self.sum())
        if len(found) == 1 and isinstance(found[0], Mul) and rank > 1:
            return list(found[0].factors)
        return found

    def whole(self) -> Expr:
        """A whole tensor, or several joined along their last axis."""
        if self.peek() != "[":
            return self.plain_tensor()
        self.take()
        parts = [self.plain_tensor()]
        while self.peek() == ";":
            self.take()
            parts.append(self.plain_tensor())
        self.take("]")
        rank = len(parts[0].axes)
        axes = tuple(((fresh(), size),) for size in self.joined_sizes(parts))
        index = tuple(Var(axis[0][0]) for axis in axes)
        return Lam(axes, Cat(tuple(parts), rank - 1, index))

    def joined_sizes(self, parts: list[Lam]) -> list[Expr]:
        sizes = [axis[0][1] for axis in parts[0].axes]
        sizes[-1] = Add(tuple(part.axes[-1][0][1] for part in parts))
        return sizes

    def plain_tensor(self) -> Lam:
        entry = self.named_tensor()
        axes = tuple(((fresh(), size),) for size in entry.sizes)
        return Lam(axes, El(entry.key, tuple(Var(axis[0][0]) for axis in axes)))

    def named_tensor(self) -> Entry:
        for spelled, entry in self.names:
            if entry.kind == "tensor" and self.text[self.at : self.at + len(spelled)] == spelled:
                self.at += len(spelled)
                return entry
        raise LatexError(f"a tensor was expected at {self.peek()!r}")
