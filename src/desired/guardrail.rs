//! The guardrail of a role: the two policies of an organization that keep the role as it was proved, also against the
//! administrators of its own account.
//!
//! - The resource control policy says who can assume the role, whatever its trust policy says. It binds every caller, also
//!   those outside the organization.
//! - The service control policy says who can change the role, its policies and who else can invoke the targets. It binds
//!   the principals of the organization's own accounts.
//!
//! Invariants: both only deny; both name this one role, its policies and its targets, so that they stop nothing else; a text
//! is never longer than AWS Organizations stores it. Deliberately absent: attaching them, which is for the organization's
//! administrators to decide.

use super::aws::{Home, fillings, further_ids, one_or_several, trusted};
use super::template::{Filling, Fillings, Template, TemplateError};
use crate::iam::arn::{AccountId, ExternalId, FunctionArn, RoleArn};
use crate::iam::document::{Document, DocumentErrors};
use crate::iam::principal::Principal;
use crate::iam::quota::{RESOURCE_CONTROL_POLICY_SIZE, SERVICE_CONTROL_POLICY_SIZE};
use crate::manifest::{Manifest, WrongPartition};

/// The kinds of policies that a guardrail has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardrailKind {
    /// A resource control policy.
    ResourceControl,
    /// A service control policy.
    ServiceControl,
}

impl GuardrailKind {
    /// The short name in files and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::ResourceControl => "rcp",
            Self::ServiceControl => "scp",
        }
    }

    /// The name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
        }
    }

    /// The most characters that AWS Organizations stores.
    pub fn most_characters(self) -> usize {
        match self {
            Self::ResourceControl => RESOURCE_CONTROL_POLICY_SIZE,
            Self::ServiceControl => SERVICE_CONTROL_POLICY_SIZE,
        }
    }
}

/// One policy of a guardrail, ready to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardrailPolicy {
    pub document: Document,
    /// Its text: as people read it, or without white space where that is too long.
    pub text: String,
}

/// Why a guardrail cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardrailError {
    /// The role's account is where the trusted account cannot be.
    #[error(transparent)]
    Partition(#[from] WrongPartition),
    /// A template cannot be filled.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The filled template is no policy.
    #[error("the rendered policy cannot be read: {0}")]
    Unreadable(#[from] DocumentErrors),
    /// Nobody could change the role.
    #[error("the service control policy must name who may change the role, and nobody is named")]
    NoProvisioner,
    /// Only a role or a user has an ARN that `aws:PrincipalArn` can be compared with.
    #[error("the provisioner `{0}` is not a role or a user")]
    NoRoleOrUser(Principal),
    /// The policy would exempt others, too.
    #[error(
        "the ARN of the provisioner `{0}` has `*`, `?` or `$`, which a policy reads as a wildcard or a variable"
    )]
    Wildcard(Principal),
    /// Calls to IAM are always made by a principal of the account that they are about.
    #[error("no provisioner is in the role's account {account}, so nobody could change the role")]
    NobodyInAccount {
        /// The role's account.
        account: AccountId,
    },
    /// AWS Organizations does not store it.
    #[error(
        "the {} has {characters} characters even without white space, and AWS Organizations stores {}",
        kind.name(), kind.most_characters()
    )]
    TooLong {
        /// The policy.
        kind: GuardrailKind,
        /// How long it is.
        characters: usize,
    },
}

/// The resource control policy: nobody but the manifest's trusted principals, and nobody without the external ID.
pub fn resource_control(
    manifest: &Manifest,
    external_id: &ExternalId,
    home: &Home,
) -> Result<GuardrailPolicy, GuardrailError> {
    let account = manifest.party.trusted_account();
    let of_account = format!("arn:{}:iam::{account}:*", home.partition);
    let probe_principal = manifest.verify.probe_principal.as_ref().map(ToString::to_string);
    // The policy keeps strangers out at any time; when an organization ends, the trust policy says.
    let ids = external_ids(manifest, external_id).iter().map(ToString::to_string).collect();
    let trusted_arns = [of_account].into_iter().chain(probe_principal).collect();
    let fillings = fillings(manifest, external_id, home, &[])
        .into_iter()
        .chain([("trusted_arns", Filling::List(trusted_arns)), ("external_id", one_or_several(ids))])
        .collect();
    made(GuardrailKind::ResourceControl, manifest, home, &Template::resource_control()?, &fillings)
}

/// The service control policy: nobody but these provisioners changes the role, its policies, or who else may invoke the
/// targets.
pub fn service_control(
    manifest: &Manifest,
    external_id: &ExternalId,
    home: &Home,
    targets: &[FunctionArn],
    provisioners: &[Principal],
) -> Result<GuardrailPolicy, GuardrailError> {
    for provisioner in provisioners {
        if !matches!(provisioner, Principal::Role(_) | Principal::User { .. }) {
            return Err(GuardrailError::NoRoleOrUser(provisioner.clone()));
        }
        if provisioner.to_string().contains(['*', '?', '$']) {
            return Err(GuardrailError::Wildcard(provisioner.clone()));
        }
    }
    if provisioners.is_empty() {
        return Err(GuardrailError::NoProvisioner);
    }
    if !provisioners.iter().any(|provisioner| provisioner.account() == Some(&home.account)) {
        return Err(GuardrailError::NobodyInAccount { account: home.account.clone() });
    }
    let named = Filling::List(provisioners.iter().map(ToString::to_string).collect());
    let fillings =
        fillings(manifest, external_id, home, targets).into_iter().chain([("provisioners", named)]).collect();
    made(GuardrailKind::ServiceControl, manifest, home, &Template::service_control()?, &fillings)
}

/// The external IDs that the trusted principals may send at some time.
pub fn external_ids(manifest: &Manifest, first: &ExternalId) -> Vec<ExternalId> {
    let further = further_ids(manifest, first).into_iter().map(|further| further.id);
    std::iter::once(first.clone()).chain(further).collect()
}

/// The role that a guardrail is about, and who may assume it.
pub fn guarded(manifest: &Manifest, home: &Home) -> (RoleArn, Vec<Principal>) {
    let trusted = trusted(manifest, home).iter().filter_map(|principal| principal.parse().ok()).collect();
    (home.role_arn(&manifest.role.name, &manifest.role.path), trusted)
}

fn made(
    kind: GuardrailKind,
    manifest: &Manifest,
    home: &Home,
    template: &Template,
    fillings: &Fillings,
) -> Result<GuardrailPolicy, GuardrailError> {
    manifest.party.check_partition(&format!("the account {}", home.account), home.partition.as_str())?;
    let document = template.fill(fillings)?;
    // AWS counts white space where a policy is saved by the AWS CLI or an SDK.
    let fits = |text: &String| text.chars().count() <= kind.most_characters();
    let (readable, dense) = (format!("{document:#}\n"), document.to_string());
    let document = Document::from_owned(document)?;
    match (fits(&readable), fits(&dense)) {
        (true, _) => Ok(GuardrailPolicy { document, text: readable }),
        (false, true) => Ok(GuardrailPolicy { document, text: dense }),
        (false, false) => Err(GuardrailError::TooLong { kind, characters: dense.chars().count() }),
    }
}
