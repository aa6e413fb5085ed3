//! How fast calls go out where a service allows so many a second, to everybody in the account together.
//!
//! Deliberately not governor: it lets calls through at the same times, but waits on a clock and in a thread of its own, so
//! that tests cannot pause the time, and it brings nine crates for the few lines of [`Rate::turn`].

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lambda's control plane allows 15 requests a second and region, `GetPolicy` 15 of its own (Lambda Developer Guide,
/// "Lambda quotas"). A few at once and then a steady twelve a second never pass that, and leave others some room.
const INTERVAL: Duration = Duration::from_millis(83);
const AT_ONCE: u32 = 3;

/// Lets calls through one by one.
#[derive(Debug)]
pub(super) struct Rate {
    /// When the last call that was let through is due at a steady rate.
    due: Cell<Instant>,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self { due: Cell::new(Instant::now()) }
    }

    /// Waits for the caller's turn.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let due = self.due.get().max(now) + INTERVAL;
        self.due.set(due);
        // A call may come that much before it is due.
        if let Some(turn) = due.checked_sub(INTERVAL * AT_ONCE) {
            sleep_until(turn).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_second_has_more_than_the_quota() {
        let pace = Rate::new();
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..20 {
            pace.turn().await;
            times.push(start.elapsed());
        }
        assert!(times[2] < INTERVAL, "a few go out at once: {times:?}");
        for (index, first) in times.iter().enumerate() {
            let within =
                times[index..].iter().filter(|time| **time < *first + Duration::from_secs(1)).count();
            assert!(within <= 15, "{within} in the second after {first:?}");
        }
    }
}
