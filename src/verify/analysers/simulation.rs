//! `iam:SimulatePrincipalPolicy`: what the role's policies and its boundary say to the targets, to functions beside them,
//! and to actions that no such role should have.

use tokio::join;

use super::Bench;
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::iam::context::Context;
use crate::iam::evaluate::{Decision, Evaluation, Request};
use crate::iam::explain::reason;
use crate::iam::principal::Principal;
use crate::ports::{Answered, AwsResult, Simulate, Simulated};
use crate::report::{AnalysisView, ClaimKind, Opinion};
use crate::verify::held::{Held, OrganizationLevel};

const ANALYSER: &str = "iam:SimulatePrincipalPolicy";
const INVOKE: &str = "lambda:InvokeFunction";

/// What a session could misuse on a target itself.
const ON_A_TARGET: [&str; 6] = [
    "lambda:AddPermission",
    "lambda:GetFunction",
    "lambda:InvokeAsync",
    "lambda:InvokeFunctionUrl",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
];

/// What a session could misuse anywhere.
const ANYWHERE: [&str; 9] = [
    "iam:AttachRolePolicy",
    "iam:CreateUser",
    "iam:PassRole",
    "iam:UpdateAssumeRolePolicy",
    "lambda:CreateFunction",
    "lambda:ListFunctions",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
];

type Answer = AwsResult<Answered<Vec<Simulated>>>;

/// What the simulator answered, call by call.
#[derive(Debug)]
pub(super) struct Answers {
    functions: Answer,
    on_a_target: Answer,
    anywhere: Answer,
}

pub(super) async fn ask<A: Simulate>(aws: &A, desired: &Desired) -> Answers {
    let role = desired.role_arn();
    let functions: Vec<String> = desired
        .targets
        .iter()
        .cloned()
        .chain(beside(&desired.targets))
        .map(|function| function.to_string())
        .collect();
    let first: Vec<String> = desired.targets.first().map(ToString::to_string).into_iter().collect();
    let (functions, on_a_target, anywhere) = join!(
        aws.simulate(&role, &[INVOKE], &functions),
        aws.simulate(&role, &ON_A_TARGET, &first),
        aws.simulate(&role, &ANYWHERE, &[]),
    );
    Answers { functions, on_a_target, anywhere }
}

/// Functions that are like the first target and none of them: its name with more behind it, and with less; other forms of
/// itself; the same in another region and another account.
fn beside(targets: &[FunctionArn]) -> Vec<FunctionArn> {
    let Some(target) = targets.first() else { return Vec::new() };
    let name = target.name.as_str();
    let cut = |length: usize| name.get(..length.min(name.len())).unwrap_or(name);
    let named =
        |name: String| name.parse().ok().map(|name| FunctionArn { name, qualifier: None, ..target.clone() });
    let forms = ["$LATEST", "rolecall-no-such-alias", "1"]
        .iter()
        .filter_map(|qualifier| qualifier.parse().ok())
        .map(|qualifier| target.qualified(qualifier));
    let other_region = if target.region.as_str() == "eu-west-1" { "us-east-1" } else { "eu-west-1" };
    let region = other_region.parse().ok().map(|region| FunctionArn { region, ..target.clone() });
    let account = "111122223333".parse().ok().map(|account| FunctionArn { account, ..target.clone() });
    let mut beside: Vec<FunctionArn> = named(format!("{}-beside", cut(57)))
        .into_iter()
        .chain(named(cut(name.len().saturating_sub(1)).to_owned()))
        .chain([target.unqualified()])
        .chain(forms)
        .chain(region)
        .chain(account)
        .filter(|function| !targets.contains(function))
        .collect();
    beside.sort();
    beside.dedup();
    beside
}

pub(super) fn judge(
    answers: &Answers,
    held: &Held,
    desired: &Desired,
    service_control: &[OrganizationLevel],
    bench: &mut Bench<'_>,
) {
    let judge = Judge { held, role: desired.role_arn(), service_control };
    let targets: Vec<String> = desired.targets.iter().map(ToString::to_string).collect();
    let beside: Vec<String> = beside(&desired.targets).iter().map(ToString::to_string).collect();
    let on_all = |actions: &[&'static str], resources: &[String]| {
        let pairs =
            actions.iter().flat_map(|action| resources.iter().map(|resource| (*action, resource.clone())));
        pairs.collect::<Vec<_>>()
    };
    let first: Vec<String> = targets.iter().take(1).cloned().collect();
    let every = Group {
        about: ClaimKind::EveryTarget,
        what: "the targets",
        wanted: true,
        questions: on_all(&[INVOKE], &targets),
    };
    let only = |what, questions| Group { about: ClaimKind::OnlyTargets, what, wanted: false, questions };
    judge.group(&every, &answers.functions, bench);
    judge.group(&only("functions beside the targets", on_all(&[INVOKE], &beside)), &answers.functions, bench);
    judge.group(
        &only("other actions on a target", on_all(&ON_A_TARGET, &first)),
        &answers.on_a_target,
        bench,
    );
    let anywhere = on_all(&ANYWHERE, &["*".to_owned()]);
    judge.group(&only("actions that no such role needs", anywhere), &answers.anywhere, bench);
}

/// Questions with one right answer.
struct Group {
    about: ClaimKind,
    what: &'static str,
    /// Whether all of it should be allowed; otherwise all of it should be denied.
    wanted: bool,
    questions: Vec<(&'static str, String)>,
}

struct Judge<'a> {
    held: &'a Held,
    role: RoleArn,
    service_control: &'a [OrganizationLevel],
}

impl Judge<'_> {
    /// One view for all that agrees and is right, and one for each question that is not.
    fn group(&self, group: &Group, answer: &Answer, bench: &mut Bench<'_>) {
        if group.questions.is_empty() {
            return;
        }
        let answered = match answer {
            Ok(answered) => answered,
            Err(error) => return bench.unanswered(error),
        };
        let evidence = bench.evidence(answered);
        let mut right = 0;
        let mut silent = 0;
        for (action, resource) in &group.questions {
            let found = answered.answer.iter().find(|simulated| {
                simulated.action.eq_ignore_ascii_case(action) && simulated.resource == *resource
            });
            let Some(simulated) = found else {
                silent += 1;
                continue;
            };
            let own = self.own(action, resource);
            let (shows, remark) = compare(simulated, &own, group.wanted);
            if shows == Opinion::Confirms {
                right += 1;
                continue;
            }
            bench.opinion(AnalysisView {
                about: Some(group.about),
                analyser: ANALYSER.to_owned(),
                question: format!("{action} on {resource}"),
                answer: format!("{}{remark}", word(simulated.decision)),
                own: Some(format!("{} ({})", word(own.decision), reason(&own))),
                shows,
                evidence: evidence.clone(),
            });
        }
        if silent > 0 {
            let what = group.what;
            bench
                .note(format!("no second opinion: {ANALYSER} left out {silent} of its answers about {what}"));
        }
        if right > 0 {
            let verb = if group.wanted { "allowed" } else { "denied" };
            bench.opinion(AnalysisView {
                about: Some(group.about),
                analyser: ANALYSER.to_owned(),
                question: group.what.to_owned(),
                answer: format!("{right} of {} {verb}", group.questions.len()),
                own: Some(format!("{verb} too")),
                shows: Opinion::Confirms,
                evidence,
            });
        }
    }

    /// What rolecall's own evaluator says to the same request: the simulator sees neither the policies of resources nor
    /// anything of the request beside action and resource.
    fn own(&self, action: &str, resource: &str) -> Evaluation {
        let request = Request {
            principal: Principal::Role(self.role.clone()),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: Some(self.role.account.clone()),
            context: Context::new(),
        };
        self.held.evaluate(&request, self.service_control)
    }
}

/// What AWS's answer shows, and what there is to say about it.
fn compare(simulated: &Simulated, own: &Evaluation, wanted: bool) -> (Opinion, String) {
    let is_allowed = |decision: Decision| match decision {
        Decision::Allowed => Some(true),
        Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => Some(false),
        Decision::Unknown => None,
    };
    if !simulated.missing_keys.is_empty() {
        let keys = simulated.missing_keys.join("`, `");
        return (Opinion::NoInformation, format!(", without a value for `{keys}`, which a policy asks for"));
    }
    let (Some(aws), Some(ours)) = (is_allowed(simulated.decision), is_allowed(own.decision)) else {
        return (Opinion::NoInformation, String::new());
    };
    let by_organization = !aws && simulated.organization_allows == Some(false);
    match (aws == ours, aws == wanted) {
        (true, true) => (Opinion::Confirms, String::new()),
        (true, false) => (Opinion::Refutes, String::new()),
        (false, false) if by_organization => {
            (Opinion::Refutes, ", by a policy of the organisation (SCP)".to_owned())
        }
        (false, true) if by_organization => {
            (Opinion::NoInformation, ", if only by a policy of the organisation (SCP)".to_owned())
        }
        (false, _) => (Opinion::Disagrees, String::new()),
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitlyDenied => "denied, for nothing allows it",
        Decision::ExplicitlyDenied => "denied by a statement",
        Decision::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(names: &[&str]) -> Vec<FunctionArn> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn what_lies_beside_the_targets_is_none_of_them() {
        let targets = functions(&[
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "arn:aws:lambda:us-east-1:123456789012:function:f:1",
        ]);
        let beside = beside(&targets);
        assert!(beside.iter().all(|function| !targets.contains(function)), "{beside:?}");
        let text: Vec<String> = beside.iter().map(ToString::to_string).collect();
        assert!(
            text.contains(&"arn:aws:lambda:us-east-1:123456789012:function:f-beside".to_owned()),
            "{text:?}"
        );
        assert!(
            text.contains(&"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST".to_owned()),
            "{text:?}"
        );
    }

    #[test]
    fn a_long_name_stays_a_name() {
        let long = format!("arn:aws:lambda:us-east-1:123456789012:function:{}:live", "x".repeat(64));
        let beside = beside(&functions(&[&long]));
        assert!(beside.iter().any(|function| function.name.as_str().ends_with("-beside")));
        assert!(beside.iter().any(|function| function.name.as_str().len() == 63));
        assert!(
            beside.iter().any(|function| function.qualifier.is_none() && function.name.as_str().len() == 64)
        );
    }
}
