//! The commands that need no account (`render`, `explain`, `prove`, `simulate`, `init`): what can be typed, and what each
//! option means.

use std::path::PathBuf;

use clap::builder::{FalseyValueParser, PossibleValue};
use clap::{ArgGroup, Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;
use rolecall::iam::arn::{AccountId, ExternalId, FunctionArn, PolicyArn, Region, RoleArn};
use rolecall::iam::principal::Principal;
use rolecall::iam::prove::Use;
use rolecall::manifest::Manager;
use rolecall::operations::{parameter, principal, stated_use};

use super::super::candidates;
use super::report::{WRITTEN, of_a_proof};
use super::{CommonOptions, FailOptions, Output, ReportFile, region};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderedDocument {
    /// The role's trust policy
    Trust,
    /// The policy for the targets
    Invoke,
    /// The policies for the grants, by their names
    Grants,
    /// A permissions boundary that allows the targets and the grants, and nothing else
    Boundary,
    /// What the caller of apply and destroy needs
    Provisioner,
    /// What the caller of plan, drift and verify needs
    Verifier,
    /// What the caller of verify --level twin and verify --sweep needs
    Twin,
}

/// The guardrail, or one of its two policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuardrailPart {
    /// Both policies of an organization around the role: rcp and scp
    Guardrail,
    /// A resource control policy: nobody but the trusted principals assumes the role, whatever its trust policy says
    Rcp,
    /// A service control policy: nobody but the provisioner changes the role
    Scp,
}

/// What can be printed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// A policy in IAM.
    Document(RenderedDocument),
    /// Policies of an organization.
    Guardrail(GuardrailPart),
    /// A statement for the policy of a key.
    KeyPolicy,
}

impl ValueEnum for Rendered {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Document(RenderedDocument::Trust),
            Self::Document(RenderedDocument::Invoke),
            Self::Document(RenderedDocument::Grants),
            Self::Document(RenderedDocument::Boundary),
            Self::Document(RenderedDocument::Provisioner),
            Self::Document(RenderedDocument::Verifier),
            Self::Document(RenderedDocument::Twin),
            Self::Guardrail(GuardrailPart::Guardrail),
            Self::Guardrail(GuardrailPart::Rcp),
            Self::Guardrail(GuardrailPart::Scp),
            Self::KeyPolicy,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Document(document) => document.to_possible_value(),
            Self::Guardrail(part) => part.to_possible_value(),
            Self::KeyPolicy => Some(PossibleValue::new("key-policy").help(
                "The statement that lets Genesys Cloud use a KMS key of yours for recordings, for the policy of that key",
            )),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderedFormat {
    /// A configuration in Terraform's JSON syntax, with the Genesys Cloud side: save it as role.tf.json
    Terraform,
    /// A CloudFormation template in JSON; CloudFormation has no types for Genesys Cloud
    Cloudformation,
    /// The actions as Genesys Cloud's user interface exports and imports them: one JSON file each
    GenesysExport,
}

#[derive(Args, Debug)]
pub(crate) struct RenderOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    /// Print only this document
    #[arg(value_enum)]
    pub(crate) document: Option<Rendered>,
    /// A role or user that may change the role under the service control policy (guardrail, scp; repeatable); left out, it is the
    /// role that the manifest's `assume_role` names
    #[arg(long, value_name = "ARN", requires = "document")]
    pub(crate) provisioner: Vec<Principal>,
    /// All that the manifest asks for, for another tool, instead of the documents
    #[arg(long, value_enum, conflicts_with = "document")]
    pub(crate) format: Option<RenderedFormat>,
    /// The role alone, if rolecall applies the Genesys Cloud side
    #[arg(long, requires = "format")]
    pub(crate) without_genesys: bool,
    /// Write the actions to this folder, one file each (with --format genesys-export)
    #[arg(long, value_name = "DIR", requires = "format")]
    pub(crate) out: Option<PathBuf>,
    /// Also replace files that rolecall did not write; never the manifest, nor a file that it names
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// The account of the role, and of targets without an account; a CloudFormation template without it fits every account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// The region of targets without a region
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) region: Option<Region>,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainOptions {
    /// The codes; left out, all are listed
    #[arg(value_name = "CODE", add = ArgValueCandidates::new(candidates::codes))]
    pub(crate) codes: Vec<String>,
    /// How the result is printed on standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Output,
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new(WRITTEN).multiple(true))]
pub(crate) struct ProveOptions {
    /// The file; `-` is standard input
    pub(crate) file: PathBuf,
    /// The only principals that may assume the role: a role, a user, or an account, by its root's ARN or its twelve
    /// digits (repeatable)
    #[arg(long, value_name = "ARN", value_parser = principal)]
    pub(crate) principal: Vec<Principal>,
    /// The external ID that they must send; repeated, they must send one of these
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Vec<ExternalId>,
    /// A Lambda function that the role may invoke, in the form that is called; the role may do nothing else
    /// (repeatable)
    #[arg(long, value_name = "ARN")]
    pub(crate) target: Vec<FunctionArn>,
    /// What else the role may do, as an action and a resource of a policy, such as
    /// `s3:PutObject=arn:aws:s3:::recordings/*`; the role may do nothing else (repeatable)
    #[arg(long, value_name = "ACTION=RESOURCE", value_parser = stated_use, conflicts_with_all = ["provisions"])]
    pub(crate) allow: Vec<Use>,
    /// Only this role of the file: its name, ARN, address or logical ID
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// The value of a template's parameter, including `AWS::Region` and similar (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameter: Vec<(String, String)>,
    /// Also write the claims to this folder as SMT-LIB scripts, which z3 and cvc5 check
    #[arg(long, value_name = "DIR", group = WRITTEN)]
    pub(crate) smtlib: Option<PathBuf>,
    /// The file is the policy of whoever creates this role for these targets: prove that its holder cannot get beyond the
    /// targets by creating, changing and assuming roles
    #[arg(long, value_name = "ROLE_ARN", requires = "target", conflicts_with_all = ["principal", "external_id", "smtlib", "reports"])]
    pub(crate) provisions: Option<RoleArn>,
    /// The permissions boundary that the role must have
    #[arg(long, value_name = "POLICY_ARN", requires = "provisions")]
    pub(crate) boundary: Option<PolicyArn>,
    /// The policy document of the boundary; without it, what the boundary allows is not known
    #[arg(long, value_name = "FILE", requires = "boundary")]
    pub(crate) boundary_policy: Option<PathBuf>,

    /// The configuration of the Terraform plan has no function and no condition around a reference whose value is known only
    /// after apply (`policy_arn = aws_iam_policy.x.arn`), and no `dynamic "inline_policy"` over such a value. A plan does not show
    /// this; without the option such a role is unknown
    #[arg(long)]
    pub(crate) plain_references: bool,
    #[command(flatten)]
    pub(crate) fail: FailOptions,
    /// Also write this result to a file, as json, sarif, junit, github or markdown (repeatable). An earlier report is replaced
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = of_a_proof, group = WRITTEN)]
    pub(crate) reports: Vec<ReportFile>,
    /// Also replace files that rolecall did not write; never the file to prove
    #[arg(long, requires = WRITTEN)]
    pub(crate) force: bool,
    /// How the result is printed on standard output; `--json` is short for `--output json`
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "ROLECALL_OUTPUT",
        hide_env_values = true
    )]
    pub(crate) output: Output,
}

pub(super) const CASES: &str = r#"A case:
  {
    "name": "Genesys Cloud needs the external ID",
    "request": {
      "principal": "arn:aws:iam::765628985471:role/any",
      "action": "sts:AssumeRole",
      "resource": {"resource": "arn:aws:iam::123456789012:role/GenesysDataActionRole"},
      "context": {}
    },
    "identityPolicies": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}],
    "resourcePolicy": {"Version": "2012-10-17", "Statement": []},
    "expected": {"response": "ImplicitlyDenied"}
  }
Also: sessionPolicy, permissionBoundaries, serviceControlPolicies, resourceControlPolicies.
Policies that all cases share stand once: {"common": {"resourcePolicy": {…}}, "cases": [{…}, …]}; a case's own go before them."#;

#[derive(Args, Debug)]
pub(crate) struct SimulateOptions {
    /// The files of cases, each a JSON list, or an object with `common` and `cases`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Show the reasons in full: every statement that is about the action, and which of its conditions failed
    #[arg(long)]
    pub(crate) explain: bool,
    /// How the result is printed on standard output; `--json` is short for `--output json`
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "ROLECALL_OUTPUT",
        hide_env_values = true
    )]
    pub(crate) output: Output,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct InitOptions {
    /// Describe a role that exists, by name or ARN, instead of asking; needs credentials
    #[arg(long, value_name = "ROLE")]
    pub(crate) from_role: Option<String>,
    /// Describe integrations for Lambda functions and their data actions that others made, with their schemas and templates as
    /// files; needs an OAuth client in the environment, also together with --from-role
    #[arg(long)]
    pub(crate) from_genesys: bool,
    /// Describe only this integration, by name or ID
    #[arg(long, value_name = "NAME", requires = "from_genesys")]
    pub(crate) integration: Option<String>,
    /// Begin with the file that the other team wrote (`rolecall handover write`); `-` is standard input. The organization's ID decides
    /// who can assume the role: confirm it in another way than the file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from_role", "from_genesys", "genesys_region", "organization_id"])]
    pub(crate) from_handover: Option<PathBuf>,
    /// Look for the role, or for functions to choose from, in the embedded AWS, and for integrations in the embedded Genesys Cloud
    #[arg(long, env = "ROLECALL_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub(crate) sandbox: bool,
    /// The profile of the AWS configuration files, to look for the role or for functions to choose from
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "sandbox",
        env = "ROLECALL_PROFILE",
        hide_env_values = true,
        add = ArgValueCandidates::new(candidates::profiles)
    )]
    pub(crate) profile: Option<String>,
    /// The manifest to write
    #[arg(long, short, value_name = "PATH", default_value = "rolecall.toml")]
    pub(crate) file: PathBuf,
    /// Print the JSON Schema of the manifest instead
    #[arg(long)]
    pub(crate) schema: bool,
    /// The Genesys Cloud region, as an AWS region name or a domain; with --from-role it is worked out from the trusted account
    /// and the functions, as far as they show it
    #[arg(long, value_name = "REGION")]
    pub(crate) genesys_region: Option<String>,
    /// The Genesys Cloud organization's ID
    #[arg(long, value_name = "ID")]
    pub(crate) organization_id: Option<String>,
    /// The AWS account that Genesys Cloud uses, if Genesys has not published one for the region
    #[arg(long, value_name = "ID")]
    pub(crate) trusted_account: Option<String>,
    #[command(flatten)]
    pub(crate) vendor: VendorOptions,
    /// The role's name
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// A Lambda function to invoke: a name or an ARN (repeatable)
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) target: Vec<String>,
    /// The tool that makes the role, if that is not rolecall: rolecall then proves the role, and writes nothing to AWS for it. With
    /// --from-genesys also the tool that makes what is in Genesys Cloud; `other` when left out
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) managed_by: Option<ManagedBy>,
    /// Replace a manifest that exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// Another vendor than Genesys that assumes the role.
#[derive(Args, Clone, Debug)]
pub(crate) struct VendorOptions {
    /// Write a manifest for another vendor than Genesys, which assumes the role from an AWS account of its own; --role and --target
    /// say the rest
    #[arg(
        long,
        value_name = "NAME",
        requires_all = ["vendor_account", "external_id", "role", "target"],
        conflicts_with_all = [
            "from_role", "from_genesys", "from_handover", "genesys_region", "organization_id", "trusted_account"
        ]
    )]
    pub(crate) vendor: Option<String>,
    /// The AWS account that the vendor assumes the role from; the vendor's documentation names it
    #[arg(long, value_name = "ID", requires = "vendor")]
    pub(crate) vendor_account: Option<String>,
    /// The external ID that the vendor has to send
    #[arg(long, value_name = "ID", requires = "vendor")]
    pub(crate) external_id: Option<String>,
    /// Who chose the external ID; left out, reports say that it is not known
    #[arg(long, value_enum, value_name = "WHO", requires = "vendor")]
    pub(crate) external_id_chosen_by: Option<ChosenBy>,
}

/// The side that chose an external ID, in the words of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ChosenBy {
    /// The vendor gave it to you
    Vendor,
    /// You chose it
    Us,
}

/// The tools that a manifest can name; the words are those of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ManagedBy {
    Terraform,
    Opentofu,
    Cloudformation,
    Cdk,
    Pulumi,
    Other,
}

impl From<ManagedBy> for Manager {
    fn from(tool: ManagedBy) -> Self {
        match tool {
            ManagedBy::Terraform => Self::Terraform,
            ManagedBy::Opentofu => Self::Opentofu,
            ManagedBy::Cloudformation => Self::Cloudformation,
            ManagedBy::Cdk => Self::Cdk,
            ManagedBy::Pulumi => Self::Pulumi,
            ManagedBy::Other => Self::Other,
        }
    }
}
