//! One policy within others: a table of what widens and what does not, and random policies beside what was made of them. What is
//! proved is contradicted by no request.

use rolecall_iam::document::{Document, Effect};
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{NamedDocument, Permissions, proves_permissions_within, proves_trust_within};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::agreement::call_of;
use super::random::{CALLERS, Dice, context, permission_document, trust_document};
use super::support::{
    EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, ROLE, clean_invoke, clean_trust, document, session_may,
    trust_of,
};

fn trust_is_within(these: &[&Value], other: &Value) -> bool {
    let these: Vec<Document> = these.iter().map(|value| document(value)).collect();
    let these: Vec<&Document> = these.iter().collect();
    proves_trust_within(&these, &document(other), &ROLE.parse().unwrap())
}

#[test]
fn what_a_trust_policy_opens() {
    let with_id = |id: &str, principals: Value| {
        trust_of(&[
            json!({"Principal": {"AWS": principals}, "Condition": {"StringEquals": {"sts:ExternalId": id}}}),
        ])
    };
    let clean = clean_trust();
    let other_id = with_id("another-organization", json!(GENESYS));
    let both_ids = with_id("x", json!(GENESYS))
        .to_string()
        .replace("\"x\"", &format!("[\"{EXTERNAL_ID}\", \"another-organization\"]"));
    let both_ids: Value = both_ids.parse().unwrap();
    let open = trust_of(&[json!({"Principal": {"AWS": GENESYS}})]);
    let everybody = trust_of(&[json!({"Principal": "*"})]);
    let nobody = trust_of(&[json!({"Effect": "Deny", "Principal": "*"})]);
    let probed = with_id(EXTERNAL_ID, json!([GENESYS, "arn:aws:iam::111122223333:role/ci"]));
    let tagged = trust_of(&[
        json!({"Principal": {"AWS": GENESYS}, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
        json!({"Principal": {"AWS": GENESYS}, "Action": "sts:TagSession"}),
    ]);
    let mfa = trust_of(&[json!({"Principal": {"AWS": GENESYS}, "Condition": {
        "StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}})]);
    let federated = trust_of(&[
        json!({"Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}),
    ]);
    for (name, one, other, expected) in [
        ("itself", &clean, &clean, true),
        ("an external ID that is dropped", &clean, &open, true),
        ("an external ID that is asked for", &open, &clean, false),
        ("another external ID", &clean, &other_id, false),
        ("one of two external IDs", &clean, &both_ids, true),
        ("two external IDs instead of one", &both_ids, &clean, false),
        ("nobody", &nobody, &clean, true),
        ("somebody instead of nobody", &clean, &nobody, false),
        ("everybody", &everybody, &open, false),
        ("one of two principals", &clean, &probed, true),
        ("one principal more", &probed, &clean, false),
        ("session tags that are no longer taken", &clean, &tagged, true),
        ("session tags", &tagged, &clean, false),
        ("a condition that is dropped", &mfa, &clean, true),
        ("a condition more", &clean, &mfa, false),
        ("an identity provider", &federated, &clean, false),
        ("a document that allows more and denies everything", &with_deny(&everybody), &clean, true),
    ] {
        assert_eq!(trust_is_within(&[one], other), expected, "{name}");
    }
    assert!(trust_is_within(&[&both_ids, &clean], &clean), "what two policies have in common");
    assert!(trust_is_within(&[&other_id, &clean], &nobody), "what two policies do not have in common");
    assert!(!trust_is_within(&[], &clean), "of nothing nothing is proved");
}

#[test]
fn in_the_role_s_own_account_it_matters_how_somebody_is_named() {
    let of = |principal: &str| trust_of(&[json!({"Principal": {"AWS": principal}})]);
    let account = of("arn:aws:iam::111122223333:root");
    let role = of("arn:aws:iam::111122223333:role/ci");
    let session = of("arn:aws:sts::111122223333:assumed-role/ci/run");
    let user = of("arn:aws:iam::111122223333:user/ann");
    let everybody = of("*");
    for (name, one, other, expected) in [
        ("who needs no identity policy any more", &role, &account, false),
        ("a user who needs none any more", &user, &account, false),
        ("everybody, and the account", &everybody, &account, false),
        ("whom a boundary holds no more", &session, &role, false),
        ("the account, and everybody", &account, &everybody, true),
        ("a role, and everybody", &role, &everybody, true),
        ("the account itself", &account, &account, true),
        ("the role itself", &role, &role, true),
    ] {
        assert_eq!(trust_is_within(&[one], other), expected, "{name}");
    }
    // In another account, how somebody is named makes no difference to what he needs there.
    let elsewhere = (of("arn:aws:iam::999999999999:role/ci"), of("arn:aws:iam::999999999999:root"));
    assert!(trust_is_within(&[&elsewhere.0], &elsewhere.1));
}

#[test]
fn the_same_words_under_another_version_are_another_statement() {
    let old = |mut value: Value| {
        value["Version"] = json!("2008-10-17");
        value
    };
    let trust = trust_of(&[json!({"Principal": {"AWS": GENESYS}, "Condition": {
        "StringEquals": {"sts:ExternalId": "${aws:PrincipalAccount}"}}})]);
    assert!(trust_is_within(&[&trust], &trust));
    assert!(!trust_is_within(&[&trust], &old(trust.clone())));
    // As plain text it is no external ID: nobody is let in.
    assert!(trust_is_within(&[&old(trust.clone())], &trust));
    let own = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::bucket/${aws:PrincipalTag/team}"}});
    for (one, other, expected) in [
        (own.clone(), own.clone(), true),
        (own.clone(), old(own.clone()), false),
        (old(own.clone()), own.clone(), false),
    ] {
        assert_eq!(permissions_are_within(&[(&[&one], None)], &[(&[&other], None)]), expected);
    }
    // A boundary that allows nothing allows nothing, and one that is not there does.
    let deny =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}});
    assert!(permissions_are_within(&[(&[&own], Some(&deny))], &[(&[], None)]));
    assert!(!permissions_are_within(&[(&[&own], None)], &[(&[&own], Some(&deny))]));
}

fn with_deny(value: &Value) -> Value {
    let mut value = value.clone();
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"});
    value["Statement"].as_array_mut().unwrap().push(deny);
    value
}

/// Identity policies, and a boundary.
type Sets<'v> = (&'v [&'v Value], Option<&'v Value>);

fn permissions_are_within(these: &[Sets<'_>], others: &[Sets<'_>]) -> bool {
    type Read = (Vec<Document>, Option<Document>);
    let read = |sets: &[Sets<'_>]| -> Vec<Read> {
        sets.iter()
            .map(|(identity, boundary)| {
                (identity.iter().map(|it| document(it)).collect(), boundary.map(document))
            })
            .collect()
    };
    fn named(sets: &[Read]) -> Vec<Permissions<'_>> {
        sets.iter().map(|(identity, boundary)| permissions(identity, boundary.as_ref())).collect()
    }
    let (these, others) = (read(these), read(others));
    let (these, others) = (named(&these), named(&others));
    proves_permissions_within(
        &these.iter().collect::<Vec<_>>(),
        &others.iter().collect::<Vec<_>>(),
        &ROLE.parse().unwrap(),
    )
}

fn permissions<'d>(identity: &'d [Document], boundary: Option<&'d Document>) -> Permissions<'d> {
    Permissions {
        identity: identity.iter().map(|document| NamedDocument { name: "identity", document }).collect(),
        boundary: boundary.map(|document| NamedDocument { name: "boundary", document }),
    }
}

#[test]
fn what_permissions_open() {
    let policy = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    let invoke = |resources: Value| {
        policy(json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resources}))
    };
    let (clean, one, two) = (clean_invoke(), invoke(json!(FUNCTION)), invoke(json!(QUALIFIED)));
    let all = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let deny = policy(json!({"Effect": "Deny", "Action": "lambda:*", "Resource": FUNCTION}));
    let strange = policy(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringMatches": {"custom:key": "x"}}}));
    for (name, these, others, expected) in [
        ("itself", vec![(&[&clean][..], None)], vec![(&[&clean][..], None)], true),
        ("one target of two", vec![(&[&one], None)], vec![(&[&clean], None)], true),
        ("a target more", vec![(&[&clean], None)], vec![(&[&one], None)], false),
        ("two policies for two targets", vec![(&[&clean], None)], vec![(&[&one, &two], None)], true),
        ("either of two states", vec![(&[&clean], None)], vec![(&[&one], None), (&[&two], None)], true),
        (
            "a target that neither state has",
            vec![(&[&all], None)],
            vec![(&[&one], None), (&[&two], None)],
            false,
        ),
        ("everything within a boundary", vec![(&[&all], Some(&clean))], vec![(&[&clean], None)], true),
        ("no boundary any more", vec![(&[&all], None)], vec![(&[&all], Some(&clean))], false),
        ("a boundary where none was", vec![(&[&all], Some(&clean))], vec![(&[&all], None)], true),
        ("nothing at all", vec![(&[], None)], vec![(&[&one], None)], true),
        ("a denial that is gone", vec![(&[&clean], None)], vec![(&[&clean, &deny], None)], false),
        ("a denial more", vec![(&[&clean, &deny], None)], vec![(&[&two], None)], true),
        (
            "what nobody understands, on both sides",
            vec![(&[&one, &strange], None)],
            vec![(&[&clean, &strange], None)],
            true,
        ),
        ("what nobody understands", vec![(&[&one, &strange], None)], vec![(&[&clean], None)], false),
        (
            "what nobody understands, beside a denial",
            vec![(&[&strange], None)],
            vec![(&[&strange, &deny], None)],
            true,
        ),
        (
            "what two states have in common",
            vec![(&[&clean], None), (&[&one], None)],
            vec![(&[&one], None)],
            true,
        ),
        (
            "more than two states have in common",
            vec![(&[&clean], None), (&[&all], None)],
            vec![(&[&one], None)],
            false,
        ),
    ] as [(&str, Vec<Sets<'_>>, Vec<Sets<'_>>, bool); 17]
    {
        assert_eq!(permissions_are_within(&these, &others), expected, "{name}");
    }
}

/// The statements of a document, some left out, and perhaps one of another.
fn made_of(dice: &mut Dice, value: &Value, more: &Value) -> Value {
    let list = |value: &Value| match &value["Statement"] {
        Value::Array(statements) => statements.clone(),
        statement => vec![statement.clone()],
    };
    let mut statements: Vec<Value> = list(value).into_iter().filter(|_| !dice.one_in(3)).collect();
    if dice.one_in(3) || statements.is_empty() {
        statements.extend(list(more).into_iter().take(1));
    }
    json!({"Version": value["Version"], "Statement": statements})
}

fn has_allow(value: &Value) -> bool {
    document(value).statements().iter().any(|statement| statement.effect == Effect::Allow)
}

#[test]
fn no_request_contradicts_a_comparison_of_trust_policies() {
    let (mut proved, mut open) = (0, 0);
    let documents = super::cases(400);
    for number in 0..documents {
        let mut dice = Dice(u64::from(number) | 1 << 43);
        let other = trust_document(&mut dice);
        let more = trust_document(&mut dice);
        let these: Vec<Value> = (0..=dice.roll(1)).map(|_| made_of(&mut dice, &other, &more)).collect();
        let is_within = trust_is_within(&these.iter().collect::<Vec<_>>(), &other);
        proved += usize::from(is_within && these.iter().all(has_allow));
        let (these, other) = (these.iter().map(document).collect::<Vec<_>>(), document(&other));
        for _ in 0..80 {
            let caller: Principal = dice.pick(&CALLERS).parse().unwrap();
            let request = Request {
                action: call_of(&caller).to_owned(),
                context: context(&mut dice, caller.account().is_some()),
                principal: caller,
                resource: ROLE.to_owned(),
                resource_account: None,
            };
            let common = Truth::all(these.iter().map(|document| evaluate_trust(&request, document).allows));
            let allows = evaluate_trust(&request, &other).allows;
            open += usize::from(common == Truth::True && allows == Truth::False);
            if is_within {
                let holds = common == Truth::False || allows == Truth::True || common == allows;
                assert!(holds, "{number}: {common:?} {allows:?}\n{these:#?}\n{other}\n{request:#?}");
            }
        }
    }
    assert!(proved > documents as usize / 10 && open > documents as usize / 10, "{proved}, {open}");
}

#[test]
fn no_request_contradicts_a_comparison_of_permissions() {
    let (mut proved, mut open) = (0, 0);
    let documents = super::cases(400);
    let actions = ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "s3:GetObject", "iam:PassRole"];
    let resources = [
        FUNCTION,
        QUALIFIED,
        "arn:aws:lambda:us-east-1:111122223333:function:orders:prod",
        "arn:aws:lambda:eu-west-1:111122223333:function:orders",
        "arn:aws:lambda:us-east-1:999999999999:function:orders:live",
        "arn:aws:s3:::bucket/object",
        "*",
    ];
    for number in 0..documents {
        let mut dice = Dice(u64::from(number) | 1 << 44);
        let set = |dice: &mut Dice| -> (Vec<Value>, Option<Value>) {
            let identity =
                (0..=dice.roll(1)).map(|_| permission_document(dice, &["Allow", "Allow", "Deny"])).collect();
            (identity, dice.one_in(4).then(|| permission_document(dice, &["Allow"])))
        };
        let (first, second) = (set(&mut dice), set(&mut dice));
        let mixed = |dice: &mut Dice| -> (Vec<Value>, Option<Value>) {
            let identity = first.0.iter().map(|value| made_of(dice, value, &second.0[0])).collect();
            (identity, if dice.one_in(2) { first.1.clone() } else { second.1.clone() })
        };
        let these: Vec<_> = (0..=dice.roll(1)).map(|_| mixed(&mut dice)).collect();
        let others = if dice.one_in(2) { vec![first.clone(), second.clone()] } else { vec![first.clone()] };
        type Read = (Vec<Document>, Option<Document>);
        let read = |sets: &[(Vec<Value>, Option<Value>)]| -> Vec<Read> {
            sets.iter()
                .map(|(it, boundary)| (it.iter().map(document).collect(), boundary.as_ref().map(document)))
                .collect()
        };
        let (these, others) = (read(&these), read(&others));
        let is_within = {
            let left: Vec<Permissions<'_>> =
                these.iter().map(|(it, boundary)| permissions(it, boundary.as_ref())).collect();
            let right: Vec<Permissions<'_>> =
                others.iter().map(|(it, boundary)| permissions(it, boundary.as_ref())).collect();
            proves_permissions_within(
                &left.iter().collect::<Vec<_>>(),
                &right.iter().collect::<Vec<_>>(),
                &ROLE.parse().unwrap(),
            )
        };
        proved += usize::from(is_within);
        for _ in 0..80 {
            let mut request = Request {
                principal: "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session"
                    .parse()
                    .unwrap(),
                action: (*dice.pick(&actions)).to_owned(),
                resource: (*dice.pick(&resources)).to_owned(),
                resource_account: None,
                context: context(&mut dice, false),
            };
            if let Some(region) = request.resource.split(':').nth(3) {
                request.context.set("aws:RequestedRegion", region);
            }
            let may = |(identity, boundary): &Read| session_may(&request, identity, boundary.as_ref());
            let (common, either) = (Truth::all(these.iter().map(may)), Truth::any(others.iter().map(may)));
            open += usize::from(common == Truth::True && either == Truth::False);
            if is_within {
                let holds = common == Truth::False || either == Truth::True || common == either;
                assert!(holds, "{number}: {common:?} {either:?}\n{these:#?}\n{others:#?}\n{request:#?}");
            }
        }
    }
    assert!(proved > documents as usize / 10 && open > documents as usize / 10, "{proved}, {open}");
}
