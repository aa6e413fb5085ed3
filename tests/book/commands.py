#!/usr/bin/env python3
"""Runs the commands of the pages, and compares what they print with what the pages show.

Every ```console block in README.md and docs/ is executed by bash on the sandbox, in a new folder for each page, or says in a comment
above it why not. A comment is not shown:

    <!-- book: exit 4 -->            the exit code of the block's commands; several numbers are those of one command after the other
    <!-- book: not run, REASON -->   needs what a test does not have
    <!-- book: file NAME -->         above any other block: the page's folder has a file with this text
    <!-- book: run COMMAND -->       executed here without being shown
    <!-- book: env NAME=VALUE -->    from here on, commands have this variable; `ROLECALL_SANDBOX=1` puts them on the sandbox
    <!-- book: serve -->             from here on, commands reach the embedded AWS and Genesys Cloud as they reach real ones: by their
                                     environment, over HTTP

In what a page shows, a line `…` stands for any lines, `…` within a line for any text, and `[id]`, `[time]`, `[random]` and `[port]`
for what differs from run to run. If a block shows nothing below a command, only the exit code counts. `cargo run --` and
`uvx rolecall` are the binary that is tested.

Commands that need a real account, a registry or another tool are not run. `src/cli/documented.rs` still parses each command line of
rolecall in them, so that an option that is gone fails a test. `broken.md` shows that each kind of fault is found.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Pages that a test of the program runs and writes.
OF_TESTS = {
    "docs/first-minutes.md": "tests/scenarios/first_minutes.rs",
    "docs/for-genesys-administrators.md": "tests/scenarios/handover_pages.rs",
    "docs/for-aws-engineers.md": "tests/scenarios/handover_pages.rs",
}
FENCE = re.compile(r"^([ \t]*)(`{3,})(\w*)[^`]*$")
MARK = re.compile(r"^[ \t]*<!-- book: (.+?) -->$")
VARYING = [
    ("[id]", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("[time]", r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\d{8}T\d{6}Z|\d+)"),
    ("[random]", r"[a-z2-7]{8}"),
    ("[port]", r"\d+"),
    ("…", ".*?"),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("pages", nargs="*", help="pages to run; all of them by default")
    options = parser.parse_args()
    names = options.pages or ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
    count, reasons, faults = Counter(), Counter(), []
    with tempfile.TemporaryDirectory() as tools:
        (Path(tools) / "rolecall").symlink_to(options.binary.resolve())
        for name in names:
            path = (ROOT / name).resolve()
            name = str(path.relative_to(ROOT))
            blocks = list(parsed(path.read_text()))
            shown = sum(len(block.commands) for block in blocks)
            if name in OF_TESTS:
                assert Path(name).name in (ROOT / OF_TESTS[name]).read_text(), f"{OF_TESTS[name]} does not name {name}"
                count["by a test of the program"] += shown
                continue
            with Page(name, tools) as page:
                for block in blocks:
                    page.take(block)
            count.update(page.count)
            reasons.update(page.reasons)
            faults += page.faults
    for reason, number in reasons.most_common():
        print(f"  not run: {number:3}  {reason}")
    print("commands in the pages: " + ", ".join(f"{number} {how}" for how, number in sorted(count.items())))
    if faults:
        sys.exit("\n\n".join(faults))


class Block:
    """What a page has at one place: a block with its language and text, or a mark that stands alone."""

    def __init__(self, line, language, text, marks):
        self.line, self.language, self.text, self.marks = line, language, text, marks
        self.commands = list(commands(text)) if language == "console" else []


def parsed(text):
    lines = iter(enumerate(text.splitlines(), 1))
    marks = []
    for number, line in lines:
        mark = MARK.match(line)
        fence = FENCE.match(line)
        if mark:
            marks.append(mark.group(1))
        elif fence:
            indent, ticks, language = fence.groups()
            inside = []
            for _, line in lines:
                if line.strip() == ticks:
                    break
                inside.append(line.removeprefix(indent))
            yield Block(number, language, inside, marks)
            marks = []
        elif marks and line.strip():
            yield Block(number, "", [], marks)
            marks = []
    if marks:
        yield Block(0, "", [], marks)


def commands(lines):
    """Each command of a block with the lines that are shown below it."""
    command, shown = None, []
    continued = False
    for line in lines:
        if continued:
            command += "\n" + line
            continued = line.endswith("\\")
        elif line.startswith("$ "):
            if command is not None:
                yield command, shown
            command, shown = line[2:], []
            continued = line.endswith("\\")
        elif command is not None:
            shown.append(line)
        else:
            raise ValueError(f"a console block begins with `{line}` and not with a command")
    if command is not None:
        yield command, shown


class Page:
    """A page's folder, environment and what became of its commands."""

    def __init__(self, name, tools):
        self.name = name
        self.count, self.reasons, self.faults = Counter(), Counter(), []
        self.folder = tempfile.TemporaryDirectory()
        self.server = None
        kept = {name: os.environ[name] for name in ("LANG", "SYSTEMROOT") if name in os.environ}
        # Nothing of this machine's accounts; no colours and no questions.
        self.environment = {
            **kept,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": self.folder.name,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CI": "true",
            "REPOSITORY": str(ROOT),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.terminate()
            self.server.wait()
        self.folder.cleanup()

    def take(self, block):
        expected = None
        for mark in block.marks:
            what, _, rest = mark.partition(" ")
            if what == "exit":
                expected = [int(code) for code in rest.split()]
            elif what == "not":
                self.leave_out(block, rest)
                return
            elif what == "file":
                path = Path(self.folder.name) / rest
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n".join(block.text) + "\n")
            elif what == "run":
                self.run(block.line, rest, [], 0)
            elif what == "serve":
                self.serve()
            elif what == "env":
                name, _, value = rest.partition("=")
                self.environment[name] = value
            else:
                self.faults.append(f"{self.name}:{block.line}: `{mark}` is not a mark")
        if block.language != "console":
            return
        codes = expected or [0]
        if len(codes) == 1:
            codes *= len(block.commands)
        if len(codes) != len(block.commands) or not block.commands:
            self.faults.append(f"{self.name}:{block.line}: {len(block.commands)} commands, {len(codes)} exit codes")
            return
        for (command, shown), code in zip(block.commands, codes):
            self.run(block.line, command, shown, code)
            self.count["run"] += 1

    def leave_out(self, block, rest):
        is_reason, _, reason = rest.partition(", ")
        if is_reason != "run" or not reason or block.language != "console":
            self.faults.append(f"{self.name}:{block.line}: `not run, REASON` stands above a console block")
        self.count["not run"] += len(block.commands)
        self.reasons[reason] += len(block.commands)

    def run(self, line, command, shown, code):
        command = re.sub(r"\b(cargo run( --quiet)? --|uvx rolecall)(?= )", "rolecall", command)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder.name,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        printed = [line.rstrip() for line in done.stdout.splitlines()]
        place = f"{self.name}:{line}: {command}"
        if done.returncode != code:
            self.faults.append(f"{place}\nends with {done.returncode} and not with {code}:\n{done.stdout}")
        elif any(shown) and not re.fullmatch(pattern(trimmed(shown)), "".join(f"{line}\n" for line in trimmed(printed))):
            difference = difflib.unified_diff(shown, printed, "the page shows", "the command prints", lineterm="")
            self.faults.append("\n".join([f"{place}\nprints something else:", *difference]))

    def serve(self):
        place = Path(self.folder.name) / ".served"
        place.mkdir()
        command = ["rolecall", "sandbox", "serve", "--output", "json"]
        self.server = subprocess.Popen(
            command, cwd=place, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.environment |= json.loads(self.server.stdout.readline())


def trimmed(lines):
    """The lines without empty ones at the beginning and the end."""
    return "\n".join(lines).strip("\n").split("\n")


def pattern(shown):
    """What a page shows, as a regular expression for what is printed."""
    lines = []
    for line in shown:
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
            continue
        line = re.escape(line.rstrip())
        for mark, stands_for in VARYING:
            line = line.replace(re.escape(mark), stands_for)
        lines.append(line + r"\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
