#!/usr/bin/env python3
"""Builds the book out of docs/ with mdBook.

Pages name files of the repository that are no pages of the book, such as templates under deploy/. On GitHub these links work as
they are. For the book, the files are copied below `source/`, and the links lead there. A link to nothing fails the build, also in
Markdown files that are no pages.

Two sample reports and the proof in the browser (target/page, if `just page` made it) are put beside the pages.
"""

import argparse
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# What the build puts beside the pages, by its address in the book.
MADE = ("prove/index.html", "samples/drift.html", "samples/audit.html")
# A link or a picture, outside of code: its text, its address, a title.
LINK = re.compile(r"(!?\[(?:[^\[\]`]|`[^`]*`|\[[^\[\]]*\])*\])\(([^()\s]+)\)")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
INCLUDE = re.compile(r"\{\{#include ([^}]+)\}\}")
COMMENT = re.compile(r"^[ \t]*<!-- book:.*?-->\n", re.DOTALL | re.MULTILINE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mdbook", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "target/book")
    options = parser.parse_args()
    source = ROOT / "target/book-source"
    shutil.rmtree(source, ignore_errors=True)
    faults = Staging(source).stage() + in_other_files()
    if faults:
        sys.exit("\n".join(["links that lead nowhere:", *faults]))
    shutil.rmtree(options.out, ignore_errors=True)
    subprocess.run([options.mdbook, "build", str(source), "--dest-dir", str(options.out.resolve())], check=True)
    for left in ("book.toml", "book.css"):
        (options.out / left).unlink(missing_ok=True)
    samples(Path(options.binary).resolve(), options.out / "samples")
    if (ROOT / "target/page/index.html").is_file():
        shutil.copytree(ROOT / "target/page", options.out / "prove")
    loads = requests(options.out)
    if loads:
        sys.exit("\n".join(["these pages load something from elsewhere:", *loads]))
    print(f"the book is {os.path.relpath(options.out)}/index.html")


class Staging:
    """The pages as mdBook reads them: links into the repository lead to copies below `source/`."""

    def __init__(self, folder):
        self.folder = folder
        self.faults = []
        # Where in the book a Markdown file is that stands outside of docs/, because a page includes it.
        self.included = {(ROOT / "README.md"): DOCS / "start.md"}
        for page in pages():
            for name in INCLUDE.findall(page.read_text()):
                self.included[(page.parent / name).resolve()] = page

    def stage(self):
        for path in sorted(DOCS.rglob("*")):
            if path.is_dir():
                continue
            target = self.folder / path.relative_to(DOCS)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                target.write_text(self.page(path))
            else:
                shutil.copyfile(path, target)
        return self.faults

    def page(self, path):
        text = path.read_text()
        include = INCLUDE.search(text)
        if include:
            origin = (path.parent / include.group(1)).resolve()
            return self.rebased(origin.read_text(), origin, path)
        return COMMENT.sub("", self.rebased(text, path, path))

    def rebased(self, text, origin, page):
        """The text of `origin` with its links as they must be in `page`."""
        return outside_of_code(text, lambda prose: LINK.sub(lambda link: self.link(link, origin, page), prose))

    def link(self, link, origin, page):
        words, address = link.groups()
        if is_elsewhere(address):
            return link.group(0)
        name, _, anchor = address.partition("#")
        target = (origin.parent / name).resolve() if name else origin
        anchor = f"#{anchor}" if anchor else ""
        made = (page.parent / name).resolve()
        if made.is_relative_to(DOCS) and str(made.relative_to(DOCS)) in MADE:
            return link.group(0)
        if not target.exists():
            self.faults.append(f"  {origin.relative_to(ROOT)}: {address}")
            return link.group(0)
        target = self.included.get(target, target)
        if target.is_relative_to(DOCS) and target.is_file():
            # mdBook makes `index.html` of a README.md.
            target = target.with_name("index.md") if target.name == "README.md" and page.name != "SUMMARY.md" else target
            return f"{words}({os.path.relpath(target, page.parent)}{anchor})"
        if target.is_dir():
            return words[1:-1]
        # `.txt`, so that browsers show it; and without `.md`, so that mdBook does not take it for a page.
        copy = Path("source") / f"{str(target.relative_to(ROOT)).removesuffix('.md')}.txt"
        (self.folder / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, self.folder / copy)
        return f"{words}({os.path.relpath(DOCS / copy, page.parent)})"


def pages():
    return [path for path in sorted(DOCS.rglob("*.md")) if path.name != "SUMMARY.md"]


def is_elsewhere(address):
    return re.match(r"[a-z]+:", address) is not None


def outside_of_code(text, change):
    """The text with everything changed that is not in a code block."""
    changed, prose, fence = [], [], None
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if fence is None and not mark:
            prose.append(line)
            continue
        if fence is None:
            changed.append(change("".join(prose)))
            prose, fence = [], mark.group(1)
        elif mark and mark.group(1).startswith(fence) and line.strip() == mark.group(1):
            fence = None
        changed.append(line)
    return "".join([*changed, change("".join(prose))])


def in_other_files():
    """Links that lead nowhere in Markdown files that are no pages."""
    faults = []
    for path in other_files():
        name = path.relative_to(ROOT)

        def look(prose, path=path, name=name):
            for _, address in LINK.findall(prose):
                if is_elsewhere(address):
                    continue
                file, _, anchor = address.partition("#")
                target = (path.parent / file).resolve() if file else path
                if not target.exists():
                    faults.append(f"  {name}: {address}")
                elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                    faults.append(f"  {name}: {address} (no such heading)")
            return prose

        outside_of_code(path.read_text(), look)
    return faults


def other_files():
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in ("target", "node_modules") and not name.startswith(".")]
        if Path(folder) != DOCS and DOCS not in Path(folder).parents:
            yield from (Path(folder) / name for name in sorted(names) if name.endswith(".md"))


def anchors(path):
    """The anchors of a file's headings, as GitHub and mdBook make them."""
    found = set()

    def look(prose):
        for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
            found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words)))
        return prose

    outside_of_code(path.read_text(), look)
    return found


def samples(binary, folder):
    """Two reports, made now: a role that somebody changed by hand, and the roll call of the example account."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:

        def rolecall(*words, expected):
            run = subprocess.run([binary, *words], cwd=place, capture_output=True, text=True)
            if run.returncode != expected:
                sys.exit(f"rolecall {' '.join(words)} ended with {run.returncode}\n{run.stderr}")
            return run.stdout

        rolecall("apply", "--sandbox", "--yes", expected=0)
        rolecall("sandbox", "tamper", "trust-no-condition", expected=0)
        (folder / "drift.html").write_text(rolecall("drift", "--sandbox", "--output", "html", expected=4))
        (folder / "audit.html").write_text(rolecall("audit", "--sandbox", "--output", "html", expected=4))


class Loads(html.parser.HTMLParser):
    """What a browser loads by itself when it shows the page. (A link is loaded only by who follows it.)"""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            loads = name in ("src", "srcset", "poster", "data", "action") or (name == "href" and tag in ("link", "image", "use"))
            if loads and value and re.match(r"(https?:)?//", value):
                self.found.append(f"<{tag} {name}={value}>")


def requests(folder):
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix == ".html":
            parser = Loads()
            parser.feed(path.read_text())
            found += [f"  {name}: {load}" for load in parser.found]
            # mdBook's script asks a server about such code when the page is opened.
            found += [f"  {name}: a playground"] * ('class="playground"' in path.read_text())
        if path.suffix in (".html", ".css", ".svg"):
            text = path.read_text()
            found += [f"  {name}: {load}" for load in re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)'\"]*", text)]
    return found


if __name__ == "__main__":
    main()
