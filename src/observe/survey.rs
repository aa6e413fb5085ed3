//! Manifest → what is there and what should be there: the reads, the resolved functions and the desired state, together.

use std::collections::HashSet;
use std::fmt;

use futures_util::future::try_join_all;

use crate::desired::aws::{Desired, DesiredError, Home, desired, meant};
use crate::desired::grant::is_grant_policy_name;
use crate::desired::pack::Bin;
use crate::desired::template::Templates;
use crate::iam::arn::{AccountId, Arn, ExternalId, FunctionArn, PolicyArn, Region, RoleArn, RoleName};
use crate::iam::document::Document;
use crate::manifest::{Access, Boundary, Manifest, Target};
use crate::observe::aws::{
    Glimpse, Observed, ObservedBoundary, ObservedFunction, ObservedPolicy, Part, Unread, glimpse,
    name_takers, observe, observe_boundary, observe_functions,
};
use crate::observe::function_sides::FunctionSide;
use crate::observe::functions::LIST_FUNCTIONS;
use crate::observe::ownership::{Owner, foreign_attachments, owner};
use crate::observe::quotas::{check_quotas, default_quotas};
use crate::ports::{
    AccountQuotas, AwsError, AwsErrorKind, CallerIdentity, FunctionAddress, Read, RoleIdentity, RoleRecord,
    Tags, WriteOutcome,
};
use rolecall_model::aws_region::{self, UnknownAwsRegion};
use rolecall_model::paging::Paging;
use rolecall_model::stored::StoredDocument;

/// Both sides of a plan.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What should be there.
    pub desired: Desired,
    /// What is there.
    pub observed: Observed,
    /// The account's quotas.
    pub quotas: AccountQuotas,
    /// The targets that Lambda does not have.
    pub missing: Vec<MissingTarget>,
    /// The permissions boundary that a plan would put on the role, where it is not the one in force; `None` where there is no such
    /// policy.
    pub boundary: Option<ObservedBoundary>,
    /// Who makes the boundary that a plan would put on the role, if there is no such policy.
    pub missing_boundary: Option<MissingBoundary>,
    /// What Lambda holds about the targets' functions; empty where nobody asked.
    pub sides: Vec<FunctionSide>,
    /// What is left open. Empty in a survey that a plan is made of.
    pub open: Vec<Open>,
}

/// Something that a survey leaves open.
#[derive(Clone, Debug)]
pub struct Open {
    pub part: Part,
    pub why: SurveyError,
}

/// A survey that may leave something open: for proofs and reports. What compares and plans takes it whole.
#[derive(Clone, Debug)]
pub struct Look(Survey);

impl Look {
    /// What was read and worked out. What was not is unknown in proofs.
    #[must_use]
    pub fn survey(&self) -> &Survey {
        &self.0
    }

    /// The same with what Lambda holds about the targets' functions.
    #[must_use]
    pub fn with_sides(self, sides: Vec<FunctionSide>) -> Self {
        Self(Survey { sides, ..self.0 })
    }

    /// The survey, where it leaves nothing open.
    pub fn whole(self) -> Result<Survey, SurveyError> {
        match self.0.open.first() {
            None => Ok(self.0),
            Some(Open { why, .. }) => Err(why.clone()),
        }
    }
}

/// Who makes a permissions boundary that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingBoundary {
    /// rolecall makes it of the manifest's targets, when an administrator tells it to.
    Own,
    /// Somebody else makes it; or its ARN is wrong.
    Other,
}

impl Survey {
    /// The role, if it has another path than the manifest's: by the manifest's ARN nobody can assume it.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&RoleRecord> {
        self.observed.role.as_ref().filter(|role| role.path != self.desired.role.path.as_str())
    }

    /// The ARN that the role has; that of the manifest if there is no role, or IAM does not show its ARN yet.
    #[must_use]
    pub fn found_arn(&self) -> RoleArn {
        match self.observed.role.as_ref().map(|role| &role.identity) {
            Some(RoleIdentity::Arn(arn)) => arn.clone(),
            Some(RoleIdentity::Other(_)) | None => self.desired.role_arn(),
        }
    }

    /// Why this part is open.
    pub fn open(&self, part: Part) -> impl Iterator<Item = &SurveyError> {
        self.open.iter().filter(move |open| open.part == part).map(|open| &open.why)
    }

    /// Whether it is known that there is no role.
    #[must_use]
    pub fn is_role_absent(&self) -> bool {
        self.observed.role.is_none() && self.open(Part::Role).next().is_none()
    }

    /// The functions of the manifest's targets, in its order; those that are missing under the ARN that they would have.
    pub fn functions(&self) -> Vec<FunctionArn> {
        let missing = |index| self.missing.iter().find(|missing| missing.index == index);
        let arn = |(index, observed): (usize, &ObservedFunction)| match (missing(index), observed) {
            (Some(missing), _) => Some(missing.arn(&self.desired.home)),
            (None, ObservedFunction::Present(function)) => Some(function.clone()),
            (None, ObservedFunction::QualifierMissing(_) | ObservedFunction::Missing(_)) => None,
        };
        self.observed.functions.iter().enumerate().filter_map(arn).collect()
    }
}

/// A target that cannot be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTarget {
    /// Where it stands among the manifest's targets, from 0.
    pub index: usize,
    /// What was asked for.
    pub address: FunctionAddress,
    /// Why it cannot be called, and the nearest names.
    pub observed: ObservedFunction,
}

impl MissingTarget {
    /// The ARN that it would have.
    pub fn arn(&self, home: &Home) -> FunctionArn {
        arn_at(&self.address, home)
    }
}

impl fmt::Display for MissingTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FunctionAddress { region, account, partition: _, name, qualifier } = &self.address;
        match (&self.observed, qualifier) {
            (ObservedFunction::QualifierMissing(function), Some(qualifier)) => {
                write!(f, "function `{function}` has no alias or version `{qualifier}`")
            }
            (ObservedFunction::Missing(nearest), _) => {
                write!(f, "no function `{name}` in {region}")?;
                if let Some(account) = account {
                    write!(f, ", account {account}")?;
                }
                match nearest.as_slice() {
                    [] => Ok(()),
                    names => write!(f, "; the nearest names there are `{}`", names.join("`, `")),
                }
            }
            (ObservedFunction::Present(function) | ObservedFunction::QualifierMissing(function), _) => {
                write!(f, "function `{function}`")
            }
        }
    }
}

/// Why there is no survey, or why it leaves something open.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SurveyError {
    /// A call to AWS failed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The credentials are of another account.
    #[error(transparent)]
    WrongAccount(#[from] WrongAccount),
    /// Targets that Lambda does not have.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    TargetsMissing(Vec<MissingTarget>),
    /// The permissions boundary does not exist: no role can have it.
    #[error("the permissions boundary `{arn}` does not exist")]
    NoBoundary {
        /// The boundary.
        arn: PolicyArn,
        /// Who makes it.
        missing: MissingBoundary,
    },
    /// Somebody else's policy has the name of one that is to be made.
    #[error(
        "the policy `{policy}` cannot be created, because `{taker}` has its name: names of policies are unique in an \
         account, whatever their path and case"
    )]
    NameTaken {
        /// The policy that is to be made.
        policy: Box<PolicyArn>,
        /// The one that is there.
        taker: Box<PolicyArn>,
    },
    /// The documents cannot be made.
    #[error(transparent)]
    Desired(#[from] DesiredError),
}

/// The credentials are of another account than the manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the manifest is for account {stated} (`account` in [aws]), but the credentials are of account {found}: the caller is \
     `{caller}`"
)]
pub struct WrongAccount {
    /// The account in the manifest.
    pub stated: AccountId,
    /// The account of the credentials.
    pub found: AccountId,
    /// The ARN of the caller.
    pub caller: String,
}

/// Why the manifest alone does not say where to look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A region that AWS does not have.
    #[error(transparent)]
    Region(#[from] UnknownAwsRegion),
    /// A target without a region, and no region is configured.
    #[error("no region for target `{target}`")]
    NoRegion {
        /// The target's function.
        target: String,
    },
}

/// Where each target is looked for.
pub fn addresses(targets: &[Target], region: Option<&Region>) -> Result<Vec<FunctionAddress>, AddressError> {
    let address = |target: &Target| {
        let region = target.region.as_ref().or(region).cloned();
        let region = region.ok_or_else(|| AddressError::NoRegion { target: target.function.to_string() })?;
        aws_region::check(&region)?;
        let Target { function, qualifier, account, partition, region: _ } = target.clone();
        Ok(FunctionAddress { region, account, partition, name: function, qualifier })
    };
    targets.iter().map(address).collect()
}

/// Refuses a caller of another account than the manifest's.
pub fn check_account(access: &Access, caller: &CallerIdentity) -> Result<(), WrongAccount> {
    match &access.account {
        Some(stated) if *stated != caller.account => Err(WrongAccount {
            stated: stated.clone(),
            found: caller.account.clone(),
            caller: caller.arn.clone(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Asks who is calling, where the manifest says which account it must be: for commands that read no snapshot.
pub async fn ask_account<R: Read>(access: &Access, reader: &R) -> Result<(), SurveyError> {
    if access.account.is_some() {
        check_account(access, &reader.caller().await?)?;
    }
    Ok(())
}

/// Reads the role, and refuses where the credentials are of another account than the manifest.
pub async fn observe_at_home<R: Read>(
    manifest: &Manifest,
    addresses: &[FunctionAddress],
    reader: &R,
) -> Result<(Observed, Home), SurveyError> {
    match observe(reader, &manifest.role.name, addresses).await {
        Ok(observed) => {
            check_account(&manifest.access, &observed.caller)?;
            let home = home(&observed.caller)?;
            Ok((observed, home))
        }
        // In the wrong account anything may fail, and the account is the reason.
        Err(error) => match ask_account(&manifest.access, reader).await {
            Err(wrong @ SurveyError::WrongAccount(_)) => Err(wrong),
            Ok(()) | Err(_) => Err(error.into()),
        },
    }
}

/// Where the caller's account lives; for callers that have no manifest to compare it with ([`observe_at_home`]).
pub fn home(caller: &CallerIdentity) -> Result<Home, AwsError> {
    let partition = caller.arn.parse::<Arn>().and_then(|arn| arn.partition.parse());
    match partition {
        Ok(partition) => Ok(Home { partition, account: caller.account.clone() }),
        Err(error) => Err(AwsError {
            operation: "sts:GetCallerIdentity",
            kind: AwsErrorKind::Other,
            code: None,
            message: format!("unexpected answer: {error}"),
            request_id: None,
            outcome: WriteOutcome::Refused,
        }),
    }
}

/// What stands for the caller's ARN where AWS does not tell it.
const UNKNOWN_CALLER: &str = "an unknown caller";

/// Reads what is there and works out what should be: all of it.
pub async fn survey<R: Read>(
    manifest: &Manifest,
    external_id: &ExternalId,
    templates: &Templates,
    addresses: &[FunctionAddress],
    reader: &R,
) -> Result<Survey, SurveyError> {
    look(manifest, external_id, templates, addresses, reader).await?.whole()
}

/// Reads what is there and works out what should be, for a plan: what no plan can be carried out with is left open.
pub async fn look_for_plan<R: Read>(
    manifest: &Manifest,
    external_id: &ExternalId,
    templates: &Templates,
    addresses: &[FunctionAddress],
    reader: &R,
) -> Result<Look, SurveyError> {
    let Look(mut survey) = look(manifest, external_id, templates, addresses, reader).await?;
    let is_elsewhere = survey.elsewhere().is_some();
    let mut open = |why| survey.open.push(Open { part: Part::Comparison, why });
    // No boundary helps a role that cannot be planned for: the planner says so.
    if let (Some(missing), Some(arn), false) =
        (survey.missing_boundary, &survey.desired.role.permissions_boundary, is_elsewhere)
    {
        open(SurveyError::NoBoundary { arn: arn.clone(), missing });
    }
    let wanted: Vec<PolicyArn> = survey.desired.policies.iter().map(|(arn, _)| arn.clone()).collect();
    match name_takers(reader, &wanted, &survey.observed).await {
        Ok(takers) => {
            for (policy, taker) in takers {
                open(SurveyError::NameTaken { policy: Box::new(policy), taker: Box::new(taker) });
            }
        }
        Err(error) => open(error.into()),
    }
    Ok(Look(survey))
}

/// Reads what is there and works out what should be. Missing targets are something that was found: what is desired takes them to
/// be where the manifest says. What cannot be read or worked out is left open; an error only where nothing can be said.
pub async fn look<R: Read>(
    manifest: &Manifest,
    external_id: &ExternalId,
    templates: &Templates,
    addresses: &[FunctionAddress],
    reader: &R,
) -> Result<Look, SurveyError> {
    let Glimpse { caller, role, policies, inline, boundary, functions, unread } =
        glimpse(reader, &manifest.role.name, addresses).await;
    let mut open: Vec<Open> =
        unread.into_iter().map(|Unread { part, error }| Open { part, why: error.into() }).collect();
    let (caller, home) = match (caller, &role) {
        (Ok(caller), _) => {
            let home = home(&caller)?;
            (caller, home)
        }
        // The role says which account it is.
        (Err(error), Some(RoleRecord { identity: RoleIdentity::Arn(arn), .. })) => {
            open.push(Open { part: Part::Comparison, why: error.into() });
            let RoleArn { partition, account, .. } = arn.clone();
            let caller = CallerIdentity { account: account.clone(), arn: UNKNOWN_CALLER.to_owned() };
            (caller, Home { partition, account })
        }
        (Err(error), Some(_) | None) => return Err(error.into()),
    };
    check_account(&manifest.access, &caller)?;
    let functions = functions.unwrap_or_else(|error| {
        open.push(Open { part: Part::Targets, why: error.into() });
        addresses.iter().map(|address| ObservedFunction::Present(arn_at(address, &home))).collect()
    });
    let observed = Observed { caller, role, policies, inline, boundary, functions };
    let (targets, missing) = match present(addresses, &observed.functions) {
        Ok(targets) => (targets, Vec::new()),
        Err(missing) => (as_addressed(addresses, &observed.functions, &home), missing),
    };
    let current = bins(&observed, &manifest.role.name);
    let foreign = foreign_attachments(&observed, &manifest.role.name);
    let make = |quotas: &AccountQuotas| {
        let attachable = quotas.attached_policies.saturating_sub(foreign);
        desired(manifest, external_id, templates, &home, &targets, &current, attachable)
    };
    let mut quotas = default_quotas();
    let mut desired = make(&quotas);
    // The defaults are the least that an account has; only past them is the real number worth a call.
    if desired.as_ref().is_ok_and(|desired| check_quotas(desired, foreign, &quotas).is_err()) {
        match reader.quotas().await {
            Ok(read) => {
                quotas = read;
                desired = make(&quotas);
            }
            Err(error) => open.push(Open { part: Part::Comparison, why: error.into() }),
        }
    }
    let desired = match desired {
        Ok(desired) => desired,
        Err(error) => {
            // What is there can be proved without a document of rolecall's own.
            let meant = meant(manifest, external_id, &home, &targets)?;
            open.push(Open { part: Part::Comparison, why: error.into() });
            meant
        }
    };
    let in_force = observed.boundary.as_ref().map(|boundary| &boundary.arn);
    let wanted = desired.role.permissions_boundary.as_ref().filter(|wanted| Some(*wanted) != in_force);
    let boundary = match wanted {
        Some(wanted) => observe_boundary(reader, wanted).await,
        None => Ok(None),
    };
    let is_boundary_read = boundary.is_ok();
    let boundary = boundary.unwrap_or_else(|error| {
        open.push(Open { part: Part::Comparison, why: error.into() });
        None
    });
    let maker = || match manifest.role.permissions_boundary {
        Some(Boundary::Targets) => MissingBoundary::Own,
        Some(Boundary::Policy(_)) | None => MissingBoundary::Other,
    };
    let missing_boundary = (wanted.is_some() && boundary.is_none() && is_boundary_read).then(maker);
    open.sort_by_key(|open| open.part);
    let sides = Vec::new();
    Ok(Look(Survey { desired, observed, quotas, missing, boundary, missing_boundary, sides, open }))
}

/// The policies for the targets that are there, with the functions that they name. One that lost its tag keeps its targets,
/// so that its repair moves none of them.
pub(crate) fn bins(observed: &Observed, role: &RoleName) -> Vec<Bin> {
    let own = observed.policies.iter().filter(|policy| match owner(policy, role) {
        Owner::Rolecall => true,
        Owner::Adoptable => policy.attached,
        Owner::Foreign => false,
    });
    // A policy for a grant never takes in a target.
    let own = own.filter(|policy| !is_grant_policy_name(&policy.arn.name, role));
    own.map(|policy| Bin { name: policy.arn.name.clone(), targets: functions_in(policy) }).collect()
}

/// The functions that the policies on the role name one by one.
pub fn named_functions(observed: &Observed) -> HashSet<FunctionArn> {
    observed.policies.iter().filter(|policy| policy.attached).flat_map(functions_in).collect()
}

fn functions_in(policy: &ObservedPolicy) -> Vec<FunctionArn> {
    let document = policy.document.as_ref().and_then(StoredDocument::document);
    let statements = document.into_iter().flat_map(Document::statements);
    let resources = statements.filter_map(|statement| statement.resource.as_ref()).flat_map(|it| &it.values);
    resources.filter_map(|resource| resource.text.raw().parse().ok()).collect()
}

/// The functions at these addresses, or all those that are missing.
pub async fn resolve<R: Read>(
    addresses: &[FunctionAddress],
    reader: &R,
) -> Result<Vec<FunctionArn>, SurveyError> {
    let functions = observe_functions(reader, addresses).await?;
    present(addresses, &functions).map_err(SurveyError::TargetsMissing)
}

/// The functions of a region that carry this tag.
pub async fn tagged<R: Read>(
    reader: &R,
    region: &Region,
    key: &str,
    value: &str,
) -> Result<Vec<FunctionArn>, SurveyError> {
    let mut tagged = Vec::new();
    let (mut marker, mut paging): (Option<String>, _) = (None, Paging::default());
    loop {
        let (page, next) = reader.functions(region, marker.as_deref()).await?;
        let tags = try_join_all(page.iter().map(|function| reader.function_tags(function))).await?;
        let has_tag = |tags: &Tags| tags.get(key).is_some_and(|found| found == value);
        tagged.extend(
            page.into_iter().zip(tags).filter(|(_, tags)| has_tag(tags)).map(|(function, _)| function),
        );
        marker = paging.next(next).map_err(|endless| AwsError::endless(LIST_FUNCTIONS, endless))?;
        if marker.is_none() {
            return Ok(tagged);
        }
    }
}

fn present(
    addresses: &[FunctionAddress],
    functions: &[ObservedFunction],
) -> Result<Vec<FunctionArn>, Vec<MissingTarget>> {
    let mut present = Vec::new();
    let mut missing = Vec::new();
    for (index, (address, observed)) in addresses.iter().zip(functions).enumerate() {
        match observed {
            // A name and an ARN in the manifest may be one function.
            ObservedFunction::Present(function) if present.contains(function) => {}
            ObservedFunction::Present(function) => present.push(function.clone()),
            ObservedFunction::QualifierMissing(_) | ObservedFunction::Missing(_) => {
                missing.push(MissingTarget { index, address: address.clone(), observed: observed.clone() });
            }
        }
    }
    if missing.is_empty() { Ok(present) } else { Err(missing) }
}

/// Every target once, those that are missing under the ARN that they would have.
fn as_addressed(
    addresses: &[FunctionAddress],
    functions: &[ObservedFunction],
    home: &Home,
) -> Vec<FunctionArn> {
    let mut targets = Vec::new();
    for (address, observed) in addresses.iter().zip(functions) {
        let target = match observed {
            ObservedFunction::Present(function) => function.clone(),
            ObservedFunction::QualifierMissing(_) | ObservedFunction::Missing(_) => arn_at(address, home),
        };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// The ARN of what is looked for there, in the home where nothing else is said.
pub fn arn_at(address: &FunctionAddress, home: &Home) -> FunctionArn {
    FunctionArn {
        partition: home.partition.clone(),
        region: address.region.clone(),
        account: address.account.clone().unwrap_or_else(|| home.account.clone()),
        name: address.name.clone(),
        qualifier: address.qualifier.clone(),
    }
}
