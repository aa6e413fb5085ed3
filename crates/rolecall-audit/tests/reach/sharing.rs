//! What is asked once for several roles is what each would be told by itself, and the questions do not grow with pairs of roles.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use rolecall_audit::reach::{LeadsTo, Power, Reach, Reaches};
use serde_json::{Value, json};

use super::properties::{statement, trusts};
use super::{ACCOUNT, Account, allow, arn, deny, document, now, policy_arn, service, trust, vendor, when};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Roles with few different documents: trust, inline policy, boundary.
fn roles() -> impl Strategy<Value = Vec<(Value, Vec<Value>, bool)>> {
    let documents = (vec(select(trusts()), 2), vec(vec(statement(), 0..3), 2));
    let picked = vec((0..2_usize, 0..2_usize, 0..4_u8), NAMES.len());
    (documents, picked).prop_map(|((trusts, policies), picked)| {
        let role = |(trust, policy, limit): (usize, usize, u8)| {
            (trusts[trust].clone(), policies[policy].clone(), limit == 0)
        };
        picked.into_iter().map(role).collect()
    })
}

/// The account; with documents that are `apart`, no two roles have the same, although they say the same.
fn account(roles: &[(Value, Vec<Value>, bool)], limit: &[Value], are_apart: bool) -> Account {
    let account = Account::new().policy("limit", Value::Array(limit.to_vec()));
    NAMES.iter().zip(roles).fold(account, |account, (name, (trust, statements, is_limited))| {
        let mut statements = statements.clone();
        if are_apart {
            // Nobody has this action, and no question is about it.
            let nothing = json!({"Effect": "Deny", "Action": format!("nothing:Only{name}"), "Resource": "*"});
            statements.push(nothing);
        }
        let inline = json!([{"PolicyName": "inline", "PolicyDocument": document(Value::Array(statements))}]);
        account.detailed(name, trust.clone(), inline, &[], is_limited.then_some("limit"))
    })
}

/// All that is told but for the ways: of several that are equally short, another may be shown.
fn reaches(account: &Account) -> Vec<Reach> {
    let snapshot = account.snapshot();
    let reaches = Reaches::of(&snapshot, now());
    let told = |place| Reach { way: Vec::new(), possible_way: Vec::new(), ..reaches.at(place).unwrap() };
    (0..snapshot.roles.len()).map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: std::env::var("PROPTEST_RNG_SEED")
            .map_or(RngSeed::Fixed(20_261_123), |_| ProptestConfig::default().rng_seed),
        cases: std::env::var("PROPTEST_CASES").map_or(64, |_| ProptestConfig::default().cases),
        ..ProptestConfig::default()
    })]

    #[test]
    fn roles_with_the_same_documents_are_told_what_each_is_told_alone(
        roles in roles(), limit in vec(statement(), 1..3),
    ) {
        let together = reaches(&account(&roles, &limit, false));
        let alone = reaches(&account(&roles, &limit, true));
        for (together, alone) in together.into_iter().zip(alone) {
            prop_assert_eq!(together, alone);
        }
    }
}

/// Ten kinds of roles, each so many times: those of most accounts, and those that lead to all others.
fn large(times: usize) -> Account {
    let with_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let regions = json!([{
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
    }]);
    let own = || trust(json!({"AWS": ACCOUNT}));
    let account = Account::new().policy("regions", regions).policy(
        "limit",
        json!([allow(json!(["s3:*", "iam:PassRole", "lambda:*", "sts:AssumeRole"]), json!("*"))]),
    );
    (0..times).fold(account, |account, number| {
        let bucket = json!([allow(json!("s3:GetObject"), json!(format!("arn:aws:s3:::bucket-{number}/*")))]);
        let inline = |statements: &Value| {
            json!([{"PolicyName": "inline", "PolicyDocument": document(statements.clone())}])
        };
        let everything = json!([when(allow(json!("*"), json!("*")), with_mfa.clone())]);
        let passing = json!([allow(json!(["iam:PassRole", "lambda:*", "ec2:*", "cloudformation:*"]), json!("*"))]);
        let attaching = json!([when(
            allow(json!(["iam:AttachRolePolicy", "iam:CreatePolicy"]), json!("*")),
            json!({"ArnLike": {"iam:PolicyARN": policy_arn("team-*")}}),
        )]);
        let some = json!([allow(
            json!(["iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "lambda:*"]),
            json!([arn("worker-*"), format!("arn:aws:lambda:*:{ACCOUNT}:function:*")]),
        )]);
        let name = |kind: &str| format!("{kind}-{number}");
        account
            .detailed(&name("worker"), service("lambda"), inline(&bucket), &[], None)
            .detailed(&name("instance"), service("ec2"), inline(&bucket), &["regions"], None)
            .detailed(&name("limited"), service("cloudformation"), inline(&bucket), &[], Some("limit"))
            .detailed(&name("person"), own(), inline(&everything), &[], None)
            .detailed(&name("deployer"), own(), inline(&passing), &["regions"], None)
            .detailed(&name("attacher"), own(), inline(&attaching), &[], None)
            .detailed(&name("team"), own(), inline(&some), &[], None)
            .detailed(&name("vendor"), vendor(), inline(&bucket), &["regions"], None)
    })
}

/// How many questions are asked to tell of all roles of an account, and how many roles can become administrators.
fn questions(account: &Account) -> (u64, usize) {
    let snapshot = account.snapshot();
    let reaches = Reaches::of(&snapshot, now());
    let told = (0..snapshot.roles.len()).filter_map(|place| reaches.at(place));
    let administrators = told.filter(|reach| reach.possible == Power::Administrator).count();
    (reaches.questions(), administrators)
}

#[test]
fn twice_as_many_roles_are_about_twice_as_many_questions() {
    let (small, of_small) = questions(&large(12));
    let (twice, of_twice) = questions(&large(24));
    assert_eq!(of_twice, 2 * of_small);
    // Where each role is asked about each, there are four times as many. Threads may ask the same question at the same time.
    assert!(twice < small * 5 / 2, "{small} questions, and {twice} for twice as many roles");
}

#[test]
fn what_a_target_denies_to_itself_tells_it_from_others() {
    // With every action of IAM one role writes itself a policy, and the other does not; no statement of who attaches that
    // tells them apart.
    let attaching = json!([
        when(
            allow(json!("iam:AttachRolePolicy"), json!("*")),
            json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/IAMFullAccess"}}),
        ),
        allow(json!("sts:AssumeRole"), json!("*")),
    ]);
    let own = || trust(json!({"AWS": ACCOUNT}));
    let denying = || json!([deny(json!("iam:*"), json!("*"))]);
    for (free, bound) in [("first", "second"), ("second", "first")] {
        let account = Account::new()
            .role("attacher", vendor(), attaching.clone())
            .role(bound, own(), denying())
            .role(free, own(), json!([allow(json!("logs:PutLogEvents"), json!("*"))]));
        let reach = account.reach("attacher");
        let widened = reach.steps.iter().filter(|step| step.entry.name == "widen a role that it can assume");
        let led: Vec<_> = widened.map(|step| (&step.leads_to, step.others)).collect();
        let [(LeadsTo::Widened(to), 0)] = led.as_slice() else { panic!("{led:?}") };
        assert_eq!(to.name.as_str(), free);
    }
}
