//! The state over time: the present, as much of the past as the lag faults need, and the file that outlives
//! the process.
//!
//! A change is written to a temporary file, flushed to disk and renamed before it counts: an interrupted process
//! leaves the state before or after a call, never between. A file that somebody else has changed or removed
//! since (another command, while this process serves) is believed. From [`Store::enter`] to [`Store::leave`] no other
//! process changes the file, so that what is changed is always the latest state.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tempfile::NamedTempFile;

use super::lock::{LONGEST_WAIT, Lock};
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
    seen: Option<Appearance>,
    /// What keeps other processes from changing the file, or why there is no such thing.
    lock: Option<io::Result<Lock>>,
}

/// The time, the size, and the number of the change.
type Appearance = (SystemTime, u64, u64);

impl Store {
    /// The state in `file`, or `initial` where there is none.
    pub(super) fn open(initial: State, file: Option<PathBuf>) -> io::Result<Self> {
        let initial = Arc::new(initial);
        let mut store = Self {
            current: Arc::clone(&initial),
            past: VecDeque::new(),
            initial,
            file,
            seen: None,
            lock: None,
        };
        store.refresh()?;
        Ok(store)
    }

    /// Keeps other processes from changing the file until [`Store::leave`], and takes over what they wrote before. A file that
    /// cannot be read is no reason to forget what is known. Where there is no lock, reading goes on, and a change fails.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            self.lock = Some(Lock::take(file, LONGEST_WAIT));
        }
        self.refresh()
    }

    /// Lets others change the file.
    pub(super) fn leave(&mut self) {
        self.lock = None;
    }

    /// Takes over what somebody else wrote.
    fn refresh(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let found = appearance(file, self.changes());
        if found != self.seen {
            self.current = if found.is_some() { Arc::new(load(file)?) } else { Arc::clone(&self.initial) };
            self.seen = found;
        }
        Ok(())
    }

    fn changes(&self) -> u64 {
        match &self.lock {
            Some(Ok(lock)) => lock.changes,
            Some(Err(_)) | None => 0,
        }
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
            let lock = match &mut self.lock {
                Some(Ok(lock)) => lock,
                Some(Err(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
                None => return Err(io::Error::other("the state file is not locked")),
            };
            save(&next, file)?;
            lock.count()?;
            self.seen = appearance(file, lock.changes);
        }
        let superseded = std::mem::replace(&mut self.current, Arc::new(next));
        self.past.push_back((Instant::now(), superseded));
        self.past.retain(|(ended, _)| ended.elapsed() < memory);
        Ok(())
    }
}

fn appearance(file: &Path, changes: u64) -> Option<Appearance> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), changes))
}

/// Reads a state that [`save`] wrote.
pub fn load(path: &Path) -> io::Result<State> {
    serde_json::from_slice(&fs::read(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Changes the state in a file, or `initial` where there is none, while no other process can. An error leaves the file as it was.
pub fn change<T, E: From<io::Error>>(
    path: &Path,
    initial: State,
    change: impl FnOnce(&mut State) -> Result<T, E>,
) -> Result<T, E> {
    let mut lock = Lock::take(path, LONGEST_WAIT)?;
    let mut state = match load(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => initial,
        loaded => loaded?,
    };
    let result = change(&mut state)?;
    save(&state, path)?;
    lock.count()?;
    Ok(result)
}

/// Writes a state as JSON, whole or not at all. The file is for its owner alone, since the state has keys and secrets in it. What
/// is not an ordinary file, such as a symbolic link, is refused: the state is not written to where somebody else points.
pub fn save(state: &State, path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message =
            format!("`{}` is not an ordinary file (a symbolic link is not followed)", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    // It is made with the permissions 0600, and renaming replaces a link that came between instead of following it.
    let mut file = NamedTempFile::with_suffix_in(".tmp", folder)?;
    file.write_all(&serde_json::to_vec_pretty(state)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Store, change, load, save};
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
    fn a_state_is_private_and_is_not_written_through_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.json"), folder.path().join("sandbox.json"));
        let mode = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        save(&State::demo(), &file).unwrap();
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        save(&State::demo(), &file).unwrap();
        assert_eq!(mode(), 0o600);
        let target = folder.path().join("target");
        for existing in [false, true] {
            if existing {
                std::fs::write(&target, "precious").unwrap();
            }
            let _ = std::fs::remove_file(&link);
            symlink(&target, &link).unwrap();
            let refused = save(&State::demo(), &link).unwrap_err();
            assert!(refused.to_string().contains("a symbolic link is not followed"), "{refused}");
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    }

    #[test]
    fn a_change_of_the_same_size_in_the_same_moment_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sandbox.json");
        save(&State::demo(), &file).unwrap();
        let mut store = Store::open(State::demo(), Some(file.clone())).unwrap();
        let time = std::fs::metadata(&file).unwrap().modified().unwrap();
        store.enter().unwrap();
        store.leave();
        let next = |state: &mut State| {
            state.genesys.organization.id = state.genesys.organization.id.replace('5', "6");
            Ok::<_, std::io::Error>(())
        };
        change(&file, State::demo(), next).unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        store.enter().unwrap();
        assert_eq!(**store.current(), load(&file).unwrap());
        assert_ne!(**store.current(), State::demo());
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
