//! What holds for every account: nothing is shown as allowed that the evaluator refuses, and a deny adds nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use rolecall_audit::reach::catalogue::WayIn;
use rolecall_audit::reach::{LeadsTo, Power, Reach, Reaches, Step};
use rolecall_audit::snapshot::{Role, Snapshot};
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Layers, Request, evaluate};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::{ACCOUNT, Account, arn, now, policy_arn, service, trust, vendor};

const ACTIONS: [&str; 28] = [
    "*",
    "iam:*",
    "sts:AssumeRole",
    "sts:*",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:CreateUser",
    "iam:CreateAccessKey",
    "iam:Put*",
    "lambda:*",
    "lambda:CreateFunction",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "ec2:*",
    "s3:GetObject",
    "s3:*",
    "kms:Decrypt",
    "ssm:*",
    "cloudformation:CreateStack",
    "glue:*",
    "logs:PutLogEvents",
    "dynamodb:Get?tem",
];

const CONDITIONS: [&str; 15] = [
    "{}",
    "{}",
    "{}",
    r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
    r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#,
    r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
    r#"{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}"#,
    r#"{"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}"#,
    r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#,
    r#"{"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}"#,
    r#"{"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}}"#,
    r#"{"StringEquals": {"sts:ExternalId": "known"}}"#,
    r#"{"StringEquals": {"aws:RequestTag/team": "a"}}"#,
    r#"{"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}"#,
    r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}"#,
];

fn resources() -> Vec<String> {
    vec![
        "*".to_owned(),
        "*".to_owned(),
        arn("*"),
        arn("a*"),
        arn("b"),
        policy_arn("own"),
        "arn:aws:iam::*:role/c".to_owned(),
        format!("arn:aws:lambda:*:{ACCOUNT}:function:app-*"),
        "arn:aws:lambda:eu-west-1:*:function:one".to_owned(),
        "arn:aws:s3:::reports/*".to_owned(),
        "arn:aws:iam::555555555555:role/other".to_owned(),
    ]
}

pub(super) fn statement() -> impl Strategy<Value = Value> {
    let actions = vec(select(&ACTIONS[..]), 1..4);
    let parts = (0..5_u8, actions, any::<[u8; 2]>(), vec(select(resources()), 1..3), select(&CONDITIONS[..]));
    parts.prop_map(|(effect, actions, [not_action, not_resource], resources, condition)| {
        let effect = if effect == 0 { "Deny" } else { "Allow" };
        let (actions_key, resources_key) = (
            if not_action < 20 { "NotAction" } else { "Action" },
            if not_resource < 20 { "NotResource" } else { "Resource" },
        );
        let condition: Value = serde_json::from_str(condition).unwrap();
        json!({"Effect": effect, actions_key: actions, resources_key: resources, "Condition": condition})
    })
}

pub(super) fn trusts() -> Vec<Value> {
    let guarded = json!([{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "known"}}}]);
    let with_mfa = json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]);
    vec![
        vendor(),
        trust(json!({"AWS": ACCOUNT})),
        trust(json!({"AWS": arn("a")})),
        trust(json!({"AWS": "*"})),
        trust(json!({"AWS": format!("arn:aws:sts::{ACCOUNT}:assumed-role/b/session")})),
        service("lambda"),
        service("ec2"),
        super::document(guarded),
        super::document(with_mfa),
    ]
}

fn account() -> impl Strategy<Value = Account> {
    let role = (select(trusts()), vec(statement(), 0..4), any::<bool>(), 0..4_u8);
    (vec(role, 3), vec(statement(), 0..3), vec(statement(), 1..3)).prop_map(|(roles, own, limit)| {
        let account = Account::new().policy("own", Value::Array(own)).policy("limit", Value::Array(limit));
        let named = ["a", "b", "c"].into_iter().zip(roles);
        named.fold(account, |account, (name, (trust, statements, has_policy, limit))| {
            let inline = json!([{"PolicyName": "inline", "PolicyDocument": super::document(Value::Array(statements))}]);
            let attached: &[&str] = if has_policy { &["own"] } else { &[] };
            let boundary = if limit == 0 { Some("limit") } else { None };
            account.detailed(name, trust, inline, attached, boundary)
        })
    })
}

/// Whether a request has only keys that its action has.
fn is_possible(request: &Request) -> bool {
    let of_one = |key: &str, action: &str| {
        let has_key = request.context.iter().any(|(name, _)| name.folded() == key);
        !has_key || request.action.eq_ignore_ascii_case(action)
    };
    of_one("sts:externalid", "sts:AssumeRole") && of_one("iam:passedtoservice", "iam:PassRole")
}

/// Whether the evaluator allows a request of a session of this role.
fn is_allowed(snapshot: &Snapshot, role: &Role, request: &Request, trust_is_rewritten: bool) -> bool {
    let documents = role.policies.iter().filter_map(|(_, document)| document.as_deref().ok());
    let boundary =
        role.boundary.iter().filter_map(|(_, document)| document.as_deref().ok()).collect::<Vec<_>>();
    let target = snapshot.roles.iter().find(|target| target.arn.to_string() == request.resource);
    let delegation = Document::delegating_to(&role.arn.account);
    let trust = target.and_then(|target| target.trust.as_deref().ok());
    let trust = trust.filter(|_| request.action == "sts:AssumeRole" && !trust_is_rewritten);
    let layers = Layers {
        identity: documents.collect(),
        boundary: role.boundary.is_some().then_some(boundary),
        resource: Some(trust.unwrap_or(&delegation)),
        ..Layers::default()
    };
    evaluate(request, &layers).allows == Truth::True
}

/// Steps that the role itself makes with the policies that it has.
fn own_steps(reach: &Reach) -> impl Iterator<Item = &Step> {
    reach.steps.iter().chain(reach.way.first()).chain(reach.possible_way.first())
}

fn check(account: &Account) -> Result<(), TestCaseError> {
    let snapshot = account.snapshot();
    let reaches = Reaches::of(&snapshot, now());
    for (place, role) in snapshot.roles.iter().enumerate() {
        let reach = reaches.at(place).unwrap();
        prop_assert!(reach.certain <= reach.possible);
        prop_assert_eq!(reaches.powers_at(place), (reach.certain, reach.possible));
        for step in own_steps(&reach) {
            prop_assert!(!step.requests.is_empty());
            let is_rewritten = step.entry.way_in() == WayIn::TrustRewritten;
            for request in &step.requests {
                prop_assert!(is_allowed(&snapshot, role, request, is_rewritten), "{step:?}");
                prop_assert!(is_possible(request), "{request:?}");
            }
        }
        let others = reach.data.iter().map(|access| &access.request).chain(&reach.administers);
        for request in others {
            prop_assert!(is_allowed(&snapshot, role, request, false), "{request:?}");
            prop_assert!(is_possible(request), "{request:?}");
        }
        // A way goes on where the step before led.
        let mut at = role.arn.clone();
        for step in &reach.way {
            prop_assert!(step.is_certain());
            prop_assert!(
                step.requests.iter().all(|request| request.principal.account() == Some(&at.account))
            );
            if let LeadsTo::Role(next) | LeadsTo::Widened(next) = &step.leads_to {
                at = next.clone();
            }
        }
        if reach.certain == Power::Administrator && reach.administers.is_empty() {
            let ends = |step: &Step| step.gains == Power::Administrator;
            prop_assert!(reach.way.last().is_some_and(ends));
        }
        if reach.certain == Power::Escalates {
            prop_assert!(!reach.way.is_empty());
        }
    }
    Ok(())
}

proptest! {
    // The same accounts in every run; more of them, and others, by PROPTEST_CASES and PROPTEST_RNG_SEED.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: std::env::var("PROPTEST_RNG_SEED")
            .map_or(RngSeed::Fixed(20_261_123), |_| ProptestConfig::default().rng_seed),
        cases: std::env::var("PROPTEST_CASES").map_or(64, |_| ProptestConfig::default().cases),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_shown_is_allowed(account in account()) {
        check(&account)?;
    }

    #[test]
    fn a_deny_adds_nothing(account in account(), statement in statement(), denied in 0..3_usize) {
        let mut stricter = Account { roles: account.roles.clone(), policies: account.policies.clone() };
        let mut statement = statement;
        statement["Effect"] = json!("Deny");
        let policy = json!({"PolicyName": "strict", "PolicyDocument": super::document(json!([statement]))});
        stricter.roles[denied]["RolePolicyList"].as_array_mut().unwrap().push(policy);
        let (before, after) = (account.snapshot(), stricter.snapshot());
        let (before, after) = (Reaches::of(&before, now()), Reaches::of(&after, now()));
        for place in 0..3 {
            prop_assert!(after.powers_at(place).0 <= before.powers_at(place).0);
        }
    }
}
