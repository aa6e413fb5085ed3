//! How fast an account is called: as fast as one likes until a call is throttled, then ever slower until none is, and
//! step by step faster again. Whoever calls the same account shares its pace.
//!
//! IAM publishes no rates to keep to from the start. The SDK's own adaptive retries are not used: they share a rate too,
//! but with no regard to a deadline, and take ten seconds to try again a call that was throttled early.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Between two calls after the first that was throttled; and never longer than the second.
const FIRST_GAP: Duration = Duration::from_millis(50);
const LONGEST_GAP: Duration = Duration::from_millis(800);

#[derive(Debug)]
pub(super) struct Pace {
    gap: Cell<Duration>,
    next: Cell<Instant>,
    /// When the gap last became longer.
    slowed: Cell<Option<Instant>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { gap: Cell::default(), next: Cell::new(Instant::now()), slowed: Cell::default() }
    }
}

impl Pace {
    /// Waits for the turn of a call, and says when that was.
    pub(super) async fn turn(&self) -> Instant {
        let turn = self.next.get().max(Instant::now());
        self.next.set(turn + self.gap.get());
        sleep_until(turn).await;
        turn
    }

    /// That call was throttled. Of many that were sent at the old pace, only the first makes it slower.
    pub(super) fn was_throttled(&self, sent: Instant) {
        if self.slowed.get().is_none_or(|slowed| sent > slowed) {
            self.gap.set((self.gap.get() * 2).clamp(FIRST_GAP, LONGEST_GAP));
            self.slowed.set(Some(Instant::now()));
        }
    }

    /// That call was answered.
    pub(super) fn was_answered(&self) {
        let gap = self.gap.get() * 9 / 10;
        self.gap.set(if gap < FIRST_GAP / 10 { Duration::ZERO } else { gap });
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_GAP, LONGEST_GAP, Pace};
    use std::time::Duration;
    use tokio::time::Instant;

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn calls_are_spread_after_one_was_throttled_and_no_more_when_all_is_well() {
        let pace = Pace::default();
        let start = Instant::now();
        let (one, other) = (pace.turn().await, pace.turn().await);
        assert_eq!((one, other), (start, start));
        // Both were sent at the same pace: that is one reason to slow down.
        pace.was_throttled(one);
        assert_eq!(pace.gap.get(), FIRST_GAP);
        tokio::time::advance(Duration::from_millis(1)).await;
        pace.was_throttled(other);
        assert_eq!(pace.gap.get(), FIRST_GAP);
        let (one, other) = (pace.turn().await, pace.turn().await);
        assert_eq!(other - one, FIRST_GAP);
        for _ in 0..10 {
            let sent = pace.turn().await;
            tokio::time::advance(Duration::from_millis(1)).await;
            pace.was_throttled(sent);
        }
        assert_eq!(pace.gap.get(), LONGEST_GAP);
        for _ in 0..60 {
            pace.was_answered();
        }
        assert_eq!(pace.gap.get(), Duration::ZERO);
    }
}
