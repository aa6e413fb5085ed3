//! Policy documents in files: a bare document, a Terraform plan or state, a CloudFormation template, what the AWS CLI
//! prints. Pure: text comes in, the documents of each role come out; no file is opened here.
//!
//! Invariants: a document is either exactly what the file says it will be, or unknown with the reason and the place;
//! nothing is guessed. The world of a file is closed: a resource that is not known to be harmless makes unknown what it
//! could change (`reach`). A file says what *it* puts on a role; what others put there is in none of these files, apart from
//! the authorization details of an account and the state of Terraform.
//! Deliberately absent: proofs ([`rolecall_iam::prove`]), HCL and other sources from which these files are made.

#![warn(missing_docs)]

mod aws;
mod cloudformation;
mod place;
mod policy;
mod reach;
mod role;
mod terraform;
mod text;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use place::{DocumentPlaces, Owner, Places};
pub use role::{NamedDocument, PermissionDocuments, PermissionReader, RoleDocuments, Side};
pub use text::{MAX_BYTES, text};

use rolecall_iam::document::{DocumentErrors, Fault};

/// The largest template that is read, in bytes. CloudFormation's own limit is 1 MB (CloudFormation User Guide,
/// "Understand CloudFormation quotas").
const MAX_TEMPLATE_BYTES: usize = 4 * 1024 * 1024;

/// How many roles are named to somebody who asked for one that is not there.
const MAX_NAMES: usize = 10;

/// Values of template parameters, by name.
pub type Parameters = BTreeMap<String, String>;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A role's trust policy by itself.
    TrustPolicy,
    /// An identity policy by itself.
    IdentityPolicy,
    /// `terraform show -json` of a plan.
    TerraformPlan,
    /// `terraform show -json` of a state.
    TerraformState,
    /// A CloudFormation template.
    CloudFormation,
    /// `aws iam get-role` or `list-roles`.
    Roles,
    /// `aws iam get-account-authorization-details`.
    AuthorizationDetails,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TrustPolicy => "Trust policy",
            Self::IdentityPolicy => "Identity policy",
            Self::TerraformPlan => "Terraform plan",
            Self::TerraformState => "Terraform state",
            Self::CloudFormation => "CloudFormation template",
            Self::Roles => "role description",
            Self::AuthorizationDetails => "account description",
        })
    }
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted {
    /// The kind of file.
    pub kind: Kind,
    /// Its roles in the file's order; at least one.
    pub roles: Vec<RoleDocuments>,
}

/// Why nothing can be taken from a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// More bytes than are read.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// How many are read.
        limit: usize,
    },
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// UTF-16, as Windows PowerShell writes it.
    #[error("it is UTF-16; save it as UTF-8")]
    Utf16,
    /// No text.
    #[error("it is not UTF-8: byte {position} cannot be read")]
    NotUtf8 {
        /// How many bytes could be read.
        position: usize,
    },
    /// It starts like JSON.
    #[error("{}", list(faults))]
    NotJson {
        /// What is wrong.
        faults: Vec<Fault>,
    },
    /// It does not start like JSON.
    #[error("{0}")]
    NotYaml(Fault),
    /// A bare policy document with mistakes.
    #[error("{0}")]
    Policy(DocumentErrors),
    /// A resource policy of something that is not a role.
    #[error(
        "it is the policy of a resource, not of a role: statements have both Principal and Resource, and none allows \
         sts:AssumeRole"
    )]
    ResourcePolicy,
    /// A file for `simulate`.
    #[error("it is a file of cases, which `rolecall simulate` runs")]
    Cases,
    /// What Terraform itself reads and stores.
    #[error(
        "it is a configuration or a stored state of Terraform; give the output of `terraform show -json`"
    )]
    TerraformSource,
    /// A format of Terraform that is not known.
    #[error("it has version `{}` of Terraform's JSON format; 0 and 1 are read", version.escape_debug())]
    TerraformVersion {
        /// The `format_version`.
        version: String,
    },
    /// Terraform could not finish the plan.
    #[error("it is a Terraform plan that failed")]
    FailedPlan,
    /// None of the known kinds.
    #[error(
        "unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a \
         CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`"
    )]
    Unrecognised,
    /// The right kind of file without a role in it.
    #[error("the {kind} contains no role")]
    NoRole {
        /// The kind of file.
        kind: Kind,
    },
    /// No role of that name.
    #[error("it contains no role `{}`; it contains {}", name.escape_debug(), known.join(", "))]
    NoSuchRole {
        /// The name that was asked for.
        name: String,
        /// The first names that there are.
        known: Vec<String>,
    },
    /// More resources than CloudFormation takes.
    #[error("the template has more than {limit} resources, which is CloudFormation's limit")]
    TooManyResources {
        /// The limit.
        limit: usize,
    },
    /// Parameters for a file that has none.
    #[error("only a CloudFormation template has parameters, but this is a {kind}")]
    NoParameters {
        /// The kind of file.
        kind: Kind,
    },
    /// Plain references are stated of a file that shows its values.
    #[error("only a Terraform plan shows references instead of values, but this is a {kind}")]
    NoReferences {
        /// The kind of file.
        kind: Kind,
    },
    /// A parameter that the template does not have.
    #[error("the template has no parameter `{}`", name.escape_debug())]
    NoSuchParameter {
        /// The parameter's name.
        name: String,
    },
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

/// Takes the roles from the text of a file. `parameters` are the values that a template's parameters have; a template
/// without them is taken at its defaults, which prove nothing: a stack can have other values.
///
/// # Errors
/// Why there is nothing to take.
pub fn extract(text: &str, parameters: &Parameters) -> Result<Extracted, ExtractError> {
    let tree = text::tree(text)?;
    if tree.get("Statement").is_some() {
        let extracted = policy::policy(tree, text.len())?;
        return match parameters.is_empty() {
            true => Ok(extracted),
            false => Err(ExtractError::NoParameters { kind: extracted.kind }),
        };
    }
    let extracted = match &tree {
        Value::Object(members) => {
            let has = |key: &str| members.contains_key(key);
            let list = |key: &str| members.get(key).and_then(Value::as_array);
            if has("format_version") {
                terraform::extract(&tree)?
            } else if has("RoleDetailList") {
                let roles = aws::authorization_details(&tree);
                Extracted { kind: Kind::AuthorizationDetails, roles: aws::whole(roles, &tree) }
            } else if let Some(role) = members.get("Role") {
                Extracted { kind: Kind::Roles, roles: aws::roles([role]) }
            } else if let Some(roles) = list("Roles") {
                Extracted { kind: Kind::Roles, roles: aws::whole(aws::roles(roles), &tree) }
            } else if members.get("Resources").is_some_and(Value::is_object) {
                if text.len() > MAX_TEMPLATE_BYTES {
                    return Err(ExtractError::TooLarge { limit: MAX_TEMPLATE_BYTES });
                }
                Extracted { kind: Kind::CloudFormation, roles: cloudformation::roles(&tree, parameters)? }
            } else if has("terraform_version") || has("resource") {
                return Err(ExtractError::TerraformSource);
            } else {
                return Err(ExtractError::Unrecognised);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.get("request").is_some()) => {
            return Err(ExtractError::Cases);
        }
        _ => return Err(ExtractError::Unrecognised),
    };
    let kind = extracted.kind;
    if extracted.roles.is_empty() {
        return Err(ExtractError::NoRole { kind });
    }
    if kind != Kind::CloudFormation && !parameters.is_empty() {
        return Err(ExtractError::NoParameters { kind });
    }
    Ok(extracted)
}

impl Extracted {
    /// Takes it as stated that the configuration has no function and no condition around a reference whose value a plan does
    /// not know, and no `dynamic` block over such a value. Without this, no claim that rests on either is proved.
    ///
    /// # Errors
    /// It is not a Terraform plan.
    pub fn with_plain_references(mut self) -> Result<Self, ExtractError> {
        let kind = self.kind;
        if kind != Kind::TerraformPlan {
            return Err(ExtractError::NoReferences { kind });
        }
        for role in &mut self.roles {
            // A plan has no other assumptions.
            role.trust_assumes.clear();
            role.permissions_assume.clear();
        }
        Ok(self)
    }

    /// Only the role of this name, ARN, address or logical ID.
    ///
    /// # Errors
    /// There is none.
    pub fn only(self, name: &str) -> Result<Self, ExtractError> {
        let Self { kind, roles } = self;
        let is_meant = |role: &RoleDocuments| {
            let arn = role.arn.as_ref().map(ToString::to_string);
            role.name == name || role.role_name.as_deref() == Some(name) || arn.as_deref() == Some(name)
        };
        let known = roles.iter().take(MAX_NAMES).map(|role| format!("`{}`", role.name)).collect();
        let roles: Vec<RoleDocuments> = roles.into_iter().filter(is_meant).collect();
        match roles.is_empty() {
            true => Err(ExtractError::NoSuchRole { name: name.to_owned(), known }),
            false => Ok(Self { kind, roles }),
        }
    }
}
