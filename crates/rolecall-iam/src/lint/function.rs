//! Findings about a function that the role may invoke: ways around the role.

use super::grammar::misspelt_keys;
use super::{Finding, FindingId, StatementPlace};
use crate::arn::{FunctionArn, Qualifier};
use crate::document::Effect;
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::prove::{FunctionPolicy, INVOKES, NamedDocument, Passage, Proof, RoleIntent};

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
    pub policies: &'d [FunctionPolicy<'d>],
    /// The statements of these policies by which somebody reaches the function without the role.
    pub passages: &'d [Passage],
    /// The statements by which a session of the role does something else than invoke a target.
    pub grants: &'d [Passage],
    /// The function or its aliases, in the form that has a URL without authentication.
    pub open_urls: Vec<FunctionArn>,
    /// The aliases that the role invokes.
    pub aliases: Vec<AliasTarget>,
}

/// Every finding about a function.
#[must_use]
pub fn lint_function(facts: &FunctionFacts<'_>, intent: &RoleIntent) -> Vec<Finding> {
    let FunctionFacts { function, policies, passages, grants, open_urls, aliases } = facts;
    let mut findings: Vec<Finding> =
        passages.iter().filter_map(|passage| way_past(policies, passage, true)).collect();
    findings.extend(grants.iter().filter_map(|grant| way_past(policies, grant, false)));
    for policy in *policies {
        wide_names(policy, intent, &mut findings);
        let name = policy.function.to_string();
        findings.extend(misspelt_keys(&NamedDocument { name: &name, document: policy.document }));
    }
    findings.extend(open_urls.iter().map(|url| public_url(url, policies, passages)));
    let of_function = |id, message: String, fix: &str| Finding {
        id,
        document: function.to_string(),
        statement: None,
        message,
        fix: fix.to_owned(),
        remedy: None,
        witness: None,
    };
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

/// L1: somebody reaches the function without the role, which the manifest can state, or a session of the role does more than it is
/// for.
fn way_past(policies: &[FunctionPolicy<'_>], passage: &Passage, can_be_stated: bool) -> Option<Finding> {
    let Passage { policy, statement, result } = passage;
    let FunctionPolicy { function, document, .. } = policies.get(*policy)?;
    let Proof::Refuted(witness) = result else { return None };
    let place = StatementPlace::of(document, *statement);
    let sid = place.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
    // Whoever is stated may invoke the function and do nothing else.
    let invokes = INVOKES.contains(&&*witness.request.action);
    let alone = document.statements().get(*statement).is_some_and(|statement| {
        let mut actions = statement.action.values.iter();
        !statement.action.negated
            && actions.all(|it| INVOKES.iter().any(|action| it.raw().eq_ignore_ascii_case(action)))
    });
    let is_for_anybody = document.statements().get(*statement).is_some_and(|statement| {
        statement.principal.as_ref().is_some_and(|clause| {
            let is_anybody = |name| matches!(name, &PrincipalName::Everyone | &PrincipalName::AnyAws);
            clause.negated || clause.values.iter().any(is_anybody)
        })
    });
    let otherwise = match (can_be_stated && !is_for_anybody, invokes, alone) {
        (false, ..) => "",
        (true, true, true) => ", or name the caller in `invokers` of the target",
        (true, true, false) => {
            ", or name the caller in `invokers` of the target and let the statement allow `lambda:InvokeFunction` alone"
        }
        (true, false, _) => {
            ", or let it allow `lambda:InvokeFunction` alone and name the caller in `invokers` of the target"
        }
    };
    let fix = format!("remove the statement{sid} from the function's policy{otherwise}");
    Some(Finding {
        id: FindingId::L1,
        document: function.to_string(),
        statement: Some(place),
        message: witness.sentence.clone(),
        fix,
        remedy: None,
        witness: Some(*witness.clone()),
    })
}

/// L3: the function has a URL that asks nobody who they are.
///
/// "Lambda doesn't perform any authentication before invoking your function. However, your function's resource-based policy is
/// always in effect and must grant public access before your function URL can receive requests" (Lambda Developer Guide,
/// "Control access to Lambda function URLs"). So where no statement lets the public in, one statement is all that is missing.
fn public_url(function: &FunctionArn, policies: &[FunctionPolicy<'_>], passages: &[Passage]) -> Finding {
    let is_through = |passage: &&Passage| {
        let of_url = policies.get(passage.policy).is_some_and(|policy| policy.function == *function);
        let called = |proof: &Proof| match proof {
            Proof::Refuted(witness) => witness.request.action == INVOKE_URL,
            Proof::Proved | Proof::Unknown { .. } => false,
        };
        of_url && called(&passage.result)
    };
    let through = passages.iter().find(is_through);
    let message = match through {
        Some(passage) => format!(
            "anybody can call the function over its URL: the URL asks for no authentication, and statement {} of the \
             function's policy allows `{INVOKE_URL}`",
            passage.statement + 1
        ),
        None => "the function's URL asks for no authentication: any statement that allows the public to call it opens it"
            .to_owned(),
    };
    let document = policies.iter().find(|policy| policy.function == *function).map(|policy| policy.document);
    let statement = document.zip(through).map(|(document, it)| StatementPlace::of(document, it.statement));
    Finding {
        id: FindingId::L3,
        document: function.to_string(),
        statement,
        message,
        fix: "set the URL's authentication type to AWS_IAM, or delete the URL".to_owned(),
        remedy: None,
        witness: None,
    }
}

/// The action that a call of a URL needs.
const INVOKE_URL: &str = "lambda:InvokeFunctionUrl";

/// L2: a name to which boundary and session policies do not apply.
fn wide_names(policy: &FunctionPolicy<'_>, intent: &RoleIntent, findings: &mut Vec<Finding>) {
    let FunctionPolicy { function: resource, document, .. } = policy;
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
                | PrincipalName::Account { .. }
                | PrincipalName::UniqueId(_)
                | PrincipalName::Service(_)
                | PrincipalName::Federated(_)
                | PrincipalName::CanonicalUser(_)
                | PrincipalName::Nobody(_)
                | PrincipalName::Undocumented(..) => continue,
            };
            findings.push(Finding {
                id: FindingId::L2,
                document: resource.to_string(),
                statement: Some(StatementPlace::of(document, index)),
                message,
                fix: "name the role itself, or remove the statement".to_owned(),
                remedy: None,
                witness: None,
            });
        }
    }
}
