//! Keeps processes apart that change one state file at the same time.
//!
//! The lock is on a file of its own beside the state, because the state's file is replaced by each change. The operating
//! system takes the lock away from a process that ends, however it ends, so nobody has to clean up; the file stays. It holds the number of
//! changes so far: two changes within one tick of the file system's clock can leave a file of the same size and time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A change takes milliseconds; whoever has the lock for so long hangs.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(5);

/// Nobody else changes the state while this lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// How many changes there were.
    pub(super) changes: u64,
}

impl Lock {
    /// Waits for the lock of that state file, at most for that long.
    pub(super) fn take(state: &Path, wait: Duration) -> io::Result<Self> {
        let path = beside(state);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = open(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot open the lock `{}`: {error}", path.display()))
        })?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let message = format!(
                        "another process has locked the sandbox's state for more than {} s (`{}`); end that process, or \
                         wait for it",
                        wait.as_secs(),
                        path.display()
                    );
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                Err(TryLockError::Error(error)) => {
                    let message = format!("cannot lock `{}`: {error}", path.display());
                    return Err(io::Error::new(error.kind(), message));
                }
            }
        }
        let mut text = String::new();
        // Whatever else the file holds, counting starts over: the state's own time and size still differ.
        file.read_to_string(&mut text).unwrap_or_default();
        Ok(Self { file, changes: text.trim().parse().unwrap_or_default() })
    }

    /// Counts a change that was written.
    pub(super) fn count(&mut self) -> io::Result<()> {
        self.changes = self.changes.wrapping_add(1);
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(self.changes.to_string().as_bytes())
    }
}

fn beside(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Opens the file for its owner alone; a symbolic link in its place is refused.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_for_the_other_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("sandbox.json");
        let first = Lock::take(&state, LONGEST_WAIT).unwrap();
        let refused = Lock::take(&state, Duration::from_millis(20)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert!(refused.to_string().contains("another process has locked the sandbox's state"), "{refused}");
        drop(first);
        Lock::take(&state, Duration::from_millis(20)).unwrap();
    }

    #[test]
    fn changes_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("sandbox.json");
        for before in 0..12 {
            let mut lock = Lock::take(&state, LONGEST_WAIT).unwrap();
            assert_eq!(lock.changes, before);
            lock.count().unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (state, other) = (folder.path().join("sandbox.json"), folder.path().join("other"));
        std::fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("sandbox.json.lock")).unwrap();
        assert!(Lock::take(&state, LONGEST_WAIT).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
    }
}
