"""Archives with the same bytes for the same files: sorted, one time, no owner, and modes that do not depend on the umask."""

import gzip
import io
import tarfile
import time
import zipfile


def entries(folder):
    """The files under a folder, as (name in the archive, path), sorted."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder.parent).as_posix(), path) for path in files]


def mode(path, executables):
    return 0o755 if path.name in executables else 0o644


def write(folder, archive, executables, epoch):
    """Packs `folder`, its own name included; the ending of `archive` (a path) says how."""
    if archive.name.endswith(".zip"):
        write_zip(folder, archive, executables, epoch)
    else:
        write_tar(folder, archive, executables, epoch)


def write_tar(folder, archive, executables, epoch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, path in entries(folder):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = path.stat().st_size, epoch, mode(path, executables)
            with open(path, "rb") as content:
                tar.addfile(entry, content)
    # Without a name and a time in gzip's own header.
    archive.write_bytes(gzip.compress(packed.getvalue(), compresslevel=9, mtime=0))


def write_zip(folder, archive, executables, epoch):
    with zipfile.ZipFile(archive, "w") as packed:
        for name, path in entries(folder):
            entry = zipfile.ZipInfo(name, date_time=time.gmtime(epoch)[:6])
            entry.create_system, entry.external_attr = 3, (0o100000 | mode(path, executables)) << 16
            packed.writestr(entry, path.read_bytes(), compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
