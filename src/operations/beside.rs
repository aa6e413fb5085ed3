//! An error beside what was found all the same: what is there is proved before anything is packed, compared or planned, so that no
//! error hides it.

use crate::drift::{Deed, Difference};
use crate::observe::survey::Survey;
use crate::verify::functions::judge_alone;
use crate::verify::live_organization::LiveOrganization;
use crate::verify::{Documents, Verification, paper};

/// What was read and proved, although the command could not do all that it was asked.
#[derive(Debug)]
pub struct Found {
    /// AWS, as far as it was read.
    pub survey: Survey,
    /// What is proved of it as it is.
    pub verification: Verification,
    /// The differences of the side that could be compared.
    pub differences: Vec<Difference>,
    /// What to do now.
    pub to_do: Vec<Deed>,
}

impl Found {
    /// What is proved of AWS as it is.
    pub fn of(survey: &Survey) -> Self {
        Self {
            survey: survey.clone(),
            verification: as_it_is(survey),
            differences: Vec::new(),
            to_do: Vec::new(),
        }
    }

    /// The same with what the credentials at hand say of the organization.
    fn compared(mut self, live: LiveOrganization) -> Self {
        self.verification.findings.extend(live.into_finding());
        self
    }
}

/// What is proved of AWS as it is.
pub(super) fn as_it_is(survey: &Survey) -> Verification {
    match Documents::surveyed(survey) {
        Some(documents) => paper(&documents, survey),
        // Without the role there is nothing to prove anything of.
        None => judge_alone(survey),
    }
}

/// An error, and what was found all the same.
#[derive(Debug)]
pub struct Beside<E> {
    /// What went wrong.
    pub error: E,
    /// What was found; `None` where nothing was read before.
    pub found: Option<Box<Found>>,
}

impl<E> Beside<E> {
    /// The error beside that.
    pub fn new(error: impl Into<E>, found: Found) -> Self {
        Self { error: error.into(), found: Some(Box::new(found)) }
    }

    /// An error before anything was read.
    pub fn alone(error: impl Into<E>) -> Self {
        Self { error: error.into(), found: None }
    }

    /// The same with what the credentials at hand say of the organization.
    #[must_use]
    pub fn compared(self, live: LiveOrganization) -> Self {
        Self { found: self.found.map(|found| Box::new(found.compared(live))), ..self }
    }
}

impl<E> From<E> for Beside<E> {
    fn from(error: E) -> Self {
        Self { error, found: None }
    }
}
