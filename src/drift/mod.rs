//! Drift: where AWS and Genesys Cloud differ from the manifest, each difference with what it leads to.
//!
//! [`aws`] and [`genesys`] make differences of the steps of a plan; [`difference`] is what a difference is.
//!
//! Deliberately absent: deciding what is different, which the plan does, and words for readers, which `report` has.

pub mod aws;
pub mod difference;
pub mod genesys;

use crate::observe::survey::Survey;
use crate::plan::{Plan, PlanError};

pub use aws::drift;
pub use difference::{Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values};
pub use genesys::{causes, drift as genesys_drift, other_organization};

/// What a plan towards the manifest is about: the differences that it finds in both services, most severe first.
pub fn pending(survey: &Survey, plan: &Plan) -> Result<Vec<Difference>, PlanError> {
    let (_, mut differences) = drift(survey)?;
    differences.extend(genesys::of_plan(plan));
    differences.sort_by_key(|difference| difference.consequence);
    Ok(differences)
}
