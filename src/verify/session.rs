//! What a session is made to try: each target, what lies beside the targets, and a few other actions. The lists are
//! pure; nothing that is tried changes or runs anything.

use serde_json::json;

use super::steady::{Answered, Asking, ProbeError};
use super::{Documents, expect, view};
use crate::carry_out::Observer;
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, FunctionName, RoleArn};
use crate::ports::{Probe, ProbeAnswer, Trial};
use crate::report::{ClaimKind, ProbeView, Shows};

/// Half of what STS takes as text: the packed form that it makes of a session policy has a limit of its own.
const SHORT_POLICY: usize = 1024;

/// A negative probe's session may do nothing.
pub(super) const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// Something to try, and whether the manifest wants it to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) trial: Trial,
    pub(super) is_wanted: bool,
    what: &'static str,
}

impl Item {
    fn unwanted(trial: Trial, what: &'static str) -> Self {
        Self { trial, is_wanted: false, what }
    }

    fn name(&self) -> String {
        match &self.trial {
            Trial::Invoke(function) => format!("DryRun of {function}"),
            Trial::ReadFunction(_) | Trial::ReadRole(_) => {
                format!("{} of {}", self.trial.action(), self.trial.resource())
            }
            Trial::ListFunctions(region) => format!("{} in {region}", self.trial.action()),
            Trial::ListRoles => self.trial.action().to_owned(),
        }
    }
}

/// Invocations: each target in its form, a function beside the first target, and another form of that target.
pub(super) fn invocations(desired: &Desired) -> Vec<Item> {
    let targets = &desired.targets;
    let target = |target: &FunctionArn| Item {
        trial: Trial::Invoke(target.clone()),
        is_wanted: true,
        what: "invoke the target",
    };
    let first = targets.first();
    let sibling = first.and_then(|target| sibling_of(target, targets));
    let unlisted = first.and_then(|target| unlisted_form_of(target, targets));
    let sibling = sibling.map(|it| Item::unwanted(Trial::Invoke(it), "invoke a function beside the targets"));
    let unlisted = unlisted
        .map(|it| Item::unwanted(Trial::Invoke(it), "invoke the target in a form that is not called"));
    targets.iter().map(target).chain(sibling).chain(unlisted).collect()
}

/// A handful of other actions, all of them reads.
pub(super) fn canaries(desired: &Desired) -> Vec<Item> {
    let mut items = vec![
        Item::unwanted(Trial::ListRoles, "list the account's roles"),
        Item::unwanted(Trial::ReadRole(desired.role_arn()), "read the role"),
    ];
    if let Some(target) = desired.targets.first() {
        let region = target.region.clone();
        items.push(Item::unwanted(Trial::ListFunctions(region), "list the region's functions"));
        items
            .push(Item::unwanted(Trial::ReadFunction(target.unqualified()), "read a target's configuration"));
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
pub(super) async fn try_all<P: Probe, O: Observer>(
    probe: &P,
    session: &P::Session,
    items: Vec<Item>,
    documents: &Documents,
    role: &RoleArn,
    asking: &Asking<'_, O>,
) -> Result<Vec<ProbeView>, ProbeError> {
    let questions = items.into_iter().map(|item| {
        let request = expect::trial(role, &item.trial);
        let awaited = request.and_then(|request| expect::permits(documents, &request));
        (item, awaited)
    });
    let answers =
        asking.ask(questions, async |item: &Item| probe.attempt(session, &item.trial).await).await?;
    Ok(answers.iter().map(|answered| item_view(answered, role, P::principal(session))).collect())
}

fn item_view(answered: &Answered<Item, ()>, role: &RoleArn, principal: &str) -> ProbeView {
    let Item { is_wanted, what, .. } = &answered.question;
    let told = match (is_wanted, &answered.probed.answer) {
        (true, ProbeAnswer::Allowed(())) => (Shows::Confirms, format!("the session may {what}")),
        (false, ProbeAnswer::Denied(_)) => (Shows::Confirms, format!("the session may not {what}")),
        (true, ProbeAnswer::Denied(text)) => {
            (Shows::Refutes, format!("the session must be able to {what}, but AWS denied it: {text}"))
        }
        (false, ProbeAnswer::Allowed(())) => {
            (Shows::Refutes, format!("the session must not be able to {what}"))
        }
    };
    let about = if *is_wanted { ClaimKind::EveryTarget } else { ClaimKind::OnlyTargets };
    let request = expect::trial(role, &answered.question.trial);
    view(about, answered.question.name(), request, answered, principal, told)
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
        let item = |name: &str| Item::unwanted(Trial::Invoke(function(name)), "");
        let few = policy_for(&[item("orders"), Item::unwanted(Trial::ListRoles, "")]);
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
