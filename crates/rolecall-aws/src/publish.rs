//! Telling others: findings in Security Hub.

use std::collections::HashMap;

use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, Compliance as ComplianceDetails, ComplianceStatus,
    FindingProviderFields, FindingProviderSeverity, MapFilter, MapFilterComparison, Partition,
    Recommendation, RecordState, Remediation, Resource, SeverityLabel, StringFilter, StringFilterComparison,
};
use jiff::Timestamp;

use super::Aws;
use super::calls::Recorder;
use super::error::next_page;
use rolecall_model::iam::arn::Arn;
use rolecall_model::paging::Paging;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::findings::{Compliance, Finding, KnownFinding, Severity};

/// "The maximum number of findings in a batch is 100" (API Reference, BatchImportFindings).
const BATCH: usize = 100;

/// "The maximum number of findings to return", up to 100 (ibid., GetFindings).
const PAGE: i32 = 100;

impl Aws {
    /// Gives findings to Security Hub as the account's own product; `here` is any ARN in that account and region. Returns
    /// those that it did not take, with its reason.
    pub async fn import_findings(
        &self,
        here: &Arn,
        findings: &[Finding],
        now: Timestamp,
    ) -> AwsResult<Vec<String>> {
        let client = self.security_hub(here);
        let mut refused = Vec::new();
        for batch in findings.chunks(BATCH) {
            let batch = batch.iter().map(|finding| in_its_format(here, finding, now)).collect();
            let call = client.batch_import_findings().set_findings(Some(batch));
            // Many checks at the same time share the account's rate.
            let answer = self.patiently("securityhub:BatchImportFindings", || call.clone().send()).await?;
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

    /// The findings of this generator that are not archived, of the account's own product; only those with this field, where
    /// one is stated.
    pub async fn active_findings(
        &self,
        here: &Arn,
        generator: &str,
        field: Option<(&str, &str)>,
    ) -> AwsResult<Vec<KnownFinding>> {
        const OPERATION: &str = "securityhub:GetFindings";
        let client = self.security_hub(here);
        let equal = |value: &str| {
            StringFilter::builder().comparison(StringFilterComparison::Equals).value(value).build()
        };
        let mut filters = AwsSecurityFindingFilters::builder()
            .product_arn(equal(&product(here)))
            .generator_id(equal(generator))
            .record_state(equal(RecordState::Active.as_str()));
        if let Some((key, value)) = field {
            let filter = MapFilter::builder().comparison(MapFilterComparison::Equals).key(key).value(value);
            filters = filters.product_fields(filter.build());
        }
        let filters = filters.build();
        let mut known = Vec::new();
        let (mut token, mut paging) = (None, Paging::default());
        loop {
            let call = client.get_findings().filters(filters.clone()).max_results(PAGE).set_next_token(token);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            known.extend(
                answer.findings().iter().filter(|it| is_meant(it, here, generator, field)).map(of_its_format),
            );
            token = next_page(&mut paging, OPERATION, answer.next_token)?;
            if token.is_none() {
                return Ok(known);
            }
        }
    }

    fn security_hub(&self, here: &Arn) -> aws_sdk_securityhub::Client {
        let region = aws_config::Region::new(here.region.clone());
        let config = self.config.to_builder().region(region).build();
        let config =
            aws_sdk_securityhub::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        aws_sdk_securityhub::Client::from_conf(config.build())
    }
}

/// The account's own product.
fn product(Arn { partition, region, account, .. }: &Arn) -> String {
    format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default")
}

/// Whether it is one that was asked for: what is told of these is that they are over, so no filter is taken on trust.
fn is_meant(finding: &AwsSecurityFinding, here: &Arn, generator: &str, field: Option<(&str, &str)>) -> bool {
    let of = |key| finding.product_fields().and_then(|fields| fields.get(key)).map(String::as_str);
    finding.product_arn() == Some(product(here).as_str())
        && finding.generator_id() == Some(generator)
        && finding.record_state() != Some(&RecordState::Archived)
        && field.is_none_or(|(key, value)| of(key) == Some(value))
}

fn of_its_format(finding: &AwsSecurityFinding) -> KnownFinding {
    let resource = finding.resources().first().and_then(Resource::id);
    let fields = finding.product_fields().into_iter().flatten();
    KnownFinding {
        id: finding.id().unwrap_or_default().to_owned(),
        title: finding.title().unwrap_or_default().to_owned(),
        resource: resource.unwrap_or_default().to_owned(),
        fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
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
    let Arn { partition, account, .. } = here;
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
        .product_arn(product(here))
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
