//! What is in AWS: one snapshot, read in as few dependent rounds as IAM allows.
//!
//! Round one asks everything that needs nothing but the manifest, side by side: the caller, the role, its lists, the
//! policies under rolecall's path (with their version in force) and the functions. Round two reads documents and tags.
//! A policy that rolecall did not make, and a permissions boundary, cost a third round: their version in force must be asked first.

use futures_util::future::try_join_all;
use tokio::try_join;

use super::agreement::{Answers, Held, until_agreed};
pub use super::functions::{ObservedFunction, list_functions, observe_functions};

use crate::desired::aws::policy_path;
use crate::iam::arn::{PolicyArn, PolicyPath, RoleName};
use crate::ports::{
    AwsError, AwsErrorKind, AwsResult, CallerIdentity, FunctionAddress, PolicyRecord, PolicyVersionRecord,
    Read, RoleRecord, Tags,
};
use rolecall_model::stored::StoredDocument;

/// The state of a role and of all that decides what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Who asked.
    pub caller: CallerIdentity,
    /// The role, where it exists.
    pub role: Option<RoleRecord>,
    /// The managed policies: those on the role, and those under rolecall's path whether attached or not.
    pub policies: Vec<ObservedPolicy>,
    /// The inline policies of the role.
    pub inline: Vec<InlinePolicy>,
    /// The document of the permissions boundary in force, where the role has one; `None` where it is gone.
    pub boundary: Option<ObservedBoundary>,
    /// The manifest's functions, in its order.
    pub functions: Vec<ObservedFunction>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedPolicy {
    /// The ARN.
    pub arn: PolicyArn,
    /// Whether it is attached to the role.
    pub attached: bool,
    /// Whether it lies under the path that rolecall makes this role's policies in.
    pub under_path: bool,
    /// How many principals it is attached to.
    pub attachment_count: i32,
    /// The tags; `None` where the account's details were read at once, which do not hold them.
    pub tags: Option<Tags>,
    /// The versions; read only under rolecall's path.
    pub versions: Vec<PolicyVersionRecord>,
    /// The document in force; `None` where IAM does not show it.
    pub document: Option<StoredDocument>,
}

/// An inline policy of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlinePolicy {
    /// The name.
    pub name: String,
    /// The document.
    pub document: StoredDocument,
}

/// The permissions boundary of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedBoundary {
    /// The ARN of the policy.
    pub arn: PolicyArn,
    /// The document in force; `None` where the policy does not exist.
    pub document: Option<StoredDocument>,
}

/// Reads the snapshot. `functions` are in the manifest's order.
pub async fn observe<R: Read>(
    reader: &R,
    role: &RoleName,
    functions: &[FunctionAddress],
) -> AwsResult<Observed> {
    let path = policy_path(role);
    let (caller, (role, boundary, policies, inline), functions) = try_join!(
        reader.caller(),
        until_agreed(async || look(reader, role, &path).await),
        observe_functions(reader, functions),
    )?;
    Ok(Observed { caller, role, policies, inline, boundary, functions })
}

/// What is known of a role: itself, its boundary, the managed and the inline policies.
type Seen = (Option<RoleRecord>, Option<ObservedBoundary>, Vec<ObservedPolicy>, Vec<InlinePolicy>);

/// One look at everything about a role; `Err` within where the answers contradict each other.
async fn look<R: Read>(reader: &R, name: &RoleName, path: &PolicyPath) -> AwsResult<Result<Seen, AwsError>> {
    let ((role, boundary), (attached, policies), inline) = try_join!(
        observe_role(reader, name),
        observe_policies(reader, name, path),
        observe_inline(reader, name),
    )?;
    let held = Answers { role, attached, inline }.agreed(name);
    Ok(held.map(|held| (held.role, boundary, policies, held.inline)))
}

/// What is on a role, without what its managed policies say.
pub(crate) async fn observe_held<R: Read>(reader: &R, name: &RoleName) -> AwsResult<Held> {
    until_agreed(async || {
        let (role, attached, inline) =
            try_join!(reader.role(name), reader.attached_policies(name), observe_inline(reader, name))?;
        Ok(Answers { role, attached, inline }.agreed(name))
    })
    .await
}

async fn observe_role<R: Read>(
    reader: &R,
    role: &RoleName,
) -> AwsResult<(Option<RoleRecord>, Option<ObservedBoundary>)> {
    let role = reader.role(role).await?;
    let boundary = match role.as_ref().and_then(|role| role.permissions_boundary.clone()) {
        Some(arn) => Some(ObservedBoundary { document: document_in_force(reader, &arn).await?.1, arn }),
        None => None,
    };
    Ok((role, boundary))
}

async fn observe_inline<R: Read>(
    reader: &R,
    role: &RoleName,
) -> AwsResult<Option<Vec<(String, Option<StoredDocument>)>>> {
    let Some(names) = reader.inline_policy_names(role).await? else { return Ok(None) };
    let policies = try_join_all(names.into_iter().map(async |name| {
        let document = reader.inline_policy(role, &name).await?;
        Ok((name, document))
    }));
    policies.await.map(Some)
}

async fn observe_policies<R: Read>(
    reader: &R,
    role: &RoleName,
    path: &PolicyPath,
) -> AwsResult<(Option<Vec<PolicyArn>>, Vec<ObservedPolicy>)> {
    let (listed, under_path) = try_join!(reader.attached_policies(role), reader.policies_under(path))?;
    let attached = listed.as_deref().unwrap_or_default();
    let elsewhere = attached.iter().filter(|arn| under_path.iter().all(|known| known.arn != **arn));
    let (own, foreign) = try_join!(
        try_join_all(under_path.iter().map(|record| observe_own(
            reader,
            record,
            attached.contains(&record.arn)
        ))),
        try_join_all(elsewhere.map(|arn| observe_foreign(reader, arn))),
    )?;
    let mut policies: Vec<ObservedPolicy> = own.into_iter().flatten().chain(foreign).collect();
    // In the order of the text that people read.
    policies.sort_by_cached_key(|policy| policy.arn.to_string());
    Ok((listed, policies))
}

async fn observe_own<R: Read>(
    reader: &R,
    record: &PolicyRecord,
    attached: bool,
) -> AwsResult<Option<ObservedPolicy>> {
    let (policy, versions, document) = try_join!(
        reader.policy(&record.arn),
        reader.policy_versions(&record.arn),
        reader.policy_document(&record.arn, &record.default_version),
    )?;
    // Deleted since the list was read: then it is not there. What is on the role is kept: it may be that only this answer is old.
    if policy.is_none() && !attached {
        return Ok(None);
    }
    Ok(Some(ObservedPolicy {
        arn: record.arn.clone(),
        attached,
        under_path: true,
        attachment_count: record.attachment_count,
        tags: policy.and_then(|policy| policy.tags),
        versions,
        document,
    }))
}

async fn observe_foreign<R: Read>(reader: &R, arn: &PolicyArn) -> AwsResult<ObservedPolicy> {
    let (record, document) = document_in_force(reader, arn).await?;
    let attachment_count = record.as_ref().map_or(1, |record| record.attachment_count);
    Ok(ObservedPolicy {
        arn: arn.clone(),
        attached: true,
        under_path: false,
        attachment_count,
        tags: tags(record),
        versions: Vec::new(),
        document,
    })
}

/// A policy that was deleted since the list was read has none.
fn tags(policy: Option<PolicyRecord>) -> Option<Tags> {
    policy.map_or_else(|| Some(Tags::default()), |policy| policy.tags)
}

/// A permissions boundary that is to be put on the role. A caller who may not read it learns that it is not known, which is
/// not the same as that it limits nothing.
/// `None` where there is no such policy.
pub(super) async fn observe_boundary<R: Read>(
    reader: &R,
    arn: &PolicyArn,
) -> AwsResult<Option<ObservedBoundary>> {
    let document = match document_in_force(reader, arn).await {
        Ok((None, _)) => return Ok(None),
        Ok((Some(_), document)) => document,
        Err(error) if error.kind == AwsErrorKind::AccessDenied => None,
        Err(error) => return Err(error),
    };
    Ok(Some(ObservedBoundary { arn: arn.clone(), document }))
}

/// The policies of the account that have the name of one that is to be made, under whatever path: names are unique in the account,
/// and without regard to case.
pub(super) async fn name_takers<R: Read>(
    reader: &R,
    wanted: &[PolicyArn],
    observed: &Observed,
) -> AwsResult<Vec<(PolicyArn, PolicyArn)>> {
    let is_known = |arn: &PolicyArn| observed.policies.iter().any(|policy| policy.arn == *arn);
    let new: Vec<&PolicyArn> = wanted.iter().filter(|arn| !is_known(arn)).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let all = reader.policy_arns().await?;
    let is_same =
        |one: &PolicyArn, other: &PolicyArn| one.name.as_str().eq_ignore_ascii_case(other.name.as_str());
    let taker = |new: &PolicyArn| all.iter().find(|taken| is_same(new, taken) && *taken != new);
    Ok(new.into_iter().filter_map(|new| Some((new.clone(), taker(new)?.clone()))).collect())
}

async fn document_in_force<R: Read>(
    reader: &R,
    arn: &PolicyArn,
) -> AwsResult<(Option<PolicyRecord>, Option<StoredDocument>)> {
    let Some(record) = reader.policy(arn).await? else { return Ok((None, None)) };
    let document = reader.policy_document(arn, &record.default_version).await?;
    Ok((Some(record), document))
}
