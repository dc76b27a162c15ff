# SPDX-License-Identifier: GPL-2.0-only
#
# What the policy must say: plain loops over layers and rules, made from the
# documentation of the user-space API and not from the code. Rights are sets of
# bits; `a & ~b` is what a has and b has not. A layer is what one ruleset
# handles: `fs`, `net`, `scope`. A rule is a list with, for each layer, what it
# grants (`rights`), whether it is quiet there, and whether it stops what is
# further up (`stops`). Rules come in their order, from the file up.

import claripy

from terms import ALL, EACCES, EINVAL, ENOMSG, EXDEV, NO, OK, REFER, Grant, any_of, blame, no_blame, when
from terms import FS_COUNT, NET_COUNT, SCOPE_COUNT, mask

# Rights on files that make sense on something other than a directory.
FILE = mask("fs", "FS_FILE")


# A layer that handles any right on files denies to refer as well.
def denies(layer):
    return when(layer.fs == 0, 0, layer.fs | REFER)


# What a layer denies of a request, once the rules are met.
def missing(index, denied, requested, rules):
    left = denied & requested
    for rule in rules:
        left = left & ~rule[index].rights
    return left


# The rules that count in each layer: those up to the first that stops. The others
# say nothing there.
def counting(rules):
    counted, stopped = [], None
    for rule in rules:
        stopped = stopped or [NO] * len(rule)
        said = [Grant(when(s, 0, g.rights), g.quiet & ~s) for g, s in zip(rule, stopped)]
        stopped = [s | g.stops for g, s in zip(rule, stopped)]
        counted.append(said)
    return counted


def stops(layers, requested, rules):
    return blames_file(layers, requested, counting(rules), 0)


# A request is allowed if no layer denies any of it.
def allows_file(layers, requested, rules):
    return ~any_of(missing(i, denies(layer), requested, rules) != 0 for i, layer in enumerate(layers))


def allows_port(layers, requested, rules):
    return ~any_of(missing(i, layer.net, requested, rules) != 0 for i, layer in enumerate(layers))


# The youngest layer that denies is to blame, for what it denies itself. Layers
# that the other side is in as well deny nothing. It is quiet if a quiet rule of
# that layer was met.
def blames_file(layers, requested, rules, common):
    verdict = no_blame()
    for i, layer in enumerate(layers):
        left = missing(i, denies(layer), requested, rules)
        quiet = any_of(rule[i].quiet for rule in rules)
        verdict = when((left != 0) & (i >= common), blame(i, left, quiet), verdict)
    return verdict


# Of an open file, a right that is needed later only is remembered as the same
# request for this right alone would be answered.
def remembers(layers, requested, rules, right):
    return blames_file(layers, requested & right, rules, 0)


# A request to open a file is answered in one word, unless some rule of the
# domain is quiet: who is to blame, or else whom the file remembers for `right`.
QUIET, LATER = 1 << 62, 1 << 61


def decides(layers, required, optional, met, elsewhere, right):
    quiet = any_of(grant.quiet for rule in met + elsewhere for grant in rule)
    denied = blames_file(layers, required, met, 0)
    later = remembers(layers, required | optional, met, right) | LATER
    return claripy.If(quiet, claripy.BVV(QUIET, 64), claripy.If(denied != 0, denied, later))


# Permissive layers deny nothing. One is only blamed, for what it would deny, if
# no other layer denies the request.
def blames_modes(layers, permissive, requested, rules):
    blamed = []
    for is_permissive in (0, 1):
        verdict = no_blame()
        for i, layer in enumerate(layers):
            left = missing(i, denies(layer), requested, rules)
            quiet = any_of(rule[i].quiet for rule in rules)
            of_mode = permissive[i:i] == is_permissive
            verdict = when((left != 0) & of_mode, blame(i, left, quiet), verdict)
        blamed.append(verdict)
    return claripy.If(blamed[0] != 0, *blamed)


def permits(layers, permissive, required, optional, met, right):
    denied = blames_modes(layers, permissive, required, met)
    later = blames_modes(layers, permissive, (required | optional) & right, met) | LATER
    return claripy.If(denied != 0, denied, later)


# No rule grants to signal or to connect to an abstract socket: the youngest
# layer which limits that and which the other side is not in denies.
def limits(layers, scope, common):
    verdict = 0
    for i, layer in enumerate(layers):
        verdict = when((layer.scope & scope != 0) & (i >= common), i + 1, verdict)
    return verdict


# A file may change its directory if both directories grant what is required,
# and it gains no right, in no layer. `source` and `destination` are the rules
# on the way up to their common root, `above` those from there on; before each
# of these, what only the comparison needs is forgotten once it has succeeded.
def refers(layers, required, moved, swapped, source, destination, above):
    required = [rights | REFER for rights in required]
    denied = [denies(layer) | REFER for layer in layers]
    sides = [[missing(i, denied[i], ALL, rules) for i in range(len(layers))] for rules in (source, destination)]
    compared = NO
    for rule in above:
        gains = gain(denied, sides[0], moved, sides[1])
        if swapped is not None:
            gains = gains | gain(denied, sides[1], swapped, sides[0])
        compared = compared | ~gains
        for side, needed in zip(sides, required):
            for i in range(len(layers)):
                side[i] = when(compared, side[i] & needed, side[i]) & ~rule[i].rights
    lacks = any_of(left & needed & ~REFER != 0 for side, needed in zip(sides, required) for left in side)
    return when(any_of(left != 0 for side in sides for left in side), when(lacks, EACCES, EXDEV), OK)


# The same with rules that stop what is further up, so that rules above count for
# one directory and not for the other: a gain is looked for in the end. A rule on
# the file that stops goes with it. A move is also allowed if nothing is left.
def refers_stopping(layers, required, moved, swapped, source, destination, above):
    required = [rights | REFER for rights in required]
    denied = [denies(layer) | REFER for layer in layers]
    ways = [counting(below + above) for below in (source, destination)]
    sides = [[missing(i, denied[i], ALL, rules) for i in range(len(layers))] for rules in ways]
    gains = gain(denied, sides[0], moved, sides[1])
    if swapped is not None:
        gains = gains | gain(denied, sides[1], swapped, sides[0])
    lacks = any_of(left & needed & ~REFER != 0 for side, needed in zip(sides, required) for left in side)
    refer = any_of(left & REFER != 0 for side in sides for left in side)
    left = any_of(left != 0 for side in sides for left in side)
    return when(left, when(lacks, EACCES, when(gains | refer, EXDEV, OK)), OK)


# A file gains a right that is denied of it where it is, by rules on it and on
# the directory, and would not be denied where it goes.
def gain(denied, here, file, there):
    usable = ALL if file.is_directory else FILE
    own = [when(g.stops, 0, denied[i] & ~g.rights) for i, g in enumerate(file.rule)]
    return any_of(here[i] & own[i] & ~there[i] & usable != 0 for i in range(len(denied)))


# What renames and links need of both directories: to remove a name in the one,
# to make one in the other. A whiteout counts as a regular file.
MAKE = [1 << 7, 1 << 8, 1 << 12, 1 << 10, 1 << 9, 1 << 11, 1 << 8, 1 << 6]
REMOVE = [1 << 4] + [1 << 5] * 7
LINK, RENAME, WHITEOUT, EXCHANGE = range(4)


def requires(action, old, new):
    source = 0 if action == LINK else REMOVE[old]
    destination = MAKE[old]
    if action != LINK and new is not None:
        destination |= REMOVE[new]
    if action == WHITEOUT:
        source |= MAKE[1]
    if action == EXCHANGE and new is not None:
        source |= MAKE[new]
    return source, destination


# A denial is logged if the layer wants to hear of the program: of its own
# unless that is off, of another one if that is on, of none if a layer before
# muted it. Quiet is what the layer calls quiet: scopes as such, rights if a
# quiet rule covers the object and all that is missing is quiet.
SAME_EXEC_OFF, NEW_EXEC_ON = 1, 2
PTRACE, TOPOLOGY, FS, NET, ABSTRACT, SIGNAL = range(6)


def logs(flags, muted, is_own, quiet, kind, missing, object_quiet):
    heard = when(is_own, flags & SAME_EXEC_OFF == 0, flags & NEW_EXEC_ON != 0)
    hushed = {
        PTRACE: NO,
        TOPOLOGY: NO,
        FS: object_quiet & (missing & ~quiet.fs == 0),
        NET: object_quiet & (missing & ~quiet.net == 0),
        ABSTRACT: quiet.scope & 1 != 0,
        SIGNAL: quiet.scope & 2 != 0,
    }[kind]
    return ~muted & heard & ~hushed


# The members of the structure are sets of known bits, first those that are
# handled and then those that are quiet, each of which has to be handled.
def parses_ruleset(handled, quiet):
    known = [(1 << count) - 1 for count in (FS_COUNT, NET_COUNT, SCOPE_COUNT)]
    unknown = any_of(bits & ~k != 0 for bits, k in zip(handled + quiet, known + known))
    stray = any_of(q & ~h != 0 for h, q in zip(handled, quiet))
    nothing = ~any_of(bits != 0 for bits in handled)
    return when(unknown | stray, EINVAL, when(nothing, ENOMSG, OK))


# A rule grants rights that the ruleset handles, and some unless it has a flag.
def parses_rights(allowed, handled, flagged):
    return when((allowed == 0) & ~flagged, ENOMSG, when(allowed & ~handled != 0, EINVAL, OK))


# Then a port has 16 bits.
def parses_port(allowed, port, handled, quiet):
    rights = parses_rights(allowed, handled, quiet)
    return when(rights != OK, rights, when(port > 0xFFFF, EINVAL, OK))


# Without flags a ruleset is asked for; 1 asks for the ABI version, 2 for the
# errata and the highest bit for extensions, without any attribute.
def parses_query(flags, has_attr, size):
    asks = ((flags == 1) | (flags == 2) | (flags == 1 << 31)) & ~has_attr & (size == 0)
    return when((flags == 0) | asks, OK, EINVAL)


# Rules are on paths (1) or ports (2), and may be quiet (1) where that can matter.
# Those on paths may stop what is further up (the highest bit).
def parses_rule(kind, flags, may_be_quiet):
    known = ((kind == 1) | (kind == 2)) & (flags & ~(1 << 31 | 1) == 0)
    quiet = (flags & 1 == 0) | may_be_quiet
    return when(known & quiet & ((flags >> 31 == 0) | (kind == 1)), OK, EINVAL)


# Five flags, and the highest one for permissive layers. No ruleset is needed to
# mute later domains (4), be it in all threads (8).
def parses_restrict(fd, flags):
    return when(flags & ~(1 << 31 | 31) != 0, EINVAL, OK)


def has_ruleset(fd, flags):
    return ~((fd == -1) & ((flags == 4) | (flags == 4 | 8)))
