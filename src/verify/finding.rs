//! What is worth a change or a look beside the claims.
//!
//! The kinds are closed: faults of documents come from the catalogue of `iam`, the others are named here. The severity is a
//! match on the kind.

use super::analysis::Analysis;
use super::probe::{AwsAnswer, Probe, ProbeQuestion};
use crate::iam::lint::{self, Severity};
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
        /// What AWS answered.
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
    /// Access Analyzer found something in a document.
    Remark {
        /// The document.
        document: String,
        /// What AWS says about it.
        remark: AnalyserRemark,
    },
}

impl From<lint::Finding> for Finding {
    fn from(finding: lint::Finding) -> Self {
        Self::Fault(Box::new(finding))
    }
}

impl Finding {
    /// How severe it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Fault(finding) => finding.id.severity(),
            Self::OtherOrganization { .. } => Severity::Error,
            Self::ProbeDisagrees { .. } | Self::AnalyserDisagrees(_) => Severity::Warning,
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
