"""Graph of nodes to a program of numexpr's machine.

numexpr's own front end walks the graph as a tree, many times and recursively: what is used twice is compiled twice,
and a sum of two hundred bands takes a third of a second. Ours takes each node once. The machine checks every program
that it is given, whoever wrote it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from numexpr import interpreter

from bandstand.compute.expression.library import Value
from bandstand.errors import InvalidProgram

_REGISTERS = 255
"""A register is one byte, and 255 means none."""
_MOST_INPUTS = 60
"""numexpr takes 63 arrays."""
_CODES = {"double": "d", "bool": "b"}


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a machine is made from."""

    signature: bytes
    """Types of the inputs, a letter each."""
    temporaries: bytes
    program: bytes
    constants: tuple[float | bool, ...]
    inputs: tuple[str, ...]
    """Names of the arrays."""


class _Operation:
    """One step: what it is called, what it takes, and who takes its result last."""

    __slots__ = ("code", "last", "name", "takes")

    def __init__(self, name: str, code: str, takes: tuple[int, ...]) -> None:
        self.name, self.code, self.takes = name, code, takes
        self.last = -1


def assemble(root: Value) -> Assembly:
    """Number the parts of a graph and write its program.

    Raises:
        InvalidProgram: It has more parts than the machine has registers.
    """
    names: dict[str, str] = {}
    constants: dict[tuple[str, str], float | bool] = {}
    operations: list[_Operation] = []
    slots = _gather(root, names, constants, operations)
    for place, operation in enumerate(operations):
        for slot in operation.takes:
            if slot >= 0:
                operations[slot].last = place
    # Inputs and constants were numbered from -1 and -1001 downwards while their count was unknown.
    first_constant, first_temporary = 1 + len(names), 1 + len(names) + len(constants)
    registers = {-1 - i: 1 + i for i in range(len(names))}
    registers |= {-1001 - i: first_constant + i for i in range(len(constants))}
    if slots < 0:
        operations.append(_Operation("copy", _CODES[root.astKind], (slots,)))
    temporaries = _allocate(operations, registers, first_temporary)
    if first_temporary + len(temporaries) > _REGISTERS or len(names) > _MOST_INPUTS:
        raise InvalidProgram("expression too complex: too many different numbers and parts; use several requests")
    kinds = list(names.values())
    codes = {place: operation.code for place, operation in enumerate(operations)}
    codes |= {-1 - i: kind for i, kind in enumerate(kinds)}
    codes |= {-1001 - i: kind for i, (kind, _) in enumerate(constants)}
    program = b"".join(_encode(place, operation, registers, codes) for place, operation in enumerate(operations))
    return Assembly("".join(kinds).encode(), temporaries.encode(), program, tuple(constants.values()), tuple(names))


def _gather(
    root: Value,
    names: dict[str, str],
    constants: dict[tuple[str, str], float | bool],
    operations: list[_Operation],
) -> int:
    """Fill the tables, equal parts once; returns the slot of the root."""
    slots: dict[int, int] = {}
    known: dict[object, int] = {}
    for node in _climb(root):
        code = _CODES[node.astKind]
        if node.astType == "variable":
            names.setdefault(node.value, code)
            slot = -1 - list(names).index(node.value)
        elif node.astType == "constant":
            value = bool(node.value) if code == "b" else float(node.value)
            constants.setdefault((code, repr(value)), value)
            slot = -1001 - list(constants).index((code, repr(value)))
        else:
            takes = tuple(slots[id(child)] for child in node.children)
            key = (node.value, code, takes)
            if key not in known:
                known[key] = len(operations)
                operations.append(_Operation(node.value, code, takes))
            slot = known[key]
        slots[id(node)] = slot
    return slots[id(root)]


def _climb(root: Value) -> Iterator[Value]:
    done: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        below = [] if id(node) in done else [child for child in node.children if id(child) not in done]
        if below:
            waiting.extend(reversed(below))
            continue
        waiting.pop()
        if id(node) not in done:
            done.add(id(node))
            yield node


def _allocate(operations: list[_Operation], registers: dict[int, int], first: int) -> str:
    """Give each result a register, used again after its last use; the last result is the output, register 0."""
    free: dict[str, list[int]] = {"d": [], "b": []}
    signature = ""
    for place, operation in enumerate(operations):
        for slot in dict.fromkeys(operation.takes):
            if slot >= 0 and operations[slot].last == place:
                free[operations[slot].code].append(registers[slot])
        if place == len(operations) - 1:
            registers[place] = 0
        elif free[operation.code]:
            registers[place] = free[operation.code].pop()
        else:
            registers[place] = first + len(signature)
            signature += operation.code
    return signature


def _encode(place: int, operation: _Operation, registers: dict[int, int], codes: dict[int, str]) -> bytes:
    signature = operation.code + "".join(codes[slot] for slot in operation.takes)
    name = f"{operation.name}_{signature}".encode()
    arguments = [registers[slot] for slot in operation.takes]
    if name not in interpreter.opcodes:
        arguments.append(interpreter.funccodes[name])
        name = f"func_{signature}n".encode()
    words = [interpreter.opcodes[name], registers[place], *arguments]
    if len(words) > 4:  # what does not fit into four bytes follows in a step that does nothing
        words.insert(4, interpreter.opcodes[b"noop"])
    return bytes(words + [255] * (-len(words) % 4))
