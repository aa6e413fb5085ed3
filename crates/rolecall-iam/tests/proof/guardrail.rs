//! The guardrail: what is proved of a resource control policy holds under every trust policy that is drawn, broken ones
//! are refuted by a request that the policy really lets through, and doubts stay doubts.

use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Evaluation, Layers, Level, Request, evaluate};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{GuardrailClaim, GuardrailIntent, GuardrailResult, Proof, prove_guardrail};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::agreement::call_of;
use super::random::{CALLERS, Dice, context, trust_document};
use super::support::{EXTERNAL_ID, GENESYS, ROLE, document};

/// The statements of `policies/rcp.json`.
fn guardrail() -> [Value; 4] {
    let federated = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
    let deny = |condition: Value| json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": ROLE, "Condition": condition});
    [
        json!({"Effect": "Deny", "Principal": "*", "Action": federated, "Resource": ROLE}),
        deny(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}})),
        deny(json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::765628985471:*"}})),
        deny(json!({"StringNotEquals": {"sts:ExternalId": EXTERNAL_ID}})),
    ]
}

fn policy(statements: &[Value]) -> Document {
    document(&json!({"Version": "2012-10-17", "Statement": statements}))
}

fn results(policy: &Document) -> Vec<GuardrailResult> {
    let intent = GuardrailIntent {
        role: &ROLE.parse().unwrap(),
        trusted: &[GENESYS.parse().unwrap()],
        external_ids: &[EXTERNAL_ID.parse().unwrap()],
    };
    let results = prove_guardrail(policy, intent);
    // A witness is let in by some trust policy, or by none, as AWS would decide it: in the layer of its own.
    let open = document(&json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}));
    for GuardrailResult { claim, result } in &results {
        if let Proof::Refuted(witness) = result {
            let lets_in = under(&witness.request, &open, policy).allows == Truth::True;
            assert_eq!(lets_in, !matches!(claim, GuardrailClaim::LetsIn(_)), "{witness:?}");
        }
    }
    results
}

/// A request of somebody whose own side allows everything.
fn under(request: &Request, trust: &Document, policy: &Document) -> Evaluation {
    let everything = document(&json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}));
    let layers = Layers {
        identity: vec![&everything],
        resource: Some(trust),
        resource_control: vec![Level { documents: vec![policy] }],
        ..Layers::default()
    };
    evaluate(request, &layers)
}

fn draw(dice: &mut Dice) -> Request {
    let caller: Principal = dice.pick(&CALLERS).parse().unwrap();
    let context = context(dice, caller.account().is_some());
    let action = call_of(&caller).to_owned();
    Request { action, principal: caller, resource: ROLE.to_owned(), resource_account: None, context }
}

fn is_trusted(caller: &Principal) -> bool {
    caller.account().is_some_and(|account| account.as_str() == "765628985471")
}

fn has_id(request: &Request) -> bool {
    request.context.get(&"sts:ExternalId".into()) == Some(&EXTERNAL_ID.into())
}

fn told(statements: &[Value]) -> String {
    let line = |GuardrailResult { claim, result }: &GuardrailResult| {
        let claim = match claim {
            GuardrailClaim::OnlyTrusted => "only trusted",
            GuardrailClaim::OnlyWithExternalId(_) => "external ID",
            GuardrailClaim::LetsIn(_) => "lets in",
        };
        match result {
            Proof::Proved => format!("{claim}: proved"),
            Proof::Refuted(witness) => format!("{claim}: refuted, {}", witness.sentence),
            Proof::Unknown { .. } => format!("{claim}: unknown"),
        }
    };
    results(&policy(statements)).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_trust_policy_lets_anybody_else_in() {
    let guardrail = policy(&guardrail());
    assert!(results(&guardrail).iter().all(|result| result.result == Proof::Proved));
    let (mut let_in, mut kept_out) = (0, 0);
    for number in 0..super::cases(400) {
        let mut dice = Dice(u64::from(number));
        let trust = document(&trust_document(&mut dice));
        for _ in 0..40 {
            let request = draw(&mut dice);
            let allows = under(&request, &trust, &guardrail).allows;
            if !is_trusted(&request.principal) || !has_id(&request) {
                assert_eq!(allows, Truth::False, "{trust}\n{request:#?}");
            }
            let_in += u32::from(allows == Truth::True);
            let without = under(&request, &trust, &policy(&[])).allows;
            kept_out += u32::from(without == Truth::True && allows == Truth::False);
        }
    }
    assert!(let_in > 100 && kept_out > 100, "{let_in} {kept_out}");
}

/// Each statement in several forms, right and wrong: the proof agrees with what the policy does to drawn requests.
#[test]
fn a_proof_about_a_broken_guardrail_has_no_counterexample() {
    let with = |statement: &Value, condition: Value| {
        let mut statement = statement.clone();
        statement["Condition"] = condition;
        statement
    };
    let (mut proved, mut refuted) = (0, 0);
    let open = document(&json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}));
    for number in 0..super::cases(200) {
        let mut dice = Dice(u64::from(number));
        let mut statements: Vec<Value> = Vec::new();
        for statement in guardrail() {
            let broken = dice.roll(10);
            statements.extend(match broken {
                0 => None,
                1 => Some(with(&statement, json!({"StringNotEqualsIfExists": {"sts:ExternalId": EXTERNAL_ID}}))),
                2 => Some(with(&statement, json!({"StringNotLike": {"sts:ExternalId": "5f6b*"}}))),
                3 => Some(with(
                    &statement,
                    json!({"StringNotEqualsIfExists": {"aws:PrincipalAccount": ["765628985471", "222233334444"]}}),
                )),
                4 => {
                    let mut one = statement.clone();
                    one["Condition"]["StringEquals"] = json!({"aws:PrincipalAccount": "765628985471"});
                    Some(one)
                }
                _ => Some(statement),
            });
        }
        let policy = policy(&statements);
        let results = results(&policy);
        for _ in 0..60 {
            let request = draw(&mut dice);
            let allows = under(&request, &open, &policy).allows;
            for GuardrailResult { claim, result } in &results {
                let broken = match claim {
                    GuardrailClaim::OnlyTrusted => !is_trusted(&request.principal) && allows != Truth::False,
                    GuardrailClaim::OnlyWithExternalId(_) => !has_id(&request) && allows != Truth::False,
                    GuardrailClaim::LetsIn(_) => {
                        is_trusted(&request.principal) && has_id(&request) && allows != Truth::True
                    }
                };
                assert!(!(broken && *result == Proof::Proved), "{claim}\n{policy}\n{request:#?}");
            }
        }
        proved += results.iter().filter(|result| result.result == Proof::Proved).count();
        refuted += results.iter().filter(|result| matches!(result.result, Proof::Refuted(_))).count();
    }
    assert!(proved > 100 && refuted > 50, "{proved} {refuted}");
}

#[test]
fn broken_guardrails_are_refuted_by_a_request() {
    let [federated, services, others, id] = guardrail();
    let changed = |statement: &Value, condition: Value| {
        let mut statement = statement.clone();
        statement["Condition"] = condition;
        statement
    };
    let absent = changed(
        &id,
        json!({"Null": {"sts:ExternalId": "false"}, "StringNotEquals": {"sts:ExternalId": EXTERNAL_ID}}),
    );
    insta::assert_snapshot!(told(&[federated.clone(), services.clone(), others.clone(), absent]), @"
    only trusted: proved
    external ID: refuted, a trust policy can let `arn:aws:sts::765628985471:assumed-role/another-role/session` assume the role without an external ID: no statement of the policy denies it
    lets in: proved
    ");
    let account =
        changed(&others, json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::999999999999:*"}}));
    insta::assert_snapshot!(told(&[federated.clone(), services.clone(), account, id.clone()]), @"
    only trusted: refuted, a trust policy can let `arn:aws:sts::999999999999:assumed-role/another-role/session` assume the role with the external ID `5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13`: no statement of the policy denies it
    external ID: proved
    lets in: refuted, `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13`, because statement 3 denies it
    ");
    insta::assert_snapshot!(told(&[federated.clone(), services.clone(), others.clone()]), @"
    only trusted: proved
    external ID: refuted, a trust policy can let `arn:aws:sts::765628985471:assumed-role/another-role/session` assume the role without an external ID: no statement of the policy denies it
    lets in: proved
    ");
    insta::assert_snapshot!(told(&[services.clone(), others.clone(), id.clone()]), @"
    only trusted: refuted, a trust policy can let anybody with a token of the identity provider `arn:aws:iam::111111111111:oidc-provider/x` assume the role: no statement of the policy denies it
    external ID: refuted, a trust policy can let anybody with a token of the identity provider `arn:aws:iam::111111111111:oidc-provider/x` assume the role: no statement of the policy denies it
    lets in: proved
    ");
    // AWS does not say which `aws:PrincipalArn` a service has.
    insta::assert_snapshot!(told(&[federated.clone(), others.clone(), id.clone()]), @"
    only trusted: unknown
    external ID: proved
    lets in: proved
    ");
    insta::assert_snapshot!(told(&[]), @"
    only trusted: refuted, a trust policy can let any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) assume the role without an external ID: no statement of the policy denies it
    external ID: refuted, a trust policy can let any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) assume the role without an external ID: no statement of the policy denies it
    lets in: proved
    ");
    // Another role's guardrail guards nothing here.
    let mut of_another = guardrail();
    of_another.iter_mut().for_each(|statement| statement["Resource"] = json!(format!("{ROLE}-2")));
    insta::assert_snapshot!(told(&of_another), @"
    only trusted: refuted, a trust policy can let `arn:aws:sts::999999999999:assumed-role/another-role/session` assume the role without an external ID: no statement of the policy denies it
    external ID: refuted, a trust policy can let `arn:aws:sts::999999999999:assumed-role/another-role/session` assume the role without an external ID: no statement of the policy denies it
    lets in: proved
    ");
    // What is only for sessions of some organization is no guardrail for others.
    let organization =
        changed(&others, json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-vendor00001"}}));
    insta::assert_snapshot!(told(&[federated, services, organization, id]), @"
    only trusted: refuted, a trust policy can let `arn:aws:sts::999999999999:assumed-role/another-role/session` assume the role with the external ID `5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13` when `aws:PrincipalOrgID` is `o-vendor00001`: no statement of the policy denies it
    external ID: proved
    lets in: unknown
    ");
}
