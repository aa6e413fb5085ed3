//! Drift: where AWS and Genesys Cloud differ from the manifest, each difference with what it leads to.
//!
//! [`aws`] and [`genesys`] make differences of the steps of a plan; [`difference`] is what a difference is.
//!
//! Deliberately absent: deciding what is different, which the plan does, and words for readers, which `report` has.

pub mod aws;
pub mod difference;
pub mod genesys;
pub mod managed;

pub use aws::drift;
pub use difference::{
    Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values, exit_of, merged,
};
pub use genesys::{causes, drift as genesys_drift, other_organization};
pub use managed::managed_drift;
