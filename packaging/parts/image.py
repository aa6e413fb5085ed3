"""The file system of the container image: the static binary, the roots of trust and the licences. No shell, no libc.

packaging/Containerfile copies it as it stands, so what runs in the image can be tried without a container engine:
tests/dist does, with chroot.
"""

import shutil
import subprocess
import sys
import zipfile

# The user `nonroot` of distroless images: tools that look for a user who is not root know the number.
USER = 65532

# Mozilla's roots of trust, as Python programs use them. AWS's and Genesys Cloud's certificates end there.
ROOTS = "certifi==2026.10.18"


def file_system(binary, papers, work, folder):
    """Writes the files for one architecture to `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    program = folder / "usr" / "local" / "bin" / "rolecall"
    program.parent.mkdir(parents=True)
    shutil.copy(binary, program)
    program.chmod(0o755)
    # One of the places where rustls-native-certs looks.
    roots = folder / "etc" / "ssl" / "certs" / "ca-certificates.crt"
    roots.parent.mkdir(parents=True)
    roots.write_bytes(trusted(work))
    (folder / "etc" / "passwd").write_text(f"rolecall:x:{USER}:{USER}:rolecall:/work:/sbin/nologin\n")
    (folder / "etc" / "group").write_text(f"rolecall:x:{USER}:\n")
    documents = folder / "usr" / "share" / "doc" / "rolecall"
    documents.mkdir(parents=True)
    for paper in [*papers.licences, papers.bill]:
        shutil.copy(paper, documents)
    for path in folder.rglob("*"):
        if path != program:
            path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o755)


def trusted(work):
    downloads = work / "roots"
    shutil.rmtree(downloads, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "--dest", str(downloads), ROOTS], check=True, stdout=sys.stderr)
    [wheel] = downloads.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        return packed.read("certifi/cacert.pem")
