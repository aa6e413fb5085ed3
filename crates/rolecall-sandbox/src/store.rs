//! The state over time: the present, as much of the past as the lag faults need, and the file that outlives
//! the process.
//!
//! A change is written to a temporary file, flushed to disk and renamed before it counts: an interrupted process
//! leaves the state before or after a call, never between. A file that somebody else has changed or removed
//! since (another command, while this process serves) is believed; two processes that write at the same
//! moment are not kept apart.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tempfile::NamedTempFile;

use super::state::State;

/// The present state and what came before it.
#[derive(Debug)]
pub(super) struct Store {
    current: Arc<State>,
    /// Superseded states with the moment at which each ended, oldest first.
    past: VecDeque<(Instant, Arc<State>)>,
    /// The state where there is no file.
    initial: Arc<State>,
    file: Option<PathBuf>,
    /// What the file looked like when it was last read or written; none if it was not there.
    seen: Option<(SystemTime, u64)>,
}

impl Store {
    /// The state in `file`, or `initial` where there is none.
    pub(super) fn open(initial: State, file: Option<PathBuf>) -> io::Result<Self> {
        let initial = Arc::new(initial);
        let mut store =
            Self { current: Arc::clone(&initial), past: VecDeque::new(), initial, file, seen: None };
        store.refresh()?;
        Ok(store)
    }

    /// Takes over what somebody else wrote.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let found = appearance(file);
        if found != self.seen {
            self.current = if found.is_some() { Arc::new(load(file)?) } else { Arc::clone(&self.initial) };
            self.seen = found;
        }
        Ok(())
    }

    pub(super) fn current(&self) -> &Arc<State> {
        &self.current
    }

    /// The state as it was `lag` ago.
    pub(super) fn as_of(&self, lag: Duration) -> Arc<State> {
        let ended_since = self.past.iter().find(|(ended, _)| ended.elapsed() < lag);
        Arc::clone(ended_since.map_or(&self.current, |(_, state)| state))
    }

    /// Makes `next` the present; the past is kept for `memory`.
    pub(super) fn commit(&mut self, next: State, memory: Duration) -> io::Result<()> {
        if let Some(file) = &self.file {
            save(&next, file)?;
            self.seen = appearance(file);
        }
        let superseded = std::mem::replace(&mut self.current, Arc::new(next));
        self.past.push_back((Instant::now(), superseded));
        self.past.retain(|(ended, _)| ended.elapsed() < memory);
        Ok(())
    }
}

fn appearance(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Reads a state that [`save`] wrote.
pub fn load(path: &Path) -> io::Result<State> {
    parse(&fs::read(path)?)
}

/// The state in a file that [`save`] wrote, of which these are the bytes.
pub fn parse(bytes: &[u8]) -> io::Result<State> {
    serde_json::from_slice(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes a state as JSON, whole or not at all. A symbolic link is followed, and the file's permissions stay; a new file
/// is for its owner alone, since the state has keys and secrets in it.
pub fn save(state: &State, path: &Path) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::with_suffix_in(".tmp", folder)?;
    if let Ok(metadata) = fs::metadata(&path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.write_all(&serde_json::to_vec_pretty(state)?)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Store, load, save};
    use crate::State;

    #[test]
    fn a_saved_state_is_read_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("below").join("sandbox.json");
        save(&State::demo(), &file).unwrap();
        assert_eq!(load(&file).unwrap(), State::demo());
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_state_that_cannot_be_saved_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::create_dir_all(taken.join("folder")).unwrap();
        assert!(save(&State::demo(), &taken).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_state_is_private_and_an_old_one_keeps_its_link_and_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.json"), folder.path().join("sandbox.json"));
        let mode = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        save(&State::demo(), &file).unwrap();
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        let mut next = State::demo();
        next.ids_given = 999;
        save(&next, &link).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((load(&file).unwrap(), mode()), (next, 0o640));
    }

    #[test]
    fn the_past_is_seen_until_the_lag_is_over() {
        let mut store = Store::open(State::demo(), None).unwrap();
        let mut next = State::demo();
        next.ids_given = 999;
        store.commit(next, Duration::from_secs(60)).unwrap();
        assert_eq!(*store.as_of(Duration::from_secs(60)), State::demo());
        assert_eq!(store.as_of(Duration::ZERO).ids_given, 999);
    }
}
