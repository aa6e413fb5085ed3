//! The report about what an operation found, the same for each shell.

use super::{DeedView, DifferenceView, ErrorView, Report, VerificationView};
use crate::drift::Difference;
use crate::manifest::Outline;
use crate::observe::survey::Survey;
use crate::observe::usage::Usage;
use crate::operations::{Drifted, Found, GenesysSide, Planned, TowardsManifest, Verified};
use crate::plan::Plan;
use crate::verify::Verification;

impl Report {
    /// About a plan.
    pub fn of_plan(command: &'static str, planned: &Planned) -> Self {
        let Planned { survey, genesys, plan, observed, elsewhere, usage } = planned;
        let sides = (survey.as_ref(), genesys.as_ref());
        let report = Self::of(command, sides, plan, usage);
        let report = match observed {
            Some(observed) => report.with_caller(&observed.caller),
            None => report,
        };
        report.with_repairs_elsewhere(survey.as_ref(), elsewhere)
    }

    /// About the plan towards the manifest, and what would be proved after it.
    pub fn of_manifest_plan(towards: &TowardsManifest, verification: &Verification) -> Self {
        let TowardsManifest { survey, genesys, plan, elsewhere, usage } = towards;
        let report = Self::of("plan", (Some(survey), genesys.as_ref()), plan, usage);
        let report = report.with_repairs_elsewhere(Some(survey), elsewhere);
        Self { verification: Some(without_twin(verification)), ..report }
    }

    /// About the differences, each with its place in the manifest.
    pub fn of_drift(drifted: &Drifted, outline: Outline) -> Self {
        let Drifted { survey, genesys, plan, differences, verification, usage, live: _, to_do } = drifted;
        let report = Self::of("drift", (Some(survey), genesys.as_ref()), plan, usage);
        let do_now = to_do.iter().map(DeedView::from).collect();
        Self { verification: Some(without_twin(verification)), do_now, ..report }
            .with_drift(differences, outline)
    }

    /// About what was found beside an error.
    pub fn of_found(found: &Found) -> Self {
        let Found { survey, verification, differences, to_do } = found;
        let drift = differences.iter().map(DifferenceView::from).collect::<Vec<_>>();
        Self {
            drift: Some(drift).filter(|drift| !drift.is_empty()),
            verification: Some(without_twin(verification)),
            do_now: to_do.iter().map(DeedView::from).collect(),
            ..Self::default()
        }
        .with_survey(survey)
    }

    /// The report with the places of what it is about.
    pub fn place(&mut self, outline: &Outline) {
        self.outline = outline.clone();
        for difference in self.drift.iter_mut().flatten() {
            *difference = difference.clone().at(outline);
        }
    }

    /// About what was proved and asked, and what went wrong with the twin.
    pub fn of_verified(verified: &Verified, troubles: Vec<ErrorView>, outline: Outline) -> Self {
        let Verified { survey, documents: _, verification, to_do } = verified;
        let do_now = to_do.iter().map(DeedView::from).collect();
        let verification = Some(VerificationView::tabled(verification, troubles));
        Self { verification, outline, do_now, ..Self::new("verify") }.with_survey(survey)
    }

    /// What the tools have to repair that make the role or what is in Genesys Cloud.
    fn with_repairs_elsewhere(mut self, survey: Option<&Survey>, elsewhere: &[Difference]) -> Self {
        let is_genesys_managed = self.genesys.as_ref().is_some_and(|side| side.managed_by.is_some());
        if is_genesys_managed || survey.is_some_and(|survey| survey.desired.managed_by.is_some()) {
            self.drift = Some(elsewhere.iter().map(DifferenceView::from).collect());
        }
        self
    }

    /// About a plan, and what it follows from.
    fn of(
        command: &'static str,
        (survey, genesys): (Option<&Survey>, Option<&GenesysSide>),
        plan: &Plan,
        usage: &[Usage],
    ) -> Self {
        let role = survey.map(|survey| survey.desired.role_arn());
        let mut report = Self::new(command).with_plan(plan, role.as_ref());
        if let Some(survey) = survey {
            report = report.with_survey(survey);
        }
        match genesys {
            Some(GenesysSide { observed, managed_by }) => {
                report.with_genesys(&observed.organization, *managed_by, plan, usage)
            }
            None => report,
        }
    }
}

/// Of an operation that examines no twin.
fn without_twin(verification: &Verification) -> VerificationView {
    VerificationView::new(verification, Vec::new())
}
