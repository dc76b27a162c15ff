# SPDX-License-Identifier: GPL-2.0-only
#
# The words of the specification, as terms of the solver.

from collections import namedtuple

import claripy

# A verdict, as the entries of the target encode it.
OK, EINVAL, ENOMSG = 0, 1, 2
EACCES, EXDEV = 1, 2
NO = claripy.false()

REFER = 1 << 13
ALL = (1 << 17) - 1

# What a layer handles: 32 bits each.
Layer = namedtuple("Layer", "fs net scope")
# What a rule says in one layer.
Grant = namedtuple("Grant", "rights quiet")
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
