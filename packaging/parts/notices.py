"""LICENSES-THIRD-PARTY.txt: the licences of what is compiled into the binary, with their texts, as most of them demand.

The texts are the files that the crates themselves bring, out of Cargo's own copies of the sources, so nothing is guessed.
A crate that brings none is named with the licence and the authors that it states. What only builds and tests need, and
macros, which run in the compiler, are not in the binary and not in the list. `cargo about` does the same; compiling it takes longer than compiling rolecall.
"""

import json
import pathlib
import re

from toolchain import Trouble, output

TEXTS = re.compile(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)", re.IGNORECASE)


def compiled_in(triple):
    """(name, version) of every crate of others that is in rolecall for `triple`."""
    tree = output(
        *["cargo", "tree", "--locked", "--package", "rolecall", "--all-features", "--target", triple],
        *["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"],
    )
    found = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    return {(name, version.removeprefix("v")) for name, version in found}


def texts(folder):
    """The licence files of a crate; some keep them in a folder of that name."""
    found = [path for path in sorted(folder.iterdir()) if TEXTS.match(path.name) and path.suffix != ".rs"]
    inner = [sorted(path.rglob("*")) if path.is_dir() else [path] for path in found]
    return [path for paths in inner for path in paths if path.is_file()]


def read(path):
    return path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip()


def notices(triple):
    cargo = json.loads(output("cargo", "metadata", "--locked", "--all-features", "--format-version", "1"))
    wanted = compiled_in(triple)
    crates = [each for each in cargo["packages"] if each["source"] and (each["name"], each["version"]) in wanted]
    if not crates:
        raise Trouble(f"`cargo tree` names no crate for {triple}")
    crates.sort(key=lambda each: (each["name"], each["version"]))
    # One text is often the licence of many crates: it is printed once, with all their names.
    by_text = {}
    without = []
    for crate in crates:
        found = texts(pathlib.Path(crate["manifest_path"]).parent)
        for path in found:
            by_text.setdefault(read(path), []).append(crate)
        if not found:
            without.append(crate)
    if any(not crate["license"] for crate in without):
        raise Trouble("a crate has neither a licence file nor a licence: " + ", ".join(each["name"] for each in without))
    rule = "=" * 100
    parts = [
        "rolecall contains code of the following Rust crates, under the licences below.",
        "\n".join(f"{each['name']} {each['version']}: {each['license'] or 'see its text below'}" for each in crates),
    ]
    if without:
        stated = "\n".join(
            f"{each['name']} {each['version']}: {each['license']}"
            + (f"; authors: {', '.join(each['authors'])}" if each["authors"] else "")
            for each in without
        )
        parts.append("These bring no file with their licence (the texts of MIT and Apache-2.0 stand below). What they state:\n\n" + stated)
    for text, owners in by_text.items():
        names = ", ".join(dict.fromkeys(f"{each['name']} {each['version']}" for each in owners))
        parts.append(f"{rule}\n{names}\n{rule}\n\n{text}")
    return "\n\n".join(parts) + "\n"
