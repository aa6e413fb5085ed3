//! Files that a user names: regular files of a stated size. The one reader of all of them.
//!
//! What a shell puts in the place of a file (`<(…)`) is a pipe: [`read_or_pipe`] takes it too, within the same size. Opening a
//! pipe waits for its writer, so that wait has an end. A device never ends, and is never opened. A link is followed: what it leads
//! to decides.

use std::fs::{File, FileType, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

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

/// The bytes of a regular file or of a pipe, of at most so many bytes. `patience` is how long a pipe may go without a writer.
pub fn read_or_pipe(path: &Path, largest: usize, patience: Duration) -> io::Result<Vec<u8>> {
    match is_pipe(&std::fs::metadata(path)?) {
        true => read_all(open_pipe(path, patience)?, largest),
        false => read(path, largest),
    }
}

/// Opens a pipe once it has a writer. The thread of a pipe that gets none ends with the process.
fn open_pipe(path: &Path, patience: Duration) -> io::Result<File> {
    let (sender, receiver) = channel();
    let path = path.to_owned();
    let opening = move || {
        // Nobody listens any more where that took too long.
        let _ = sender.send(File::open(path));
    };
    std::thread::Builder::new().name("open-pipe".to_owned()).spawn(opening)?;
    let file = match receiver.recv_timeout(patience) {
        Ok(file) => file?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            let message =
                format!("it is a pipe, and nothing opened it for writing within {} s", patience.as_secs());
            return Err(io::Error::new(ErrorKind::TimedOut, message));
        }
    };
    // It may be another one by now.
    let metadata = file.metadata()?;
    if !is_pipe(&metadata) {
        refuse_what_is_no_file(&metadata)?;
    }
    Ok(file)
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
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
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
        let refused =
            |path: &Path| read_or_pipe(path, 10, Duration::from_millis(50)).unwrap_err().to_string();
        assert_eq!(refused(&pipe), "it is a pipe, and nothing opened it for writing within 0 s");
        assert_eq!(refused(&link), "it is a device, not a regular file");
        assert_eq!(refused(folder.path()), "it is a folder, not a regular file");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_to_its_end_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        for (limit, expected) in [(5, Ok(b"12345".to_vec())), (4, Err(ErrorKind::FileTooLarge))] {
            // One of its own: a process that another test starts may hold the reading end of the one before for a moment, and
            // what is written into that is read by nobody.
            let pipe = folder.path().join(format!("pipe-{limit}"));
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let to = pipe.clone();
            let writer = std::thread::spawn(move || std::fs::write(to, "12345"));
            let read = read_or_pipe(&pipe, limit, Duration::from_secs(60)).map_err(|error| error.kind());
            assert_eq!(read, expected);
            writer.join().unwrap().unwrap();
        }
        std::fs::write(folder.path().join("file"), "1").unwrap();
        assert_eq!(read_or_pipe(&folder.path().join("file"), 5, Duration::ZERO).unwrap(), b"1");
    }
}
