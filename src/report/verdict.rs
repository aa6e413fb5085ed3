//! How a command ended, in one sentence: the last line of every report for people, the first of every page.
//!
//! Invariant: the sentence begins with a word for the exit code, and names the most severe thing that the exit code is about.
//! Whoever reads only this line is not misled: a plan says what is true until it is applied, and a proof is claimed only where
//! there is one.

use super::human::{BOLD, GREEN, RED, YELLOW, by_verb, count};
use super::proof::PROVE;
use super::{ClaimView, FleetReport, MetricsView, ProbeView, Report, TestOutcome, Text, UnexaminedView};
use crate::drift::Consequence;
use crate::exit::ExitCode;
use crate::verify::analysis::{Culprit, Opinion};
use crate::verify::claim::{Absent, ClaimKind, ClaimOutcome};
use crate::verify::explain_error::Certainty;
use crate::verify::probe::Shows;

/// That there is nothing to say anything else of.
const NO_ROLE: &str = "the role does not exist";

/// Said of a role under another path.
const OTHER_ARN: &str = "the role has another ARN than the manifest's";

/// What a report says where the role has not the boundary that the manifest asks for.
const NO_BOUNDARY: &str = "the role does not have the permissions boundary of its targets";

/// So many reasons are named; the report above has all of them.
const NAMED: usize = 2;

/// How an end is coloured: in the terminal and on the page alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing is left to do.
    Good,
    /// Something is left to do, or to find out.
    Open,
    /// It failed, or a claim is refuted.
    Bad,
}

impl Tone {
    /// Of a command that ended with this exit code; a plan ends with 0 and leaves something to do.
    #[must_use]
    pub(super) fn new(exit: ExitCode, is_pending: bool) -> Self {
        match exit {
            ExitCode::Success if is_pending => Self::Open,
            ExitCode::Success => Self::Good,
            ExitCode::Pending | ExitCode::Inconclusive => Self::Open,
            ExitCode::Failed | ExitCode::Usage | ExitCode::Refuted => Self::Bad,
        }
    }
}

/// The last line of a report for people.
#[must_use]
pub fn last_line(exit: ExitCode, is_pending: bool, verdict: &str) -> String {
    let style = match Tone::new(exit, is_pending) {
        Tone::Good => GREEN,
        Tone::Open => YELLOW,
        Tone::Bad => RED,
    };
    let (word, rest) = verdict.split_once(':').unwrap_or((verdict, ""));
    let rest = if rest.is_empty() { String::new() } else { format!(":{rest}") };
    let code =
        if exit == ExitCode::Success { String::new() } else { format!(" (exit code {})", exit.code()) };
    format!("\n{BOLD}Result:{BOLD:#} {style}{word}{style:#}{rest}{code}\n")
}

impl Report {
    /// The last line of the report for people.
    #[must_use]
    pub fn result_line(&self) -> String {
        last_line(self.exit, self.is_pending(), &self.verdict())
    }

    /// How it ended, in a sentence without a full stop.
    #[must_use]
    pub fn verdict(&self) -> String {
        let word = match self.exit {
            ExitCode::Success if self.is_pending() => "pending",
            ExitCode::Success => "",
            ExitCode::Failed => "failed",
            ExitCode::Usage => "wrong usage",
            ExitCode::Pending if self.is_limit_exceeded() => "exceeded",
            ExitCode::Pending => "pending",
            ExitCode::Refuted => "refuted",
            ExitCode::Inconclusive => "undecided",
        };
        let unexamined = self.unexamined.map(UnexaminedView::to_text);
        let told = self.unexamined.map(|it| it.service);
        let meters = self.metrics.iter().flat_map(|metrics| &metrics.unexamined);
        let meters = meters.filter(|meter| !told.is_some_and(|service| meter.is_of(service)));
        let sentence = Some(self.sentence()).filter(|sentence| !sentence.is_empty());
        let parts =
            sentence.into_iter().chain(meters.map(|meter| meter.to_text().to_owned())).chain(unexamined);
        let sentence = parts.collect::<Vec<_>>().join("; ");
        match (word, sentence.is_empty()) {
            ("", true) => "done".to_owned(),
            ("", false) => sentence,
            (word, true) => format!("{word}: {}", self.exit.meaning(self.is_for_vendor())),
            (word, false) => format!("{word}: {sentence}"),
        }
    }

    /// Whether figures of actions are all that the exit code is about.
    fn is_limit_exceeded(&self) -> bool {
        let mut differs = self.drift.iter().flatten().map(|difference| difference.consequence.exit());
        let mut findings = self.metrics.iter().flat_map(|metrics| &metrics.findings);
        findings.any(|finding| finding.exit == ExitCode::Pending)
            && !differs.any(|exit| exit == ExitCode::Pending)
    }

    /// Whether a function of the manifest does not exist.
    pub(super) fn is_target_missing(&self) -> bool {
        let mut claims = self.verification.iter().flat_map(|verification| &verification.claims);
        self.misses_target || claims.any(|claim| claim.absent == Some(Absent::Target))
    }

    /// Whether a plan was refused for what it would leave behind.
    fn is_refused(&self) -> bool {
        self.error.is_some()
            && self.applied.is_none()
            && self.changes.is_some()
            && self.verification.is_some()
    }

    /// Whether something is planned that was not written, or left to another tool.
    pub(super) fn is_pending(&self) -> bool {
        let is_planned = self.changes.iter().flatten().next().is_some();
        let is_left = self.drift.iter().flatten().next().is_some();
        self.command == "plan" && (is_planned || is_left)
    }

    fn sentence(&self) -> String {
        if self.is_refused() && !self.faults().is_empty() {
            return format!("{}; apply refuses the plan, and nothing was changed", listed(&self.faults()));
        }
        if let Some(error) = &self.error {
            let first = error.message.lines().next().unwrap_or_default().trim_end_matches(':');
            let faults = if self.applied.is_none() { self.faults() } else { Vec::new() };
            return match self.done() {
                0 if !faults.is_empty() => format!("{}; {first}", listed(&faults)),
                0 => first.to_owned(),
                done => format!("after {} {first}", count(done, "change was made,", "changes were made,")),
            };
        }
        if let Some(diagnosis) = &self.diagnosis {
            return match diagnosis.causes.first() {
                Some(cause) if cause.certainty == Certainty::Certain => cause.message.shown(),
                Some(cause) => format!("the most likely cause is: {}", cause.message),
                None => "no cause was found".to_owned(),
            };
        }
        let (outcome, now) = (self.outcome(), self.until_applied());
        match (outcome.is_empty(), now.is_empty()) {
            (_, true) => outcome,
            (true, false) => format!("until apply: {now}"),
            // What the exit code is about comes first.
            (false, false) if self.exit == ExitCode::Refuted && self.faults().is_empty() => {
                format!("until apply: {now}; {outcome}")
            }
            (false, false) => format!("{outcome}; until then: {now}"),
        }
    }

    /// What the planned changes end.
    fn until_applied(&self) -> String {
        let harm = self.until_applied.iter().filter(|it| it.consequence.exit() != ExitCode::Pending);
        let harm = distinct(harm.map(|difference| difference.consequence.title().to_owned()));
        match &self.role {
            Some(role) if !role.exists && !harm.is_empty() => NO_ROLE.to_owned(),
            Some(_) | None => listed(&harm),
        }
    }

    /// What was found, or made, and how the actions ran.
    fn outcome(&self) -> String {
        let sentences =
            [self.outcome_of_role(), self.metrics.as_ref().map(MetricsView::sentence).unwrap_or_default()];
        let some: Vec<String> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
        some.join("; ")
    }

    /// What was found of the role, or made.
    fn outcome_of_role(&self) -> String {
        let faults = self.faults();
        let found = match &self.verification {
            _ if !faults.is_empty() => listed(&faults),
            Some(verification) if !verification.claims.is_empty() => match verification.warnings() {
                0 => "every claim about the role is proved".to_owned(),
                number => format!(
                    "every claim about the role is proved, with {}",
                    count(number, "warning", "warnings")
                ),
            },
            Some(_) | None => String::new(),
        };
        let after = |what: String| match (found.as_str(), faults.is_empty()) {
            ("", _) => what,
            (found, true) => format!("{what}; after apply {found}"),
            (found, false) => format!("after apply: {found} ({what})"),
        };
        let beside = |what: String| match (found.as_str(), faults.is_empty()) {
            ("", _) => what,
            (found, true) => format!("{what}; {found}"),
            (found, false) => format!("{found} ({what})"),
        };
        let changes = self.changes.as_deref().unwrap_or_default();
        // Of `plan` and `apply` it is what other tools have to repair, beside what rolecall does itself.
        let is_all = self.changes_are_repairs() || changes.is_empty() && self.applied.is_none();
        if let (Some(drift), true) = (&self.drift, is_all) {
            return match drift.len() {
                0 => beside(self.in_sync().to_owned()),
                number => beside(count(number, "difference", "differences")),
            };
        }
        let foreign = match self.foreign.len() {
            0 => String::new(),
            number => format!(", {} on the role", count(number, "foreign policy", "foreign policies")),
        };
        let left = match (self.managers(), self.drift.as_ref().map_or(0, Vec::len)) {
            (None, _) | (Some(_), 0) => String::new(),
            (Some((managers, _)), number) => {
                format!(", {} for {managers} to repair", count(number, "difference", "differences"))
            }
        };
        let foreign = foreign + &left;
        match (self.command, &self.applied, changes.len()) {
            ("plan", _, 0) if foreign.is_empty() => beside(self.in_sync().to_owned()),
            ("plan", _, 0) => beside(format!("no changes{foreign}")),
            ("plan", _, _) => after(by_verb(changes) + &foreign),
            // How many calls that took depends on how far the twins had come.
            ("verify", Some(applied), _) => {
                let twins = applied.done.iter().filter(|change| change.operation == "iam:DeleteRole");
                format!("{} removed", count(twins.count(), "twin", "twins"))
            }
            (_, Some(_), _) => beside(match self.done() {
                0 => "no changes were made".to_owned(),
                done => format!("{} made", count(done, "change", "changes")),
            }),
            (_, None, 0) if self.changes.is_some() => beside("no changes".to_owned()),
            (_, None, _) => found,
        }
    }

    fn done(&self) -> usize {
        self.applied.as_ref().map_or(0, |applied| applied.done.len())
    }

    /// Whether a difference says that the claim is broken.
    pub(super) fn is_told(&self, claim: &ClaimView) -> bool {
        let told = match claim.absent {
            Some(Absent::Target) => Some(Consequence::TargetMissing),
            Some(Absent::Role | Absent::Boundary | Absent::Arn) | None => consequence_of(claim.kind),
        };
        self.drift.iter().flatten().any(|difference| Some(difference.consequence) == told)
    }

    /// What the exit code is about, most severe first, each cause once.
    pub(super) fn faults(&self) -> Vec<String> {
        let consequences = || self.drift.iter().flatten().map(|difference| difference.consequence);
        let of_drift = |exit| {
            consequences()
                .filter(move |it| it.exit() == exit)
                .map(|consequence| consequence.title().to_owned())
        };
        let claims = |outcome| {
            let claims = self.verification.iter().flat_map(|verification| &verification.claims);
            claims.filter(move |claim| claim.result == outcome && !self.is_told(claim)).map(move |claim| {
                match (claim.absent, outcome) {
                    (Some(Absent::Role), _) => NO_ROLE.to_owned(),
                    (Some(Absent::Target), _) => Consequence::TargetMissing.title().to_owned(),
                    (Some(Absent::Boundary), _) => NO_BOUNDARY.to_owned(),
                    (Some(Absent::Arn), _) => OTHER_ARN.to_owned(),
                    (None, ClaimOutcome::Proved | ClaimOutcome::Refuted) => claim.failure().to_owned(),
                    (None, ClaimOutcome::Unknown) => format!("not decided: {}", lower(claim.title())),
                }
            })
        };
        let verification = || self.verification.iter();
        let is_refuted =
            verification().flat_map(|it| &it.claims).any(|claim| claim.result == ClaimOutcome::Refuted);
        let refuted = of_drift(ExitCode::Refuted)
            .chain(claims(ClaimOutcome::Refuted))
            .chain(
                verification()
                    .flat_map(|it| &it.findings)
                    .filter(|finding| finding.exit == ExitCode::Refuted && !(is_refuted && finding.has_claim))
                    .map(|finding| finding.message.shown()),
            )
            .chain(
                verification()
                    .flat_map(|it| &it.analyses)
                    .filter(|analysis| analysis.shows == Opinion::Refutes)
                    .map(|analysis| match analysis.culprit {
                        Culprit::Role => format!("{} contradicts the manifest", analysis.analyser),
                        Culprit::Organization => ClaimKind::Organization.failure().to_owned(),
                    }),
            )
            .chain(
                verification()
                    .flat_map(|it| it.all_probes())
                    .filter(|probe| probe.shows == Shows::Refutes)
                    .map(|probe| format!("AWS's answer contradicts the manifest: {}", probe.probe)),
            )
            .chain(
                self.metrics
                    .iter()
                    .flat_map(|metrics| &metrics.findings)
                    .filter(|finding| finding.exit == ExitCode::Refuted)
                    .map(|finding| finding.message.shown()),
            )
            .chain(
                verification().flat_map(|it| &it.actions).filter(|test| test.exit == ExitCode::Refuted).map(
                    |test| match test.outcome {
                        TestOutcome::Failed | TestOutcome::Succeeded => {
                            format!("action {} failed", test.action)
                        }
                        TestOutcome::NotRun => format!("action {} was not run", test.action),
                        TestOutcome::Missing => format!("action {} does not exist", test.action),
                    },
                ),
            )
            .chain(
                self.refusals
                    .iter()
                    .filter(|it| it.result == ClaimOutcome::Refuted)
                    .map(|refusal| format!("apply refuses the plan because of {}", refusal.name)),
            );
        let undecided = of_drift(ExitCode::Inconclusive)
            .chain(claims(ClaimOutcome::Unknown))
            .chain(
                verification()
                    .flat_map(|it| &it.analyses)
                    .filter(|analysis| analysis.shows == Opinion::Disagrees)
                    .map(|analysis| format!("{} and rolecall contradict each other", analysis.analyser)),
            )
            .chain(
                verification()
                    .flat_map(|it| &it.actions)
                    .filter(|test| test.exit == ExitCode::Inconclusive)
                    .map(|test| format!("action {} was not run", test.action)),
            )
            .chain(
                verification()
                    .filter_map(|it| it.untested.as_ref())
                    .map(|_| "no data action was tested".to_owned()),
            )
            .chain(self.metrics.iter().flat_map(|metrics| &metrics.undecided).map(Text::shown))
            .chain({
                let silent = |probe: &&ProbeView| probe.shows == Shows::NoInformation;
                let probes = verification().flat_map(|it| &it.twin).flat_map(|twin| &twin.probes);
                let number = probes.filter(silent).count();
                (number > 0)
                    .then(|| format!("{} of the twin showed nothing", count(number, "probe", "probes")))
            })
            .chain(
                verification()
                    .flat_map(|it| it.troubles())
                    .map(|trouble| trouble.message.lines().next().unwrap_or_default().to_owned()),
            );
        let mut faults = distinct(refuted.chain(undecided));
        let is_open = match self.exit {
            ExitCode::Refuted | ExitCode::Inconclusive => true,
            ExitCode::Pending => self.applied.is_some(),
            ExitCode::Success | ExitCode::Failed | ExitCode::Usage => false,
        };
        if faults.is_empty() && is_open {
            // What the exit code is about stands in a warning.
            faults.extend(
                self.warnings.last().map(|warning| warning.lines().next().unwrap_or_default().to_owned()),
            );
        }
        faults
    }
}

impl FleetReport {
    /// How all of it ended, in a sentence without a full stop.
    #[must_use]
    pub fn verdict(&self) -> String {
        let all: usize = self.exit_codes.values().sum();
        let of = |exit: ExitCode| self.exit_codes.get(&exit.code()).copied().unwrap_or_default();
        let some = |number: usize| format!("{number} of {}", self.counted());
        match self.exit {
            ExitCode::Success if self.pending > 0 => format!("pending: {}", some(self.pending)),
            ExitCode::Success if self.command == PROVE => format!("done: {} proved", self.counted()),
            ExitCode::Success if all == 1 => "done: the manifest ended with exit code 0".to_owned(),
            ExitCode::Success => format!("done: all {all} manifests ended with exit code 0"),
            ExitCode::Failed | ExitCode::Usage => {
                format!("failed: {}", some(of(ExitCode::Failed) + of(ExitCode::Usage)))
            }
            ExitCode::Refuted if self.command == PROVE && of(self.exit) == 0 => {
                format!("refuted: no role of {} is the one that was stated", self.counted())
            }
            ExitCode::Inconclusive if self.command == PROVE && of(self.exit) == 0 => {
                format!("undecided: whether one of {} is the one that was stated", self.counted())
            }
            ExitCode::Refuted => format!("refuted: {}", some(of(ExitCode::Refuted))),
            ExitCode::Inconclusive => format!("undecided: {}", some(of(ExitCode::Inconclusive))),
            ExitCode::Pending => format!("pending: {}", some(of(ExitCode::Pending))),
        }
    }
}

impl ClaimView {
    /// What it means that the claim is refuted.
    pub(super) fn failure(&self) -> &'static str {
        match (self.kind, self.states_more) {
            (ClaimKind::OnlyTargets, true) => "a session can do more than what is stated",
            (ClaimKind::EveryTarget, true) => "a session cannot do all that is stated",
            (kind, true | false) => kind.failure(),
        }
    }
}

/// The consequence of the difference that breaks the claim.
fn consequence_of(kind: ClaimKind) -> Option<Consequence> {
    match kind {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId => Some(Consequence::WidensTrust),
        ClaimKind::MayAssume => Some(Consequence::NarrowsTrust),
        ClaimKind::OnlyTargets => Some(Consequence::WidensPermissions),
        ClaimKind::EveryTarget => Some(Consequence::NarrowsPermissions),
        ClaimKind::Boundary | ClaimKind::OnlyThroughRole | ClaimKind::Organization => None,
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}

/// The first of them, and how many more there are.
fn listed(texts: &[String]) -> String {
    let named = texts.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    match texts.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

/// A sentence within another one.
pub(super) fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
