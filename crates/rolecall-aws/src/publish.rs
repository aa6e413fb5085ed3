//! Telling others: findings in Security Hub.

use std::collections::HashMap;

use aws_sdk_securityhub::types::{
    AwsSecurityFinding, Compliance as ComplianceDetails, ComplianceStatus, FindingProviderFields,
    FindingProviderSeverity, Partition, Recommendation, RecordState, Remediation, Resource, SeverityLabel,
};
use jiff::Timestamp;

use super::Aws;
use super::calls::Recorder;
use super::error::classify;
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::findings::{Compliance, Finding, Severity};

/// "The maximum number of findings in a batch is 100" (API Reference, BatchImportFindings).
const BATCH: usize = 100;

impl Aws {
    /// Gives findings to Security Hub as the account's own product; `here` is any ARN in that account and region. Returns
    /// those that it did not take, with its reason.
    pub async fn import_findings(
        &self,
        here: &Arn,
        findings: &[Finding],
        now: Timestamp,
    ) -> AwsResult<Vec<String>> {
        let region = aws_config::Region::new(here.region.clone());
        let config = self.config.to_builder().region(region).build();
        let config =
            aws_sdk_securityhub::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        let client = aws_sdk_securityhub::Client::from_conf(config.build());
        let mut refused = Vec::new();
        for batch in findings.chunks(BATCH) {
            let batch = batch.iter().map(|finding| in_its_format(here, finding, now)).collect();
            let answer = client.batch_import_findings().set_findings(Some(batch)).send().await;
            let answer = answer.map_err(|error| classify("securityhub:BatchImportFindings", error))?;
            refused.extend(answer.failed_findings().iter().map(|failed| {
                let part = |part: &Option<String>| part.clone().unwrap_or_default();
                format!(
                    "`{}`: {} ({})",
                    part(&failed.id),
                    part(&failed.error_message),
                    part(&failed.error_code)
                )
            }));
        }
        Ok(refused)
    }
}

/// The finding in the AWS Security Finding Format.
///
/// Severity and types stand in `FindingProviderFields`, as the API Reference asks of providers, and `Workflow` is left to
/// the customer, who has it reset to `NEW` when `Compliance` goes from `PASSED` to something else, or `RecordState` from
/// `ARCHIVED` to `ACTIVE`. What has passed is archived, which is how a provider takes a finding out of view: only for its
/// own controls does Security Hub resolve it then by itself (User Guide, "Setting the workflow status of findings").
fn in_its_format(here: &Arn, finding: &Finding, now: Timestamp) -> AwsSecurityFinding {
    let Finding {
        id,
        generator,
        title,
        description,
        remediation,
        compliance,
        severity,
        resource_type,
        resource,
        fields,
    } = finding;
    let Arn { partition, region, account, .. } = here;
    let (status, state) = match compliance {
        Compliance::Passed => (ComplianceStatus::Passed, RecordState::Archived),
        Compliance::Warning => (ComplianceStatus::Warning, RecordState::Active),
        Compliance::Failed => (ComplianceStatus::Failed, RecordState::Active),
        Compliance::NotAvailable => (ComplianceStatus::NotAvailable, RecordState::Active),
    };
    let label = match severity {
        Severity::Informational => SeverityLabel::Informational,
        Severity::Low => SeverityLabel::Low,
        Severity::Medium => SeverityLabel::Medium,
        Severity::High => SeverityLabel::High,
        Severity::Critical => SeverityLabel::Critical,
    };
    let time = format!("{now:.3}");
    let recommendation = Recommendation::builder().text(remediation).build();
    let fields: HashMap<String, String> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    AwsSecurityFinding::builder()
        .schema_version("2018-10-08")
        .id(id)
        .product_arn(format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"))
        .product_name("rolecall")
        .generator_id(generator)
        .aws_account_id(account)
        // Nothing is kept that would know when the finding was first made.
        .created_at(&time)
        .updated_at(&time)
        .last_observed_at(&time)
        .title(title)
        .description(description)
        .remediation(Remediation::builder().recommendation(recommendation).build())
        .compliance(ComplianceDetails::builder().status(status).build())
        .record_state(state)
        .finding_provider_fields(
            FindingProviderFields::builder()
                .severity(FindingProviderSeverity::builder().label(label).build())
                .types("Software and Configuration Checks/AWS Security Best Practices")
                .build(),
        )
        .resources(
            Resource::builder()
                .r#type(*resource_type)
                .id(resource)
                .partition(Partition::from(partition.as_str()))
                .build(),
        )
        .set_product_fields(Some(fields))
        .build()
}
