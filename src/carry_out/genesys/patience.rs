//! Trying again: how long, how often, and who may end it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Failure;
use crate::carry_out::aws::{Interrupt, Progress};
use crate::plan::genesys::Step;
use crate::ports::genesys::{GenesysError, GenesysResult};

/// The first pause before something is tried again, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long one step may take.
pub(super) struct Patience<'p, P> {
    deadline: Duration,
    interrupt: Interrupt,
    progress: &'p mut P,
}

impl<'p, P: Progress<Step>> Patience<'p, P> {
    pub(super) fn new(deadline: Duration, interrupt: Interrupt, progress: &'p mut P) -> Self {
        Self { deadline, interrupt, progress }
    }

    /// Tries until it works, or fails with an error that will not pass.
    pub(super) async fn until<T>(
        &mut self,
        awaited: &'static str,
        mut attempt: impl AsyncFnMut() -> GenesysResult<T>,
        is_passing: impl Fn(&GenesysError) -> bool,
    ) -> Result<T, Failure> {
        self.until_some(awaited, async || attempt().await.map(Some), is_passing).await
    }

    /// Tries until there is an answer, or an error that will not pass.
    pub(super) async fn until_some<T>(
        &mut self,
        awaited: &'static str,
        mut attempt: impl AsyncFnMut() -> GenesysResult<Option<T>>,
        is_passing: impl Fn(&GenesysError) -> bool,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let last = match attempt().await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => None,
                Err(error) if is_passing(&error) => Some(error),
                Err(error) => return Err(error.into()),
            };
            let waited = start.elapsed();
            if waited + pause > self.deadline {
                return Err(Failure::Deadline { awaited, waited, last: last.map(Box::new) });
            }
            self.progress.waiting(awaited, waited);
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.interrupt.wait_for(|stop| *stop) => return Err(Failure::Interrupted { awaited }),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
