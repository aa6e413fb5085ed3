//! Waiting: how long, how often, who may end it, and who is told. The one place where rolecall waits for something to become
//! true.
//!
//! An attempt that was begun is always waited for; only the pause between two attempts can be interrupted. So whoever stops
//! waiting knows what was done. Deliberately absent: the retries of a single request, which the AWS SDK and the client for
//! Genesys Cloud have of their own, and the counting of agreeing answers in `verify::steady`.

use std::future::pending;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::activity::{self, Wait};
use crate::limit;

/// A request to stop at the next safe point.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Option<watch::Receiver<bool>>);

impl Interrupt {
    /// One that nobody can raise.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// One that is raised by sending `true`.
    #[must_use]
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (raise, raised) = watch::channel(false);
        (raise, Self(Some(raised)))
    }

    /// Whether it was raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.as_ref().is_some_and(|raised| *raised.borrow())
    }

    /// Waits until it is raised.
    pub async fn raised(&self) {
        let Some(mut raised) = self.0.clone() else { return pending().await };
        if raised.wait_for(|raised| *raised).await.is_err() {
            // Whoever could have raised it is gone.
            pending().await
        }
    }
}

/// The pauses between attempts: each is twice as long as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Pace {
    /// Pauses that double from `first` to `longest`, in milliseconds.
    #[must_use]
    pub const fn doubling(first: u64, longest: u64) -> Self {
        Self { first: Duration::from_millis(first), longest: Duration::from_millis(longest) }
    }

    /// The same pause between all attempts, in milliseconds.
    #[must_use]
    pub const fn steady(pause: u64) -> Self {
        Self::doubling(pause, pause)
    }
}

/// What an attempt came to.
#[derive(Debug)]
pub enum Attempt<T, L> {
    /// It is there.
    Done(T),
    /// Not yet: what is waited for, and what the attempt showed.
    NotYet(&'static str, L),
}

/// Why waiting ended without what was waited for.
#[derive(Debug)]
pub enum Stopped<L> {
    /// The next attempt would have come after the deadline.
    Deadline {
        /// What was waited for.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// What the last attempt showed.
        last: L,
    },
    /// Somebody raised the interrupt during a pause.
    Interrupted {
        /// What was waited for.
        awaited: &'static str,
        /// What the last attempt showed.
        last: L,
    },
}

impl<L> Stopped<L> {
    /// What the last attempt showed.
    pub fn last(self) -> L {
        match self {
            Self::Deadline { last, .. } | Self::Interrupted { last, .. } => last,
        }
    }
}

/// How long to wait for one thing, who may end it, and who is told about each pause.
#[derive(Clone)]
pub struct Patience<'p> {
    /// The longest wait for one thing; the command's own [`limit`] may end it earlier.
    pub deadline: Duration,
    /// Ends the wait.
    pub interrupt: Interrupt,
    /// Is told what is waited for, and how long so far.
    pub told: &'p dyn Fn(&str, Duration),
}

impl Patience<'_> {
    /// Tries until it works, it fails for good, the deadline has passed, or the interrupt is raised.
    pub async fn until<T, L, E>(
        &self,
        pace: Pace,
        mut attempt: impl AsyncFnMut() -> Result<Attempt<T, L>, E>,
    ) -> Result<Result<T, Stopped<L>>, E> {
        let start = Instant::now();
        let mut pause = pace.first;
        loop {
            let (awaited, last) = match attempt().await? {
                Attempt::Done(done) => return Ok(Ok(done)),
                Attempt::NotYet(awaited, last) => (awaited, last),
            };
            let waited = start.elapsed();
            let is_late = limit::remaining().is_some_and(|remaining| pause > remaining);
            if is_late || waited + pause > self.deadline {
                return Ok(Err(Stopped::Deadline { awaited, waited, last }));
            }
            if self.interrupt.is_raised() {
                return Ok(Err(Stopped::Interrupted { awaited, last }));
            }
            (self.told)(awaited, waited);
            let wait = Wait { awaited, since: start.into_std(), longest: self.deadline };
            let paused = activity::waiting(wait, async {
                tokio::select! {
                    () = sleep(pause) => true,
                    () = self.interrupt.raised() => false,
                }
            });
            if !paused.await {
                return Ok(Err(Stopped::Interrupted { awaited, last }));
            }
            pause = (pause * 2).min(pace.longest);
        }
    }

    /// Looks until what is seen is settled; what was seen last, and whether it is.
    pub async fn settle<T, E>(
        &self,
        pace: Pace,
        awaited: &'static str,
        mut look: impl AsyncFnMut() -> Result<T, E>,
        is_settled: impl Fn(&T) -> bool,
    ) -> Result<Settled<T>, E> {
        let attempt = async || {
            let seen = look().await?;
            Ok(if is_settled(&seen) { Attempt::Done(seen) } else { Attempt::NotYet(awaited, seen) })
        };
        Ok(match self.until(pace, attempt).await? {
            Ok(seen) => Settled { seen, is_settled: true },
            Err(Stopped::Deadline { last, .. }) => Settled { seen: last, is_settled: false },
            // What was seen before the pause may be old by now.
            Err(Stopped::Interrupted { .. }) => {
                let seen = look().await?;
                Settled { is_settled: is_settled(&seen), seen }
            }
        })
    }
}

/// What the last look showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled<T> {
    /// What was seen.
    pub seen: T,
    /// Whether it is as it should be.
    pub is_settled: bool,
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::convert::Infallible;

    use super::*;

    const PACE: Pace = Pace::doubling(500, 2_000);

    /// Counts the attempts; the one of that number succeeds.
    async fn wait(patience: &Patience<'_>, success: u32) -> (u32, Result<u32, Stopped<u32>>) {
        let tries = Cell::new(0);
        let attempt = async || {
            tries.set(tries.get() + 1);
            let attempt = match tries.get() == success {
                true => Attempt::Done(tries.get()),
                false => Attempt::NotYet("the answer", tries.get()),
            };
            Ok::<_, Infallible>(attempt)
        };
        let Ok(result) = patience.until(PACE, attempt).await;
        (tries.get(), result)
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_the_longest_and_each_is_told() {
        let told = RefCell::new(Vec::new());
        let tell = |awaited: &str, waited: Duration| {
            told.borrow_mut().push((awaited.to_owned(), waited.as_millis()))
        };
        let patience =
            Patience { deadline: Duration::from_secs(60), interrupt: Interrupt::never(), told: &tell };
        let (tries, result) = wait(&patience, 6).await;
        assert_eq!((tries, result.unwrap()), (6, 6));
        let waited: Vec<u128> = told.borrow().iter().map(|(_, waited)| *waited).collect();
        assert_eq!(waited, [0, 500, 1500, 3500, 5500]);
        assert!(told.borrow().iter().all(|(awaited, _)| awaited == "the answer"));
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_is_made_after_the_deadline() {
        let patience =
            Patience { deadline: Duration::from_secs(3), interrupt: Interrupt::never(), told: &|_, _| {} };
        let (tries, result) = wait(&patience, 100).await;
        let Err(Stopped::Deadline { awaited, waited, last }) = result else { panic!("{result:?}") };
        assert_eq!((tries, awaited, waited, last), (3, "the answer", Duration::from_millis(1500), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_ends_a_pause_at_once() {
        let (raise, interrupt) = Interrupt::new();
        let told = |_: &str, _: Duration| {
            raise.send_replace(true);
        };
        let patience = Patience { deadline: Duration::from_secs(60), interrupt, told: &told };
        let (tries, result) = wait(&patience, 100).await;
        assert!(matches!(result, Err(Stopped::Interrupted { awaited: "the answer", last: 1 })), "{result:?}");
        assert_eq!(tries, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_that_nobody_can_raise_any_more_ends_nothing() {
        let (raise, interrupt) = Interrupt::new();
        drop(raise);
        let patience = Patience { deadline: Duration::from_secs(60), interrupt, told: &|_, _| {} };
        assert_eq!(wait(&patience, 3).await.1.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_last_comes_back_whether_it_settled_or_not() {
        let patience =
            Patience { deadline: Duration::from_secs(1), interrupt: Interrupt::never(), told: &|_, _| {} };
        let seen = Cell::new(0);
        let look = async || {
            seen.set(seen.get() + 1);
            Ok::<_, Infallible>(seen.get())
        };
        let Ok(settled) = patience.settle(PACE, "two", look, |seen| *seen == 2).await;
        assert_eq!(settled, Settled { seen: 2, is_settled: true });
        let Ok(settled) = patience.settle(PACE, "never", look, |_| false).await;
        assert_eq!(settled, Settled { seen: 4, is_settled: false });
    }
}
