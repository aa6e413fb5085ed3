//! Drift: where AWS and Genesys Cloud differ from the manifest, each difference with what it leads to.
//!
//! [`aws`] and [`genesys`] make differences of the steps of a plan; [`difference`] is what a difference is.
//!
//! Deliberately absent: deciding what is different, which the plan does, and words for readers, which `report` has.

pub mod aws;
pub mod difference;
pub mod genesys;
mod genesys_managed;
pub mod managed;
mod to_do;

use crate::observe::survey::Survey;
use crate::plan::{Plan, PlanError};

pub use aws::drift;
pub use difference::{
    Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values, merged,
};
pub use genesys::{causes, drift as genesys_drift, other_organization};
pub use genesys_managed::{managed as managed_genesys_drift, shown_role};
pub use managed::managed_drift;
pub use to_do::{Connector, Deed, Extent, Standing, Unread};

/// What a plan towards the manifest is about: the differences that it repairs in both services, most severe first.
pub fn pending(survey: &Survey, plan: &Plan) -> Result<Vec<Difference>, PlanError> {
    let aws = match survey.desired.managed_by {
        // What another tool has to repair is no part of the plan.
        Some(_) => Vec::new(),
        None => drift(survey)?.1,
    };
    Ok(merged(aws, genesys::of_plan(plan)))
}
