//! What is worth a change or a look beside the claims.
//!
//! The kinds are closed: faults of documents come from the catalogue of `iam`, the others are named here. Severity and exit
//! code are matches on the kind.

use super::analysis::Analysis;
use super::probe::{AwsAnswer, Probe, ProbeQuestion};
use crate::exit::ExitCode;
use crate::iam::lint::{self, FindingId, Severity};
use crate::ports::Remark as AnalyserRemark;

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
            Self::ProbeDisagrees { .. } | Self::AnalyserDisagrees(_) => Severity::Warning,
            // The words are AWS's, and it may add some.
            Self::Remark { document: _, remark } => match remark.kind.as_str() {
                "ERROR" => Severity::Error,
                "SECURITY_WARNING" | "WARNING" => Severity::Warning,
                _ => Severity::Note,
            },
        }
    }

    /// The exit code that it asks for by itself.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Fault(finding) => of_fault(finding.id),
            // The analysis or probe that is contradicted has an exit code of its own; AWS's remarks are advice.
            Self::ProbeDisagrees { .. } | Self::AnalyserDisagrees(_) | Self::Remark { .. } => {
                ExitCode::Success
            }
        }
    }
}

/// What the other faults are about is a claim already; two are ways past the role, about which there is no claim.
fn of_fault(id: FindingId) -> ExitCode {
    use FindingId::{
        G1, G2, L1, L2, L3, L4, P1, P2, P3, P4, P5, P6, P7, P8, P9, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10,
        T11, T12, T13, T14, T15, T16, T17, T18, T19, T20, T21, T22, T23, T24,
    };
    match id {
        L1 | L3 => ExitCode::Refuted,
        T1 | T2 | T3 | T4 | T5 | T6 | T7 | T8 | T9 | T10 | T11 | T12 | T13 | T14 | T15 | T16 | T17 | T18
        | T19 | T20 | T21 | T22 | T23 | T24 | P1 | P2 | P3 | P4 | P5 | P6 | P7 | P8 | P9 | L2 | L4 | G1
        | G2 => ExitCode::Success,
    }
}

/// Where AWS answered otherwise than the documents say that it does.
pub fn disagreements<'p>(probes: impl IntoIterator<Item = &'p Probe>) -> Vec<Finding> {
    let finding =
        |probe: &Probe| Finding::ProbeDisagrees { question: probe.question.clone(), answer: probe.answer };
    probes.into_iter().filter(|probe| probe.disagrees()).map(finding).collect()
}
