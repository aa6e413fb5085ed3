//! The policy simulator on the SDK.

use std::collections::BTreeMap;

use aws_sdk_iam::operation::RequestId;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType as Word};
use jiff::Timestamp;

use super::Aws;
use super::error::next_page;
use rolecall_model::iam::evaluate::Decision;
use rolecall_model::paging::Paging;
use rolecall_model::ports::{Answered, AwsResult, Simulate, Simulated};

/// The largest page of results.
const PAGE: i32 = 1000;

impl Simulate for Aws {
    async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resources: &[String],
        context: &BTreeMap<String, String>,
    ) -> AwsResult<Answered<Vec<Simulated>>> {
        const OPERATION: &str = "iam:SimulatePrincipalPolicy";
        let mut simulated = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self
                .iam
                .simulate_principal_policy()
                .policy_source_arn(principal)
                .set_action_names(Some(actions.iter().map(|&action| action.to_owned()).collect()))
                .set_resource_arns((!resources.is_empty()).then(|| resources.to_vec()))
                .set_context_entries((!context.is_empty()).then(|| context.iter().map(entry).collect()))
                .max_items(PAGE)
                .set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            let request_id = answer.request_id().map(str::to_owned);
            for result in answer.evaluation_results() {
                let organization = result.organizations_decision_detail();
                let organization_allows = organization.map(|detail| detail.allowed_by_organizations());
                let one = |resource: Option<&str>, word: &Word, missing: &[String]| Simulated {
                    action: result.eval_action_name().to_owned(),
                    resource: resource.unwrap_or("*").to_owned(),
                    decision: decision(word),
                    missing_keys: missing.to_vec(),
                    organization_allows,
                };
                // One result an action, whose own decision is the strictest of all resources: what was decided for
                // each stands below it (API reference, EvaluationResult).
                match result.resource_specific_results() {
                    [] => simulated.push(one(
                        result.eval_resource_name(),
                        result.eval_decision(),
                        result.missing_context_values(),
                    )),
                    specific => simulated.extend(specific.iter().map(|result| {
                        let resource = Some(result.eval_resource_name());
                        one(resource, result.eval_resource_decision(), result.missing_context_values())
                    })),
                }
            }
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(Answered { answer: simulated, request_id, at: Timestamp::now() });
            }
        }
    }
}

fn entry((key, value): (&String, &String)) -> ContextEntry {
    let kind = ContextKeyTypeEnum::String;
    ContextEntry::builder().context_key_name(key).context_key_values(value).context_key_type(kind).build()
}

fn decision(word: &Word) -> Decision {
    match word {
        Word::Allowed => Decision::Allowed,
        Word::ImplicitDeny => Decision::ImplicitlyDenied,
        Word::ExplicitDeny => Decision::ExplicitlyDenied,
        // The SDK's enum is open.
        _ => Decision::Unknown,
    }
}
