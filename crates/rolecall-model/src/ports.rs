//! What the pipeline may ask of AWS, as small traits: reads, writes and probes are separate, so that `plan`, `drift`
//! and `verify` cannot hold a writer.
//!
//! Records carry what AWS said, in our own types; no SDK type passes this line. An answer of "no such entity"
//! is a value (`None`), every other failure is an [`AwsError`] that was classified once, at the adapter.

mod analyse;
pub mod call;
pub mod calls;
pub mod findings;
mod functions;
pub mod genesys;
pub mod metrics;
mod organization;
pub mod secrets;
pub mod trail;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

pub use analyse::{AnalyseAccess, Answered, Check, DocumentKind, Remark, Simulate, Simulated};
pub use functions::{AliasRecord, FunctionUrlRecord, ReadFunctions};
pub use organization::{OrganizationPolicyKind, OrganizationRecord, ReadOrganization};

use crate::iam::arn::{
    AccountId, ExternalId, FunctionArn, FunctionName, Partition, PolicyArn, PolicyName, PolicyPath,
    Qualifier, Region, RoleArn, RoleName, RolePath,
};
use crate::paging::Endless;
use crate::shown::Shown;
use crate::stored::StoredDocument;

/// Tags by key, in a stable order.
pub type Tags = BTreeMap<String, String>;

/// Why a call to AWS failed, in the classes that a caller can act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsErrorKind {
    /// The caller may not make this call.
    AccessDenied,
    /// The entity does not exist (or is not visible yet).
    NotFound,
    /// An entity of that name exists already.
    AlreadyExists,
    /// Somebody changes the same entity at this moment.
    ConcurrentModification,
    /// Something else still depends on the entity.
    DeleteConflict,
    /// A quota of the account would be passed.
    LimitExceeded,
    /// IAM rejects the policy document.
    MalformedDocument,
    /// A parameter is not of the form that the service takes.
    InvalidInput,
    /// The entity belongs to an AWS service and cannot be changed.
    Unmodifiable,
    /// The service asked to slow down, for longer than we were willing to wait.
    Throttled,
    /// No credentials were found.
    NoCredentials,
    /// The credentials have expired.
    ExpiredCredentials,
    /// The service does not know the credentials, or the signature does not match.
    InvalidCredentials,
    /// No region is configured.
    NoRegion,
    /// The service could not be reached.
    Unreachable,
    /// The certificate of whoever answered is not trusted.
    Untrusted,
    /// No answer came in time.
    TimedOut,
    /// The service failed on its side.
    ServiceFailure,
    /// Anything else.
    Other,
}

/// A failed call to AWS.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation} failed: {}{}", Shown(message), Details { code: code.as_deref(), request_id: request_id.as_deref() })]
pub struct AwsError {
    /// The operation as IAM names it, such as `iam:GetRole`; also the permission it needs.
    pub operation: &'static str,
    /// The class of the failure.
    pub kind: AwsErrorKind,
    /// The error code that the service sent.
    pub code: Option<String>,
    /// What the service said.
    pub message: String,
    /// The request's ID, for AWS support and CloudTrail.
    pub request_id: Option<String>,
    /// What became of the call, where it was a write.
    pub outcome: WriteOutcome,
}

/// What is known of a write that failed. No other sentence about it is derived from anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was not carried out: it was never sent, or every attempt was refused.
    Refused,
    /// It may have been carried out: an attempt was sent, and no answer of the service says what became of it.
    Unknown,
    /// A part of it was carried out, or all of it without the effect that it should have.
    Begun,
}

struct Details<'a> {
    code: Option<&'a str>,
    request_id: Option<&'a str>,
}

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({}, request {})", Shown(code), Shown(id)),
            (Some(code), None) => write!(f, " ({})", Shown(code)),
            (None, Some(id)) => write!(f, " (request {})", Shown(id)),
            (None, None) => Ok(()),
        }
    }
}

impl AwsError {
    /// A list that does not end.
    #[must_use]
    pub fn endless(operation: &'static str, endless: Endless) -> Self {
        let message = endless.to_string();
        Self {
            operation,
            kind: AwsErrorKind::Other,
            code: None,
            message,
            request_id: None,
            outcome: WriteOutcome::Refused,
        }
    }
}

/// The result of a call to AWS.
pub type AwsResult<T> = Result<T, AwsError>;

/// Who the caller is, by `sts:GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account of the caller.
    pub account: AccountId,
    /// The ARN of the caller: a user, or the session of a role.
    pub arn: String,
}

/// What IAM calls a role in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleIdentity {
    Arn(RoleArn),
    /// What came in the place of an ARN: right after creation IAM may answer with a unique ID.
    Other(String),
}

impl fmt::Display for RoleIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A role as IAM describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRecord {
    /// What IAM calls it.
    pub identity: RoleIdentity,
    /// The path, `/` by default.
    pub path: String,
    /// The description, empty where there is none.
    pub description: String,
    /// The longest session in seconds.
    pub max_session_duration: u32,
    pub permissions_boundary: Option<PolicyArn>,
    pub tags: Tags,
    /// The trust policy, decoded.
    pub trust: StoredDocument,
}

/// A managed policy as IAM describes it. Lists of policies leave the tags out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// The policy's ARN.
    pub arn: PolicyArn,
    /// The version in force.
    pub default_version: String,
    /// The number of principals that it is attached to.
    pub attachment_count: i32,
    /// The number of principals whose permissions boundary it is.
    pub boundary_count: i32,
    /// The tags; `None` where the answer does not carry them.
    pub tags: Option<Tags>,
}

/// One version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersionRecord {
    /// The version's name, such as `v3`.
    pub id: String,
    /// Whether it is the version in force.
    pub is_default: bool,
    /// When it was made, in seconds since 1970.
    pub created_seconds: i64,
}

/// How a Lambda function is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionAddress {
    /// The region to ask.
    pub region: Region,
    /// The account that owns it, where the user named one.
    pub account: Option<AccountId>,
    /// The partition, where the user named one.
    pub partition: Option<Partition>,
    /// The function's name.
    pub name: FunctionName,
    /// The alias or version that will be called.
    pub qualifier: Option<Qualifier>,
}

/// The quotas of the account, by `iam:GetAccountSummary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountQuotas {
    /// Characters of a trust policy, white space not counted.
    pub trust_policy_size: usize,
    /// Characters of a managed policy, white space not counted.
    pub managed_policy_size: usize,
    /// Managed policies on a role.
    pub attached_policies: usize,
}

/// What is read of AWS.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait Read {
    async fn caller(&self) -> AwsResult<CallerIdentity>;
    async fn role(&self, role: &RoleName) -> AwsResult<Option<RoleRecord>>;
    /// The managed policies on the role; `None` where there is no such role.
    async fn attached_policies(&self, role: &RoleName) -> AwsResult<Option<Vec<PolicyArn>>>;
    /// The names of the role's inline policies; `None` where there is no such role.
    async fn inline_policy_names(&self, role: &RoleName) -> AwsResult<Option<Vec<String>>>;
    /// An inline policy's document, decoded.
    async fn inline_policy(&self, role: &RoleName, policy: &str) -> AwsResult<Option<StoredDocument>>;
    /// The customer managed policies under a path.
    async fn policies_under(&self, path: &PolicyPath) -> AwsResult<Vec<PolicyRecord>>;
    /// The customer managed policies of the account, under whatever path.
    async fn policy_arns(&self) -> AwsResult<Vec<PolicyArn>>;
    /// One managed policy, tags included.
    async fn policy(&self, arn: &PolicyArn) -> AwsResult<Option<PolicyRecord>>;
    /// The versions of a managed policy.
    async fn policy_versions(&self, arn: &PolicyArn) -> AwsResult<Vec<PolicyVersionRecord>>;
    /// The document of one version, decoded.
    async fn policy_document(&self, arn: &PolicyArn, version: &str) -> AwsResult<Option<StoredDocument>>;
    /// The function at that address: its ARN without a qualifier. `None` where the function, alias or version is missing.
    async fn function(&self, address: &FunctionAddress) -> AwsResult<Option<FunctionArn>>;
    /// One page of a region's functions, and the marker of the next page.
    async fn functions(
        &self,
        region: &Region,
        marker: Option<&str>,
    ) -> AwsResult<(Vec<FunctionArn>, Option<String>)>;
    async fn function_tags(&self, function: &FunctionArn) -> AwsResult<Tags>;
    /// The names of the roles under a path.
    async fn roles_under(&self, path: &RolePath) -> AwsResult<Vec<RoleName>>;
    async fn quotas(&self) -> AwsResult<AccountQuotas>;
}

/// A role with all that is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDetails {
    pub record: RoleRecord,
    /// The managed policies on it.
    pub attached: Vec<PolicyArn>,
    /// The inline policies by name.
    pub inline: BTreeMap<String, StoredDocument>,
}

/// A customer managed policy with its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDetails {
    /// The policy, without its tags, which IAM tells of one policy at a time.
    pub record: PolicyRecord,
    pub versions: Vec<PolicyVersionRecord>,
    /// The document in force.
    pub document: StoredDocument,
}

/// Roles and policies of an account, read together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountDetails {
    /// Those of the wanted roles that are there; `None` where IAM's lists do not agree, because the role is made or
    /// deleted at this moment.
    pub roles: HashMap<RoleName, Option<RoleDetails>>,
    /// Every customer managed policy by its ARN.
    pub policies: HashMap<PolicyArn, PolicyDetails>,
}

/// A role as far as it decides who can assume it and what its sessions can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAuthorization {
    pub arn: RoleArn,
    /// The trust policy.
    pub trust: StoredDocument,
    /// The managed policies on it.
    pub attached: Vec<PolicyArn>,
    /// The inline policies by name.
    pub inline: BTreeMap<String, StoredDocument>,
    /// The permissions boundary.
    pub boundary: Option<PolicyArn>,
    /// When the role was last used, as IAM tells it (RFC 3339).
    pub last_used: Option<String>,
}

/// All roles of an account, and the documents of the policies on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorizations {
    /// The roles that could be read.
    pub roles: Vec<RoleAuthorization>,
    /// What could not: the name, and why.
    pub unreadable: Vec<(String, String)>,
    /// The documents in force of managed policies, AWS's own and the customer's.
    pub policies: HashMap<PolicyArn, StoredDocument>,
}

/// What is read of an account as a whole.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadAccount: Read {
    /// The wanted roles and all customer managed policies.
    async fn account_details(&self, wanted: &HashSet<RoleName>) -> AwsResult<AccountDetails>;

    /// All roles with what is on them. One that cannot be read does not hide the others.
    async fn authorizations(&self) -> AwsResult<Authorizations>;
}

/// A role to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSpecification {
    pub name: RoleName,
    pub path: RolePath,
    pub description: String,
    /// The longest session in seconds.
    pub max_session_duration: u32,
    pub permissions_boundary: Option<PolicyArn>,
    pub tags: Tags,
    /// The trust policy.
    pub trust: StoredDocument,
}

/// A managed policy to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySpecification {
    pub name: PolicyName,
    pub path: PolicyPath,
    /// The description; IAM never lets it be changed.
    pub description: String,
    pub tags: Tags,
    pub document: StoredDocument,
}

/// What is written to AWS.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait Write {
    async fn create_role(&self, role: &RoleSpecification) -> AwsResult<()>;
    /// Replaces the trust policy.
    async fn update_trust(&self, role: &RoleName, document: &StoredDocument) -> AwsResult<()>;
    /// Sets the description and the longest session.
    async fn update_role(
        &self,
        role: &RoleName,
        description: &str,
        max_session_duration: u32,
    ) -> AwsResult<()>;
    /// Sets the permissions boundary.
    async fn put_boundary(&self, role: &RoleName, boundary: &PolicyArn) -> AwsResult<()>;
    /// Removes the permissions boundary.
    async fn delete_boundary(&self, role: &RoleName) -> AwsResult<()>;
    /// Adds or replaces tags of a role.
    async fn tag_role(&self, role: &RoleName, tags: &Tags) -> AwsResult<()>;
    async fn delete_role(&self, role: &RoleName) -> AwsResult<()>;
    /// Creates a managed policy.
    async fn create_policy(&self, policy: &PolicySpecification) -> AwsResult<()>;
    /// Creates a version of a managed policy and puts it in force.
    async fn create_policy_version(&self, arn: &PolicyArn, document: &StoredDocument) -> AwsResult<()>;
    /// Deletes a version that is not in force.
    async fn delete_policy_version(&self, arn: &PolicyArn, version: &str) -> AwsResult<()>;
    /// Deletes a managed policy.
    async fn delete_policy(&self, arn: &PolicyArn) -> AwsResult<()>;
    /// Adds or replaces tags of a managed policy.
    async fn tag_policy(&self, arn: &PolicyArn, tags: &Tags) -> AwsResult<()>;
    /// Attaches a managed policy to a role.
    async fn attach_policy(&self, role: &RoleName, arn: &PolicyArn) -> AwsResult<()>;
    /// Detaches a managed policy from a role.
    async fn detach_policy(&self, role: &RoleName, arn: &PolicyArn) -> AwsResult<()>;
    /// Adds or replaces an inline policy.
    async fn put_inline_policy(
        &self,
        role: &RoleName,
        policy: &str,
        document: &StoredDocument,
    ) -> AwsResult<()>;
    async fn delete_inline_policy(&self, role: &RoleName, policy: &str) -> AwsResult<()>;
}

/// `sts:RoleSessionName` of every probe, so that CloudTrail shows who knocked.
pub const PROBE_SESSION: &str = "rolecall-probe";

/// One `sts:AssumeRole` to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRoleProbe {
    pub role: RoleArn,
    /// The external ID to send; `None` sends none.
    pub external_id: Option<ExternalId>,
    /// How long the session lives.
    pub duration: Duration,
    /// The session policy: the most that the session may do.
    pub session_policy: String,
}

/// What AWS answered to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeAnswer<T> {
    /// AWS did it.
    Allowed(T),
    /// AWS denied it, in these words.
    Denied(String),
}

/// An answer to a probe, and where AWS and CloudTrail can be asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed<T> {
    pub answer: ProbeAnswer<T>,
    /// The request's ID.
    pub request_id: Option<String>,
    /// When the answer came.
    pub at: Timestamp,
}

/// A call that a session is made to try; none of these changes or runs anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// `lambda:InvokeFunction` of the function in exactly this form, as a `DryRun`.
    Invoke(FunctionArn),
    /// `lambda:GetFunctionConfiguration`.
    ReadFunction(FunctionArn),
    /// `lambda:ListFunctions` in a region.
    ListFunctions(Region),
    /// `iam:GetRole`.
    ReadRole(RoleArn),
    /// `iam:ListRoles`.
    ListRoles,
}

impl Trial {
    /// The action that the session must be allowed.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Invoke(_) => "lambda:InvokeFunction",
            Self::ReadFunction(_) => "lambda:GetFunctionConfiguration",
            Self::ListFunctions(_) => "lambda:ListFunctions",
            Self::ReadRole(_) => "iam:GetRole",
            Self::ListRoles => "iam:ListRoles",
        }
    }

    /// The resource of the action. The lists are on no resource that an ARN of ours could name.
    pub fn resource(&self) -> String {
        match self {
            Self::Invoke(function) | Self::ReadFunction(function) => function.to_string(),
            Self::ReadRole(role) => role.to_string(),
            Self::ListFunctions(_) | Self::ListRoles => "*".to_owned(),
        }
    }
}

/// What is tried on AWS. A probe changes nothing.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait Probe {
    /// The credentials of a session: held in memory by the adapter, never shown.
    type Session;
    /// The ARN of the session, as `sts:AssumeRole` gave it.
    fn principal(session: &Self::Session) -> &str;
    /// Tries to assume a role with the caller's own credentials.
    async fn assume_role(&self, probe: &AssumeRoleProbe) -> AwsResult<Probed<Self::Session>>;
    /// Who the session is, by `sts:GetCallerIdentity`, which nothing can deny.
    async fn session_identity(&self, session: &Self::Session) -> AwsResult<Probed<CallerIdentity>>;
    /// Tries a call as that session. What is let through to find nothing there is allowed.
    async fn attempt(&self, session: &Self::Session, trial: &Trial) -> AwsResult<Probed<()>>;
}
