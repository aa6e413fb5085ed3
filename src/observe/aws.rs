//! What is in AWS: one snapshot, read in as few dependent rounds as IAM allows.
//!
//! Round one asks everything that needs nothing but the manifest, side by side: the caller, the role, its lists, the
//! policies under rolecall's path (with their version in force) and the functions. Round two reads documents and tags.
//! A policy that rolecall did not make, and a permissions boundary, cost a third round: their version in force must be asked first.

use std::cell::RefCell;

use futures_util::future::join_all;
use tokio::join;

use super::agreement::{Answer, Answers, Held, until_agreed};
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
    pub name: String,
    pub document: StoredDocument,
}

/// The permissions boundary of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedBoundary {
    pub arn: PolicyArn,
    /// The document in force; `None` where the policy does not exist.
    pub document: Option<StoredDocument>,
    /// Its tags, where they were read.
    pub tags: Option<Tags>,
}

/// Something that the snapshot should hold and that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// What it leaves open.
    pub part: Part,
    /// Why.
    pub error: AwsError,
}

/// What remains open where a read failed; the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The role: whom it trusts, and whether it exists.
    Role,
    /// What a session can do: a policy of the role, its boundary, or which policies it has.
    Permissions,
    /// Whether the targets exist.
    Targets,
    /// Nothing that a claim is about; a comparison needs it.
    Comparison,
}

/// A snapshot as far as it could be read. What could not be read is left out of it.
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// Who asked.
    pub caller: AwsResult<CallerIdentity>,
    /// The role, where it was read and exists.
    pub role: Option<RoleRecord>,
    /// The policies that were read.
    pub policies: Vec<ObservedPolicy>,
    /// The inline policies that were read.
    pub inline: Vec<InlinePolicy>,
    /// The boundary in force; without its document where that was not read.
    pub boundary: Option<ObservedBoundary>,
    pub functions: AwsResult<Vec<ObservedFunction>>,
    /// What else could not be read, the most important first.
    pub unread: Vec<Unread>,
}

/// Reads the snapshot, all of it. `functions` are in the manifest's order.
pub async fn observe<R: Read>(
    reader: &R,
    role: &RoleName,
    functions: &[FunctionAddress],
) -> AwsResult<Observed> {
    let Glimpse { caller, role, policies, inline, boundary, functions, unread } =
        glimpse(reader, role, functions).await;
    let caller = caller?;
    match unread.into_iter().next() {
        Some(Unread { error, .. }) => Err(error),
        None => Ok(Observed { caller, role, policies, inline, boundary, functions: functions? }),
    }
}

/// Reads the snapshot as far as AWS shows it: one read that fails keeps nobody from what the others show.
pub async fn glimpse<R: Read>(reader: &R, role: &RoleName, functions: &[FunctionAddress]) -> Glimpse {
    let path = policy_path(role);
    let (caller, seen, functions) = join!(
        reader.caller(),
        until_agreed(async || look(reader, role, &path).await),
        observe_functions(reader, functions),
    );
    let Seen { held: Held { role, attached: _, inline }, boundary, policies, mut unread } = seen;
    unread.sort_by_key(|unread| unread.part);
    Glimpse { caller, role, policies, inline, boundary, functions, unread }
}

/// What is known of a role, and what could not be read.
struct Seen {
    held: Held,
    boundary: Option<ObservedBoundary>,
    policies: Vec<ObservedPolicy>,
    unread: Vec<Unread>,
}

/// Keeps what was read, and notes what was not.
#[derive(Default)]
struct Notes(RefCell<Vec<Unread>>);

impl Notes {
    fn kept<T>(&self, part: Part, result: AwsResult<T>) -> Option<T> {
        result.map_err(|error| self.0.borrow_mut().push(Unread { part, error })).ok()
    }
}

/// One look at everything about a role; `Err` where the answers contradict each other, with what is believed if they keep to it.
async fn look<R: Read>(reader: &R, name: &RoleName, path: &PolicyPath) -> Result<Seen, Seen> {
    let notes = Notes::default();
    let ((role, boundary), (attached, policies), inline) = join!(
        observe_role(reader, name, &notes),
        observe_policies(reader, name, path, &notes),
        observe_inline(reader, name, &notes),
    );
    let mut unread = notes.0.into_inner();
    let (held, contradiction) = Answers { role, attached, inline }.agreed(name);
    let is_agreed = contradiction.is_none();
    unread.extend(contradiction);
    let seen = Seen { held, boundary, policies, unread };
    if is_agreed { Ok(seen) } else { Err(seen) }
}

/// What is on a role, without what its managed policies say.
pub(crate) async fn observe_held<R: Read>(reader: &R, name: &RoleName) -> AwsResult<Held> {
    until_agreed(async || {
        let notes = Notes::default();
        let (role, attached, inline) =
            join!(reader.role(name), reader.attached_policies(name), observe_inline(reader, name, &notes));
        let role = Answer::of(notes.kept(Part::Role, role));
        let attached = Answer::of(notes.kept(Part::Permissions, attached));
        let (held, contradiction) = Answers { role, attached, inline }.agreed(name);
        match (notes.0.into_inner().into_iter().next(), contradiction) {
            (Some(Unread { error, .. }), _) => Ok(Err(error)),
            (None, Some(Unread { error, .. })) => Err(Err(error)),
            (None, None) => Ok(Ok(held)),
        }
    })
    .await
}

async fn observe_role<R: Read>(
    reader: &R,
    role: &RoleName,
    notes: &Notes,
) -> (Answer<RoleRecord>, Option<ObservedBoundary>) {
    let role = Answer::of(notes.kept(Part::Role, reader.role(role).await));
    let boundary = match role.present().and_then(|role| role.permissions_boundary.clone()) {
        Some(arn) => {
            let read = notes.kept(Part::Permissions, document_in_force(reader, &arn).await);
            let (record, document) = read.unwrap_or_default();
            Some(ObservedBoundary { arn, document, tags: record.and_then(|record| record.tags) })
        }
        None => None,
    };
    (role, boundary)
}

async fn observe_inline<R: Read>(
    reader: &R,
    role: &RoleName,
    notes: &Notes,
) -> Answer<Vec<(String, Option<StoredDocument>)>> {
    let names = Answer::of(notes.kept(Part::Permissions, reader.inline_policy_names(role).await));
    let Answer::Present(names) = names else { return names.without_value() };
    let policies = join_all(names.into_iter().map(async |name| {
        let document = notes.kept(Part::Permissions, reader.inline_policy(role, &name).await)?;
        Some((name, document))
    }));
    Answer::Present(policies.await.into_iter().flatten().collect())
}

async fn observe_policies<R: Read>(
    reader: &R,
    role: &RoleName,
    path: &PolicyPath,
    notes: &Notes,
) -> (Answer<Vec<PolicyArn>>, Vec<ObservedPolicy>) {
    let (listed, under_path) = join!(reader.attached_policies(role), reader.policies_under(path));
    let listed = Answer::of(notes.kept(Part::Permissions, listed));
    let under_path = notes.kept(Part::Comparison, under_path).unwrap_or_default();
    let attached = listed.present().map(Vec::as_slice).unwrap_or_default();
    let elsewhere = attached.iter().filter(|arn| under_path.iter().all(|known| known.arn != **arn));
    let (own, foreign) = join!(
        join_all(under_path.iter().map(|record| observe_own(
            reader,
            record,
            attached.contains(&record.arn),
            notes,
        ))),
        join_all(elsewhere.map(|arn| observe_foreign(reader, arn, notes))),
    );
    let mut policies: Vec<ObservedPolicy> = own.into_iter().flatten().chain(foreign).collect();
    // In the order of the text that people read.
    policies.sort_by_cached_key(|policy| policy.arn.to_string());
    (listed, policies)
}

async fn observe_own<R: Read>(
    reader: &R,
    record: &PolicyRecord,
    attached: bool,
    notes: &Notes,
) -> Option<ObservedPolicy> {
    let (policy, versions, document) = join!(
        reader.policy(&record.arn),
        reader.policy_versions(&record.arn),
        reader.policy_document(&record.arn, &record.default_version),
    );
    let of_document = if attached { Part::Permissions } else { Part::Comparison };
    let document = notes.kept(of_document, document).flatten();
    let versions = notes.kept(Part::Comparison, versions).unwrap_or_default();
    let policy = notes.kept(Part::Comparison, policy);
    // Deleted since the list was read: then it is not there. What is on the role is kept: it may be that only this answer is old.
    if matches!(policy, Some(None)) && !attached {
        return None;
    }
    Some(ObservedPolicy {
        arn: record.arn.clone(),
        attached,
        under_path: true,
        attachment_count: record.attachment_count,
        tags: policy.flatten().and_then(|policy| policy.tags),
        versions,
        document,
    })
}

async fn observe_foreign<R: Read>(reader: &R, arn: &PolicyArn, notes: &Notes) -> ObservedPolicy {
    let read = notes.kept(Part::Permissions, document_in_force(reader, arn).await);
    let (record, document) = read.unwrap_or_default();
    let attachment_count = record.as_ref().map_or(1, |record| record.attachment_count);
    ObservedPolicy {
        arn: arn.clone(),
        attached: true,
        under_path: false,
        attachment_count,
        tags: tags(record),
        versions: Vec::new(),
        document,
    }
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
    let (document, tags) = match document_in_force(reader, arn).await {
        Ok((None, _)) => return Ok(None),
        Ok((Some(record), document)) => (document, record.tags),
        Err(error) if error.kind == AwsErrorKind::AccessDenied => (None, None),
        Err(error) => return Err(error),
    };
    Ok(Some(ObservedBoundary { arn: arn.clone(), document, tags }))
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
