//! What a session is made to try: each target, what lies beside the targets, and a few other actions. The lists are
//! pure; nothing that is tried changes or runs anything.

use std::collections::HashSet;

use serde_json::json;

use super::claim::ClaimKind;
use super::probe::{Probe, ProbeQuestion, Purpose, Remark};
use super::steady::{Asking, ProbeError, SteadyAnswer, Weight};
use super::{Documents, RolePolicy, expect};
use crate::carry_out::Observer;
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, FunctionName, RoleArn};
use crate::iam::document::Document;
use crate::ports::{Probe as Prober, ProbeAnswer, Trial};
use rolecall_model::stored::StoredDocument;

/// Half of what STS takes as text: the packed form that it makes of a session policy has a limit of its own.
const SHORT_POLICY: usize = 1024;

/// A negative probe's session may do nothing.
pub(super) const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// Something to try, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) trial: Trial,
    pub(super) purpose: Purpose,
}

impl Item {
    fn invoke(function: FunctionArn, purpose: Purpose) -> Self {
        Self { trial: Trial::Invoke(function), purpose }
    }
}

/// Invocations: each target in its form, a function beside the first target of each region, and another form of the first
/// target.
pub(super) fn invocations(desired: &Desired) -> Vec<Item> {
    let targets = &desired.targets;
    let first = targets.first();
    let mut regions = HashSet::new();
    let first_of_regions = targets.iter().filter(|target| regions.insert(&target.region));
    let siblings = first_of_regions.filter_map(|target| sibling_of(target, targets));
    let unlisted = first.and_then(|target| unlisted_form_of(target, targets));
    let wanted = targets.iter().map(|target| Item::invoke(target.clone(), Purpose::Target));
    wanted
        .chain(siblings.map(|function| Item::invoke(function, Purpose::Sibling)))
        .chain(unlisted.map(|function| Item::invoke(function, Purpose::UnlistedForm)))
        .collect()
}

/// A handful of other actions, all of them reads.
pub(super) fn canaries(desired: &Desired) -> Vec<Item> {
    let mut items = vec![
        Item { trial: Trial::ListRoles, purpose: Purpose::ListRoles },
        Item { trial: Trial::ReadRole(desired.role_arn()), purpose: Purpose::ReadRole },
    ];
    if let Some(target) = desired.targets.first() {
        let region = target.region.clone();
        items.push(Item { trial: Trial::ListFunctions(region), purpose: Purpose::ListFunctions });
        items.push(Item { trial: Trial::ReadFunction(target.unqualified()), purpose: Purpose::ReadTarget });
    }
    items
}

/// The most that a session may do: what will be tried with it. Each thing tried must be in it, or a denial would come
/// from here and say nothing about the role.
pub(super) fn policy_for(items: &[Item]) -> String {
    let invoked: Vec<String> = items
        .iter()
        .filter(|item| matches!(item.trial, Trial::Invoke(_)))
        .map(|item| item.trial.resource())
        .collect();
    let mut others: Vec<&str> = items.iter().map(|item| item.trial.action()).collect();
    others.retain(|action| *action != "lambda:InvokeFunction");
    let policy = |functions: serde_json::Value| {
        let mut statements =
            vec![json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": functions})];
        if !others.is_empty() {
            statements.push(json!({"Effect": "Allow", "Action": others, "Resource": "*"}));
        }
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    };
    let exact = policy(json!(invoked));
    if !invoked.is_empty() && exact.len() <= SHORT_POLICY { exact } else { policy(json!("*")) }
}

/// Tries everything as that session.
pub(super) async fn try_all<P: Prober, O: Observer>(
    probe: &P,
    session: &P::Session,
    items: Vec<Item>,
    documents: &Documents,
    role: &RoleArn,
    asking: &Asking<'_, O>,
) -> Result<Vec<Probe>, ProbeError> {
    let granted: Vec<HashSet<FunctionArn>> = documents.identity.iter().map(functions_in).collect();
    let mut shown: HashSet<usize> = HashSet::new();
    let questions = items.into_iter().map(|item| {
        let request = expect::trial(role, &item.trial);
        let awaited = request.and_then(|request| expect::permits(documents, &request));
        let weight = weight(&item, &granted, &mut shown);
        (item, awaited, weight)
    });
    // In order, because the first function of a policy is the one that shows.
    let questions: Vec<_> = questions.collect();
    let ask = async |item: &Item| probe.attempt(session, &item.trial).await;
    let answers = asking.ask_by_weight(questions, ask).await?;
    Ok(answers.iter().map(|answered| tried(answered, role, P::principal(session))).collect())
}

/// The functions that a policy names one by one.
fn functions_in(policy: &RolePolicy) -> HashSet<FunctionArn> {
    let document = policy.document.as_ref().and_then(StoredDocument::document);
    let statements = document.into_iter().flat_map(Document::statements);
    let resources = statements.filter_map(|statement| statement.resource.as_ref()).flat_map(|it| &it.values);
    resources.filter_map(|resource| resource.text.raw().parse().ok()).collect()
}

/// The first function of a policy shows that the policy has spread, and the others follow it. What no policy names shows itself.
fn weight(item: &Item, granted: &[HashSet<FunctionArn>], shown: &mut HashSet<usize>) -> Weight {
    let function = match &item.trial {
        Trial::Invoke(function) => function,
        Trial::ListRoles | Trial::ReadRole(_) | Trial::ListFunctions(_) | Trial::ReadFunction(_) => {
            return Weight::Shows;
        }
    };
    match granted.iter().position(|functions| functions.contains(function)) {
        Some(policy) if !shown.insert(policy) => Weight::Follows,
        Some(_) | None => Weight::Shows,
    }
}

fn tried(answered: &SteadyAnswer<Item, ()>, role: &RoleArn, principal: &str) -> Probe {
    let Item { purpose, trial } = &answered.question;
    let purpose = *purpose;
    let remark = match (purpose.is_wanted(), &answered.probed.answer) {
        (true, ProbeAnswer::Allowed(())) => Remark::SessionMay { purpose },
        (false, ProbeAnswer::Denied(_)) => Remark::SessionMayNot { purpose },
        (true, ProbeAnswer::Denied(denial)) => Remark::SessionDenied { purpose, denial: denial.clone() },
        (false, ProbeAnswer::Allowed(())) => Remark::SessionMayAnyway { purpose },
    };
    let about = if purpose.is_wanted() { ClaimKind::EveryTarget } else { ClaimKind::OnlyTargets };
    let request = expect::trial(role, trial);
    Probe::new(about, ProbeQuestion::OfSession(trial.clone()), request, answered, principal, remark)
}

/// A function beside the targets.
fn sibling_of(target: &FunctionArn, targets: &[FunctionArn]) -> Option<FunctionArn> {
    const ENDINGS: [&str; 2] = ["-rolecall-sibling", "0"];
    let names = ENDINGS.iter().filter_map(|ending| {
        // A name has 64 characters at most, so a long one is cut before it is changed.
        let room = 64usize.checked_sub(ending.len())?;
        format!("{}{ending}", target.name.as_str().get(..room).unwrap_or(target.name.as_str()))
            .parse::<FunctionName>()
            .ok()
    });
    let sibling = |name| FunctionArn { name, qualifier: None, ..target.clone() };
    names.map(sibling).find(|sibling| targets.iter().all(|target| target.name != sibling.name))
}

/// The target without a qualifier, or `$LATEST`, whichever is no target: Lambda compares the form that is called with
/// the policy, and neither stands for the other (Lambda Developer Guide, "Function resource names").
fn unlisted_form_of(target: &FunctionArn, targets: &[FunctionArn]) -> Option<FunctionArn> {
    let latest = "$LATEST".parse().ok().map(|latest| target.qualified(latest));
    let forms = std::iter::once(target.unqualified()).chain(latest);
    forms.into_iter().find(|form| !targets.contains(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(text: &str) -> FunctionArn {
        format!("arn:aws:lambda:us-east-1:123456789012:function:{text}").parse().unwrap()
    }

    #[test]
    fn what_lies_beside_a_target_is_no_target() {
        let plain = function("orders");
        assert_eq!(
            sibling_of(&plain, std::slice::from_ref(&plain)),
            Some(function("orders-rolecall-sibling"))
        );
        let both = [plain.clone(), function("orders-rolecall-sibling")];
        assert_eq!(sibling_of(&plain, &both), Some(function("orders0")));
        assert_eq!(unlisted_form_of(&plain, &both), Some(function("orders:$LATEST")));
        let live = function("orders:live");
        assert_eq!(unlisted_form_of(&live, std::slice::from_ref(&live)), Some(plain.clone()));
        assert_eq!(unlisted_form_of(&live, &[live.clone(), plain]), Some(function("orders:$LATEST")));
    }

    #[test]
    fn a_session_may_do_what_is_tried_and_no_more() {
        let item = |name: &str| Item::invoke(function(name), Purpose::Sibling);
        let few =
            policy_for(&[item("orders"), Item { trial: Trial::ListRoles, purpose: Purpose::ListRoles }]);
        assert!(
            few.contains(r#""Resource":["arn:aws:lambda:us-east-1:123456789012:function:orders"]"#),
            "{few}"
        );
        assert!(few.contains(r#""Action":["iam:ListRoles"],"Resource":"*""#), "{few}");
        let many = policy_for(&(0..40).map(|index| item(&format!("orders-{index}"))).collect::<Vec<_>>());
        assert_eq!(
            many,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}"#
        );
    }
}
