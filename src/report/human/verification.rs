//! What was proved, found and asked, as text for people.

use std::fmt::Write as _;

use super::{BOLD, DIMMED, GREEN, RED, YELLOW, count};
use crate::report::{
    ActionTestView, ClaimView, EvidenceView, FindingView, Level, ProbeView, Text, TwinView, VerificationView,
};
use crate::verify::claim::{ClaimKind, ClaimOutcome};
use crate::verify::probe::Shows;
use crate::verify::twin::TwinOutcome;

/// Reasons of a claim that are listed.
const REASONS_SHOWN: usize = 5;

/// How much is said about where AWS can be asked about its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Of answers that refute something: what somebody will want to look up in CloudTrail or show to AWS.
    OfRefutations,
    /// Of every answer.
    OfEverything,
}

impl VerificationView {
    /// Claims, findings and probes, one line each, with their reasons.
    pub fn to_text(&self, title: &str, evidence: Evidence) -> String {
        self.to_text_after(&[], title, evidence)
    }

    /// The same below a text that has told these causes already: each is told once.
    pub fn to_text_after(&self, told: &[Text], title: &str, evidence: Evidence) -> String {
        let mut text = format!("{BOLD}{title}{BOLD:#}\n");
        text += &self.claims_text(told);
        let mut told: Vec<Text> = told.to_vec();
        told.extend(self.claims.iter().flat_map(|claim| claim.because.clone()));
        for finding in &self.findings {
            text += &finding.to_text(told.contains(&finding.message));
            told.push(finding.message.clone());
        }
        if !self.claims.is_empty() {
            let _ = writeln!(text, "  {DIMMED}{}{DIMMED:#}", self.organization.limits());
        }
        text.extend(self.analyses.iter().map(|analysis| analysis.to_text(evidence)));
        text += &probes_text(&self.probes, evidence);
        if let Some(TwinView { role: Some(role), outcome, probes, .. }) = &self.twin {
            let end = match outcome {
                TwinOutcome::LeftBehind => "left behind",
                TwinOutcome::Finished | TwinOutcome::Refused | TwinOutcome::Failed => "removed again",
            };
            let _ = writeln!(text, "\n{BOLD}Twin {role}{BOLD:#} ({end})");
            text += &probes_text(probes, evidence);
        }
        if !self.actions.is_empty() {
            let _ = writeln!(text, "\n{BOLD}Data actions, run by Genesys Cloud{BOLD:#}");
            text.extend(self.actions.iter().map(ActionTestView::to_text));
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {DIMMED}note: {note}{DIMMED:#}");
        }
        text
    }
}

/// The answers that show something, and how many there are that do not; `-v` lists these too.
fn probes_text(probes: &[ProbeView], evidence: Evidence) -> String {
    let is_shown =
        |probe: &&ProbeView| evidence == Evidence::OfEverything || probe.shows != Shows::NoInformation;
    let mut text: String = probes.iter().filter(is_shown).map(|probe| probe.to_text(evidence)).collect();
    let silent = probes.len() - probes.iter().filter(is_shown).count();
    if silent > 0 {
        let number = count(silent, "probe shows", "probes show");
        let _ = writeln!(text, "  no info    {number} nothing about the role; -v lists them");
    }
    text
}

/// The outcome of a claim, as wide as every other.
pub(in crate::report) fn label_of(outcome: ClaimOutcome) -> String {
    match outcome {
        ClaimOutcome::Proved => format!("{GREEN}proved{GREEN:#}   "),
        ClaimOutcome::Refuted => format!("{RED}refuted{RED:#}  "),
        ClaimOutcome::Unknown => format!("{YELLOW}unknown{YELLOW:#}  "),
    }
}

impl ClaimView {
    pub(in crate::report) fn to_text(&self, told: &[Text]) -> String {
        format!("  {}  {}\n{}", label_of(self.result), self.claim, self.reasons_text(told))
    }

    /// What breaks it or leaves it open. Equal reasons are counted, and what was told before is not told again.
    pub(in crate::report) fn reasons_text(&self, told: &[Text]) -> String {
        let mut reasons: Vec<(&Text, usize)> = Vec::new();
        for reason in &self.because {
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, number)) => *number += 1,
                None => reasons.push((reason, 1)),
            }
        }
        let (known, new): (Vec<_>, Vec<_>) =
            reasons.into_iter().partition(|(reason, _)| told.contains(reason));
        let mut text = String::new();
        if !known.is_empty() {
            text += "             shown above\n";
        }
        for (reason, number) in new.iter().take(REASONS_SHOWN) {
            let times = if *number > 1 { format!(" ({number} times)") } else { String::new() };
            let _ = writeln!(text, "             {reason}{times}");
        }
        if let Some(more) = new.len().checked_sub(REASONS_SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "             and {more} more; `--output json` has all of them");
        }
        text + &explanation_text(self.explanation.as_deref())
    }
}

impl FindingView {
    fn to_text(&self, is_told: bool) -> String {
        let Self {
            id,
            severity,
            level,
            exit: _,
            has_claim: _,
            statement,
            message,
            why,
            reference,
            fix,
            witness: _,
        } = self;
        let place = statement.as_ref().map(|statement| format!(" ({statement})")).unwrap_or_default();
        let style = match level {
            Level::Error => RED,
            Level::Warning => YELLOW,
            Level::Note => DIMMED,
        };
        let message = if is_told { "as shown above".to_owned() } else { message.shown() };
        format!(
            "  {style}{severity:<9}{style:#}  {id}{place}: {message}\n             why: {why} ({reference})\n             fix: {fix}\n"
        )
    }
}

/// The reasons in full, below what they are the reasons of.
fn explanation_text(explanation: Option<&str>) -> String {
    explanation.unwrap_or_default().lines().map(|line| format!("               {line}\n")).collect()
}

impl ProbeView {
    fn to_text(&self, shown: Evidence) -> String {
        let Self { about, probe, answer, expected: _, shows, message, explanation, times, evidence } = self;
        let label = match shows {
            Shows::Confirms => format!("{GREEN}confirmed{GREEN:#}"),
            Shows::Refutes => format!("{RED}refuted{RED:#}  "),
            Shows::NoInformation => "no info  ".to_owned(),
        };
        let mut text = format!("  {label}  {probe}: {}\n", answer.as_str());
        // That a session may invoke a target says the line above already.
        let is_expected_invocation = *shows == Shows::Confirms && *about == Some(ClaimKind::EveryTarget);
        if !is_expected_invocation {
            let _ = writeln!(text, "             {message}");
        }
        if shown == Evidence::OfEverything || *shows == Shows::Refutes {
            let times = count(usize::try_from(*times).unwrap_or(usize::MAX), "time", "times");
            let _ = writeln!(text, "             asked {times} {}", evidence.to_text("last at"));
        }
        text + &explanation_text(explanation.as_deref())
    }
}

impl EvidenceView {
    /// By whom, when and under which ID; `at` is the word before the time.
    pub(in crate::report) fn to_text(&self, at: &str) -> String {
        let Self { principal, request_id, time } = self;
        let request = request_id.as_deref().unwrap_or("without an ID");
        format!("as {principal}, {at} {time}, request {request}")
    }
}
