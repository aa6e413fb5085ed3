//! What the resource types of CloudFormation can put on a role: the one table, exhaustive by its last row.
//!
//! Sources: CloudFormation Template Reference Guide, and AWS SAM Developer Guide, "AWS SAM resources and properties".

use std::collections::HashSet;
use std::sync::LazyLock;

use super::super::reach::{Breaks, HarmlessTypes};

pub(in super::super) const ROLE: &str = "AWS::IAM::Role";
pub(in super::super) const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
pub(in super::super) const POLICY: &str = "AWS::IAM::Policy";
pub(in super::super) const ROLE_POLICY: &str = "AWS::IAM::RolePolicy";

/// How a type can change a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reach {
    /// The reader takes its documents.
    Read,
    /// It changes nothing of a role.
    Harmless,
    /// A function or state machine of SAM: it puts policies on the role that it is given, if it has policies too.
    HasPolicies,
    /// It changes roles that it mentions, also through what it refers to.
    Mentioned,
    /// It deploys a template that is not in the file: it changes roles that it mentions, and roles with fixed names.
    Template,
    /// It can change any role.
    Every,
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
const CONNECTS: &str = "it puts policies on the role of what it connects";

/// The types that are not in the list of harmless ones.
static ROWS: [Row; 38] = [
    row(ROLE, Reach::Read, Breaks::Everything, ""),
    row(MANAGED_POLICY, Reach::Read, Breaks::Permissions, ""),
    row(POLICY, Reach::Read, Breaks::Permissions, ""),
    row(ROLE_POLICY, Reach::Read, Breaks::Permissions, ""),
    row("AWS::CloudFormation::Stack", Reach::Template, Breaks::Everything, DEPLOYS),
    row("AWS::CloudFormation::StackSet", Reach::Template, Breaks::Everything, DEPLOYS),
    row("AWS::CloudFormation::ChangeSet", Reach::Template, Breaks::Everything, DEPLOYS),
    row("AWS::CloudFormation::GeneratedTemplate", Reach::Harmless, Breaks::Permissions, ""),
    row(
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
        Reach::Template,
        Breaks::Everything,
        DEPLOYS,
    ),
    row("AWS::Serverless::Application", Reach::Template, Breaks::Everything, DEPLOYS),
    row("AWS::ServerlessRepo::Application", Reach::Template, Breaks::Everything, DEPLOYS),
    row("AWS::DataZone::Environment", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::ElasticBeanstalk::Environment", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::ControlTower::EnabledBaseline", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::ControlTower::EnabledControl", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::ControlTower::LandingZone", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::SSMQuickSetup::ConfigurationManager", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::SSMQuickSetup::LifecycleAutomation", Reach::Mentioned, Breaks::Everything, RUNS),
    row("AWS::Config::ConformancePack", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::Config::OrganizationConformancePack", Reach::Mentioned, Breaks::Everything, DEPLOYS),
    row("AWS::CloudFormation::CustomResource", Reach::Mentioned, Breaks::Everything, RUNS),
    row("AWS::CloudFormation::Macro", Reach::Harmless, Breaks::Everything, ""),
    row("AWS::CloudFormation::LambdaHook", Reach::Harmless, Breaks::Everything, ""),
    row("AWS::Config::RemediationConfiguration", Reach::Mentioned, Breaks::Everything, RUNS),
    row("AWS::SSM::Association", Reach::Mentioned, Breaks::Everything, RUNS),
    row("AWS::SSM::MaintenanceWindowTask", Reach::Mentioned, Breaks::Everything, RUNS),
    row(
        "AWS::Budgets::BudgetsAction",
        Reach::Mentioned,
        Breaks::Permissions,
        "it attaches a policy to the roles that it names",
    ),
    row("AWS::SSO::PermissionSet", Reach::Mentioned, Breaks::Permissions, "it puts policies on roles"),
    row("AWS::Serverless::Connector", Reach::Every, Breaks::Permissions, CONNECTS),
    row(
        "AWS::Serverless::Function",
        Reach::HasPolicies,
        Breaks::Permissions,
        "it has both this role and policies",
    ),
    row(
        "AWS::Serverless::StateMachine",
        Reach::HasPolicies,
        Breaks::Permissions,
        "it has both this role and policies",
    ),
    row("AWS::Serverless::Api", Reach::Harmless, Breaks::Permissions, ""),
    row("AWS::Serverless::HttpApi", Reach::Harmless, Breaks::Permissions, ""),
    row("AWS::Serverless::SimpleTable", Reach::Harmless, Breaks::Permissions, ""),
    row("AWS::Serverless::LayerVersion", Reach::Harmless, Breaks::Permissions, ""),
    // rolecall's own (docs/cloudformation.md): they read the role, and tell Genesys Cloud its ARN.
    row("Custom::GenesysTrustProof", Reach::Harmless, Breaks::Permissions, ""),
    row("Custom::GenesysIntegration", Reach::Harmless, Breaks::Permissions, ""),
    row("Custom::GenesysDataAction", Reach::Harmless, Breaks::Permissions, ""),
];

static HARMLESS: Row = row("", Reach::Harmless, Breaks::Permissions, "");
static CUSTOM: Row = row("", Reach::Mentioned, Breaks::Everything, RUNS);
static MODULE: Row = row("", Reach::Template, Breaks::Everything, DEPLOYS);
static UNKNOWN_IAM: Row =
    row("", Reach::Every, Breaks::Everything, "rolecall does not know this type of IAM resource");
static UNTYPED: Row = row("", Reach::Every, Breaks::Everything, "it has no type");
static UNKNOWN: Row = row(
    "",
    Reach::Mentioned,
    Breaks::Everything,
    "rolecall does not know this type, which can change the role",
);

static TYPES: LazyLock<HarmlessTypes> =
    LazyLock::new(|| HarmlessTypes::read(include_str!("harmless-types.txt")));

/// The types of the list as the Terraform provider `awscc` names them, without the underscores.
static LOWER_TYPES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    TYPES.iter().map(|(service, name)| format!("{service}{name}").to_ascii_lowercase()).collect()
});

pub(in super::super) fn row_of(kind: &str) -> &'static Row {
    if let Some(row) = ROWS.iter().find(|row| row.kind == kind) {
        return row;
    }
    let parts: Vec<&str> = kind.split("::").collect();
    match parts.as_slice() {
        ["AWS", service, name] if TYPES.contains(service, name) => &HARMLESS,
        ["AWS", "IAM", ..] => &UNKNOWN_IAM,
        ["Custom", ..] => &CUSTOM,
        [.., "MODULE"] => &MODULE,
        [""] => &UNTYPED,
        _ => &UNKNOWN,
    }
}

/// Whether a resource of this type, made through Cloud Control API, changes nothing of a role.
pub(in super::super) fn is_harmless(kind: &str) -> bool {
    row_of(kind).reach == Reach::Harmless
}

/// The same for a type of the Terraform provider `awscc`: of `awscc_lambda_function` the part `lambda_function`.
pub(in super::super) fn is_harmless_in_cloud_control(name: &str) -> bool {
    LOWER_TYPES.contains(&name.replace('_', ""))
}
