//! The manifest as it is written: one struct a table, one field a key. These types are the only description of the
//! file's shape. Their doc comments become the JSON Schema's descriptions, the schema tells [`super::walk`] which
//! keys and types are right, and `serde` reads what is left.
//!
//! Every field is an `Option`, also where `#[schemars(required)]` demands the key, so that one broken value never
//! hides the others.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::boundary::Boundary;
use super::form::{Description, FilePath, HttpsUrl, Label, NoteText, PrincipalArn, ProfileName, Text};
use super::grant::RawGrant;
use super::invoker::Invoker;
use super::manager::Manager;
use super::notify::RawNotify;
use super::organization::RawOrganization;
use super::party::RawVendor;
use super::secret::{RawCredentials, RawWebServicesCredential};
use super::target::Target;
use crate::iam::arn::{AccountId, ExternalId, Qualifier, Region as AwsRegion, RoleArn, RoleName, RolePath};
use crate::region::Region;

/// The manifest of rolecall: the role that Genesys Cloud or another vendor assumes, the Lambda functions it may invoke, and
/// how both are verified.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "rolecall.toml", extend(
    "oneOf" = [{"required": ["genesys"]}, {"required": ["vendor"]}],
    "anyOf" = [{"required": ["target"]}, {"required": ["grant"]}],
    "not" = {"required": ["vendor", "action"]},
))]
pub(super) struct RawManifest {
    /// The version of this file format.
    #[schemars(required, range(min = 1, max = 1), example = 1)]
    pub(super) version: Option<u32>,
    /// The Genesys Cloud organization that assumes the role. Either this or `vendor`.
    #[serde(default)]
    #[schemars(with = "RawGenesys")]
    pub(super) genesys: Option<RawGenesys>,
    /// A vendor other than Genesys that assumes the role from an AWS account of its own. Either this or `genesys`.
    #[serde(default)]
    #[schemars(with = "RawVendor")]
    pub(super) vendor: Option<RawVendor>,
    /// The IAM role.
    #[schemars(required)]
    pub(super) role: Option<RawRole>,
    /// The Lambda functions that the role may invoke. A role without a [[grant]] needs at least one.
    #[schemars(length(min = 1))]
    pub(super) target: Option<Vec<RawTarget>>,
    /// What else the role is for: other integrations of Genesys Cloud that assume a role. The role may do nothing that is neither
    /// a target nor a grant.
    #[schemars(with = "Option<Vec<RawGrant>>", length(min = 1))]
    pub(super) grant: Option<Vec<Spanned<RawGrant>>>,
    /// How rolecall reaches AWS for this role. Without it, the command line and the environment decide.
    pub(super) aws: Option<RawAws>,
    /// How the role is verified against AWS.
    pub(super) verify: Option<RawVerify>,
    /// Who is told about an `apply`.
    #[schemars(with = "Option<RawNotify>")]
    pub(super) notify: Option<Spanned<RawNotify>>,
    /// Data actions of Genesys Cloud; only with `genesys`.
    pub(super) action: Option<Vec<RawAction>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGenesys {
    /// The region of the organization: its AWS region or its domain. It decides the login host and the trusted AWS
    /// account.
    #[schemars(required)]
    pub(super) region: Option<Text<&'static Region>>,
    /// The organization's ID, which is the external ID of the trust policy. Without it, rolecall reads it from the
    /// Genesys Cloud API.
    pub(super) organization_id: Option<Text<ExternalId>>,
    /// The AWS account that Genesys Cloud assumes the role from. Only if the table of regions is wrong for you, or does
    /// not know the account.
    pub(super) trusted_account: Option<Text<AccountId>>,
    /// The tool that makes integration, credential and data actions, if it is not rolecall. rolecall then writes nothing to
    /// Genesys Cloud: it reads, compares, tests and exports what is there, and says what that tool has to repair. `[role]` has a
    /// `managed_by` of its own. Without it, rolecall makes what the manifest asks for.
    #[schemars(with = "Option<Manager>")]
    pub(super) managed_by: Option<Manager>,
    /// Where the OAuth client of the Genesys Cloud API comes from. Without it: the environment variables
    /// GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET.
    #[serde(default)]
    #[schemars(with = "RawCredentials")]
    pub(super) credentials: Option<RawCredentials>,
    /// Further organizations of yours that assume the role, each with its own ID.
    pub(super) organization: Option<Vec<RawOrganization>>,
    /// The integration that the data actions belong to. rolecall makes it if there is an action or this section.
    pub(super) integration: Option<RawIntegration>,
    /// The integration that the actions with a `url` belong to.
    #[serde(default)]
    #[schemars(with = "RawWebServices")]
    pub(super) web_services: Option<RawWebServices>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWebServices {
    /// The credential that the actions' templates read (`${credentials.name}`). Without it, the administrators of the integration
    /// give it its credential.
    #[schemars(required)]
    pub(super) credential: Option<RawWebServicesCredential>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIntegration {
    /// Its name in Genesys Cloud; the role's name when left out. With `managed_by` in [genesys], the ID is as good.
    #[schemars(extend("examples" = ["Orders (AWS Lambda)"]))]
    pub(super) name: Option<Text<Label>>,
    /// Notes for the administrators; rolecall adds a line of its own below.
    pub(super) notes: Option<Text<NoteText>>,
    /// The name of the credential that holds the role's ARN; the role's name when left out.
    #[schemars(extend("examples" = ["Orders (AWS role)"]))]
    pub(super) credential: Option<Text<Label>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRole {
    /// The role's name. IAM keeps names unique without regard to case.
    #[schemars(required)]
    pub(super) name: Option<Text<RoleName>>,
    /// The role's path; `/` when left out.
    pub(super) path: Option<Text<RolePath>>,
    /// The role's description.
    pub(super) description: Option<Text<Description>>,
    /// The longest session in seconds; 3600 when left out.
    #[schemars(range(min = 3600, max = 43200), example = 3600)]
    pub(super) max_session_duration: Option<u32>,
    /// What bounds the role's permissions: `targets`, which is a policy that allows the targets and nothing else and that an
    /// administrator creates (`rolecall boundary apply`), or the ARN of a managed policy of your own.
    pub(super) permissions_boundary: Option<Text<Boundary>>,
    /// The tool that makes the role and its policies, if it is not rolecall. rolecall then writes nothing to AWS for the
    /// role: it proves the role as it is, says what that tool has to repair, and applies the Genesys Cloud side. Without it, rolecall
    /// makes the role.
    #[schemars(with = "Option<Manager>")]
    pub(super) managed_by: Option<Manager>,
    /// Tags of the role. AWS allows 50, of which rolecall sets one itself.
    #[serde(default)]
    #[schemars(schema_with = "tags_schema")]
    pub(super) tags: Option<BTreeMap<Spanned<String>, Spanned<String>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    /// The function: its name, a partial ARN (`123456789012:function:name`) or its full ARN, each optionally followed
    /// by `:` and a qualifier.
    #[schemars(required)]
    pub(super) function: Option<Text<Target>>,
    /// The alias or version that is invoked. Without it, the function is invoked, and allowed, without a qualifier.
    pub(super) qualifier: Option<Text<Qualifier>>,
    /// The AWS region of the function; that of the AWS configuration when left out.
    pub(super) region: Option<Text<AwsRegion>>,
    /// Who else may invoke this form of the function without the role: accounts, ARNs of users and roles, and services. Without it, nobody but the
    /// principals and sources of the function's own account.
    pub(super) invokers: Option<Vec<Text<Invoker>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"external_id": ["assume_role"]}))]
pub(super) struct RawAws {
    /// The account that this manifest is for. Credentials of another account are refused.
    #[schemars(extend("examples" = ["123456789012"]))]
    pub(super) account: Option<Text<AccountId>>,
    /// The profile of the AWS configuration files; `--profile` goes before it. Its credentials go before those of the
    /// environment.
    pub(super) profile: Option<Text<ProfileName>>,
    /// The AWS region of targets without a region; `--region` goes before it.
    pub(super) region: Option<Text<AwsRegion>>,
    /// The ARN of a role that is assumed first, such as one in the account of this manifest.
    pub(super) assume_role: Option<Text<RoleArn>>,
    /// The external ID that `assume_role` asks for.
    pub(super) external_id: Option<Text<ExternalId>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVerify {
    /// A role or user of yours that the trust policy also names, so that live probes can assume the role. Of another account than the
    /// role's it may be as well; reports then say so, because that account decides who can act as it.
    pub(super) probe_principal: Option<Text<PrincipalArn>>,
    /// How severe a finding must be to fail the role (exit code 4) although every claim is proved: `error`, or `warning` for
    /// warnings, too. Left out, `error`.
    pub(super) fail_on: Option<RawFailOn>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawFailOn {
    Error,
    Warning,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    extend("oneOf" = [{"required": ["target"]}, {"required": ["url"]}]),
    extend("allOf" = [
        {"not": {"required": ["request_template", "request_template_file"]}},
        {"not": {"required": ["success_template", "success_template_file"]}},
    ])
)]
pub(super) struct RawAction {
    /// The action's name, unique in this file.
    #[schemars(required)]
    pub(super) name: Option<Text<Label>>,
    /// The action's category.
    #[schemars(required, extend("examples" = ["Orders"]))]
    pub(super) category: Option<Text<Label>>,
    /// The function to invoke: one of the targets, as it is written there. Either this or `url`.
    pub(super) target: Option<Text<Target>>,
    /// An https address to call in place of a function, such as a Lambda function behind API Gateway.
    pub(super) url: Option<Text<HttpsUrl>>,
    /// The HTTP method for `url`, or the request type of a function's action; POST when left out.
    #[schemars(with = "Option<Method>")]
    pub(super) method: Option<Spanned<Method>>,
    /// HTTP headers; a function finds them in its client context. With `url`, secrets come from the integration's credential:
    /// `${credentials.name}`.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub(super) headers: Option<BTreeMap<Spanned<String>, Spanned<String>>>,
    /// A JSON Schema file for the action's input, relative to this file.
    #[schemars(required)]
    pub(super) input_schema: Option<Text<FilePath>>,
    /// A JSON Schema file for the action's output, relative to this file.
    #[schemars(required, extend("examples" = ["schemas/order-response.json"]))]
    pub(super) output_schema: Option<Text<FilePath>>,
    /// How long Genesys Cloud waits for the answer; 60 seconds when left out.
    #[schemars(range(min = 1, max = 60), example = 10)]
    pub(super) timeout_seconds: Option<u8>,
    /// Whether the action handles sensitive data; only secure flows can then call it.
    pub(super) secure: Option<bool>,
    /// A Velocity template of the request's body; `${input.rawRequest}` when left out.
    #[schemars(example = "${input.rawRequest}")]
    pub(super) request_template: Option<String>,
    /// A file with the template of the request's body, relative to this file.
    #[schemars(extend("examples" = ["templates/order-request.vm"]))]
    pub(super) request_template_file: Option<Text<FilePath>>,
    /// A Velocity template of the action's result; `${rawResult}` when left out.
    #[schemars(example = "${rawResult}")]
    pub(super) success_template: Option<String>,
    /// A file with the template of the action's result, relative to this file.
    #[schemars(extend("examples" = ["templates/order-response.vm"]))]
    pub(super) success_template_file: Option<Text<FilePath>>,
    /// Names and the JSON paths that extract them from the answer.
    pub(super) translation_map: Option<BTreeMap<String, String>>,
    /// Values of names whose JSON path finds nothing.
    pub(super) translation_map_defaults: Option<BTreeMap<String, String>>,
    /// A JSON file with the input of a test, relative to this file: what `verify --level genesys` runs the action with.
    #[schemars(extend("examples" = ["tests/order.json"]))]
    pub(super) test_input: Option<Text<FilePath>>,
}

/// An HTTP method of a data action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Put,
    Post,
    Patch,
    Delete,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Post, Self::Patch, Self::Delete];

    /// As HTTP and the manifest write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Tags within IAM's limits; the sets of characters are left to the check.
fn tags_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": MAX_TAGS,
        "propertyNames": {"minLength": 1, "maxLength": 128},
        "additionalProperties": {"type": "string", "maxLength": 256},
    })
}

/// The JSON Schema of `rolecall.toml`, made from the types that read it.
pub fn json_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .with_transform(RecursiveTransform(tidy))
            .into_generator()
            .into_root_schema_for::<RawManifest>()
            .to_value()
    });
    &SCHEMA
}

/// TOML has no null: a key that may be left out is only not required. The sizes of Rust's integers are nobody's
/// concern, and descriptions are paragraphs.
fn tidy(schema: &mut Schema) {
    schema.remove("format");
    schema.remove("default");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}

/// AWS allows 50 tags on a role (IAM quotas); rolecall sets one itself.
pub(super) const MAX_TAGS: usize = 49;
