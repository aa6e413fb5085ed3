//! What the resource types of Terraform's providers can put on a role: the one table, exhaustive by its last row.
//!
//! Sources: Terraform Registry, documentation of the providers `hashicorp/aws` (5.100.0), `hashicorp/awscc` and those in
//! [`HARMLESS_PROVIDERS`]; the list of types is what `terraform providers schema -json` prints.

use std::sync::LazyLock;

use super::super::cloudformation;
use super::super::reach::{Breaks, HarmlessTypes};
use super::references::{ATTACHMENT, ATTACHMENTS, INLINE, POLICY, ROLE};

/// How a type can change a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reach {
    /// The reader takes its documents.
    Read,
    /// It changes nothing of a role.
    Harmless,
    /// It changes the role whose name is this attribute.
    Named(&'static str),
    /// It changes roles that it mentions, or whose values are not known.
    Mentioned,
    /// It runs a function, which may know a role that the resource does not mention.
    Runs,
    /// It deploys the template in this attribute.
    Template(&'static str),
    /// It makes the resource of CloudFormation whose type it names.
    CloudControl,
    /// It can change any role.
    Every,
    /// Nothing is known of the type.
    Foreign,
}

/// A type, how it can change a role, what of it, and what it does, for people.
pub(in super::super) struct Row {
    kind: &'static str,
    pub(in super::super) reach: Reach,
    pub(in super::super) breaks: Breaks,
    pub(in super::super) does: &'static str,
}

const fn row(kind: &'static str, reach: Reach, breaks: Breaks, does: &'static str) -> Row {
    Row { kind, reach, breaks, does }
}

const DEPLOYS: &str = "it deploys a template, which can change the role";
const RUNS: &str = "it runs a program, which can change the role";

/// The types of AWS's provider that are not in the list of harmless ones.
static ROWS: [Row; 31] = [
    row(ROLE, Reach::Read, Breaks::Everything, ""),
    row(POLICY, Reach::Read, Breaks::Permissions, ""),
    row(INLINE, Reach::Read, Breaks::Permissions, ""),
    row(ATTACHMENT, Reach::Read, Breaks::Permissions, ""),
    row(ATTACHMENTS, Reach::Read, Breaks::Permissions, ""),
    row(
        "aws_iam_role_policy_attachments_exclusive",
        Reach::Named("role_name"),
        Breaks::Permissions,
        "it attaches and detaches managed policies",
    ),
    row(
        "aws_iam_role_policies_exclusive",
        Reach::Named("role_name"),
        Breaks::Permissions,
        "it takes inline policies off the role",
    ),
    row(
        "awscc_iam_role_policy",
        Reach::Named("role_name"),
        Breaks::Permissions,
        "it puts an inline policy on the role",
    ),
    row(
        "awscc_iam_managed_policy",
        Reach::Mentioned,
        Breaks::Permissions,
        "it can attach and change managed policies",
    ),
    row("awscc_iam_policy", Reach::Mentioned, Breaks::Permissions, "it can put an inline policy on the role"),
    row("awscc_iam_role", Reach::Named("role_name"), Breaks::Everything, "it manages the same role"),
    row("aws_cloudformation_stack", Reach::Template("template_body"), Breaks::Everything, DEPLOYS),
    row("aws_cloudformation_stack_set", Reach::Template("template_body"), Breaks::Everything, DEPLOYS),
    row("aws_cloudformation_stack_instances", Reach::Every, Breaks::Everything, DEPLOYS),
    row("aws_cloudformation_stack_set_instance", Reach::Every, Breaks::Everything, DEPLOYS),
    row("awscc_cloudformation_stack", Reach::Template("template_body"), Breaks::Everything, DEPLOYS),
    row("awscc_cloudformation_stack_set", Reach::Template("template_body"), Breaks::Everything, DEPLOYS),
    row(
        "aws_serverlessapplicationrepository_cloudformation_stack",
        Reach::Every,
        Breaks::Everything,
        DEPLOYS,
    ),
    row("aws_servicecatalog_provisioned_product", Reach::Every, Breaks::Everything, DEPLOYS),
    row("aws_datazone_environment", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_elastic_beanstalk_environment", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_ssmquicksetup_configuration_manager", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_controltower_control", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_controltower_landing_zone", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_config_conformance_pack", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_config_organization_conformance_pack", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("aws_cloudcontrolapi_resource", Reach::CloudControl, Breaks::Everything, "it can change the role"),
    row(
        "aws_budgets_budget_action",
        Reach::Mentioned,
        Breaks::Permissions,
        "it attaches a policy to the roles that it names",
    ),
    row("aws_lambda_invocation", Reach::Runs, Breaks::Everything, RUNS),
    row("aws_ssm_association", Reach::Mentioned, Breaks::Everything, RUNS),
    row("aws_config_remediation_configuration", Reach::Mentioned, Breaks::Everything, RUNS),
];

static MAINTENANCE: Row = row("aws_ssm_maintenance_window_task", Reach::Mentioned, Breaks::Everything, RUNS);
static DATA_INVOCATION: Row = row("data.aws_lambda_invocation", Reach::Runs, Breaks::Everything, RUNS);
static DATA_EXTERNAL: Row = row("data.external", Reach::Every, Breaks::Everything, RUNS);
static HARMLESS: Row = row("", Reach::Harmless, Breaks::Permissions, "");
static UNKNOWN_IAM: Row =
    row("", Reach::Every, Breaks::Everything, "rolecall does not know this type of IAM resource");
static UNKNOWN: Row = row(
    "",
    Reach::Mentioned,
    Breaks::Everything,
    "rolecall does not know this type, which can change the role",
);
static FOREIGN: Row = row(
    "",
    Reach::Foreign,
    Breaks::Everything,
    "rolecall does not know this type, which can change the role",
);

/// Providers that have no access to IAM in AWS, or only read there.
const HARMLESS_PROVIDERS: [&str; 33] = [
    "auth0/auth0",
    "builtin/terraform",
    "cloudflare/cloudflare",
    "datadog/datadog",
    "gitlabhq/gitlab",
    "grafana/grafana",
    "hashicorp/archive",
    "hashicorp/assert",
    "hashicorp/azuread",
    "hashicorp/azurerm",
    "hashicorp/cloudinit",
    "hashicorp/dns",
    "hashicorp/google",
    "hashicorp/google-beta",
    "hashicorp/http",
    "hashicorp/local",
    "hashicorp/null",
    "hashicorp/random",
    "hashicorp/template",
    "hashicorp/time",
    "hashicorp/tls",
    "integrations/github",
    "mongodb/mongodbatlas",
    "mypurecloud/genesyscloud",
    "newrelic/newrelic",
    "okta/okta",
    "opsgenie/opsgenie",
    "pagerduty/pagerduty",
    "sentry/sentry",
    "snowflake-labs/snowflake",
    "snowflakedb/snowflake",
    "splunk/signalfx",
    "statuscakedev/statuscake",
];

static TYPES: LazyLock<HarmlessTypes> =
    LazyLock::new(|| HarmlessTypes::read(include_str!("harmless-types.txt")));

/// The row of a type. `provider` is the provider's address, such as `registry.terraform.io/hashicorp/aws`.
pub(in super::super) fn row_of(kind: &str, provider: &str, is_data: bool) -> &'static Row {
    let mut parts = provider.rsplit('/');
    let (name, namespace) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_aws = (namespace == "hashicorp" && matches!(name, "aws" | "awscc")) || provider.is_empty();
    if is_data {
        return match (name, kind) {
            ("external", _) => &DATA_EXTERNAL,
            (_, "aws_lambda_invocation") => &DATA_INVOCATION,
            _ => &HARMLESS,
        };
    }
    let known = ROWS.iter().chain([&MAINTENANCE]).find(|row| row.kind == kind);
    if let Some(row) = known {
        return row;
    }
    if is_aws && let Some(rest) = kind.strip_prefix("aws_") {
        let (service, name) = rest.split_once('_').unwrap_or((rest, "-"));
        return match (TYPES.contains(service, name), service) {
            (true, _) => &HARMLESS,
            (false, "iam") => &UNKNOWN_IAM,
            (false, _) => &UNKNOWN,
        };
    }
    if is_aws && let Some(rest) = kind.strip_prefix("awscc_") {
        return match (cloudformation::table::is_harmless_in_cloud_control(rest), rest.starts_with("iam_")) {
            (true, _) => &HARMLESS,
            (false, true) => &UNKNOWN_IAM,
            (false, false) => &UNKNOWN,
        };
    }
    // A manifest can be of an operator that makes roles (AWS Controllers for Kubernetes).
    let is_kubernetes = namespace == "hashicorp" && name == "kubernetes" && kind != "kubernetes_manifest";
    let is_harmless = is_kubernetes
        || HARMLESS_PROVIDERS.iter().any(|known| {
            let (known_namespace, known_name) = known.split_once('/').unwrap_or_default();
            known_namespace.eq_ignore_ascii_case(namespace) && known_name == name
        });
    if is_harmless { &HARMLESS } else { &FOREIGN }
}
