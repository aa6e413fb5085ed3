//! Everything that rolecall finds or fails with has a code that stays the same. This is what is said about each code, whatever
//! the run: what it means, why it matters, what mends it. `rolecall explain` prints it, and `docs/codes.md` is made from it.
//!
//! Invariant: codes are never given to something else. A kind that is gone leaves a gap.
//! Deliberately absent: what a run found. That is the report's.

mod drift;
mod error;
mod view;

pub use self::view::{list, page};

use rolecall_audit::finding::FindingId as RollFinding;

use crate::drift::Consequence;
use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::iam::lint::{Edits, FindingId, Severity};
use crate::verify::analysis::Opinion;
use crate::verify::finding::RunFinding;

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault of a document, a role or a function.
    Finding(FindingId),
    /// What a run finds beside these.
    Run(RunFinding),
    /// What is wrong with a way into a role.
    RollCall(RollFinding),
    /// A difference between the manifest and what is there, by what it leads to.
    Drift(Consequence),
    /// What a command failed with.
    Error(ErrorCode),
}

/// What there is to say about a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub kind: Kind,
    /// The code, such as `T8`.
    pub code: &'static str,
    /// The name of the same thing in JSON, where it has one.
    pub name: Option<&'static str>,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How severe it is; an error ends the command, whatever it is.
    pub severity: Option<Severity>,
    /// The exit code that it asks for by itself, where it does.
    pub exit: Option<ExitCode>,
    /// Why it matters; of an error, how it comes about.
    pub why: &'static str,
    /// How it is mended.
    pub remedy: &'static str,
    /// From what the edits follow that mend a document.
    pub edits: Option<Edits>,
    /// Something that shows it.
    pub example: Option<Example>,
    /// Where to read more.
    pub reference: Option<&'static str>,
}

/// Something that shows what a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A document that has it.
    Document(&'static str),
    /// The name of a change by hand that leads to it on the sandbox (`rolecall sandbox tamper`).
    Tamper(&'static str),
    /// A command that ends with it, beside a new manifest.
    Command(&'static str),
}

/// Everything that has a code, in the order of the codes.
pub fn all() -> Vec<Entry> {
    let findings = FindingId::ALL.iter().copied().map(of_finding);
    let of_runs = RunFinding::ALL.into_iter().map(of_run);
    let differences = Consequence::ALL.into_iter().map(drift::entry);
    let errors = ErrorCode::ALL.iter().copied().map(error::entry);
    let of_ways = RollFinding::ALL.into_iter().map(of_way);
    findings.chain(of_runs).chain(of_ways).chain(differences).chain(errors).collect()
}

/// What a code stands for; the letters' case does not matter, and a name in JSON does as well.
pub fn find(code: &str) -> Option<Entry> {
    let is_named = |name: &str| name.eq_ignore_ascii_case(code);
    all().into_iter().find(|entry| is_named(entry.code) || entry.name.is_some_and(is_named))
}

fn of_run(finding: RunFinding) -> Entry {
    Entry {
        kind: Kind::Run(finding),
        code: finding.code(),
        name: None,
        title: finding.title(),
        severity: Some(finding.severity()),
        exit: match finding {
            // That AWS contradicts the documents says nothing of which of its answers is the right one.
            RunFinding::ProbeContradicts => None,
            RunFinding::AnalyserContradicts => Some(Opinion::Disagrees.exit()),
            RunFinding::OtherOrganization | RunFinding::ForeignChange => Some(ExitCode::Refuted),
            // Exit code 4 where no request succeeded.
            RunFinding::TooManyFailures | RunFinding::TooSlow => Some(ExitCode::Pending),
        },
        why: finding.why(),
        remedy: finding.remedy(),
        edits: None,
        example: None,
        reference: Some(finding.reference()),
    }
}

fn of_way(finding: RollFinding) -> Entry {
    Entry {
        kind: Kind::RollCall(finding),
        code: finding.as_str(),
        name: None,
        title: finding.summary(),
        severity: Some(finding.severity()),
        // The standing of the way in has an exit code, whatever its findings are.
        exit: None,
        why: finding.why(),
        remedy: finding.fix(),
        edits: None,
        example: Some(Example::Command("rolecall audit --sandbox")),
        reference: Some("audit.md"),
    }
}

fn of_finding(id: FindingId) -> Entry {
    Entry {
        kind: Kind::Finding(id),
        code: id.as_str(),
        name: None,
        title: id.summary(),
        severity: Some(id.severity()),
        exit: None,
        why: id.why(),
        remedy: id.remedy(),
        edits: Some(id.edits()),
        example: id.example().map(Example::Document),
        reference: Some(id.reference()),
    }
}
