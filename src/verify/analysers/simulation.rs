//! `iam:SimulatePrincipalPolicy`: what the role's policies and its boundary say to the targets, to functions beside them,
//! and to actions that no such role should have.

use std::collections::BTreeMap;

use futures_util::future::{OptionFuture, join_all};
use tokio::join;

use super::Bench;
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::iam::context::Context;
use crate::iam::evaluate::{Decision, Evaluation, Request};
use crate::iam::explain::reason;
use crate::iam::principal::Principal;
use crate::iam::prove::{Allowance, Use};
use crate::ports::{Answered, AwsResult, Simulate, Simulated};
use crate::verify::analysis::{
    Analyser, Analysis, AnalysisAnswer, AnalysisQuestion, CallGroup, Opinion, OwnAnswer, Proviso,
};
use crate::verify::held::{Held, OrganizationLevel};
use crate::verify::note::Note;

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

type Simulation = AwsResult<Answered<Vec<Simulated>>>;

/// What the simulator answered, call by call.
#[derive(Debug)]
pub(super) struct Answers {
    functions: Option<Simulation>,
    grants: Vec<Simulation>,
    on_a_target: Option<Simulation>,
    anywhere: Simulation,
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
    let principal = role.to_string();
    let (uses, context) = (simulated_uses(desired), context_of(desired));
    let of_resource = |(resource, actions): (&String, &Vec<String>)| {
        let (resource, actions) = ([resource.clone()], actions.clone());
        let (principal, context) = (&principal, &context);
        async move {
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            aws.simulate(principal, &actions, &resource, context).await
        }
    };
    // A call of the simulator without a resource is about every resource.
    let about = |actions: &'static [&'static str], resources: Vec<String>| {
        let (principal, context) = (&principal, &context);
        let is_asked = !resources.is_empty();
        let call =
            is_asked.then_some(async move { aws.simulate(principal, actions, &resources, context).await });
        OptionFuture::from(call)
    };
    let (functions, grants, on_a_target, anywhere) = join!(
        about(&[INVOKE], functions),
        join_all(uses.iter().map(of_resource)),
        about(&ON_A_TARGET, first),
        aws.simulate(&principal, &ANYWHERE, &[], &context),
    );
    Answers { functions, grants, on_a_target, anywhere }
}

/// So many resources of grants are asked about, each with one call.
const MOST_RESOURCES: usize = 8;

/// The values of condition keys under which all calls are asked about: those of the grants. Where two grants differ in a key, the
/// first one counts, and the uses of the other are not asked about.
fn context_of(desired: &Desired) -> BTreeMap<String, String> {
    let mut context = BTreeMap::new();
    for (key, value) in desired.allowance.iter().flat_map(Allowance::uses).flat_map(Use::conditions) {
        context.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    context
}

/// What the grants are for, by the resources that are asked about: of a pattern one resource that it covers.
fn simulated_uses(desired: &Desired) -> BTreeMap<String, Vec<String>> {
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let context = context_of(desired);
    let is_met = |stated: &&Use| {
        stated.conditions().all(|(key, value)| context.get(key).is_some_and(|known| known == value))
    };
    for stated in desired.allowance.iter().flat_map(Allowance::uses).filter(is_met) {
        let resource = match stated.resource() {
            "*" => "*".to_owned(),
            pattern => pattern.replace('*', "rolecall-simulated"),
        };
        if uses.len() < MOST_RESOURCES || uses.contains_key(&resource) {
            uses.entry(resource).or_default().push(stated.action().to_owned());
        }
    }
    uses
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
    let judge = Judge { held, role: desired.role_arn(), context: context_of(desired), service_control };
    let targets: Vec<String> = desired.targets.iter().map(ToString::to_string).collect();
    let beside: Vec<String> = beside(&desired.targets).iter().map(ToString::to_string).collect();
    let on_all = |actions: &[&str], resources: &[String]| {
        let pairs = actions
            .iter()
            .flat_map(|action| resources.iter().map(|resource| ((*action).to_owned(), resource.clone())));
        pairs.collect::<Vec<_>>()
    };
    let first: Vec<String> = targets.iter().take(1).cloned().collect();
    if let Some(functions) = &answers.functions {
        judge.group(CallGroup::Targets, &on_all(&[INVOKE], &targets), functions, bench);
        judge.group(CallGroup::BesideTargets, &on_all(&[INVOKE], &beside), functions, bench);
    }
    for ((resource, actions), answer) in simulated_uses(desired).iter().zip(&answers.grants) {
        let questions: Vec<(String, String)> =
            actions.iter().map(|action| (action.clone(), resource.clone())).collect();
        judge.group(CallGroup::Grants, &questions, answer, bench);
    }
    if let Some(on_a_target) = &answers.on_a_target {
        judge.group(CallGroup::OnATarget, &on_all(&ON_A_TARGET, &first), on_a_target, bench);
    }
    let anywhere = on_all(&ANYWHERE, &["*".to_owned()]);
    judge.group(CallGroup::Anywhere, &anywhere, &answers.anywhere, bench);
}

struct Judge<'a> {
    held: &'a Held,
    role: RoleArn,
    context: BTreeMap<String, String>,
    service_control: &'a [OrganizationLevel],
}

impl Judge<'_> {
    /// One opinion for all that agrees and is right, and one for each question that is not.
    fn group(
        &self,
        group: CallGroup,
        questions: &[(String, String)],
        answer: &Simulation,
        bench: &mut Bench<'_>,
    ) {
        if questions.is_empty() {
            return;
        }
        let answered = match answer {
            Ok(answered) => answered,
            Err(error) => return bench.unanswered(error),
        };
        let trace = bench.trace(answered);
        let opinion = |question, answer, own, shows| Analysis {
            about: Some(group.about()),
            analyser: Analyser::Simulator,
            question,
            answer,
            own: Some(own),
            shows,
            trace: trace.clone(),
        };
        let mut right = 0;
        let mut silent = 0;
        for (action, resource) in questions {
            let found = answered.answer.iter().find(|simulated| {
                simulated.action.eq_ignore_ascii_case(action) && simulated.resource == *resource
            });
            let Some(simulated) = found else {
                silent += 1;
                continue;
            };
            let own = self.own(action, resource);
            let (shows, proviso) = compare(simulated, &own, group.is_wanted());
            if shows == Opinion::Confirms {
                right += 1;
                continue;
            }
            bench.opinion(opinion(
                AnalysisQuestion::Call { action: action.clone(), resource: resource.clone() },
                AnalysisAnswer::Decision { decision: simulated.decision, proviso },
                OwnAnswer::Decision { decision: own.decision, reason: reason(&own) },
                shows,
            ));
        }
        if silent > 0 {
            bench.note(Note::AnswersLeftOut { analyser: Analyser::Simulator, number: silent, group });
        }
        if right > 0 {
            let is_allowed = group.is_wanted();
            bench.opinion(opinion(
                AnalysisQuestion::Calls(group),
                AnalysisAnswer::AsWanted { right, all: questions.len(), is_allowed },
                OwnAnswer::Same { is_allowed },
                Opinion::Confirms,
            ));
        }
    }

    /// What rolecall's own evaluator says to the same request: the simulator was given no policy of a resource, and
    /// of the request only action, resource and the keys of the grants.
    fn own(&self, action: &str, resource: &str) -> Evaluation {
        let request = Request {
            principal: Principal::Role(self.role.clone()),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: Some(self.role.account.clone()),
            context: self
                .context
                .iter()
                .fold(Context::new(), |context, (key, value)| context.with(key.as_str(), value.as_str())),
        };
        self.held.evaluate(&request, self.service_control)
    }
}

/// What AWS's answer shows, and what limits it.
fn compare(simulated: &Simulated, own: &Evaluation, wanted: bool) -> (Opinion, Proviso) {
    let is_allowed = |decision: Decision| match decision {
        Decision::Allowed => Some(true),
        Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => Some(false),
        Decision::Unknown => None,
    };
    if !simulated.missing_keys.is_empty() {
        return (Opinion::NoInformation, Proviso::MissingKeys(simulated.missing_keys.clone()));
    }
    let (Some(aws), Some(ours)) = (is_allowed(simulated.decision), is_allowed(own.decision)) else {
        return (Opinion::NoInformation, Proviso::None);
    };
    let by_organization = !aws && simulated.organization_allows == Some(false);
    match (aws == ours, aws == wanted) {
        (true, true) => (Opinion::Confirms, Proviso::None),
        (_, false) if by_organization => (Opinion::Refutes, Proviso::ByOrganization),
        (true, false) => (Opinion::Refutes, Proviso::None),
        (false, true) if by_organization => (Opinion::NoInformation, Proviso::OnlyByOrganization),
        (false, _) => (Opinion::Disagrees, Proviso::None),
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
