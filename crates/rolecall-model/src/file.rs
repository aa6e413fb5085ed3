//! Files that a user names: regular files of a stated size, and nothing else. The one reader of all of them.
//!
//! A named pipe is never opened, because opening it waits for a writer; a device never ends. A link is followed: what it
//! leads to decides.

use std::fs::{File, FileType, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// What is read of a file at most where nothing else is stated. Manifests, templates, schemas and saved plans are far
/// below it.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// The bytes of a regular file of at most so many bytes.
pub fn read(path: &Path, largest: usize) -> io::Result<Vec<u8>> {
    refuse_what_is_no_file(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // It may be another one by now.
    refuse_what_is_no_file(&file.metadata()?)?;
    read_all(file, largest)
}

/// The text of such a file.
pub fn read_text(path: &Path, largest: usize) -> io::Result<String> {
    let bytes = read(path, largest)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Everything from a source that ends within so many bytes.
pub fn read_all(source: impl Read, largest: usize) -> io::Result<Vec<u8>> {
    // One byte more than the limit shows that there is more.
    let most = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > largest {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {largest} bytes")));
    }
    Ok(bytes)
}

fn refuse_what_is_no_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let message = format!("it is {}, not a regular file", kind(metadata.file_type()));
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

#[cfg(unix)]
fn kind(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match file_type {
        it if it.is_dir() => "a folder",
        it if it.is_fifo() => "a pipe",
        it if it.is_char_device() || it.is_block_device() => "a device",
        it if it.is_socket() => "a socket",
        _ => "something else",
    }
}

#[cfg(not(unix))]
fn kind(file_type: FileType) -> &'static str {
    if file_type.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        assert_eq!(read(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
        std::fs::write(&path, [0xff]).unwrap();
        assert_eq!(read_text(&path, 5).unwrap_err().to_string(), "it is not UTF-8");
        assert_eq!(read(&folder.path().join("none"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_source_that_does_not_end_is_refused_while_it_is_read() {
        let refused = read_all(io::repeat(0), 3 << 20).unwrap_err();
        assert_eq!(refused.to_string(), "it has more than 3145728 bytes");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let refused = |path: &Path| read(path, 10).unwrap_err().to_string();
        assert_eq!(refused(&pipe), "it is a pipe, not a regular file");
        assert_eq!(refused(&link), "it is a device, not a regular file");
        assert_eq!(refused(folder.path()), "it is a folder, not a regular file");
    }
}
