# SPDX-License-Identifier: GPL-2.0-only
#
# The words of the specification, as terms of the solver.

import pathlib
import re
from collections import namedtuple

import claripy

# A verdict, as the entries of the target encode it.
OK, EINVAL, ENOMSG = 0, 1, 2
EACCES, EXDEV = 1, 2
NO = claripy.false()

# The names of the rights, in the order of their bits, as all tests have them.
UAPI = (pathlib.Path(__file__).parents[2] / "uapi/src/lib.rs").read_text()


def names(kind):
    """Reads the names of a kind of rights."""
    rights = re.search(rf"^    {kind}:\n((?:    \w+ = .*\n)+)", UAPI, re.MULTILINE)
    return re.findall(r"(\w+) = ", rights[1])


def mask(kind, name):
    """Reads a constant, which is a set of rights of a kind."""
    rights = re.search(rf"const {name}: u64 =([^;]*);", UAPI)[1]
    return sum(1 << names(kind).index(right) for right in re.findall(rf"{kind}::(\w+)", rights))


FS_COUNT, NET_COUNT, SCOPE_COUNT = (len(names(kind)) for kind in ("fs", "net", "scope"))
REFER = 1 << 13
ALL = (1 << FS_COUNT) - 1

# What a layer handles: 32 bits each.
Layer = namedtuple("Layer", "fs net scope")
# What a rule says in one layer.
Grant = namedtuple("Grant", "rights quiet stops", defaults=[claripy.false()])
# A file that is renamed.
File = namedtuple("File", "is_directory rule")


def term(value):
    """Makes a term of an integer or a truth value."""
    if isinstance(value, claripy.ast.Bool):
        return value
    return claripy.BVV(value, 32) if isinstance(value, int) else value


def when(condition, yes, no):
    """Returns `yes` where `condition` holds, and `no` elsewhere."""
    return claripy.If(condition, term(yes), term(no))


def any_of(conditions):
    """Returns whether one of `conditions` holds."""
    return claripy.Or(claripy.false(), *conditions)


def blame(layer, missing, quiet):
    """A layer is to blame: a mark, the layer, whether it is quiet, what is missing."""
    high = claripy.BVV(1 << 31 | layer << 8, 32) | when(quiet, 1, 0)
    return claripy.Concat(high, missing)


def no_blame():
    """Nobody is to blame."""
    return claripy.BVV(0, 64)
