//! Results of proofs, as data, text and JSON.

use std::fmt::Write as _;

use rolecall_prove::answer::Answer;
use rolecall_prove::words::verdict_in_words;

use super::Text;
use super::human::{BOLD, DIMMED};
use super::{ClaimView, Evidence, FindingView, FleetReport, Format, Report, VerificationView, count};
use crate::exit::ExitCode;
use crate::manifest::Outline;
use crate::verify::claim::ClaimOutcome;
use crate::verify::role_proof::{FileProof, RoleProof};

/// The command, whose reports are about roles in a file and not about manifests.
pub(super) const PROVE: &str = "prove";

/// The proofs of every role in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofView {
    /// What became of all of them.
    pub result: ClaimOutcome,
    /// The same in words, with the warnings that are left.
    pub verdict: String,
    /// What the file is, and what it is called.
    pub source: String,
    /// What was claimed of the file as a whole.
    pub claims: Vec<ClaimView>,
    pub roles: Vec<RoleProofView>,
    /// The same as data.
    answer: Answer,
}

/// The proof of a role, or of a document by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleProofView {
    /// What became of it.
    pub result: ClaimOutcome,
    /// What the file calls the role; a document by itself has no name.
    pub role: Option<Text>,
    /// What was claimed.
    pub claims: Vec<ClaimView>,
    /// Findings in addition to the claims.
    pub findings: Vec<FindingView>,
    /// What was taken for granted.
    pub notes: Vec<Text>,
}

impl From<&RoleProof> for RoleProofView {
    fn from(proof: &RoleProof) -> Self {
        let RoleProof { role, claims, findings, notes, fail_on } = proof;
        Self {
            result: proof.outcome(),
            role: role.clone().map(Text::from),
            claims: claims.iter().map(ClaimView::from).collect(),
            findings: findings.iter().map(|finding| FindingView::of_fault(finding, *fail_on)).collect(),
            notes: notes.clone().into_iter().map(Text::from).collect(),
        }
    }
}

impl From<&FileProof> for ProofView {
    fn from(proof: &FileProof) -> Self {
        let FileProof { source, claims, roles } = proof;
        Self {
            result: proof.outcome(),
            verdict: verdict_in_words(proof.outcome(), proof.warnings()),
            source: source.clone(),
            claims: claims.iter().map(ClaimView::from).collect(),
            roles: roles.iter().map(RoleProofView::from).collect(),
            answer: Answer::from(proof),
        }
    }
}

impl ProofView {
    fn number_of(&self, result: ClaimOutcome) -> usize {
        self.roles.iter().filter(|role| role.result == result).count()
    }

    /// A block for each role, and how it ended.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for RoleProofView { result: _, role, claims, findings, notes } in &self.roles {
            let title = match role {
                Some(role) => format!("{role} ({})", self.source),
                None => self.source.clone(),
            };
            let (claims, findings) = (claims.clone(), findings.clone());
            text += &VerificationView { claims, findings, ..VerificationView::default() }
                .to_text(&title, Evidence::OfRefutations);
            for note in notes {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "  {DIMMED}note: {note}{DIMMED:#}");
            }
            text.push('\n');
        }
        if !self.claims.is_empty() {
            let claims = self.claims.clone();
            text += &VerificationView { claims, ..VerificationView::default() }
                .to_text(&self.source, Evidence::OfRefutations);
            text.push('\n');
        }
        if self.roles.len() > 1 {
            let words = [
                (ClaimOutcome::Proved, "proved"),
                (ClaimOutcome::Refuted, "refuted"),
                (ClaimOutcome::Unknown, "unknown"),
            ];
            let numbers: Vec<String> = words
                .iter()
                .map(|(result, word)| (self.number_of(*result), word))
                .filter(|(number, _)| *number > 0)
                .map(|(number, word)| format!("{number} {word}"))
                .collect();
            let _ = writeln!(text, "{}: {}", count(self.roles.len(), "role", "roles"), numbers.join(", "));
        }
        let _ = writeln!(text, "{BOLD}Result: {}{BOLD:#}", self.verdict);
        text
    }

    /// In a format for other tools. The places are of the file as a whole: what is extracted does not say where it stood.
    pub fn render(&self, file: &str, format: Format) -> String {
        match format {
            Format::Json => return self.to_json(),
            Format::Sarif | Format::Junit | Format::Github | Format::Markdown | Format::Html => {}
        }
        let reports: Vec<Report> = self.roles.iter().map(|role| self.report(role, file)).collect();
        match <[Report; 1]>::try_from(reports) {
            Ok([report]) => {
                let exit = report.exit;
                report.render(format, exit)
            }
            Err(mut roles) => {
                let ends: Vec<_> = roles.iter().map(Report::end).collect();
                roles.extend(self.report_of_file(file));
                let exit = ExitCode::from(self.result);
                FleetReport { roles, exit, ..FleetReport::new(PROVE, &ends, 0) }.render(format)
            }
        }
    }

    /// What was claimed of the file as a whole, as one more report.
    fn report_of_file(&self, file: &str) -> Option<Report> {
        let whole = RoleProofView {
            result: self.result,
            role: None,
            claims: self.claims.clone(),
            findings: Vec::new(),
            notes: Vec::new(),
        };
        (!self.claims.is_empty()).then(|| self.report(&whole, file))
    }

    fn report(&self, proof: &RoleProofView, file: &str) -> Report {
        let RoleProofView { result, role, claims, findings, notes } = proof;
        let (claims, findings, notes) = (claims.clone(), findings.clone(), notes.clone());
        let name = role.as_ref().map(|role| format!("{role} ({})", self.source));
        Report {
            exit: ExitCode::from(*result),
            manifest: Some(name.unwrap_or_else(|| self.source.clone())),
            subject: role.as_ref().map(Text::shown),
            outline: Outline::parse("", file),
            verification: Some(VerificationView { claims, findings, notes, ..VerificationView::default() }),
            ..Report::new(PROVE)
        }
    }

    /// One role as it is; several under `roles`, beside the result of all and what was claimed of the file.
    pub fn to_json(&self) -> String {
        self.answer.to_json()
    }
}
