//! Desired × observed → the writes, in order. Pure, and the only place that decides what is written.
//!
//! Each service has a planner of its own ([`aws`], [`genesys`]). A [`Way`] puts the changes of a role into an order in which nobody
//! gets more than he has or is to have; what both services need is one [`Plan`], and `order` says which of them goes first. An empty plan in which nothing foreign was noticed means that everything is as desired. Destroy is
//! a plan towards nothing; so is what removes a twin of the role. Nobody else puts changes into an order.

pub mod aws;
pub mod boundary;
mod change;
mod effect;
pub mod genesys;
mod order;
pub mod storable;
mod way;

use self::aws::Foreign;
pub use self::effect::{Effect, effect_of};
use self::genesys::{Notice, Retirement, Step};
use self::storable::Unstorable;
pub use self::way::Way;

/// One write, to one of the services.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a plan holds some dozens of changes at most")]
pub enum Change {
    Aws(aws::Change),
    /// To Genesys Cloud.
    Genesys(Step),
}

impl Change {
    /// The call as the service documents it.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Aws(change) => change.operation(),
            Self::Genesys(step) => step.operation(),
        }
    }
}

/// What is to be written, in order, and what was noticed and left alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    changes: Vec<Change>,
    foreign: Vec<Foreign>,
    notices: Vec<Notice>,
    unstorable: Option<Unstorable>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error(transparent)]
    Aws(#[from] aws::PlanError),
    /// Of Genesys Cloud.
    #[error(transparent)]
    Genesys(#[from] genesys::PlanError),
    /// IAM would refuse a document on the way.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
}

/// An action whose ID ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired<'p> {
    pub id: &'p str,
    pub name: &'p str,
    /// Why it ends.
    pub why: Retirement,
}

impl Plan {
    /// The changes of both services, each when its turn comes.
    #[must_use]
    pub fn of(aws: Way, genesys: Option<genesys::Plan>) -> Self {
        let genesys = genesys.unwrap_or_default();
        let of_aws = aws.changes.into_iter().map(Change::Aws);
        let mut changes: Vec<Change> = of_aws.chain(genesys.steps.into_iter().map(Change::Genesys)).collect();
        changes.sort_by_key(order::turn);
        Self { changes, foreign: aws.foreign, notices: genesys.notices, unstorable: aws.unstorable }
    }

    /// The plan, if IAM stores every document in it.
    pub fn storable(self) -> Result<Self, Unstorable> {
        match self.unstorable {
            Some(refused) => Err(refused),
            None => Ok(self),
        }
    }

    /// The first document in it that IAM would refuse, with the change that writes it.
    pub(crate) fn refused(&self) -> Option<(&Change, &Unstorable)> {
        let refused = self.unstorable.as_ref()?;
        let writes_it = |change: &&Change| match change {
            Change::Aws(change) => {
                storable::written(change).is_some_and(|(document, _)| document == refused.document)
            }
            Change::Genesys(_) => false,
        };
        Some((self.changes.iter().find(writes_it)?, refused))
    }

    /// The writes, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The writes in groups: those of one group need nothing of each other, and go out side by side.
    #[must_use]
    pub fn groups(&self) -> Vec<&[Change]> {
        self.changes.chunk_by(order::go_side_by_side).collect()
    }

    /// What others put on the role, and stays there.
    #[must_use]
    pub fn foreign(&self) -> &[Foreign] {
        &self.foreign
    }

    /// What was noticed in Genesys Cloud.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether nothing is known to differ.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.is_empty() && self.foreign.is_empty() && !self.notices.iter().any(Notice::is_difference)
    }

    /// The way to the role, without the actions that use it.
    #[must_use]
    pub fn without_actions(mut self) -> Self {
        self.changes.retain(|change| match change {
            Change::Aws(_) => true,
            Change::Genesys(step) => !step.is_about_action(),
        });
        self
    }

    /// The actions whose IDs end while the manifest stays: what flows refer to would be gone. That needs the user's word.
    #[must_use]
    pub fn retired(&self) -> Vec<Retired<'_>> {
        let retired = self.changes.iter().filter_map(|change| match change {
            Change::Genesys(Step::DeleteAction { id, name, why }) => match why {
                Retirement::Replaced | Retirement::NotInManifest => Some(Retired { id, name, why: *why }),
                Retirement::Destroyed => None,
            },
            Change::Genesys(_) | Change::Aws(_) => None,
        });
        retired.collect()
    }
}

impl Plan {
    /// The IDs of the actions that end, for whatever reason.
    pub fn ending(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().filter_map(|change| match change {
            Change::Genesys(Step::DeleteAction { id, .. }) => Some(id.as_str()),
            Change::Genesys(_) | Change::Aws(_) => None,
        })
    }
}

impl From<Way> for Plan {
    fn from(way: Way) -> Self {
        Self::of(way, None)
    }
}

impl From<genesys::Plan> for Plan {
    fn from(plan: genesys::Plan) -> Self {
        Self::of(Way::default(), Some(plan))
    }
}
