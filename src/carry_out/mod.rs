//! Plan → AWS and Genesys Cloud: the one executor. It makes the changes in the plan's order, those of a group side by side, and
//! stops at the first that fails, at the deadline, or when it is told to.
//!
//! Both services are eventually consistent. A write is tried again only where the answer shows that an earlier change has not
//! spread yet; every other error is final. A write that was sent is always waited for, so what [`Applied`] says was done is what
//! was done. How a change is written, and what it may wait for, each service says for itself: [`aws`], [`genesys`].

pub mod aws;
pub mod genesys;
mod meanwhile;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use crate::plan::aws::{Change as AwsChange, TrustStep};
use crate::plan::storable::Unstorable;
use crate::plan::{Change, Plan};
use crate::ports::genesys::{Fault, GenesysError};
use crate::ports::{AwsError, WriteOutcome};
use rolecall_model::patience::{Interrupt, Pace, Patience, Stopped};
use rolecall_model::shown::Shown;

pub use self::genesys::Made;

/// What is waited for after the last write to AWS.
pub const SPREADING: &str = "IAM to show the changes";

/// Between two looks at what was written. IAM's reads follow its writes at once as a rule, but not always; a role may even show
/// a unique ID in the place of its ARN for a moment (Terraform's `waitRoleARNIsNotUniqueID`).
pub const LOOKING: Pace = Pace::doubling(250, 5_000);

/// What happens while a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// A change is about to be made.
    Starting(&'e Change),
    /// The change was made.
    Finished(&'e Change, Effect),
    /// Something is waited for.
    Waiting {
        awaited: &'e str,
        /// For how long so far.
        waited: Duration,
    },
    /// The whole plan was carried out.
    Applied(&'e Applied),
}

/// What a change that did not fail did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The service confirmed the write.
    Written,
    /// What was to go was not found, so nothing was written.
    NotFound,
    /// It is gone, and an answer was lost: whether this request was what deleted it is not known.
    Gone,
}

/// Is told what happens while it happens.
pub trait Observer {
    /// Something happens.
    fn observe(&self, event: Event<'_>);
}

/// Nobody wants to know.
impl Observer for () {
    fn observe(&self, _: Event<'_>) {}
}

/// What was done, and what was not.
#[derive(Debug, Default)]
pub struct Applied {
    /// The changes that were confirmed, in order.
    pub done: Vec<Change>,
    /// The changes that failed, and why: several only where they went out side by side.
    pub failed: Vec<(Change, Failure)>,
    /// The changes that were not tried.
    pub remaining: Vec<Change>,
}

impl Applied {
    /// Which trust policy was written last; none where none was.
    #[must_use]
    pub fn interim_trust(&self) -> Option<TrustStep> {
        self.done.iter().rev().find_map(|change| match change {
            Change::Aws(AwsChange::UpdateTrust { step, .. }) => Some(*step),
            Change::Aws(_) | Change::Genesys(_) => None,
        })
    }

    /// Whether something was written to AWS.
    #[must_use]
    pub fn writes_aws(&self) -> bool {
        self.done.iter().any(|change| match change {
            Change::Aws(_) => true,
            Change::Genesys(_) => false,
        })
    }

    /// Whether the whole plan was carried out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.remaining.is_empty()
    }

    /// Whether every change that failed was certainly not carried out.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.failed.iter().all(|(_, failure)| match failure.outcome() {
            WriteOutcome::Refused => true,
            WriteOutcome::Unknown | WriteOutcome::Begun => false,
        })
    }
}

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// AWS refused a write.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// Genesys Cloud refused a call.
    #[error(transparent)]
    Genesys(#[from] GenesysError),
    /// Genesys Cloud would not publish the action.
    #[error("Genesys Cloud does not accept the action, and the draft was discarded: {}", list(faults))]
    Invalid {
        /// What it says about the draft.
        faults: Vec<Fault>,
    },
    /// Somebody is changing the action in Genesys Cloud.
    #[error("action `{id}` has an unpublished draft (version {version}); rolecall did not change the draft")]
    DraftInTheWay {
        /// The action's ID.
        id: String,
        /// The draft's version.
        version: i64,
    },
    /// The integration was enabled and reports an error.
    #[error("the integration reports an error: {}", Shown(detail.as_deref().unwrap_or("it does not say which")))]
    Inactive {
        /// Its own words.
        detail: Option<String>,
    },
    /// Something of that name came into being after the plan was made.
    #[error("{what} was created after the plan was made, {}", by_whom(*is_own))]
    MadeMeanwhile {
        /// What it is, by kind and name.
        what: String,
        /// Whether it carries rolecall's mark for this role.
        is_own: bool,
    },
    /// What the change is about was there when the plan was made.
    #[error("{what} was there when the plan was made; another caller has deleted it since ({answer})")]
    GoneMeanwhile {
        /// What it was, by kind and name.
        what: String,
        /// What the service says.
        answer: Box<Self>,
    },
    /// Somebody else writes to the same thing.
    #[error(
        "another caller changes {what} at the same time: for {} s, each version that was read was replaced before it could be \
         written ({answer})",
        waited.as_secs()
    )]
    Overtaken {
        what: &'static str,
        /// For how long.
        waited: Duration,
        /// What the service says.
        answer: Box<Self>,
    },
    /// A failure of a change of which more is known than the last answer says.
    #[error("{failure}")]
    After {
        /// What became of the change.
        outcome: WriteOutcome,
        /// Why it failed.
        failure: Box<Self>,
    },
    /// A service still did not show what was waited for.
    #[error("waited {} s for {awaited}{}", waited.as_secs(), last_answer(last.as_deref()))]
    Deadline {
        /// What was waited for.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// The last answer, where it was an error.
        last: Option<Box<Self>>,
    },
    /// The user interrupted a wait.
    #[error("interrupted while waiting for {awaited}")]
    Interrupted {
        /// What was waited for.
        awaited: &'static str,
    },
    /// The plan is about a service that nobody gave a client for.
    #[error("there is no client for {service}; this is a bug in rolecall, please report it")]
    NoClient { service: &'static str },
    /// The plan writes a document that IAM would refuse. Nothing was sent.
    #[error(transparent)]
    Unstorable(Unstorable),
    /// The plan names something that none of its changes makes.
    #[error(
        "the plan does not create the {missing} that this change needs; this is a bug in rolecall, please report it"
    )]
    Incomplete { missing: &'static str },
}

fn last_answer(last: Option<&Failure>) -> String {
    last.map(|failure| format!("; the last answer was: {failure}")).unwrap_or_default()
}

fn by_whom(is_own: bool) -> &'static str {
    match is_own {
        true => "by another run of rolecall",
        false => "and not by rolecall for this role",
    }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(|fault| Shown(fault.deepest()).to_string()).collect::<Vec<_>>().join("; ")
}

impl Failure {
    /// The failure of a change, with the call that failed. What a service says names its call already.
    #[must_use]
    pub fn of(&self, change: &Change) -> String {
        match self {
            Self::Aws(_) | Self::Genesys(_) | Self::Unstorable(_) => self.to_string(),
            Self::After { outcome: _, failure } => failure.of(change),
            Self::Invalid { .. }
            | Self::DraftInTheWay { .. }
            | Self::Inactive { .. }
            | Self::MadeMeanwhile { .. }
            | Self::GoneMeanwhile { .. }
            | Self::Overtaken { .. }
            | Self::Deadline { .. }
            | Self::Interrupted { .. }
            | Self::NoClient { .. }
            | Self::Incomplete { .. } => format!("{} failed: {self}", change.operation()),
        }
    }

    /// What became of the change. Whatever is said about it follows from this.
    #[must_use]
    pub fn outcome(&self) -> WriteOutcome {
        match self {
            Self::Aws(error) => error.outcome,
            Self::Genesys(error) => error.outcome,
            Self::After { outcome, .. } => *outcome,
            Self::Overtaken { answer, .. } | Self::GoneMeanwhile { answer, .. } => answer.outcome(),
            Self::Deadline { last, .. } => last.as_ref().map_or(WriteOutcome::Refused, |last| last.outcome()),
            Self::Inactive { .. } => WriteOutcome::Begun,
            // The draft that was made for it is gone again.
            Self::Invalid { .. }
            | Self::DraftInTheWay { .. }
            | Self::MadeMeanwhile { .. }
            | Self::Interrupted { .. }
            | Self::NoClient { .. }
            | Self::Unstorable(_)
            | Self::Incomplete { .. } => WriteOutcome::Refused,
        }
    }

    /// The failed call to AWS, if that was it.
    #[must_use]
    pub fn aws(&self) -> Option<&AwsError> {
        match self {
            Self::Aws(error) => Some(error),
            Self::After { failure, .. } => failure.aws(),
            Self::Genesys(_)
            | Self::Invalid { .. }
            | Self::DraftInTheWay { .. }
            | Self::Inactive { .. }
            | Self::MadeMeanwhile { .. }
            | Self::GoneMeanwhile { .. }
            | Self::Overtaken { .. }
            | Self::Deadline { .. }
            | Self::Interrupted { .. }
            | Self::NoClient { .. }
            | Self::Unstorable(_)
            | Self::Incomplete { .. } => None,
        }
    }

    /// The failure with what is known beyond its last answer: what was confirmed before, or what an earlier answer left open.
    fn after(self, known: WriteOutcome) -> Self {
        match (known, self.outcome()) {
            (WriteOutcome::Refused, _)
            | (WriteOutcome::Unknown, WriteOutcome::Unknown | WriteOutcome::Begun)
            | (WriteOutcome::Begun, WriteOutcome::Begun) => self,
            (outcome @ (WriteOutcome::Unknown | WriteOutcome::Begun), _) => {
                Self::After { outcome, failure: Box::new(self) }
            }
        }
    }

    /// Why waiting ended.
    fn stopped<E: Into<Self>>(stopped: Stopped<Option<E>>) -> Self {
        match stopped {
            Stopped::Deadline { awaited, waited, last } => {
                Self::Deadline { awaited, waited, last: last.map(|error| Box::new(error.into())) }
            }
            Stopped::Interrupted { awaited, .. } => Self::Interrupted { awaited },
        }
    }
}

/// Writes changes of AWS.
#[expect(async_fn_in_trait, reason = "every caller runs on one thread; no bound on the future is needed")]
pub trait WriteAws {
    /// Makes the change.
    async fn write(
        &self,
        change: &crate::plan::aws::Change,
        progress: &Progress<'_>,
    ) -> Result<Effect, Failure>;
}

/// Writes changes of Genesys Cloud.
#[expect(async_fn_in_trait, reason = "every caller runs on one thread; no bound on the future is needed")]
pub trait WriteGenesys {
    /// Makes the change.
    async fn write(
        &self,
        step: &crate::plan::genesys::Step,
        progress: &Progress<'_>,
    ) -> Result<Effect, Failure>;
}

/// In the place of a client that a plan does not need.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

impl WriteAws for Absent {
    async fn write(&self, _: &crate::plan::aws::Change, _: &Progress<'_>) -> Result<Effect, Failure> {
        Err(Failure::NoClient { service: "AWS" })
    }
}

impl WriteGenesys for Absent {
    async fn write(&self, _: &crate::plan::genesys::Step, _: &Progress<'_>) -> Result<Effect, Failure> {
        Err(Failure::NoClient { service: "Genesys Cloud" })
    }
}

impl<G: WriteGenesys> WriteGenesys for Option<G> {
    async fn write(
        &self,
        step: &crate::plan::genesys::Step,
        progress: &Progress<'_>,
    ) -> Result<Effect, Failure> {
        match self {
            Some(genesys) => WriteGenesys::write(genesys, step, progress).await,
            None => WriteGenesys::write(&Absent, step, progress).await,
        }
    }
}

/// Where changes are written to.
#[derive(Clone, Copy, Debug)]
pub struct Writers<A, G> {
    /// AWS, or [`Absent`].
    pub aws: A,
    /// Genesys Cloud, or [`Absent`].
    pub genesys: G,
}

/// What a change may need of those before it.
pub struct Progress<'p> {
    /// What was made so far.
    pub(crate) made: &'p Made,
    /// How long it may wait.
    pub(crate) patience: &'p Patience<'p>,
}

/// Carries out the plan. `made` is filled while that goes on: it is known even where the run is given up.
pub async fn carry_out<A: WriteAws, G: WriteGenesys>(
    plan: &Plan,
    writers: &Writers<A, G>,
    made: &Made,
    deadline: Duration,
    interrupt: &Interrupt,
    observer: &impl Observer,
) -> Applied {
    let told = |awaited: &str, waited: Duration| observer.observe(Event::Waiting { awaited, waited });
    let patience = Patience { deadline, interrupt: interrupt.clone(), told: &told };
    let progress = Progress { made, patience: &patience };
    let mut applied = Applied::default();
    if let Some((change, refused)) = plan.refused() {
        applied.failed.push((change.clone(), Failure::Unstorable(refused.clone())));
        applied.remaining.extend(plan.changes().iter().filter(|other| *other != change).cloned());
        return applied;
    }
    for group in plan.groups() {
        if interrupt.is_raised() || !applied.failed.is_empty() {
            applied.remaining.extend_from_slice(group);
            continue;
        }
        let results = join_all(group.iter().map(async |change| {
            observer.observe(Event::Starting(change));
            let result = match change {
                Change::Aws(change) => writers.aws.write(change, &progress).boxed_local().await,
                Change::Genesys(step) => writers.genesys.write(step, &progress).boxed_local().await,
            };
            if let Ok(effect) = &result {
                observer.observe(Event::Finished(change, *effect));
            }
            result
        }));
        for (change, result) in group.iter().zip(results.await) {
            match result {
                Ok(Effect::Written | Effect::NotFound | Effect::Gone) => applied.done.push(change.clone()),
                Err(failure) => applied.failed.push((change.clone(), failure)),
            }
        }
    }
    applied
}
