//! Findings about a function that the role may invoke: ways around the role.

use super::{Finding, FindingId, StatementPlace};
use crate::arn::{FunctionArn, Qualifier};
use crate::context::Context;
use crate::document::{Document, Effect};
use crate::evaluate::{Request, evaluate_trust};
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::prove::{Callers, Group, Outcome, PROOF_BUDGET, Question, ResourcePolicy, RoleIntent, Witness};
use crate::truth::Truth;

/// A policy of a function, or of one of its aliases or versions.
#[derive(Debug, Clone)]
pub struct Published<'d> {
    /// The alias or version; `None` for the function itself.
    pub qualifier: Option<Qualifier>,
    /// The policy.
    pub document: &'d Document,
}

/// A function's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionUrl {
    /// Callers must be AWS principals (`AWS_IAM`); otherwise anybody can call (`NONE`).
    pub authenticated: bool,
}

/// Where an alias points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasTarget {
    /// The alias.
    pub alias: Qualifier,
    /// The version that it points at.
    pub version: String,
    /// The version that it should point at, where that is known.
    pub expected: Option<String>,
    /// A second version that takes part of the calls.
    pub weighted: Option<String>,
}

/// What is known about a function.
#[derive(Debug, Clone)]
pub struct FunctionFacts<'d> {
    /// The function, without a qualifier.
    pub function: FunctionArn,
    /// Its policies.
    pub policies: Vec<Published<'d>>,
    /// Its URL, where it has one.
    pub url: Option<FunctionUrl>,
    /// The aliases that the role invokes.
    pub aliases: Vec<AliasTarget>,
}

/// Every finding about a function.
#[must_use]
pub fn lint_function(facts: &FunctionFacts<'_>, intent: &RoleIntent) -> Vec<Finding> {
    let FunctionFacts { function, policies, url, aliases } = facts;
    let mut findings = Vec::new();
    for Published { qualifier, document } in policies {
        let resource = match qualifier {
            Some(qualifier) => function.qualified(qualifier.clone()),
            None => function.unqualified(),
        };
        direct_grants(document, &resource, &mut findings);
        wide_names(document, &resource, intent, &mut findings);
    }
    let of_function = |id, message: String, fix: &str| Finding {
        id,
        document: function.to_string(),
        statement: None,
        message,
        fix: fix.to_owned(),
        witness: None,
    };
    if url.is_some_and(|url| !url.authenticated) {
        findings.extend(policies.iter().find_map(|policy| public_url(function, policy)));
    }
    for AliasTarget { alias, version, expected, weighted } in aliases {
        if let Some(expected) = expected.as_ref().filter(|expected| *expected != version) {
            let message = format!("the alias `{alias}` points at version {version}, not at {expected}");
            findings.push(of_function(FindingId::L4, message, "point the alias at the expected version"));
        }
        if let Some(other) = weighted {
            let message = format!("the alias `{alias}` sends part of the calls to version {other}");
            findings.push(of_function(FindingId::L4, message, "remove the second version from the alias"));
        }
    }
    findings
}

/// L3: anybody can call the function over its URL.
///
/// "Lambda doesn't perform any authentication before invoking your function. However, your function's resource-based policy is
/// always in effect and must grant public access before your function URL can receive requests" (Lambda Developer Guide,
/// "Control access to Lambda function URLs"). URLs that were made since October 2025 need `lambda:InvokeFunction` as well;
/// when this one was made is not known, so the one action that every URL needs is enough.
fn public_url(function: &FunctionArn, Published { qualifier, document }: &Published<'_>) -> Option<Finding> {
    let resource = match qualifier {
        Some(qualifier) => function.qualified(qualifier.clone()),
        None => function.unqualified(),
    };
    let request = Request {
        principal: Principal::Anonymous,
        action: "lambda:InvokeFunctionUrl".to_owned(),
        resource: resource.to_string(),
        resource_account: None,
        context: Context::new().with("lambda:FunctionUrlAuthType", "NONE"),
    };
    let evaluation = evaluate_trust(&request, document);
    let index = evaluation.statements.first()?.statement;
    (evaluation.allows == Truth::True).then(|| {
        let place = StatementPlace::of(document, index);
        let message = format!(
            "anybody can call the function over its URL: the URL asks for no authentication, and statement {} of the \
             function's policy allows `lambda:InvokeFunctionUrl` to everybody",
            index + 1
        );
        Finding {
            id: FindingId::L3,
            document: resource.to_string(),
            statement: Some(place),
            message: message.clone(),
            fix: "set the URL's authentication type to AWS_IAM, or delete the URL and that permission".to_owned(),
            witness: Some(Witness { request, sentence: message }),
        }
    })
}

/// L1: somebody outside the function's account can invoke it without the role.
fn direct_grants(document: &Document, resource: &FunctionArn, findings: &mut Vec<Finding>) {
    let mut budget = Budget::new(PROOF_BUDGET);
    let policy = ResourcePolicy::of_function(document, resource);
    let root = Principal::Root { partition: resource.partition.clone(), account: resource.account.clone() };
    let own = Group::of([root]);
    for index in policy.statements(Effect::Allow) {
        let question = Question::about(Callers::of_accounts().outside(&own)).through(index);
        let found = match policy.ask(&question, &mut budget) {
            Outcome::Allowed(found) => Some(*found),
            Outcome::Unknown(_) | Outcome::Nothing => anonymous(document, resource, index),
        };
        if let Some((request, evaluation)) = found {
            let witness = policy.witness(request, &evaluation);
            findings.push(Finding {
                id: FindingId::L1,
                document: resource.to_string(),
                statement: Some(StatementPlace::of(document, index)),
                message: witness.sentence.clone(),
                fix: "remove the permission from the function; callers should assume the role".to_owned(),
                witness: Some(witness),
            });
        }
    }
}

/// A request that nobody signed and that this statement lets through.
fn anonymous(
    document: &Document,
    resource: &FunctionArn,
    index: usize,
) -> Option<(Request, crate::evaluate::Evaluation)> {
    let request = Request {
        principal: Principal::Anonymous,
        action: "lambda:InvokeFunction".to_owned(),
        resource: resource.to_string(),
        resource_account: None,
        context: Context::new(),
    };
    let evaluation = evaluate_trust(&request, document);
    let through = evaluation.statements.iter().any(|statement| statement.statement == index);
    (evaluation.allows == Truth::True && through).then_some((request, evaluation))
}

/// L2: a name to which boundary and session policies do not apply.
fn wide_names(document: &Document, resource: &FunctionArn, intent: &RoleIntent, findings: &mut Vec<Finding>) {
    for (index, statement) in document.statements().iter().enumerate() {
        let names =
            statement.principal.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.values);
        for name in names.filter(|_| statement.effect == Effect::Allow) {
            let message = match name {
                PrincipalName::Everyone | PrincipalName::AnyAws => {
                    "the function's policy names everybody".to_owned()
                }
                PrincipalName::Identity(session @ Principal::RoleSession { account, role, .. })
                    if intent
                        .role
                        .as_ref()
                        .is_none_or(|ours| ours.account == *account && ours.name == *role) =>
                {
                    format!("the function's policy names the session `{session}`")
                }
                PrincipalName::Identity(_)
                | PrincipalName::Account(_)
                | PrincipalName::UniqueId(_)
                | PrincipalName::Service(_)
                | PrincipalName::Federated(_)
                | PrincipalName::CanonicalUser(_)
                | PrincipalName::Nobody(_) => continue,
            };
            findings.push(Finding {
                id: FindingId::L2,
                document: resource.to_string(),
                statement: Some(StatementPlace::of(document, index)),
                message,
                fix: "name the role itself, or remove the statement".to_owned(),
                witness: None,
            });
        }
    }
}
