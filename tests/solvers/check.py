"""One script to one solver: the answer to each `check-sat`.

As a program it checks files by hand:  check.py FILE.smt2...
"""

import json
import pathlib
import select
import subprocess
import sys

ANSWERS = {"sat", "unsat", "unknown"}


class Refused(Exception):
    """The solver could not read the script: then no answer of it counts."""


def answers_of(output, checks):
    """Exactly the words; a check that a time limit cut off is `unknown`."""
    if "(error" in output:
        raise Refused(output.strip())
    words = [line.strip() for line in output.splitlines() if line.strip()]
    # z3 says `timeout`, cvc5 says `unknown (TIMEOUT)`.
    words = ["unknown" if word == "timeout" or word.startswith("unknown (") else word for word in words]
    strange = [word for word in words if word not in ANSWERS]
    if strange or len(words) > checks:
        raise Refused(f"strange output: {output[:200]!r}")
    return words + ["unknown"] * (checks - len(words))


class Z3:
    """The program that comes with the package, one process a script."""

    name = "z3"

    def __init__(self):
        self.program = str(pathlib.Path(sys.executable).with_name("z3"))

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def ask(self, text, checks, seconds, whole):
        arguments = [self.program, f"-t:{int(seconds * 1000)}", "-in"]
        try:
            done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=whole)
            output = done.stdout
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode()
        return answers_of(output, checks)

    def close(self):
        pass


class Cvc5:
    """The package has no program: a process of ours reads one script after the other."""

    name = "cvc5"

    def __init__(self):
        self.process = None

    def version(self):
        import cvc5

        return f"cvc5 {cvc5.__version__}"

    def start(self):
        arguments = [sys.executable, "-B", __file__, "--serve"]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, text, checks, seconds, whole):
        if self.process is None:
            self.start()
        self.process.stdin.write(json.dumps({"text": text, "milliseconds": int(seconds * 1000)}) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], whole)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.close()
            return ["unknown"] * checks
        return answers_of(json.loads(line), checks)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def with_cvc5(text, milliseconds):
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    for option, value in [("strings-exp", "true"), ("incremental", "true"), ("tlimit-per", str(milliseconds))]:
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    symbols = parser.getSymbolManager()
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "script")
    output = []
    try:
        while not (command := parser.nextCommand()).isNull():
            output.append(command.invoke(solver, symbols))
    except RuntimeError as error:
        output.append(f"(error {error})")
    return "".join(output)


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(with_cvc5(asked["text"], asked["milliseconds"])), flush=True)


def by_hand(files):
    for file in files:
        text = pathlib.Path(file).read_text(encoding="ascii")
        checks = sum(line == "(check-sat)" for line in text.splitlines())
        for solver in (Z3(), Cvc5()):
            print(f"{file}: {solver.version()}: {' '.join(solver.ask(text, checks, 60, 3600))}")
            solver.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        by_hand(sys.argv[1:])
