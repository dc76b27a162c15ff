# SPDX-License-Identifier: GPL-2.0-only
#
# Executes the compiled policy with inputs that are symbols, and compares each
# path with the specification (spec.py): prove.py quick|whole PROOF=LIBRARY...
# (or prove.py list).
# Prints a line of JSON for each: a counterexample, or none if the proof holds.

import itertools
import json
import logging
import sys
import time
from collections import namedtuple

logging.disable(logging.CRITICAL)

import angr
import claripy

import spec
from terms import ALL, FS_COUNT, NET_COUNT, SCOPE_COUNT, File, Grant, Layer, OK, when

END = 0xDEAD0000
DATA = 0x500000


class Code:
    """The library, its paths, and the first input that is answered wrongly."""

    def __init__(self, path):
        self.project = angr.Project(path, auto_load_libs=False)
        self.paths = 0
        self.called = ""

    def call(self, entry, *arguments):
        """Calls an entry; yields a state at the end of each path.

        An argument is a term or an integer in a register, or a list of terms in memory."""
        values = []
        shown = [str(argument) if isinstance(argument, int) else ".." for argument in arguments]
        self.called = f"{entry}({', '.join(shown)})"
        address = DATA
        stores = []
        for argument in arguments:
            if isinstance(argument, list):
                values.append(address)
                for word in argument:
                    stores.append((address, word))
                    address += len(word) // 8
                address = (address + 63) // 64 * 64
            else:
                values.append(argument)
        options = {
            angr.options.ZERO_FILL_UNCONSTRAINED_MEMORY,
            angr.options.ZERO_FILL_UNCONSTRAINED_REGISTERS,
        }
        function = self.project.loader.find_symbol(entry).rebased_addr
        state = self.project.factory.call_state(function, *values, ret_addr=END, add_options=options)
        for address, word in stores:
            state.memory.store(address, word, endness="Iend_LE")
        manager = self.project.factory.simulation_manager(state)
        manager.explore(find=END, num_find=1 << 30)
        if manager.errored or not manager.found or any(manager.stashes[s] for s in ("unconstrained", "active")):
            raise RuntimeError(f"{entry}: a path was lost: {manager} {manager.errored[:1]}")
        self.paths += len(manager.found)
        return manager.found

    def check(self, states, inputs, answer, expected):
        """Compares answers with what is expected; raises a counterexample."""
        for state in states:
            said = answer(state)
            state.solver.add(said != expected)
            if state.solver.satisfiable():
                raise Counterexample(self.called, state, inputs, said, expected)


class Counterexample(Exception):
    """An input that is answered wrongly, in words. Inputs that are zero are left out."""

    def __init__(self, called, state, inputs, said, expected):
        self.text = [called]
        terms = dict(inputs) | {"the code says": said, "it must say": expected}
        for name, value in terms.items():
            number = state.solver.eval(value)
            state.solver.add(value == number)
            if number or name not in inputs:
                self.text.append(f"{name} = {number:#x}")


def rax(state):
    return state.regs.rax


def allowed(state):
    return state.regs.rax != 0


# Inputs: symbols for layers and rules, and how the target takes them.


class Inputs(dict):
    def bits(self, name, width, of=32):
        self[name] = claripy.BVS(name, width, explicit_name=True)
        return self[name].zero_extend(of - width)

    def truth(self, name):
        return self.bits(name, 1) != 0

    def layers(self, count):
        return [
            Layer(
                self.bits(f"fs of {i}", FS_COUNT),
                self.bits(f"net of {i}", NET_COUNT),
                self.bits(f"scope of {i}", SCOPE_COUNT),
            )
            for i in range(count)
        ]

    def rules(self, name, count, layers):
        return [
            [
                Grant(self.bits(f"{name} {r} in {i}", FS_COUNT), self.truth(f"{name} {r} is quiet in {i}"))
                for i in range(layers)
            ]
            for r in range(count)
        ]

    def stopping(self, name, count, layers):
        return [
            [g._replace(stops=self.truth(f"{name} {r} stops in {i}")) for i, g in enumerate(rule)]
            for r, rule in enumerate(self.rules(name, count, layers))
        ]


def handled(layers):
    return [claripy.Concat(l.scope[15:0], l.net[15:0], l.fs) for l in layers]


def words(rules):
    nothing = Grant(claripy.BVV(0, 32), claripy.false())
    packed = []
    for rule in rules:
        marks = [when(g.quiet, 1 << 31, 0) | when(g.stops, 1 << 30, 0) for g in rule]
        halves = [g.rights | m for g, m in zip(rule, marks)] + [nothing.rights] * (16 - len(rule))
        packed += [claripy.Concat(halves[i + 1], halves[i]) for i in range(0, 16, 2)]
    return packed or [claripy.BVV(0, 64)]


def wide(value):
    return value.zero_extend(64 - len(value))


def flag(truth):
    return claripy.If(truth, claripy.BVV(1, 64), claripy.BVV(0, 64))


# Proofs. Each one takes the library and a bound.


def deciding(code, layers, rules):
    for entry, specified, width in (
        ("allows_file", spec.allows_file, FS_COUNT),
        ("allows_port", spec.allows_port, NET_COUNT),
    ):
        for count in layers:
            inputs = Inputs()
            stack, met = inputs.layers(count), inputs.rules("rule", rules, count)
            requested = inputs.bits("requested", width)
            ends = code.call(entry, handled(stack), count, wide(requested), words(met), rules)
            code.check(ends, inputs, allowed, specified(stack, requested, met))


def blaming(code, layers, rules):
    for count in layers:
        inputs = Inputs()
        stack, met = inputs.layers(count), inputs.rules("rule", rules, count)
        requested = inputs.bits("requested", FS_COUNT)
        for common in range(count + 1):
            ends = code.call("blames_file", handled(stack), count, wide(requested), words(met), rules, common)
            code.check(ends, inputs, rax, spec.blames_file(stack, requested, met, common))


def scopes(code, layers):
    for count in layers:
        inputs = Inputs()
        stack, common = inputs.layers(count), inputs.bits("common", 64, 64)
        for is_signal in (0, 1):
            ends = code.call("limits", handled(stack), count, is_signal, common)
            expected = spec.limits(stack, 1 << is_signal, common)
            code.check(ends, inputs, rax, wide(expected))


def opening(code, layers, rules):
    for count in layers:
        inputs = Inputs()
        stack, met = inputs.layers(count), inputs.rules("rule", rules, count)
        requested = inputs.bits("requested", FS_COUNT)
        for is_truncate, right in ((1, 1 << 14), (0, 1 << 15)):
            ends = code.call("remembers", handled(stack), count, wide(requested), words(met), rules, is_truncate)
            code.check(ends, inputs, rax, spec.remembers(stack, requested, met, right))


def early(code, layers, met, elsewhere):
    for count in layers:
        inputs = Inputs()
        stack, rules = inputs.layers(count), inputs.rules("rule", met, count)
        others = inputs.rules("other rule", elsewhere, count)
        required, optional = inputs.bits("required", FS_COUNT), inputs.bits("optional", FS_COUNT)
        for is_truncate, right in ((1, 1 << 14), (0, 1 << 15)):
            request = [wide(required), wide(optional), claripy.BVV(is_truncate, 64)]
            ends = code.call("decides", handled(stack), count, request, words(rules + others), met + elsewhere, met)
            code.check(ends, inputs, rax, spec.decides(stack, required, optional, rules, others, right))


def modes(code, layers, rules):
    for count in layers:
        inputs = Inputs()
        stack, met = inputs.layers(count), inputs.rules("rule", rules, count)
        required, optional = inputs.bits("required", FS_COUNT), inputs.bits("optional", FS_COUNT)
        permissive = inputs.bits("permissive", count, 64)
        for is_truncate, right in ((1, 1 << 14), (0, 1 << 15)):
            request = [wide(required), wide(optional), claripy.BVV(is_truncate, 64), permissive]
            ends = code.call("permits", handled(stack), count, request, words(met), rules)
            code.check(ends, inputs, rax, spec.permits(stack, permissive, required, optional, met, right))


def stopping(code, layers, rules):
    for count in layers:
        inputs = Inputs()
        stack, met = inputs.layers(count), inputs.stopping("rule", rules, count)
        requested = inputs.bits("requested", FS_COUNT)
        ends = code.call("stops", handled(stack), count, wide(requested), words(met), rules)
        code.check(ends, inputs, rax, spec.stops(stack, requested, met))


def moving(code, layers, rules, kinds):
    renaming(code, layers, rules, kinds, is_stopping=True)


def renaming(code, layers, rules, kinds, is_stopping=False):
    below, above = rules
    for count, (moved_dir, swapped_dir) in itertools.product(layers, kinds):
        inputs = Inputs()
        stack = inputs.layers(count)
        some = inputs.stopping if is_stopping else inputs.rules
        parts = [some(n, k, count) for n, k in zip(("source", "destination", "above"), (below, below, above))]
        files = some("file", 2, count)
        required = [inputs.bits("required of source", FS_COUNT), inputs.bits("required of destination", FS_COUNT)]
        truths = (moved_dir, swapped_dir, swapped_dir is not None, is_stopping)
        rename = [wide(r) for r in required] + [claripy.BVV(int(bool(t)), 8) for t in truths]
        rename += [claripy.BVV(0, 32)] + words(files)
        rename += [claripy.BVV(n, 64) for n in (below, below, above)]
        rules_at = DATA + 64 * ((8 * count + 63) // 64) + 8 * 24
        rules_at = (rules_at + 63) // 64 * 64
        rename += [claripy.BVV(rules_at, 64)]
        ends = code.call("refers", handled(stack), count, rename, words(sum(parts, [])))
        swapped = None if swapped_dir is None else File(swapped_dir, files[1])
        refers = spec.refers_stopping if is_stopping else spec.refers
        expected = refers(stack, required, File(moved_dir, files[0]), swapped, *parts)
        code.check(ends, inputs, rax, wide(expected))


def required(code, actions, new_types):
    inputs = Inputs()
    for action, old, new in itertools.product(actions, range(8), new_types):
        ends = code.call("requires", action, old, 8 if new is None else new)
        source, destination = spec.requires(action, old, new)
        code.check(ends, inputs, rax, claripy.BVV(source << 32 | destination, 64))


def logging_denials(code, layers):
    for layer, kind in itertools.product(layers, range(6)):
        inputs = Inputs()
        flags, own = inputs.bits("flags", 5), inputs.bits("own layers", 16)
        muted, object_quiet = inputs.bits("muted", 1), inputs.bits("object is quiet", 1)
        quiet = inputs.layers(1)[0]
        missing = inputs.bits("missing", NET_COUNT if kind == spec.NET else FS_COUNT)
        arguments = [flags, muted, own, layer, handled([quiet])[0], kind]
        stack = [wide(missing), wide(object_quiet)]
        ends = code.call("logs", *[a if isinstance(a, int) else wide(a) for a in arguments + stack])
        is_own = own >> layer & 1 != 0
        expected = spec.logs(flags, muted != 0, is_own, quiet, kind, missing, object_quiet != 0)
        code.check(ends, inputs, allowed, expected)


def out(state, index):
    return state.memory.load(OUT + 8 * index, 8, endness="Iend_LE")


OUT = 0x700000


def answers(code, ends, inputs, verdict, values):
    """The verdict, and what is written if it is good."""
    code.check([end.copy() for end in ends], inputs, rax, wide(verdict))
    for end in ends:
        end.solver.add(end.regs.rax == OK)
    for index, value in enumerate(values):
        good = [end.copy() for end in ends if end.solver.satisfiable()]
        code.check(good, inputs, lambda state: out(state, index), value)


def parsing(code):
    inputs = Inputs()
    names = ("fs", "net", "scope", "quiet fs", "quiet net", "quiet scope")
    members = [inputs.bits(name, 64, 64) for name in names]
    packed = [claripy.Concat(c[15:0], b[15:0], a[31:0]) for a, b, c in (members[:3], members[3:])]
    ends = code.call("parses_ruleset", members, OUT)
    answers(code, ends, inputs, spec.parses_ruleset(members[:3], members[3:]), packed)

    for entry, width, sizes in (("parses_path", FS_COUNT, 32), ("parses_port", NET_COUNT, 64)):
        inputs = Inputs()
        rights, rest = inputs.bits("allowed", 64, 64), inputs.bits("rest", sizes, sizes)
        of_ruleset, quiet = inputs.bits("handled", width, 64), inputs.bits("quiet", 1, 64)
        ends = code.call(entry, [rights, rest], of_ruleset, quiet, OUT)
        if entry == "parses_path":
            verdict = spec.parses_rights(rights, of_ruleset, quiet != 0)
        else:
            verdict = spec.parses_port(rights, rest, of_ruleset, quiet != 0)
        answers(code, ends, inputs, verdict, [rights, wide(rest)])

    inputs = Inputs()
    flags, has_attr, size = inputs.bits("flags", 32), inputs.bits("attr", 1), inputs.bits("size", 64, 64)
    ends = code.call("parses_query", wide(flags), wide(has_attr), size, OUT)
    answers(code, ends, inputs, spec.parses_query(flags, has_attr != 0, size), [wide(flags)])

    inputs = Inputs()
    kind, flags, may = inputs.bits("kind", 32), inputs.bits("flags", 32), inputs.bits("may", 1)
    ends = code.call("parses_rule", wide(kind), wide(flags), wide(may), OUT)
    answers(code, ends, inputs, spec.parses_rule(kind, flags, may != 0), [wide(kind), wide(flags)])

    inputs = Inputs()
    fd, flags = inputs.bits("fd", 32), inputs.bits("flags", 32)
    ends = code.call("parses_restrict", wide(fd), wide(flags), OUT)
    answers(code, ends, inputs, spec.parses_restrict(fd, flags), [flag(spec.has_ruleset(fd, flags)), wide(flags)])


# What each proof says, and its bounds: the quick one and the whole one, with
# the words for them.
DIR, FILE, NONE = True, False, None
KINDS = [(m, s) for m in (DIR, FILE) for s in (NONE, DIR, FILE)]
Proof = namedtuple("Proof", "prove says quick whole")
Bound = namedtuple("Bound", "words arguments", defaults=[()])
PROOFS = {
    "deciding": Proof(
        deciding,
        "a request is allowed if rules grant all that each layer denies of it",
        Bound("1 to 3 layers, 2 rules", ([1, 2, 3], 2)),
        Bound("1 to 16 layers, 8 rules", (range(1, 17), 8)),
    ),
    "blaming": Proof(
        blaming,
        "the youngest layer that denies is to blame for what it denies itself",
        Bound("3 layers, any of them in common, 1 rule", ([3], 1)),
        Bound("1, 2, 3 and 16 layers, any of them in common, 2 rules", ([1, 2, 3, 16], 2)),
    ),
    "scopes": Proof(
        scopes,
        "the youngest layer that limits, and that the other side is not in, denies",
        Bound("1 and 3 layers", ([1, 3],)),
        Bound("1 to 16 layers", (range(1, 17),)),
    ),
    "opening": Proof(
        opening,
        "an open file remembers of each later right who denies it",
        Bound("3 layers, 1 rule", ([3], 1)),
        Bound("1, 2, 3 and 16 layers, 2 rules", ([1, 2, 3, 16], 2)),
    ),
    "early": Proof(
        early,
        "what is known before a walk, and one word on the way, give the same verdict",
        Bound("1 and 3 layers, 1 rule on the way and 1 elsewhere", ([1, 3], 1, 1)),
        Bound("1 to 5 layers, 2 rules on the way and 1 elsewhere", (range(1, 6), 2, 1)),
    ),
    "modes": Proof(
        modes,
        "a permissive layer denies nothing, and is blamed if no other layer denies",
        Bound("1 and 2 layers, without rules", ([1, 2], 0)),
        Bound("1 to 3 layers, 1 rule", ([1, 2, 3], 1)),
    ),
    "renaming": Proof(
        renaming,
        "a file changes its directory if that is granted and gains it nothing",
        Bound("1 layer, 1 rule on each side and above", ([1], (1, 1), [(DIR, NONE)])),
        Bound("1 to 3 layers, 1 rule on each side and above", ([1, 2, 3], (1, 1), KINDS)),
    ),
    "stopping": Proof(
        stopping,
        "in each layer, rules count up to the first that lets nothing be inherited",
        Bound("1 and 3 layers, 2 rules", ([1, 3], 2)),
        Bound("1 to 16 layers, 3 rules", (range(1, 17), 3)),
    ),
    "moving": Proof(
        moving,
        "a file does not gain by a move what it did not inherit",
        Bound("1 layer, 1 rule on each side and above", ([1], (1, 1), [(DIR, NONE)])),
        Bound("1 and 2 layers, 1 rule on each side and above", ([1, 2], (1, 1), KINDS)),
    ),
    "required": Proof(
        required,
        "a rename needs to remove and to make names, by the types of both files",
        Bound("exchanges with a directory and with a whiteout", ([spec.EXCHANGE], [0, 6])),
        Bound("all actions and types", (range(4), [*range(8), None])),
    ),
    "logging": Proof(
        logging_denials,
        "a denial is logged if the layer hears of the program and it is not quiet",
        Bound("the oldest and the youngest layer", ([0, 15],)),
        Bound("each of 16 layers", (range(16),)),
    ),
    "parsing": Proof(
        parsing,
        "arguments are taken, or refused with the right error",
        Bound("all bits"),
        Bound("all bits"),
    ),
}


def run(name, is_quick, library):
    """Returns the result of a proof: whether it holds, or a counterexample."""
    proof = PROOFS[name]
    bound = proof.quick if is_quick else proof.whole
    code = Code(library)
    started = time.monotonic()
    result = {"name": name, "says": proof.says, "bound": bound.words, "counterexample": None}
    try:
        proof.prove(code, *bound.arguments)
    except Counterexample as found:
        result["counterexample"] = found.text
    result["paths"] = code.paths
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def main():
    bound, *jobs = sys.argv[1:]
    if bound == "list":
        print(*PROOFS)
    for job in jobs:
        name, library = job.split("=", 1)
        print(json.dumps(run(name, bound == "quick", library)), flush=True)


main()
