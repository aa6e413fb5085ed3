//! What a command is doing at this moment, for whoever watches it: the calls that are not answered yet, how many were, and what
//! is waited for.
//!
//! A shell puts its work under an [`Activity`] and looks at it from another thread, because work that computes gives no turn to
//! anybody else. The adapters say which call they send ([`calling`]), every request that came to something is heard of
//! ([`heard`]), and [`Patience`] says what it waits for ([`waiting`]). Without an activity all of this does nothing.
//!
//! Deliberately absent: words and terminals, which the shell has; and any influence on the work.
//!
//! [`Patience`]: crate::patience::Patience

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ports::call::Call;

tokio::task_local! {
    static ACTIVITY: Activity;
}

/// What a command is doing. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    calls: BTreeMap<u64, Running>,
    waits: BTreeMap<u64, Wait>,
    begun: usize,
    answered: usize,
}

/// A call that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What is called, such as `iam:GetRole`.
    pub operation: String,
    /// Since when.
    pub since: Instant,
    /// How the last request for it failed, if it is sent again.
    pub trouble: Option<Trouble>,
}

/// Why a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No answer came.
    Unanswered,
    /// The service takes no more calls for the moment.
    Throttled,
    /// The service failed, with this HTTP status.
    Failed(u16),
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    pub awaited: &'static str,
    /// Since when.
    pub since: Instant,
    /// For how long at most.
    pub longest: Duration,
}

/// What is done at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// What is waited for, if it is anything: the wait that began first.
    pub wait: Option<Wait>,
    /// The call that was begun first, of those that are not answered.
    pub call: Option<Running>,
    /// How many calls were begun.
    pub begun: usize,
    /// How many of them were answered, or failed for good.
    pub answered: usize,
}

impl Activity {
    /// Does the work, and knows what it does.
    pub async fn over<F: Future>(self, work: F) -> F::Output {
        ACTIVITY.scope(self, work).await
    }

    /// What is done now.
    #[must_use]
    pub fn now(&self) -> Moment {
        let state = self.state();
        Moment {
            wait: state.waits.values().next().cloned(),
            call: state.calls.values().next().cloned(),
            begun: state.begun,
            answered: state.answered,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a call: it is under way until the future ends or is dropped.
pub async fn calling<F: Future>(operation: &str, call: F) -> F::Output {
    let _entry = Entry::new(|state, id| {
        state.begun += 1;
        let running = Running { operation: operation.to_owned(), since: Instant::now(), trouble: None };
        state.calls.insert(id, running);
    });
    call.await
}

/// Waits for something: it is waited for until the future ends or is dropped. `since` is when that began.
pub async fn waiting<F: Future>(wait: Wait, work: F) -> F::Output {
    let _entry = Entry::new(|state, id| {
        state.waits.insert(id, wait);
    });
    work.await
}

/// One request of a call came to something.
pub fn heard(request: &Call) {
    let trouble = match request.status {
        None => Some(Trouble::Unanswered),
        Some(429) => Some(Trouble::Throttled),
        Some(status @ 500..) => Some(Trouble::Failed(status)),
        Some(_) => None,
    };
    with(|state| {
        let is_of = |running: &&mut Running| is_same(&running.operation, &request.operation);
        if let Some(running) = state.calls.values_mut().find(is_of) {
            running.trouble = trouble;
        }
    });
}

/// The SDK writes `IAM GetRole` where everybody else writes `iam:GetRole`.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(&other.replace(' ', ":")) || one == other
}

fn with(change: impl FnOnce(&mut State)) {
    // Without a watcher there is nothing to note.
    let _ = ACTIVITY.try_with(|activity| change(&mut activity.state()));
}

/// Something that is going on until this is dropped.
struct Entry {
    activity: Option<Activity>,
    id: u64,
}

impl Entry {
    fn new(begin: impl FnOnce(&mut State, u64)) -> Self {
        let activity = ACTIVITY.try_with(Activity::clone).ok();
        let id = activity.as_ref().map_or(0, |activity| {
            let mut state = activity.state();
            let id = state.next;
            state.next += 1;
            begin(&mut state, id);
            id
        });
        Self { activity, id }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(activity) = &self.activity else { return };
        let mut state = activity.state();
        if state.calls.remove(&self.id).is_some() {
            state.answered += 1;
        }
        state.waits.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt as _;

    use super::*;

    fn request(operation: &str, status: Option<u16>) -> Call {
        Call { operation: operation.to_owned(), host: String::new(), status, took: Duration::ZERO }
    }

    #[tokio::test]
    async fn calls_are_under_way_until_they_end_or_are_dropped() {
        let activity = Activity::default();
        let seen = activity.clone();
        let work = async {
            calling("iam:GetRole", ready(())).await;
            {
                let mut second = Box::pin(calling("iam:ListPolicies", pending::<()>()));
                assert_eq!((&mut second).now_or_never(), None);
                heard(&request("IAM ListPolicies", Some(429)));
                let moment = seen.now();
                assert_eq!((moment.begun, moment.answered), (2, 1));
                let call = moment.call.unwrap();
                assert_eq!(
                    (call.operation.as_str(), call.trouble),
                    ("iam:ListPolicies", Some(Trouble::Throttled))
                );
                heard(&request("IAM ListPolicies", Some(200)));
                assert_eq!(seen.now().call.unwrap().trouble, None);
            }
            assert_eq!(seen.now(), Moment { begun: 2, answered: 2, ..Moment::default() });
        };
        activity.over(work).await;
    }

    #[tokio::test]
    async fn without_a_watcher_nothing_is_noted() {
        assert_eq!(calling("iam:GetRole", ready(1)).await, 1);
        heard(&request("IAM GetRole", None));
    }
}
