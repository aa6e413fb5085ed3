"""The npm packages: `rolecall` with the shim, and one for each target with its binary, which npm picks by os, cpu and libc.

Nothing runs at installation, and nothing is downloaded by anything but npm.
"""

import json
import shutil
import subprocess
import sys

from release import NAME, targets
from toolchain import ROOT, Trouble

SHIM = ROOT / "packaging" / "npm" / "rolecall.js"

# What Node.js the shim is tested with, at least.
NODE = ">=18"


def common(project):
    return {
        "version": project.version,
        "description": project.description,
        "license": project.license,
        "repository": {"type": "git", "url": f"git+{project.repository}.git"},
        "homepage": f"{project.repository}#readme",
        "bugs": f"{project.repository}/issues",
        # A package with a scope would otherwise be private.
        "publishConfig": {"access": "public"},
    }


def platform_package(target, project, binary, papers, work, out):
    """The package with the binary of one target. Returns the tarball."""
    folder = fresh(work / "npm" / target.triple)
    shutil.copy(binary, folder / target.executable)
    described = {
        "name": target.npm_package,
        **common(project),
        "os": [target.npm["os"]],
        "cpu": [target.npm["cpu"]],
        **({"libc": [target.npm["libc"]]} if "libc" in target.npm else {}),
        # Package managers that keep packages in archives (Yarn PnP) must not: a binary inside an archive does not start.
        "preferUnplugged": True,
    }
    readme = f"The binary of [{NAME}]({project.repository}) for {target.triple}. Install `{NAME}`, which brings it.\n"
    return pack(folder, target.executable, described, readme, papers.licences, out)


def main_package(project, readme, work, out):
    """The package that people install. It names the packages of all targets, at exactly its own version."""
    folder = fresh(work / "npm" / "main")
    shutil.copy(SHIM, folder)
    described = {
        "name": NAME,
        **common(project),
        "keywords": project.keywords,
        "bin": {NAME: SHIM.name},
        "files": [SHIM.name, "LICENSE-*"],
        "engines": {"node": NODE},
        "optionalDependencies": {target.npm_package: project.version for target in targets()},
    }
    licences = [ROOT / "LICENSE-APACHE", ROOT / "LICENSE-MIT"]
    return pack(folder, SHIM.name, described, readme, licences, out)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def pack(folder, executable, described, readme, licences, out):
    for path in licences:
        shutil.copy(path, folder)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "package.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    # npm takes over what the umask has left of the modes.
    for path in folder.iterdir():
        path.chmod(0o755 if path.name == executable else 0o644)
    # On Windows npm is a script, which only its full name starts.
    npm = shutil.which("npm")
    if npm is None:
        raise Trouble("npm is not installed; it packs the npm packages")
    out.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", str(out)]
    packed = subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE, text=True)
    said = json.loads(packed.stdout)
    [entry] = said if isinstance(said, list) else said.values()
    print(f"{entry['filename']}: {entry['size']} bytes", file=sys.stderr)
    return out / entry["filename"].replace("@", "").replace("/", "-")
