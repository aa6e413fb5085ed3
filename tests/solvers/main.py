"""Our verdicts beside what z3 and cvc5 say of the certificates."""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys
import threading
import time

import canaries
from check import Cvc5, Refused, Z3

# A claim that we call proved is worth more patience than one that we have a counterexample for. Seconds a check.
PATIENCE = {"proved": 5.0, "refuted": 1.0, "unknown": 1.0, "none": 1.0}
# First the encodings on which each solver is quick.
ORDER = [
    ("cvc5", "vacuity"),
    ("z3", "vacuity"),
    ("z3", "whole"),
    ("cvc5", "parts"),
    ("z3", "parts"),
    ("cvc5", "whole"),
]
# Not asked about claims that we do not call proved.
LEFT_OUT = {("z3", "vacuity"), ("z3", "parts"), ("cvc5", "whole")}


def combined(answers):
    """One answer for a script: a request that breaks the claim through one statement breaks the claim."""
    if "sat" in answers:
        return "sat"
    return "unsat" if answers and all(answer == "unsat" for answer in answers) else "unknown"


class Runner:
    def __init__(self, patience):
        self.patience = patience
        self.local = threading.local()
        self.lock = threading.Lock()
        self.known = {}
        self.seconds = collections.Counter()
        self.scripts = 0

    def solvers(self):
        if not hasattr(self.local, "solvers"):
            self.local.solvers = [Z3(), Cvc5()]
        return self.local.solvers

    def ask(self, solver, script):
        # The header is no part of the question: random documents repeat themselves.
        body = script["text"][script["text"].index("(set-logic") :]
        key = (solver.name, hashlib.sha256(body.encode()).digest())
        if key in self.known:
            return self.known[key]
        seconds = (5.0 if script["claim"] == "rule" else PATIENCE[script["verdict"]]) * self.patience
        began = time.monotonic()
        checks = len(script["checks"])
        answers = solver.ask(script["text"], checks, seconds, whole=seconds * min(checks, 6) + 2)
        with self.lock:
            self.seconds[solver.name] += time.monotonic() - began
            self.scripts += 1
            self.known[key] = answers
        return answers

    def judge(self, scripts):
        """All scripts of one claim about one document."""
        verdict = Verdict(scripts[0])
        ours = scripts[0]["verdict"]
        by_part = {script["part"]: script for script in scripts}
        for name, part in ORDER:
            is_rule = scripts[0]["claim"] == "rule"
            if part not in by_part or (ours != "proved" and not is_rule and (name, part) in LEFT_OUT):
                continue
            script = by_part[part]
            solver = next(solver for solver in self.solvers() if solver.name == name)
            try:
                answers = self.ask(solver, script)
            except Refused as refused:
                verdict.faults.append(f"{name} on {part}: {refused}")
                continue
            if part == "vacuity":
                verdict.vacuity(name, answers, script["possible"])
                continue
            verdict.proofs[part, name] = combined(answers)
            verdict.answers[part, name] = answers
            # A counterexample is one, whatever the others find; only against a proof of ours all are heard.
            if combined(answers) == "sat" and (ours != "proved" or script["loosened"] or script["free"]):
                break
        if ours == "proved" and "sat" in verdict.proofs.values():
            verdict.needs_silence = not self.is_sat_for_users_and_roles(by_part)
        verdict.conclude()
        return verdict

    def is_sat_for_users_and_roles(self, by_part):
        """Whether a counterexample needs nothing of which AWS is silent: its caller is a user or a role, of whom AWS tells every
        key, and nothing is loosened."""
        script = by_part["parts"]
        known = "sts:transitivetagkeys" not in script["free"]
        if script["loosened"] or not known or not script["claim"].startswith("only-trusted"):
            return False
        text = script["text"].replace("; --- Check:", "(assert (<= kind 2))\n; --- Check:", 1)
        cvc5 = next(solver for solver in self.solvers() if solver.name == "cvc5")
        return "sat" in cvc5.ask(text, len(script["checks"]), 5, whole=30)


class Verdict:
    """What became of one claim."""

    strict = False

    def __init__(self, script):
        self.script = script
        self.proofs = {}
        self.answers = {}
        self.faults = []
        self.vacuous = []
        self.needs_silence = True
        self.kind = None

    def vacuity(self, solver, answers, possible):
        self.vacuous.append(answers[0])
        if answers[0] == "unsat":
            self.faults.append(f"vacuous: {solver} finds the assumptions contradictory")
        if answers[1] == "unsat" and possible == "proved":
            self.faults.append(f"{solver} finds no allowed request, and we prove that there is one")

    def conclude(self):
        said = set(self.proofs.values())
        ours = self.script["verdict"]
        if {"sat", "unsat"} <= said:
            self.faults.append(f"the encodings or the solvers contradict each other: {self.proofs}")
        if ours == "proved":
            by = {solver for (_, solver), answer in self.proofs.items() if answer == "unsat"}
            if "sat" in said:
                open_reading = self.needs_silence and (self.script["loosened"] or self.script["free"])
                self.kind = "open" if open_reading else "contradicted"
                if not open_reading or self.strict:
                    self.faults.append(f"we prove it, and a solver has a counterexample: {self.proofs}")
            else:
                self.kind = {0: "confirmed by none", 1: "confirmed by one", 2: "confirmed by both"}[len(by)]
        elif ours == "refuted":
            self.kind = "shown" if "sat" in said else "not shown"
            if self.script["claim"] == "rule" and "sat" not in said:
                self.faults.append(f"a stored verdict: no counterexample was found: {self.proofs}")
            if "unsat" in said:
                self.kind = "contradicted"
                self.faults.append(f"we refute it, and a solver proves it: {self.proofs}\n  ours: {self.script['why']}")
        else:
            self.kind = next(iter(said)) if len(said) == 1 else "unknown"


def model_of(script, answers):
    """What z3 or cvc5 has against a claim: the constants of the first check that is satisfiable."""
    if "sat" not in answers:
        return ""
    pieces = script["text"].split("(check-sat)")
    text = "(check-sat)".join(pieces[: answers.index("sat") + 1]) + "(check-sat)\n(get-model)\n"
    text = text.replace("(set-logic", "(set-option :produce-models true)\n(set-logic", 1)
    program = Z3().program
    try:
        done = subprocess.run([program, "-t:10000", "-in"], input=text, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "(no model in time)"
    lines = [line.strip() for line in done.stdout[done.stdout.rfind("sat\n") :].splitlines()]
    return " ".join(line for line in lines if line != "sat")[:2000]


def grouped(stream):
    """The scripts of one claim about one document, which follow one another."""
    group = []
    for line in stream:
        script = json.loads(line)
        if group and (script["name"], script["claim"]) != (group[0]["name"], group[0]["claim"]):
            yield group
            group = []
        group.append(script)
    if group:
        yield group


def in_bounds(pool, judge, groups, most=64):
    """`pool.map` that does not read everything at once."""
    waiting = collections.deque()
    for group in groups:
        waiting.append(pool.submit(judge, group))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def table(counts):
    kinds = sorted({(ours, kind) for _, ours, kind in counts})
    claims = sorted({claim for claim, _, _ in counts})
    width = max(len(f"{ours}: {kind}") for ours, kind in kinds) + 2
    lines = [" " * width + "  ".join(f"{claim:>21}" for claim in claims)]
    for ours, kind in kinds:
        row = "  ".join(f"{counts[claim, ours, kind]:>21}" for claim in claims)
        lines.append(f"{f'{ours}: {kind}':<{width}}{row}")
    return "\n".join(lines)


def sources(options):
    arguments = ["--shipped", "--broken"]
    count = (30 if options.quick else 1000) if options.random is None else options.random
    arguments += ["--mutations", "43" if options.quick else "1"]
    arguments += ["--random", str(count), "--stated", str(count), "--differential", str(2 * count)]
    arguments += ["--functions", str(count)]
    for path in options.files:
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        for file in files:
            arguments += ["--lines", str(file)]
    return arguments


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emit", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies every time limit")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--strict", action="store_true", help="a proof that rests on an undocumented reading fails, too")
    parser.add_argument("--only", help="the arguments of the program that makes the scripts, instead of ours")
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    options.random = next((int(word) for word in options.rest if word.isdigit()), None)
    options.files = [pathlib.Path(word) for word in options.rest if not word.isdigit()]
    return options


def main():
    options = read_options()
    print("solvers:", ", ".join(solver.version() for solver in (Z3(), Cvc5())), flush=True)
    canaries.run()
    runner = Runner(options.patience)
    Verdict.strict = options.strict
    counts, documents, faulty, open_ones = collections.Counter(), set(), [], []
    began = time.monotonic()
    arguments = options.only.split() if options.only else sources(options)
    with subprocess.Popen([options.emit, *arguments], stdout=subprocess.PIPE, text=True) as emit:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for verdict in in_bounds(pool, runner.judge, grouped(emit.stdout)):
                script = verdict.script
                documents.add(script["name"])
                claim = script["claim"].rstrip("0123456789").rstrip("-")
                counts[claim, script["verdict"], verdict.kind] += 1
                if verdict.faults:
                    faulty.append(verdict)
                    report(verdict)
                elif verdict.kind == "open":
                    open_ones.append(verdict)
    if emit.returncode != 0:
        sys.exit(f"{options.emit} failed")
    print(table(counts))
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in sorted(runner.seconds.items()))
    print(f"{len(documents)} documents, {runner.scripts} scripts, {spent}, {time.monotonic() - began:.0f} s in all")
    save(faulty + open_ones)
    if faulty:
        sys.exit(f"{len(faulty)} claims with contradictions; target/solvers/against.jsonl has them")


def report(verdict):
    script = verdict.script
    print(f"\nFAIL {script['name']}: {script['claim']}: ours {script['verdict']}")
    for fault in verdict.faults:
        print(f"  {fault}")
    print(f"  {json.dumps(script['documents'])}", flush=True)
    for (part, _), answers in verdict.answers.items():
        if part == script["part"] and "sat" in answers:
            print(f"  counterexample: {model_of(script, answers)}", flush=True)
            break


def save(verdicts):
    folder = pathlib.Path("target/solvers")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "against.jsonl").open("w", encoding="utf-8") as file:
        for verdict in verdicts:
            script = dict(verdict.script, faults=verdict.faults, kind=verdict.kind)
            script["proofs"] = {" ".join(key): answer for key, answer in verdict.proofs.items()}
            file.write(json.dumps(script) + "\n")


if __name__ == "__main__":
    main()
