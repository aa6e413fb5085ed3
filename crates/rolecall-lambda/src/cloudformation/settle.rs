//! Looking again: IAM and Genesys Cloud show a moment later what a stack has just made or deleted.

use std::time::Duration;

use rolecall_model::patience::{Interrupt, Pace, Patience};

/// How long what Genesys Cloud shows may lag behind; what it still does not show then is not there. (How long that takes
/// is documented nowhere.)
pub(super) const GENESYS: Duration = Duration::from_secs(10);
/// IAM shows a new role and its policies everywhere within seconds; longer than this they are not on their way.
pub(super) const IAM: Duration = Duration::from_secs(30);

const PACE: Pace = Pace::steady(2_000);

/// Looks until it is settled, or the time is up; what was seen last.
pub(super) async fn settled<T, E>(
    within: Duration,
    look: impl AsyncFnMut() -> Result<T, E>,
    is_settled: impl Fn(&T) -> bool,
) -> Result<T, E> {
    let patience = Patience { deadline: within, interrupt: Interrupt::never(), told: &|_, _| {} };
    Ok(patience.settle(PACE, "it to show", look, is_settled).await?.seen)
}
