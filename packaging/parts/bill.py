"""Bills of materials (CycloneDX): what is compiled into a binary.

cargo-cyclonedx, from crates.io into target/tools, writes one file beside every manifest of the workspace. The package's is
kept, without what only its tests need, without the paths of this machine, and without what differs from run to run.
"""

import json
import os
import subprocess
from datetime import datetime, timezone

from toolchain import ROOT, output, target_folder

VERSION = "0.5.9"


def cyclonedx():
    tools = target_folder() / "tools"
    installed = tools / ".crates.toml"
    if not installed.is_file() or f"cargo-cyclonedx {VERSION} " not in installed.read_text():
        command = ["cargo", "install", "--quiet", "--locked", "--debug", "--root", str(tools), "cargo-cyclonedx"]
        told = {**os.environ, "CARGO_TARGET_DIR": str(tools / "build")}
        subprocess.run([*command, "--version", VERSION], check=True, env=told, cwd=ROOT)
    return str(tools / "bin" / ("cargo-cyclonedx.exe" if os.name == "nt" else "cargo-cyclonedx"))


def bill(package, triple, features, epoch):
    """`features`: further options for Cargo. `epoch`: the time that the bill states, in seconds since 1970."""
    cargo = json.loads(output("cargo", "metadata", "--no-deps", "--format-version", "1"))
    manifests = {each["name"]: each["manifest_path"] for each in cargo["packages"]}
    name = f"{package}-{triple}.bill"
    written = [os.path.join(os.path.dirname(manifest), f"{name}.json") for manifest in manifests.values()]
    try:
        subprocess.run(
            [cyclonedx(), "cyclonedx", "--quiet", "--manifest-path", manifests[package], "--format", "json"]
            + ["--spec-version", "1.5", "--target", triple, "--override-filename", name, *features],
            check=True,
            cwd=ROOT,
        )
        with open(os.path.join(os.path.dirname(manifests[package]), f"{name}.json"), encoding="utf-8") as raw:
            found = json.load(raw)
    finally:
        for path in written:
            if os.path.exists(path):
                os.remove(path)
    tree = output(
        *["cargo", "tree", "--locked", "--package", package, *features, "--target", triple],
        *["--edges", "normal,build", "--prefix", "none", "--format", "{p}"],
    )
    built = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    found["components"] = [each for each in found["components"] if (each["name"], "v" + each["version"]) in built]
    kept = {each["bom-ref"] for each in found["components"]} | {found["metadata"]["component"]["bom-ref"]}
    found["dependencies"] = [
        {**entry, "dependsOn": [other for other in entry.get("dependsOn", []) if other in kept]}
        for entry in found.get("dependencies", [])
        if entry["ref"] in kept
    ]
    found.pop("serialNumber", None)
    found["metadata"]["timestamp"] = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps(found, indent=2).replace(ROOT.as_uri(), "file://.") + "\n"
