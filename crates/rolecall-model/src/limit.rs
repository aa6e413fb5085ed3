//! How long a whole command may take: one moment at which every call and every wait ends.
//!
//! A shell puts its work under a [`Limit`]; the adapters send every call through [`within`], and [`Patience`] waits no
//! longer than [`remaining`]. So the end comes where it is known what was sent: a write that is under way at that moment
//! is reported as one that may have been carried out, and what was done before it is reported as done. The limit is kept
//! by the task, so no layer can forget to hand it on. A task that is spawned is not under it: the sandbox serves on.
//!
//! Deliberately absent: the end of what only computes. The prover has a budget of its own.
//!
//! [`Patience`]: crate::patience::Patience

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How much longer the removal of what a command made for itself may take.
pub const CLEANING_UP: Duration = Duration::from_secs(30);

tokio::task_local! {
    static LIMIT: Limit;
    static EXTRA: Duration;
}

/// The moment at which a command ends.
#[derive(Clone, Debug)]
pub struct Limit {
    stated: Duration,
    end: Arc<Mutex<Instant>>,
}

/// The limit was reached before the work was finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// The work was begun, and nobody knows how far it got.
    #[error("no answer before the command's deadline of {} s", .0.as_secs())]
    Begun(Duration),
    /// The work was not begun.
    #[error("the command's deadline of {} s has passed, so this call was not sent", .0.as_secs())]
    NotBegun(Duration),
}

impl Limit {
    /// A limit that counts from now on.
    #[must_use]
    pub fn new(stated: Duration) -> Self {
        Self { stated, end: Arc::new(Mutex::new(Instant::now() + stated)) }
    }

    /// Does the work under this limit.
    pub async fn over<F: Future>(self, work: F) -> F::Output {
        LIMIT.scope(self, work).await
    }

    /// How much time is left.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.end().saturating_duration_since(Instant::now())
    }

    fn end(&self) -> Instant {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) + EXTRA.try_get().unwrap_or_default()
    }

    fn put_off(&self, by: Duration) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// How much time is left; `None` where there is no limit.
#[must_use]
pub fn remaining() -> Option<Duration> {
    LIMIT.try_with(|limit| limit.end().saturating_duration_since(Instant::now())).ok()
}

/// Does the work as far as the time allows; work that comes too late is not begun.
pub async fn within<F: Future>(work: F) -> Result<F::Output, Over> {
    let Ok(limit) = LIMIT.try_with(Limit::clone) else { return Ok(work.await) };
    let end = limit.end();
    if Instant::now() >= end {
        return Err(Over::NotBegun(limit.stated));
    }
    timeout_at(end, work).await.map_err(|_| Over::Begun(limit.stated))
}

/// The removal of what the command made for itself: it must not stay because the time is up.
pub async fn cleaning_up<F: Future>(work: F) -> F::Output {
    EXTRA.scope(CLEANING_UP, work).await
}

/// Waits for a person. That time does not count.
pub fn uncounted<T>(ask: impl FnOnce() -> T) -> T {
    let asked = Instant::now();
    let answer = ask();
    // Without a limit there is nothing to put off.
    let _ = LIMIT.try_with(|limit| limit.put_off(asked.elapsed()));
    answer
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::{advance, sleep};

    use super::*;

    const STATED: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn work_ends_at_the_limit_and_later_work_is_not_begun() {
        let work = async {
            let start = Instant::now();
            assert_eq!(within(ready(1)).await, Ok(1));
            assert_eq!(within(pending::<()>()).await, Err(Over::Begun(STATED)));
            assert_eq!((start.elapsed(), remaining()), (STATED, Some(Duration::ZERO)));
            assert_eq!(within(ready(2)).await, Err(Over::NotBegun(STATED)));
        };
        Limit::new(STATED).over(work).await;
    }

    #[tokio::test(start_paused = true)]
    async fn all_parts_of_the_work_share_the_limit() {
        let part = || within(sleep(Duration::from_secs(3)));
        let work = async { (part().await, part().await) };
        assert_eq!(Limit::new(STATED).over(work).await, (Ok(()), Err(Over::Begun(STATED))));
    }

    #[tokio::test(start_paused = true)]
    async fn cleaning_up_may_take_longer_but_not_for_ever() {
        let work = async {
            advance(STATED).await;
            let start = Instant::now();
            assert_eq!(cleaning_up(within(ready(()))).await, Ok(()));
            assert_eq!(cleaning_up(within(pending::<()>())).await, Err(Over::Begun(STATED)));
            assert_eq!(start.elapsed(), CLEANING_UP);
            assert_eq!(within(ready(())).await, Err(Over::NotBegun(STATED)));
        };
        Limit::new(STATED).over(work).await;
    }

    #[tokio::test]
    async fn time_at_a_question_does_not_count() {
        let work = async {
            uncounted(|| std::thread::sleep(Duration::from_millis(30)));
            assert!(remaining() > Some(STATED - Duration::from_millis(25)), "{:?}", remaining());
        };
        Limit::new(STATED).over(work).await;
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_there_is_none() {
        assert_eq!(remaining(), None);
        assert_eq!(within(sleep(Duration::from_secs(1_000_000))).await, Ok(()));
    }
}
