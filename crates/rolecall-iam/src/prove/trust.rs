//! Claims about a trust policy: who can assume the role, and with which external ID.

use super::answer::Proof;
use super::claim::{Claim, ClaimResult, RoleIntent};
use super::mentioned::{named, root_of};
use super::names::Group;
use super::phase;
use super::policy::{Outcome, PROOF_BUDGET, ResourcePolicy};
use super::question::{Callers, ExternalIds, Question};
use super::tokens::TokenHolders;
use crate::arn::{ExternalId, RoleArn};
use crate::condition::{Condition, Operator, Test};
use crate::context::{ContextKey, ContextValue, Lookup};
use crate::document::{Document, Effect};
use crate::evaluate::Request;
use crate::pattern::Budget;
use crate::principal::Principal;

/// Where the intent names nobody, so many of those whom the document names are asked about.
const MOST_NAMED: usize = 20;

/// Proves or refutes what a trust policy should guarantee: only the trusted principals can assume the role, only with
/// the external ID, and they really can.
///
/// ```
/// use rolecall_iam::document::Document;
/// use rolecall_iam::prove::{Proof, RoleIntent, prove_trust};
///
/// let document = Document::parse(
///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
///         "Principal": {"AWS": "999999999999"}, "Condition": {"StringEquals": {"sts:ExternalId": "tenant-7"}}}}"#,
/// )?;
/// let intent = RoleIntent {
///     trusted: vec!["arn:aws:iam::999999999999:root".parse()?],
///     external_id: Some("tenant-7".parse()?),
///     ..RoleIntent::default()
/// };
/// let results = prove_trust(&document, &intent);
/// assert_eq!(results[1].claim.to_string(), "the trusted principals can assume the role only with the external ID `tenant-7`");
/// assert!(results.iter().all(|result| result.result == Proof::Proved));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn prove_trust(document: &Document, intent: &RoleIntent) -> Vec<ClaimResult> {
    let trust = RoleTrust::new(document, intent);
    let budget = || Budget::new(PROOF_BUDGET);
    let external_id = trust.expected_id(intent, &mut budget());
    let id = external_id.as_deref();
    let ids = intent.external_ids();
    let only_with_id = match (ids.len() > 1, trust.all_can_pass_id) {
        (true, stated) => Claim::OnlyWithOneOf { ids: ids.clone(), others: !stated },
        (false, true) => Claim::OnlyWithExternalId(external_id.clone()),
        (false, false) => Claim::OthersOnlyWithExternalId(external_id.clone()),
    };
    let expected: Vec<String> = if ids.is_empty() { external_id.iter().cloned().collect() } else { ids };
    let mut results = vec![
        ClaimResult { claim: Claim::OnlyTrustedMayAssume, result: trust.only_trusted(&mut budget()) },
        ClaimResult { claim: only_with_id, result: trust.only_with_id(&expected, &mut budget()) },
    ];
    let mut budget = budget();
    let named_at_most = if trust.trusted_is_stated { usize::MAX } else { MOST_NAMED };
    for principal in trust.trusted.iter().take(named_at_most) {
        results.push(trust.may_assume(principal, id, &mut budget));
    }
    results.extend(phase::of_further_ids(&trust, document, intent));
    results
}

/// A trust policy, and what the role is meant for.
pub(crate) struct RoleTrust<'d> {
    pub(crate) policy: ResourcePolicy<'d>,
    /// Those who are meant to assume the role.
    pub(super) trusted: Vec<Principal>,
    pub(crate) trusted_group: Group,
    /// The intent says who is trusted; otherwise it is whoever the document names.
    trusted_is_stated: bool,
    /// They are stated, and all of them belong to an account, so that all of them can pass an external ID.
    all_can_pass_id: bool,
    /// The account of the role.
    pub(crate) own: Group,
}

impl<'d> RoleTrust<'d> {
    pub(crate) fn new(document: &'d Document, intent: &RoleIntent) -> Self {
        let trusted_is_stated = !intent.trusted.is_empty();
        let trusted = if trusted_is_stated { intent.trusted.clone() } else { named(document) };
        let own = intent.role.as_ref().map(|role| root_of(&role.partition, &role.account));
        // Nobody acts outside of the own partition, so a role is in the partition of those who are meant to assume it.
        let meant = intent.trusted.iter().find_map(Principal::partition);
        let policy = ResourcePolicy::of_role_in(document, intent.role.as_ref(), meant);
        // Where nobody is stated, an account that is written as a number is trusted in every partition in question.
        let numbers = if trusted_is_stated { Vec::new() } else { policy.numbered_accounts() };
        Self {
            policy,
            all_can_pass_id: trusted_is_stated
                && trusted.iter().all(|principal| principal.account().is_some()),
            trusted_group: Group::of(trusted.iter().cloned().chain(numbers)),
            trusted,
            trusted_is_stated,
            own: Group::of(own),
        }
    }

    /// The external ID that must be passed: the stated one, or else one with which the role can be assumed.
    pub(crate) fn expected_id(&self, intent: &RoleIntent, budget: &mut Budget) -> Option<String> {
        if let Some(id) = &intent.external_id {
            return Some(id.to_string());
        }
        // A policy that never asks for an ID accepts any, so that none of them is expected.
        if !names_external_id(self.policy.document) {
            return None;
        }
        let callers = Callers::all().inside(&self.trusted_group);
        let question = Question::about(callers).with_external_ids(ExternalIds::Present);
        match self.policy.ask(&question, budget) {
            Outcome::Allowed(found) => match found.0.context.get(&ContextKey::new("sts:ExternalId")) {
                Some(ContextValue::One(id)) => Some(id.clone()),
                Some(ContextValue::Absent | ContextValue::Many(_)) | None => None,
            },
            // What the policy asks for besides cannot be decided; the only ID that it names is expected all the same.
            Outcome::Unknown(_) => only_named_id(self.policy.document),
            Outcome::Nothing => None,
        }
    }

    fn only_trusted(&self, budget: &mut Budget) -> Proof {
        let callers = Callers::all().outside(&self.trusted_group);
        match self.policy.refused(&Question::about(callers), budget) {
            Proof::Proved => self.only_meant_tokens(),
            Proof::Refuted(mut witness) => {
                witness.sentence.extend(self.elsewhere(&witness.request));
                Proof::Refuted(witness)
            }
            unknown @ Proof::Unknown { .. } => unknown,
        }
    }

    /// What the ARN of a caller's session does not show: its role has the name of a trusted one, and another path.
    fn elsewhere(&self, request: &Request) -> Option<String> {
        let Principal::RoleSession { partition, account, role: name, .. } = &request.principal else {
            return None;
        };
        let of_that_name = |trusted: &&RoleArn| {
            trusted.partition == *partition && trusted.account == *account && trusted.name == *name
        };
        let trusted = self.trusted.iter().filter_map(|principal| match principal {
            Principal::Role(role) => Some(role),
            _ => None,
        });
        let stated = request.context.get(&ContextKey::new("aws:PrincipalArn"));
        let arn = match (stated, request.principal.derive("aws:principalarn")) {
            (Some(ContextValue::One(arn)), _) => arn.clone(),
            (_, Some(Lookup::One(arn))) => arn.into_owned(),
            _ => return None,
        };
        trusted.filter(of_that_name).find(|trusted| trusted.to_string() != arn).map(|trusted| {
            format!("; this session's role is `{arn}`, not the trusted `{trusted}`: the paths differ")
        })
    }

    /// To trust a provider whose issuer many tenants share is not to trust everybody who has a token of it.
    fn only_meant_tokens(&self) -> Proof {
        let mut reasons = Vec::new();
        for principal in &self.trusted {
            let Principal::WebIdentity(provider) = principal else { continue };
            let holders = Group::of([principal.clone()]);
            let callers = || Question::about(Callers::all().inside(&holders));
            match self.policy.token_holders(provider, &callers) {
                TokenHolders::Tenants { .. } | TokenHolders::Subjects(_) => {}
                TokenHolders::AnyTenant(witness) => return Proof::Refuted(witness),
                TokenHolders::Unknown(more) => reasons.extend(more),
            }
        }
        if reasons.is_empty() { Proof::Proved } else { Proof::unknown(reasons) }
    }

    fn only_with_id(&self, ids: &[String], budget: &mut Budget) -> Proof {
        let external_ids = if ids.is_empty() { ExternalIds::Absent } else { ExternalIds::NoneOf(ids) };
        let question = Question::about(self.must_pass_id()).with_external_ids(external_ids);
        self.policy.refused(&question, budget)
    }

    /// Callers of whom an external ID is expected: the trusted principals, or, where they are not stated or not all of them
    /// can pass one, everybody of another account.
    fn must_pass_id(&self) -> Callers {
        match self.all_can_pass_id {
            true => Callers::of_accounts().inside(&self.trusted_group),
            false => self.of_other_accounts(),
        }
    }

    /// Everybody of another account than the role's.
    pub(super) fn of_other_accounts(&self) -> Callers {
        Callers::of_accounts().outside(&self.own)
    }

    /// Whether a principal that should be able to assume the role can, whatever else its request has. Where nobody stated
    /// that it should, it is enough that it can with some request.
    fn may_assume(&self, trusted: &Principal, id: Option<&str>, budget: &mut Budget) -> ClaimResult {
        let always = |result| ClaimResult { claim: Claim::MayAssume(trusted.clone()), result };
        let expected = id.map_or(ExternalIds::Absent, ExternalIds::Exactly);
        let usual = self.policy.usual(trusted, expected, budget);
        if self.trusted_is_stated {
            return always(usual.conclude(&self.policy));
        }
        let usual = match usual.allowed {
            Some(_) => usual,
            None => {
                // Another ID may be expected of it.
                let any = self.policy.usual(trusted, ExternalIds::Any, budget);
                if any.allowed.is_some() { any } else { usual }
            }
        };
        let at_some_time = usual.allowed.as_ref().is_some_and(|request| {
            request
                .context
                .iter()
                .any(|(key, _)| ["aws:currenttime", "aws:epochtime"].contains(&key.folded()))
        });
        // Nobody chooses the time of a request.
        if usual.reasons.is_empty() && usual.allowed.is_some() && usual.refused.is_some() && !at_some_time {
            let claim = Claim::MayAssumeUnderConditions(trusted.clone());
            return ClaimResult { claim, result: Proof::Proved };
        }
        always(usual.conclude(&self.policy))
    }
}

/// The external ID that the policy's `Allow` statements compare with, where there is one and no other.
fn only_named_id(document: &Document) -> Option<String> {
    let allows = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let equal = |condition: &&Condition| {
        condition.key.folded() == "sts:externalid"
            && matches!(
                condition.operator,
                Operator::Compare { test: Test::StringEquals | Test::StringLike, negated: false, .. }
            )
    };
    let conditions = allows.flat_map(|statement| &statement.conditions).filter(equal);
    let mut ids = conditions.flat_map(|condition| &condition.values).map(|value| &*value.raw);
    let first = ids.next().filter(|id| id.parse::<ExternalId>().is_ok())?;
    ids.all(|id| id == first).then(|| first.to_owned())
}

fn names_external_id(document: &Document) -> bool {
    let mut conditions = document.statements().iter().flat_map(|statement| &statement.conditions);
    conditions.any(|condition| condition.key.folded() == "sts:externalid")
}
