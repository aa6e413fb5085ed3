"""Questions with known answers: a solver that gets one of them wrong is not asked anything else."""

import sys

from check import Cvc5, Z3

CANARIES = [
    ("a wildcard matches across slashes and line breaks", "sat", r"""
(assert (= x "a/b\u{a}c"))
(assert (str.in_re x (re.++ (str.to_re "a") re.all (str.to_re "c"))))"""),
    ("a question mark is one character", "unsat", r"""
(assert (str.in_re x (re.++ (str.to_re "a") re.allchar)))
(assert (not (= (str.len x) 2)))"""),
    ("a literal ends where it ends", "unsat", r"""
(assert (= x "a""b\u{5c}n"))
(assert (not (= (str.len x) 5)))"""),
    ("an escape is one character", "unsat", r"""
(assert (= x "\u{e9}"))
(assert (not (= (str.len x) 1)))"""),
    ("a prefix is not the whole", "sat", r"""
(assert (str.in_re x (re.++ (str.to_re "5f6b") re.all)))
(assert (not (= x "5f6b2c1e")))"""),
    ("twelve digits", "unsat", r"""
(assert (str.in_re x ((_ re.^ 12) (re.range "0" "9"))))
(assert (str.in_re x (re.++ re.all (str.to_re "a") re.all)))"""),
    ("an absent key does not match", "unsat", r"""
(assert (and p (= x "a")))
(assert (not p))"""),
]


def run():
    for solver in (Z3(), Cvc5()):
        for name, expected, text in CANARIES:
            script = f"(set-logic QF_SLIA)\n(declare-const x String)\n(declare-const p Bool)\n{text}\n(check-sat)\n"
            answers = solver.ask(script, 1, 10, 20)
            if answers != [expected]:
                sys.exit(f"{solver.version()} fails the canary `{name}`: {answers[0]} instead of {expected}")
        solver.close()
    print(f"{len(CANARIES)} canaries answered", flush=True)
