"""The Homebrew formula, with the addresses and the sums of the archives that were made."""

from release import NAME, PLACEHOLDER, targets
from toolchain import ROOT, Trouble

SYSTEMS = {"macos": "on_macos", "linux": "on_linux"}
CPUS = {"arm": "on_arm", "intel": "on_intel"}


def formula(project, sums):
    """`sums`: what SHA256SUMS says, by the name of the file. Targets without an archive are left out."""
    template = (ROOT / "packaging" / "formula.rb").read_text()
    platforms = []
    for system, on_system in SYSTEMS.items():
        blocks = []
        for cpu, on_cpu in CPUS.items():
            for target in targets():
                archive = project.archive(target)
                if target.formula == f"{system}-{cpu}" and archive in sums:
                    lines = [f'url "{project.url(archive)}"', f'sha256 "{sums[archive]}"']
                    blocks.append(f"    {on_cpu} do\n" + "".join(f"      {line}\n" for line in lines) + "    end\n")
        if blocks:
            platforms.append(f"  {on_system} do\n" + "".join(blocks) + "  end\n")
    filled = {
        "PLATFORMS": "\n".join(platforms).rstrip("\n"),
        "DESCRIPTION": description(project),
        "HOMEPAGE": project.repository,
        "VERSION": project.version,
        "LICENSES": ", ".join(f'"{each}"' for each in project.license.split(" OR ")),
    }
    for name, value in filled.items():
        template = template.replace("{{" + name + "}}", value)
    if project.repository == PLACEHOLDER:
        template = "# The address is a placeholder: this formula installs nothing yet.\n" + template
    return template


def description(project):
    """Homebrew's audit takes 80 characters, and none of them the name of the formula."""
    short = "Provision, prove and watch the AWS IAM role that Genesys Cloud assumes"
    if not project.description.startswith(short) or len(short) > 80 or NAME in short:
        raise Trouble("Cargo.toml's description has changed; give the formula a short form of it")
    return short
