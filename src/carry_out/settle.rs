//! After the writes: reads until AWS shows what was written. IAM's reads follow its writes at once as a rule, but not
//! always; a role may even show a unique ID in the place of its ARN for a moment (Terraform's `waitRoleARNIsNotUniqueID`).

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::carry_out::aws::{Interrupt, Progress};

/// What is waited for after the last write to AWS.
pub const SPREADING: &str = "IAM to show the changes";

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What the last read showed.
#[derive(Debug)]
pub struct Settled<T> {
    /// The last snapshot.
    pub observed: T,
    /// Whether it is as it should be.
    pub is_settled: bool,
}

/// Observes until the snapshot `is_settled`, the deadline has passed or the user interrupts.
pub async fn settle<T, E>(
    observe: impl AsyncFn() -> Result<T, E>,
    is_settled: impl Fn(&T) -> bool,
    awaited: &str,
    deadline: Duration,
    mut interrupt: Interrupt,
    progress: &mut impl Progress,
) -> Result<Settled<T>, E> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let observed = observe().await?;
        let waited = start.elapsed();
        if is_settled(&observed) {
            return Ok(Settled { observed, is_settled: true });
        }
        if waited + pause > deadline || *interrupt.borrow() {
            return Ok(Settled { observed, is_settled: false });
        }
        progress.waiting(awaited, waited);
        tokio::select! {
            () = sleep(pause) => {}
            _ = interrupt.wait_for(|stop| *stop) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
