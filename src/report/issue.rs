//! What is wrong, or to be done, in the one shape that SARIF, annotations and summaries need: a rule, a grade, a place and
//! a sentence. Claims that hold and probes that confirm are no issues.

use schemars::JsonSchema;
use serde::Serialize;

use super::metrics::UNDECIDED;
use super::text::join;
use super::verdict::lower;
use super::{
    AnalysisView, ChangeView, ClaimView, DifferenceView, ErrorView, FindingView, ForeignView, Report,
    TestOutcome, VerificationView,
};
use crate::exit::ExitCode;
use crate::iam::lint::Severity;
use crate::manifest::Position;
use crate::verify::analysis::{Culprit, Opinion};
use crate::verify::claim::{ClaimKind, ClaimOutcome};
use crate::verify::probe::Shows;

/// How grave something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It must be repaired.
    Error,
    /// It should be looked at.
    Warning,
    /// It is good to know.
    Note,
}

/// What AWS contradicts may be a difference, and it may be what the manifest or a template asks for.
const HELP_WITH_A_REFUTATION: &str = "Run `rolecall drift`: it shows each difference and the command that repairs it. If there \
     is no difference, correct the manifest or the templates.";

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issue {
    /// The kind, by which tools group and suppress.
    pub(super) rule: String,
    /// The kind in words.
    pub(super) title: String,
    /// What to do about this kind.
    pub(super) help: String,
    pub(super) level: Level,
    /// The same kind with the same resource and attribute is the same issue in every run.
    pub(super) resource: String,
    pub(super) attribute: String,
    pub(super) message: String,
    pub(super) position: Position,
}

impl Report {
    /// Everything that is wrong, most severe first; within a grade in the order of the report.
    pub(super) fn issues(&self) -> Vec<Issue> {
        self.issues_with(|_| true)
    }

    /// The same with these claims alone.
    pub(super) fn issues_with(&self, is_meant: impl Fn(&ClaimView) -> bool) -> Vec<Issue> {
        let mut issues: Vec<Issue> = Vec::new();
        let drift = self.drift.iter().flatten();
        issues.extend(drift.map(|difference| self.of_difference(difference)));
        match self.changes_are_repairs() {
            true => {}
            false => {
                // What was carried out is no issue any more.
                let pending = self.changes.iter().flatten().filter(|_| self.applied.is_none());
                issues.extend(pending.map(|change| self.of_change(change)));
                // A plan that only shows what `apply` will do is no error; an exit code that is about it has a reason.
                let now = self.until_applied.iter().filter(|_| self.exit == ExitCode::Refuted);
                let harm = now.filter(|difference| difference.consequence.exit() != ExitCode::Pending);
                issues.extend(harm.map(|difference| self.of_difference(difference)));
                issues.extend(self.foreign.iter().map(|foreign| self.of_foreign(foreign)));
            }
        }
        if let Some(verification) = &self.verification {
            let broken = verification.claims.iter().filter(|claim| claim.result != ClaimOutcome::Proved);
            issues.extend(broken.filter(|claim| is_meant(claim)).map(|claim| self.of_claim(claim)));
            issues.extend(verification.findings.iter().map(|finding| self.of_finding(finding)));
            // A contradiction is a finding already.
            let refuted = verification.analyses.iter().filter(|analysis| analysis.shows == Opinion::Refutes);
            issues.extend(refuted.map(|analysis| self.of_analysis(analysis)));
            let refuted = verification.all_probes().filter(|probe| probe.shows == Shows::Refutes);
            issues.extend(refuted.map(|probe| Issue {
                rule: "probe-refuted".to_owned(),
                title: "AWS's answer contradicts the manifest".to_owned(),
                help: HELP_WITH_A_REFUTATION.to_owned(),
                level: Level::Error,
                resource: self.role_arn(),
                attribute: probe.probe.shown(),
                message: format!("{}: {}", probe.probe, probe.message),
                position: self.outline.position("role"),
            }));
        }
        let tests = self.verification.iter().flat_map(|verification| &verification.actions);
        issues.extend({ tests }.filter(|test| test.outcome != TestOutcome::Succeeded).map(|test| Issue {
            rule: "action-test".to_owned(),
            title: "A data action failed, does not exist or was not run".to_owned(),
            help: "`rolecall genesys action test` runs it again, and shows each step.".to_owned(),
            level: if test.exit == ExitCode::Refuted { Level::Error } else { Level::Warning },
            resource: test.id.clone().unwrap_or_else(|| test.action.clone()).to_string(),
            attribute: test.action.shown(),
            message: format!("action {}: {}", test.action, test.why()),
            position: self.outline.position_of("action", &test.action),
        }));
        issues.extend(self.verification.iter().filter_map(|it| it.untested.clone()).map(|why| Issue {
            rule: "action-test".to_owned(),
            title: "A data action failed or was not run".to_owned(),
            help: "`rolecall genesys action test` runs an action, and shows each step.".to_owned(),
            level: Level::Warning,
            resource: self.role_arn(),
            attribute: "data actions".to_owned(),
            message: why,
            position: self.outline.position("genesys"),
        }));
        issues.extend(self.verification.iter().flat_map(VerificationView::troubles).map(|trouble| {
            Issue {
                rule: "twin-trouble".to_owned(),
                title: "The twin of the role could not be examined".to_owned(),
                help: "The message gives the reason. `rolecall verify --sweep` removes twins that were left behind."
                    .to_owned(),
                level: Level::Warning,
                resource: self.role_arn(),
                attribute: trouble.message.clone(),
                message: error_text(trouble),
                position: self.outline.position("role"),
            }
        }));
        if let Some(metrics) = &self.metrics {
            let position = || self.outline.position("action");
            let of = |finding| Issue { position: position(), ..self.of_finding(finding) };
            issues.extend(metrics.findings.iter().map(of));
            issues.extend(metrics.undecided.iter().map(|sentence| Issue {
                rule: "metrics-undecided".to_owned(),
                title: "Whether a limit is met is not known".to_owned(),
                help: "The message gives the reason. A longer time has more requests.".to_owned(),
                level: UNDECIDED,
                resource: self.role_arn(),
                attribute: sentence.shown(),
                message: sentence.shown(),
                position: position(),
            }));
        }
        for issue in &mut issues {
            issue.help = self.invocation.complete(&issue.help);
            // Of the roles of one file, the place does not tell which is meant.
            if let Some(subject) = &self.subject {
                issue.message = format!("{subject}: {}", issue.message);
            }
        }
        issues.sort_by_key(|issue| issue.level);
        issues
    }

    pub(super) fn role_arn(&self) -> String {
        let role = self.role.as_ref().map(|role| &role.arn);
        role.or(self.subject.as_ref()).cloned().unwrap_or_default()
    }

    fn of_analysis(&self, AnalysisView { analyser, question, answer, culprit, .. }: &AnalysisView) -> Issue {
        let (rule, title, help) = match culprit {
            Culprit::Role => {
                ("analyser-refuted", "An AWS analyser contradicts the manifest", HELP_WITH_A_REFUTATION)
            }
            Culprit::Organization => (
                "analyser-organization-denies",
                "An organization policy denies what the manifest needs",
                "`rolecall apply` cannot repair this. Ask the administrators of the AWS organization to allow the call \
                 in their service control policies (SCPs).",
            ),
        };
        Issue {
            rule: rule.to_owned(),
            title: title.to_owned(),
            help: help.to_owned(),
            level: Level::Error,
            resource: self.role_arn(),
            attribute: format!("{analyser}: {question}"),
            message: format!("{analyser}: {question}: {answer}"),
            position: self.outline.position("role"),
        }
    }

    fn of_difference(&self, difference: &DifferenceView) -> Issue {
        let DifferenceView { resource, attribute, consequence, effects, repair, key, .. } = difference;
        let effects = effects.iter().map(|effect| format!("; {effect}")).collect::<String>();
        Issue {
            rule: format!("drift-{}", consequence.id()),
            title: capitalized(consequence.title()),
            help: "AWS differs from the manifest. Run `rolecall drift`: it shows each difference and the command that \
                 repairs it. Or change the manifest."
                .to_owned(),
            level: consequence.level(),
            resource: resource.shown(),
            attribute: attribute.shown(),
            message: format!("{attribute} of {resource} differs from the manifest{effects}. Repair: {repair}"),
            position: difference.position.clone().unwrap_or_else(|| key.position(&self.outline)),
        }
    }

    fn of_change(&self, change: &ChangeView) -> Issue {
        Issue {
            rule: "change-pending".to_owned(),
            title: "A change is pending".to_owned(),
            help: "`rolecall apply` makes this change.".to_owned(),
            level: Level::Note,
            resource: change.resource.shown(),
            attribute: format!("{} {}", change.operation, change.subject),
            message: change.headline(),
            position: self.outline.position("role"),
        }
    }

    fn of_foreign(&self, foreign: &ForeignView) -> Issue {
        let ForeignView { subject, resource } = foreign;
        Issue {
            rule: "foreign-policy".to_owned(),
            title: "A policy on the role is not managed by rolecall".to_owned(),
            help: "`rolecall apply --remove-foreign` removes it.".to_owned(),
            level: Level::Warning,
            resource: self.role_arn(),
            attribute: format!("{subject} {resource}"),
            message: format!("{subject} {resource} is not managed by rolecall"),
            position: self.outline.position("role"),
        }
    }

    fn of_claim(&self, view: &ClaimView) -> Issue {
        let ClaimView { kind, states_more, claim, result, because: reasons, .. } = view;
        let (level, word) = match result {
            ClaimOutcome::Proved | ClaimOutcome::Refuted => (Level::Error, "refuted"),
            ClaimOutcome::Unknown => (Level::Warning, "undecided"),
        };
        let because = if reasons.is_empty() { String::new() } else { format!(". {}", join(reasons, ". ")) };
        Issue {
            rule: match (kind, states_more) {
                (ClaimKind::OnlyTargets, true) => "claim-only-stated".to_owned(),
                (ClaimKind::EveryTarget, true) => "claim-every-stated".to_owned(),
                (_, true | false) => format!("claim-{}", kind.id()),
            },
            title: match result {
                ClaimOutcome::Proved | ClaimOutcome::Refuted => capitalized(view.failure()),
                ClaimOutcome::Unknown => format!("Not decided: {}", lower(view.title())),
            },
            help: "The claim must hold for every request. The message shows a request that breaks the claim, or what \
                 could not be decided."
                .to_owned(),
            level,
            resource: self.role_arn(),
            // Several principals may be claimed about.
            attribute: claim.shown(),
            message: format!("{word}: {claim}{because}"),
            position: self.outline.position(key_of(*kind)),
        }
    }

    fn of_finding(&self, finding: &FindingView) -> Issue {
        let FindingView {
            id,
            severity: _,
            level,
            exit: _,
            has_claim: _,
            statement,
            message,
            why,
            reference,
            fix,
            witness: _,
        } = finding;
        let place = statement.as_ref().map(|statement| format!(" ({statement})")).unwrap_or_default();
        Issue {
            rule: id.clone(),
            title: format!("{id}: {why}"),
            help: format!("{}. See {reference}", capitalized(why)),
            level: *level,
            resource: self.role_arn(),
            // Without a statement the message names what it is about.
            attribute: statement.clone().unwrap_or_else(|| message.clone()).to_string(),
            message: format!("{message}{place}. Fix: {fix}"),
            position: self.outline.position("role"),
        }
    }

    /// What went wrong, with the way out.
    pub(super) fn error_text(&self) -> Option<String> {
        self.error.as_ref().map(error_text)
    }
}

impl ClaimView {
    /// What is claimed, in short.
    pub(super) fn title(&self) -> &'static str {
        match (self.kind, self.states_more) {
            (ClaimKind::OnlyTargets, true) => "A session can do only what is stated",
            (ClaimKind::EveryTarget, true) => "A session can do all that is stated",
            (kind, true | false) => kind.title(),
        }
    }
}

/// The key of the manifest that the claim comes from.
fn key_of(kind: ClaimKind) -> &'static str {
    match kind {
        ClaimKind::OnlyTrusted | ClaimKind::MayAssume => "genesys",
        ClaimKind::ExternalId => "genesys.organization_id",
        ClaimKind::OnlyTargets | ClaimKind::EveryTarget | ClaimKind::OnlyThroughRole => "target",
        ClaimKind::Boundary => "role.permissions_boundary",
        ClaimKind::Organization => "role",
    }
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Note => Self::Note,
        }
    }
}

/// An error with its code and the way out.
pub(super) fn error_text(ErrorView { code, message, hint }: &ErrorView) -> String {
    match hint {
        Some(hint) => format!("{code}: {message}\nhint: {hint}"),
        None => format!("{code}: {message}"),
    }
}

/// The sentence with a capital at its start.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
