//! Everything that others say about the documents: AWS's analysers and the organization, asked side by side.

use super::Documents;
use super::analysers::{self, BilledChecks};
use super::organization::{self, Organization};
use super::verification::Verification;
use crate::desired::aws::Desired;
use crate::observe::survey::Survey;
use crate::ports::{AnalyseAccess, ReadOrganization, Simulate};

/// What others said, not judged yet.
#[derive(Debug)]
pub struct SecondOpinions {
    documents: Documents,
    answers: analysers::Answers,
    organization: Organization,
}

impl SecondOpinions {
    pub async fn ask<A: Simulate + AnalyseAccess + ReadOrganization>(
        aws: &A,
        documents: Documents,
        desired: &Desired,
        billed: BilledChecks,
    ) -> Self {
        let (answers, organization) = tokio::join!(
            analysers::ask(aws, &documents, desired, billed),
            organization::read(aws, &desired.home.account),
        );
        Self { documents, answers, organization }
    }

    /// Judges, and adds the judgement to what was verified.
    pub fn add_to(&self, verification: &mut Verification, Survey { desired, observed, .. }: &Survey) {
        let Self { documents, answers, organization } = self;
        let scps = organization.service_control();
        let principal = &observed.caller.arn;
        let analyses = analysers::judge(answers, documents, desired, principal, scps);
        verification.claims.extend(organization.claim(desired));
        verification.organization = organization.standing();
        verification.analyses = analyses.opinions;
        verification.findings.extend(analyses.findings);
        verification.notes.extend(organization.note().into_iter().chain(analyses.notes));
    }
}
