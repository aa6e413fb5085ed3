//! What is worth a change or a look beside the claims.
//!
//! The kinds are closed: faults of documents come from the catalogue of `iam`, the others are named here. The severity is a
//! match on the kind.

use super::analysis::Analysis;
use super::foreign_change::ForeignChange;
use super::probe::{AwsAnswer, Probe, ProbeQuestion};
use crate::iam::lint::{self, FindingId, Severity};
use crate::ports::Remark as AnalyserRemark;
use crate::ports::genesys::Organization;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A fault of a document or of a function.
    Fault(Box<lint::Finding>),
    /// AWS answered a probe otherwise than the documents say.
    ProbeDisagrees {
        /// What was tried.
        question: ProbeQuestion,
        answer: AwsAnswer,
    },
    /// The role is for another organization than the one of the credentials at hand.
    OtherOrganization {
        /// The external ID of the role: the ID of the manifest's organization.
        expected: String,
        /// The organization of the credentials.
        found: Organization,
    },
    /// An analyser of AWS and rolecall contradict each other.
    AnalyserDisagrees(Box<Analysis>),
    /// Somebody else changed in Genesys Cloud what the manifest describes.
    ForeignChange(Box<ForeignChange>),
    /// Access Analyzer found something in a document.
    Remark {
        document: String,
        /// What AWS says about it.
        remark: AnalyserRemark,
    },
}

/// What a run finds beside the faults of documents: two answers that contradict each other, credentials of
/// somebody else, or changes by somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFinding {
    /// AWS answered a probe otherwise than the documents say.
    ProbeContradicts,
    /// An analyser of AWS and rolecall contradict each other.
    AnalyserContradicts,
    /// The role is for another organization than the one of the credentials at hand.
    OtherOrganization,
    /// Somebody else changed in Genesys Cloud what the manifest describes.
    ForeignChange,
    /// More requests of an action failed than the limit allows.
    TooManyFailures,
    /// Requests of an action took longer than the limit allows.
    TooSlow,
}

impl RunFinding {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 6] = [
        Self::ProbeContradicts,
        Self::AnalyserContradicts,
        Self::TooManyFailures,
        Self::TooSlow,
        Self::OtherOrganization,
        Self::ForeignChange,
    ];

    /// The code, which stays the same.
    pub fn code(self) -> &'static str {
        match self {
            Self::ProbeContradicts => "C1",
            Self::AnalyserContradicts => "C2",
            Self::OtherOrganization => "O1",
            Self::ForeignChange => "A1",
            Self::TooManyFailures => "M1",
            Self::TooSlow => "M2",
        }
    }

    /// How severe it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::ProbeContradicts | Self::AnalyserContradicts | Self::TooSlow => Severity::Warning,
            Self::OtherOrganization | Self::TooManyFailures | Self::ForeignChange => Severity::Error,
        }
    }
}

/// Where a finding has its code from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingCode<'f> {
    /// The catalogue of `iam`.
    Fault(FindingId),
    Run(RunFinding),
    /// Access Analyzer: the code is AWS's own.
    Aws(&'f str),
}

impl<'f> FindingCode<'f> {
    /// The code as it is printed.
    pub fn as_str(self) -> &'f str {
        match self {
            Self::Fault(id) => id.as_str(),
            Self::Run(finding) => finding.code(),
            Self::Aws(code) => code,
        }
    }
}

impl From<lint::Finding> for Finding {
    fn from(finding: lint::Finding) -> Self {
        Self::Fault(Box::new(finding))
    }
}

impl Finding {
    pub fn code(&self) -> FindingCode<'_> {
        match self {
            Self::Fault(finding) => FindingCode::Fault(finding.id),
            Self::ProbeDisagrees { .. } => FindingCode::Run(RunFinding::ProbeContradicts),
            Self::AnalyserDisagrees(_) => FindingCode::Run(RunFinding::AnalyserContradicts),
            Self::OtherOrganization { .. } => FindingCode::Run(RunFinding::OtherOrganization),
            Self::ForeignChange(_) => FindingCode::Run(RunFinding::ForeignChange),
            Self::Remark { document: _, remark } => FindingCode::Aws(&remark.code),
        }
    }

    /// How severe it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Fault(finding) => finding.id.severity(),
            Self::OtherOrganization { .. } => RunFinding::OtherOrganization.severity(),
            Self::ForeignChange(_) => RunFinding::ForeignChange.severity(),
            Self::ProbeDisagrees { .. } => RunFinding::ProbeContradicts.severity(),
            Self::AnalyserDisagrees(_) => RunFinding::AnalyserContradicts.severity(),
            // The words are AWS's, and it may add some.
            Self::Remark { document: _, remark } => match remark.kind.as_str() {
                "ERROR" => Severity::Error,
                "SECURITY_WARNING" | "WARNING" => Severity::Warning,
                _ => Severity::Note,
            },
        }
    }
}

/// Where AWS answered otherwise than the documents say that it does.
pub fn disagreements<'p>(probes: impl IntoIterator<Item = &'p Probe>) -> Vec<Finding> {
    let finding =
        |probe: &Probe| Finding::ProbeDisagrees { question: probe.question.clone(), answer: probe.answer };
    probes.into_iter().filter(|probe| probe.disagrees()).map(finding).collect()
}
