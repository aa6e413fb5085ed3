//! IAM Access Analyzer on the SDK.

use aws_sdk_accessanalyzer::operation::RequestId;
use aws_sdk_accessanalyzer::types::{
    AccessCheckPolicyType, AccessCheckResourceType, CheckNoNewAccessResult, CheckNoPublicAccessResult,
    PathElement, PolicyType, ReasonSummary, ValidatePolicyFinding, ValidatePolicyResourceType,
};
use jiff::Timestamp;

use super::Aws;
use super::error::next_page;
use rolecall_model::paging::Paging;
use rolecall_model::ports::{AnalyseAccess, Answered, AwsResult, Check, DocumentKind, Remark};
use rolecall_model::stored::StoredDocument;

impl AnalyseAccess for Aws {
    async fn validate_policy(
        &self,
        document: &StoredDocument,
        kind: DocumentKind,
    ) -> AwsResult<Answered<Vec<Remark>>> {
        const OPERATION: &str = "access-analyzer:ValidatePolicy";
        let mut remarks = Vec::new();
        let (mut token, mut paging) = (None, Paging::default());
        loop {
            let call = self.access_analyzer.validate_policy().policy_document(document.text());
            let call = match kind {
                DocumentKind::Identity => call.policy_type(PolicyType::IdentityPolicy),
                DocumentKind::Trust => call
                    .policy_type(PolicyType::ResourcePolicy)
                    .validate_policy_resource_type(ValidatePolicyResourceType::RoleTrust),
            };
            let call = call.set_next_token(token);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            let request_id = answer.request_id().map(str::to_owned);
            remarks.extend(answer.findings().iter().map(remark));
            token = next_page(&mut paging, OPERATION, answer.next_token)?;
            if token.is_none() {
                return Ok(Answered { answer: remarks, request_id, at: Timestamp::now() });
            }
        }
    }

    async fn check_no_public_access(&self, trust: &StoredDocument) -> AwsResult<Answered<Check>> {
        const OPERATION: &str = "access-analyzer:CheckNoPublicAccess";
        let call = self.access_analyzer.check_no_public_access().policy_document(trust.text());
        let call = call.resource_type(AccessCheckResourceType::RoleTrust);
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let passed = match answer.result() {
            Some(CheckNoPublicAccessResult::Pass) => Some(true),
            Some(CheckNoPublicAccessResult::Fail) => Some(false),
            Some(_) | None => None,
        };
        let request_id = answer.request_id().map(str::to_owned);
        let message = message(answer.message(), answer.reasons());
        Ok(Answered { answer: Check { passed, message }, request_id, at: Timestamp::now() })
    }

    async fn check_no_new_access(
        &self,
        document: &StoredDocument,
        reference: &StoredDocument,
        kind: DocumentKind,
    ) -> AwsResult<Answered<Check>> {
        const OPERATION: &str = "access-analyzer:CheckNoNewAccess";
        let call = self.access_analyzer.check_no_new_access().new_policy_document(document.text());
        let call = call.existing_policy_document(reference.text()).policy_type(match kind {
            DocumentKind::Identity => AccessCheckPolicyType::IdentityPolicy,
            DocumentKind::Trust => AccessCheckPolicyType::ResourcePolicy,
        });
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let passed = match answer.result() {
            Some(CheckNoNewAccessResult::Pass) => Some(true),
            Some(CheckNoNewAccessResult::Fail) => Some(false),
            Some(_) | None => None,
        };
        let request_id = answer.request_id().map(str::to_owned);
        let message = message(answer.message(), answer.reasons());
        Ok(Answered { answer: Check { passed, message }, request_id, at: Timestamp::now() })
    }
}

fn remark(finding: &ValidatePolicyFinding) -> Remark {
    Remark {
        kind: finding.finding_type().as_str().to_owned(),
        code: finding.issue_code().to_owned(),
        details: finding.finding_details().to_owned(),
        link: finding.learn_more_link().to_owned(),
        statement: finding.locations().iter().find_map(|location| statement(location.path())),
    }
}

/// A location is a path such as `Statement`, 0, `Condition`; a statement that stands alone has no number.
fn statement(path: &[PathElement]) -> Option<usize> {
    let mut path = path.iter();
    path.find(|element| matches!(element, PathElement::Value(value) if value == "Statement"))?;
    match path.next() {
        Some(PathElement::Index(index)) => usize::try_from(*index).ok(),
        Some(_) | None => Some(0),
    }
}

fn message(message: Option<&str>, reasons: &[ReasonSummary]) -> String {
    let reasons = reasons.iter().filter_map(|reason| {
        let place = match (reason.statement_id(), reason.statement_index()) {
            (Some(sid), _) => format!(" (statement `{sid}`)"),
            (None, Some(index)) => format!(" (statement {})", index + 1),
            (None, None) => String::new(),
        };
        reason.description().map(|description| format!("{description}{place}"))
    });
    let parts: Vec<String> = message.map(str::to_owned).into_iter().chain(reasons).collect();
    parts.join("; ")
}
