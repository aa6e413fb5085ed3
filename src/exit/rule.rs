//! The one rule from what was found to the exit code, for every command and every shell.
//!
//! - 4: somebody can do what the manifest does not allow, or Genesys Cloud cannot do what it must.
//! - 5: whether that is so could not be decided.
//! - 3: something differs that lets nobody in and stops nothing.
//! - 1: the command could not do what was asked; errors say so in `failure`.
//!
//! An error beside a 4 that was found and shown is a 4 ([`ExitCode::beside`]): what could not be read or compared takes nothing back
//! of what was, and whoever looks at the code alone must learn of it.
//!
//! Invariant: each typed result computes its code here, with an exhaustive match, and [`ExitCode::or`] combines them. A command
//! adds nothing to it.
//!
//! Deliberately absent: what the results mean in words, which `report` has.

use rolecall_audit::baseline::Changes;
use rolecall_audit::roll::{RollCall, Standing};

use super::ExitCode;
use crate::drift::{Consequence, Difference};
use crate::iam::lint::{FailOn, FindingId};
use crate::observe::metrics::{ActionFigures, Measured, Metrics};
use crate::operations::Found;
use crate::verify::action_test::{ActionTest, NotRun, TestEnd};
use crate::verify::analysis::Opinion;
use crate::verify::claim::{Claim, ClaimOutcome};
use crate::verify::explain_error::{Certainty, Diagnosis};
use crate::verify::finding::Finding;
use crate::verify::foreign_change::ForeignChanges;
use crate::verify::gate::Objection;
use crate::verify::live_organization::LiveOrganization;
use crate::verify::metrics::Breach;
use crate::verify::note::{Note, Untested};
use crate::verify::policy_case::CaseVerdict;
use crate::verify::probe::{Probe, Shows};
use crate::verify::twin::{Examined, TwinOutcome};
use crate::verify::verification::Verification;

impl Consequence {
    /// The exit code that a difference with this consequence asks for.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::OtherOrganization
            | Self::WidensTrust
            | Self::WidensPermissions
            | Self::NarrowsTrust
            | Self::NarrowsPermissions
            | Self::TargetMissing
            | Self::Disconnected
            | Self::CredentialDiffers
            | Self::ActionMissing
            | Self::ActionDiffers => ExitCode::Refuted,
            Self::Undecided => ExitCode::Inconclusive,
            Self::Quota
            | Self::Boundary
            | Self::Unaffected
            | Self::Session
            | Self::Leftover
            | Self::ForeignAction
            | Self::Notes
            | Self::Tag
            | Self::Description => ExitCode::Pending,
        }
    }
}

impl ExitCode {
    /// The exit code that all differences together ask for.
    #[must_use]
    pub fn of_differences(differences: &[Difference]) -> Self {
        differences.iter().map(|difference| difference.consequence.exit()).fold(Self::Success, Self::or)
    }

    /// The exit code of what was proved of a role that was compared with its manifest.
    #[must_use]
    pub fn of_drift(
        verification: &Verification,
        differences: &[Difference],
        live: &LiveOrganization,
    ) -> Self {
        verification.exit().or(Self::of_differences(differences)).or(live.exit())
    }

    /// The exit code of a plan that is refused for these reasons.
    #[must_use]
    pub fn of_objections(objections: &[Objection]) -> Self {
        objections.iter().map(Objection::exit).fold(Self::Success, Self::or)
    }
}

impl ExitCode {
    /// The exit code of an error beside what was found all the same.
    #[must_use]
    pub fn beside(error: Self, found: Self) -> Self {
        match found {
            Self::Refuted => Self::Refuted,
            Self::Success | Self::Failed | Self::Usage | Self::Pending | Self::Inconclusive => {
                error.or(found)
            }
        }
    }
}

impl Found {
    /// The exit code that it asks for.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        ExitCode::of_drift(&self.verification, &self.differences, &LiveOrganization::NotAsked)
    }
}

impl From<ClaimOutcome> for ExitCode {
    /// The exit code that the outcome asks for.
    fn from(outcome: ClaimOutcome) -> Self {
        match outcome {
            ClaimOutcome::Proved => Self::Success,
            ClaimOutcome::Refuted => Self::Refuted,
            ClaimOutcome::Unknown => Self::Inconclusive,
        }
    }
}

impl Objection {
    /// The exit code of a command that is refused for it.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Refuted(_) | Self::Fault(_) => ExitCode::Refuted,
            Self::Undecided(_) => ExitCode::Inconclusive,
        }
    }
}

impl LiveOrganization {
    /// The exit code that the comparison asks for. If credentials were named, one that failed leaves the question open.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::NotAsked | Self::Same | Self::Unanswered { are_named: false, error: _ } => {
                ExitCode::Success
            }
            Self::Other { .. } => ExitCode::Refuted,
            Self::Unanswered { are_named: true, error: _ } => ExitCode::Inconclusive,
        }
    }
}

impl ForeignChanges {
    /// The exit code of an audit that fails on changes by others. A trail that may have lost entries shows no absence.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        let Self { found, is_cut } = self;
        match (found.is_empty(), is_cut) {
            (false, _) => ExitCode::Refuted,
            (true, true) => ExitCode::Inconclusive,
            (true, false) => ExitCode::Success,
        }
    }
}

impl ExitCode {
    /// The exit code of a roll call. With a baseline, only what is new counts: a way in that was there before was looked at.
    #[must_use]
    pub fn of_roll_call(called: &RollCall, changes: Option<&Changes>) -> Self {
        let Some(changes) = changes else {
            let roles = called.answers.iter().map(|answer| of_standing(answer.standing()));
            let unread = if called.unreadable.is_empty() { Self::Success } else { Self::Inconclusive };
            return roles.fold(unread, Self::or);
        };
        let unread = if changes.unreadable.is_empty() { Self::Success } else { Self::Inconclusive };
        unread.or(if changes.has_new() { Self::Pending } else { Self::Success })
    }
}

/// The exit code that a way in asks for.
fn of_standing(standing: Standing) -> ExitCode {
    match standing {
        Standing::Closed => ExitCode::Success,
        Standing::Unknown => ExitCode::Inconclusive,
        Standing::Open => ExitCode::Refuted,
    }
}

impl Finding {
    /// The exit code that it asks for by itself.
    pub fn exit(&self, fail_on: FailOn) -> ExitCode {
        match self {
            Self::Fault(finding) => ExitCode::of_fault(finding.id, fail_on),
            Self::OtherOrganization { .. } | Self::ForeignChange(_) => ExitCode::Refuted,
            // The analysis or probe that is contradicted has an exit code of its own; AWS's remarks are advice, and warnings at
            // most.
            Self::ProbeDisagrees { .. } | Self::AnalyserDisagrees(_) | Self::Remark { .. } => {
                match fail_on == FailOn::Warning && fail_on.includes(self.severity()) {
                    true => ExitCode::Refuted,
                    false => ExitCode::Success,
                }
            }
        }
    }
}

impl ExitCode {
    /// The exit code that a fault of a document asks for: the one rule of `prove`, `verify`, `drift`, `plan` and what runs them.
    #[must_use]
    pub fn of_fault(id: FindingId, fail_on: FailOn) -> Self {
        if id.fails(fail_on) { Self::Refuted } else { Self::Success }
    }
}

impl Opinion {
    /// The exit code that it asks for.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::NoInformation | Self::Confirms => ExitCode::Success,
            Self::Disagrees => ExitCode::Inconclusive,
            Self::Refutes => ExitCode::Refuted,
        }
    }
}

impl Probe {
    /// The exit code that the answer asks for.
    pub fn exit(&self) -> ExitCode {
        match self.shows() {
            Shows::Confirms | Shows::NoInformation => ExitCode::Success,
            Shows::Refutes => ExitCode::Refuted,
        }
    }

    /// The same of a probe of a twin. A twin is made to get answers: one that says nothing leaves the question open.
    fn exit_on_twin(&self) -> ExitCode {
        match self.shows() {
            Shows::Confirms => ExitCode::Success,
            Shows::Refutes => ExitCode::Refuted,
            Shows::NoInformation => ExitCode::Inconclusive,
        }
    }
}

impl TwinOutcome {
    fn exit(self) -> ExitCode {
        match self {
            Self::Finished => ExitCode::Success,
            Self::Refused => ExitCode::Inconclusive,
            Self::Failed | Self::LeftBehind => ExitCode::Failed,
        }
    }
}

impl Examined {
    /// The exit code that the twin and the answers about it ask for.
    pub fn exit(&self) -> ExitCode {
        self.probes.iter().map(Probe::exit_on_twin).fold(self.outcome().exit(), ExitCode::or)
    }
}

impl ActionTest {
    /// The exit code that the test asks for.
    pub fn exit(&self) -> ExitCode {
        match self.end {
            TestEnd::Succeeded { .. } => ExitCode::Success,
            // What does not exist, no flow can call.
            TestEnd::Failed { .. } | TestEnd::NotRun(NotRun::NoAction | NotRun::MissingElsewhere(_)) => {
                ExitCode::Refuted
            }
            TestEnd::NotRun(NotRun::NoInput | NotRun::NotInManifest | NotRun::Several) => {
                ExitCode::Inconclusive
            }
        }
    }
}

impl Untested {
    /// The exit code of tests that were asked for and not run.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::NotInManifest | Self::NotInGenesys | Self::NoRole => ExitCode::Inconclusive,
        }
    }
}

impl Verification {
    /// The exit code that the outcome asks for.
    pub fn exit(&self) -> ExitCode {
        let Self {
            party: _,
            fail_on,
            claims,
            findings,
            probes,
            twin,
            analyses,
            actions,
            organization: _,
            notes,
        } = self;
        claims
            .iter()
            .map(Claim::outcome)
            .map(ExitCode::from)
            .chain(probes.iter().map(Probe::exit))
            .chain(twin.iter().map(Examined::exit))
            .chain(actions.iter().map(ActionTest::exit))
            .chain(analyses.iter().map(|analysis| analysis.shows.exit()))
            .chain(findings.iter().map(|finding| finding.exit(*fail_on)))
            .chain(notes.iter().filter_map(Note::untested).map(Untested::exit))
            .fold(ExitCode::Success, ExitCode::or)
    }
}

impl Diagnosis {
    /// The exit code that the causes ask for.
    pub fn exit(&self) -> ExitCode {
        match self.causes.first().map(|cause| cause.certainty) {
            Some(Certainty::Certain) => ExitCode::Refuted,
            Some(Certainty::Likely | Certainty::Possible) | None => ExitCode::Inconclusive,
        }
    }
}

impl Breach {
    /// The exit code that it asks for. Where no request succeeds, Genesys Cloud cannot do what it must; where some fail or are slow,
    /// it does it badly.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::TooManyFailures { failed, requests, limit: _ } if failed == requests => ExitCode::Refuted,
            Self::TooManyFailures { .. } | Self::TooSlow { .. } => ExitCode::Pending,
            Self::Undecided { .. } => ExitCode::Inconclusive,
        }
    }
}

impl Metrics {
    /// The exit code that reading them asks for, whatever the limits: a service that was asked and did not answer leaves open what
    /// was asked.
    pub fn exit(&self) -> ExitCode {
        let has_failed = |action: &ActionFigures| {
            matches!(action.requests, Measured::Failed(_))
                || matches!(action.invocations, Measured::Failed(_))
        };
        match self.actions.iter().any(has_failed) {
            true => ExitCode::Inconclusive,
            false => ExitCode::Success,
        }
    }
}

impl CaseVerdict {
    /// The exit code that the case asks for.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Pass => ExitCode::Success,
            Self::Fail => ExitCode::Refuted,
            Self::Unknown => ExitCode::Inconclusive,
        }
    }
}
