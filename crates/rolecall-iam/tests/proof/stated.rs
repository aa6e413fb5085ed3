//! Attempts to get a false proof about what is stated: documents that are nearly right, and requests that tell them apart.

use rolecall_iam::context::Context;
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::{Allowance, Claim, Proof, RoleIntent, Use, UseError};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::random::Dice;
use super::support::{
    FUNCTION, ROLE, document, permission_results, permission_results_of, session_may, told,
};

const OBJECTS: &str = "arn:aws:s3:::recordings/genesys/*";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";
const S3: &str = "s3.us-east-1.amazonaws.com";

fn intent(uses: Vec<Use>, targets: &[&str]) -> RoleIntent {
    RoleIntent {
        role: Some(ROLE.parse().unwrap()),
        targets: Some(targets.iter().map(|target| target.parse().unwrap()).collect()),
        allowance: Allowance::of(uses),
        ..RoleIntent::default()
    }
}

fn stated(pairs: &[(&str, &str)]) -> RoleIntent {
    let uses = pairs.iter().map(|(action, resource)| Use::new(action, resource).unwrap());
    intent(uses.collect(), &[])
}

fn of(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Whether each claim is proved: nothing else, and all of it.
fn proved(policies: &[Value], boundary: Option<&Value>, intent: &RoleIntent) -> Vec<bool> {
    let policies: Vec<&Value> = policies.iter().collect();
    let results = permission_results(&policies, boundary, intent);
    results.iter().map(|result| result.result == Proof::Proved).collect()
}

#[test]
fn a_resource_of_another_service_counts_where_every_resource_is_meant() {
    // Roles are resources of IAM, and STS acts upon them; instances are resources of EC2, and Systems Manager acts upon them.
    for (action, other) in [
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/admin"),
        ("ssm:StartSession", "arn:aws:ec2:us-east-1:111122223333:instance/i-0f6b2c1e"),
    ] {
        let intent = stated(&[(action, "*")]);
        let all_but = of(&json!({"Effect": "Allow", "Action": action, "NotResource": other}));
        assert_eq!(proved(&[all_but], None, &intent), [true, false], "{action}");
        let denied = of(&json!([
            {"Effect": "Allow", "Action": action, "Resource": "*"},
            {"Effect": "Deny", "Action": action, "Resource": other}]));
        assert_eq!(proved(&[denied], None, &intent), [true, false], "{action}");
        let open = of(&json!({"Effect": "Allow", "Action": action, "Resource": "*"}));
        assert_eq!(proved(std::slice::from_ref(&open), None, &intent), [true, true], "{action}");
        let limit = of(&json!({"Effect": "Allow", "Action": "*", "NotResource": other}));
        assert_eq!(proved(&[open], Some(&limit), &intent), [true, false], "{action}");
    }
}

#[test]
fn what_needs_no_permission_is_allowed_and_hides_nothing() {
    let intent = stated(&[("sts:GetCallerIdentity", "*")]);
    let nothing = of(&json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    assert_eq!(proved(std::slice::from_ref(&nothing), None, &intent), [true, true]);
    let intent = stated(&[("sts:GetCallerIdentity", "*"), ("sts:GetSessionToken", "*")]);
    let told = told(&permission_results(&[&nothing], None, &intent));
    assert!(told[1].contains("cannot call `sts:GetSessionToken`"), "{told:?}");
}

#[test]
fn everything_but_something_is_more_than_what_is_stated() {
    let intent = stated(&[("s3:PutObject", OBJECTS)]);
    for wider in [
        json!({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": OBJECTS}),
        json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "s3:PutObject", "NotResource": "arn:aws:s3:::payroll/*"}),
        json!({"Effect": "Allow", "Action": "s3:PutObject", "NotResource": OBJECTS}),
    ] {
        let exact = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS});
        assert_eq!(proved(&[of(&json!([exact, wider]))], None, &intent), [false, true], "{wider}");
    }
    // A boundary that is written by exception takes away only what it names.
    let open = of(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
    let limit = of(&json!([{"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}]));
    assert_eq!(proved(std::slice::from_ref(&open), Some(&limit), &intent), [false, true]);
    let limit = of(&json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS}]));
    assert_eq!(proved(&[open], Some(&limit), &intent), [true, true]);
}

#[test]
fn a_pattern_over_colons_is_weighed_as_a_whole() {
    let object =
        |resource: &str| of(&json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource}]));
    let intent = stated(&[("s3:PutObject", OBJECTS)]);
    for (resource, only, every) in [
        (OBJECTS, true, true),
        ("arn:aws:s3:::recordings/genesys/**", true, true),
        ("arn:aws:s3:::recordings/genesys/?*", true, false),
        ("arn:aws:s3:::recordings/genesys/", true, false),
        ("arn:aws:s3:::recordings/genesys*", false, true),
        ("arn:aws:s3:*:*:recordings/genesys/*", false, true),
        ("arn:*:s3:::recordings/genesys/*", false, true),
        ("arn:aws:s3:::*recordings/genesys/*", false, true),
        ("arn:aws:s3:::recordings/${*}", true, false),
        ("arn:aws:s3:::recordings/genesys/${*}", true, false),
        ("arn:aws:s3:::Recordings/genesys/*", false, false),
    ] {
        let found = proved(&[object(resource)], None, &intent);
        assert!(only || !found[0], "{resource}: {found:?}");
        assert_eq!(found[1], every, "{resource}");
    }
}

#[test]
fn a_policy_variable_is_no_promise() {
    let object =
        |resource: &str| of(&json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource}]));
    let intent = stated(&[("s3:PutObject", OBJECTS)]);
    // Inside of the prefix whatever the tag is; a tag can hold a `*`, which is no wildcard in a value.
    let inside = proved(&[object("arn:aws:s3:::recordings/genesys/${aws:PrincipalTag/team}")], None, &intent);
    assert!(!inside[1], "{inside:?}");
    for outside in
        ["arn:aws:s3:::recordings/${aws:PrincipalTag/team}/*", "arn:aws:s3:::${aws:PrincipalTag/team}"]
    {
        assert_eq!(proved(&[object(outside)], None, &intent), [false, false], "{outside}");
    }
}

#[test]
fn targets_and_uses_are_apart() {
    let other = "arn:aws:lambda:us-east-1:111122223333:function:other";
    let invoke = |functions: Value| json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": functions});
    let put = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS});
    let uses = || vec![Use::new("s3:PutObject", OBJECTS).unwrap()];
    let both = intent(uses(), &[FUNCTION]);
    assert_eq!(proved(&[of(&json!([put, invoke(json!(FUNCTION))]))], None, &both), [true, true, true]);
    assert_eq!(
        proved(&[of(&json!([put, invoke(json!([FUNCTION, other]))]))], None, &both),
        [false, true, true]
    );
    assert_eq!(proved(&[of(&json!([put]))], None, &both), [true, false, true]);
    assert_eq!(proved(&[of(&json!([invoke(json!(FUNCTION))]))], None, &both), [true, true, false]);
    // A function can be stated as a use, too; its aliases are other resources.
    let with_use =
        intent([uses(), vec![Use::new("lambda:InvokeFunction", other).unwrap()]].concat(), &[FUNCTION]);
    assert_eq!(
        proved(&[of(&json!([put, invoke(json!([FUNCTION, other]))]))], None, &with_use),
        [true, true, true]
    );
    assert_eq!(proved(&[of(&json!([put, invoke(json!([FUNCTION]))]))], None, &with_use), [true, true, false]);
    let aliases = json!([FUNCTION, format!("{other}:*"), other]);
    assert_eq!(proved(&[of(&json!([put, invoke(aliases)]))], None, &with_use), [false, true, true]);
    // The same function as a target and as a use.
    let twice = intent(vec![Use::new("Lambda:invokeFunction", FUNCTION).unwrap()], &[FUNCTION]);
    assert_eq!(proved(&[of(&json!([invoke(json!(FUNCTION))]))], None, &twice), [true, true, true]);
    assert_eq!(proved(&[of(&json!([invoke(json!(other))]))], None, &twice), [false, false, false]);
}

#[test]
fn conditions_of_a_use_are_kept_whatever_the_letters_of_the_key() {
    let key_use = |name: &str| Use::new("kms:GenerateDataKey", KEY).unwrap().when(name, S3).unwrap();
    let with = |condition: Value| {
        of(
            &json!([{"Effect": "Allow", "Action": "kms:generatedatakey", "Resource": KEY, "Condition": condition}]),
        )
    };
    for name in ["kms:ViaService", "KMS:viaservice"] {
        let intent = intent(vec![key_use(name)], &[]);
        for (condition, only, every) in [
            (json!({"StringEquals": {"kms:viaService": S3}}), true, true),
            (json!({"StringLike": {"kms:ViaService": S3}}), true, true),
            (json!({"StringLike": {"kms:ViaService": "s3.*"}}), false, true),
            (json!({"StringEqualsIgnoreCase": {"kms:ViaService": S3}}), false, false),
            (json!({"StringEqualsIfExists": {"kms:ViaService": S3}}), false, true),
            (json!({"StringEquals": {"kms:ViaService": [S3, "sqs.us-east-1.amazonaws.com"]}}), false, true),
            (json!({"StringNotEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}), false, true),
            (json!({"Null": {"kms:ViaService": "false"}}), false, true),
            (json!({"StringEquals": {"kms:ViaService": S3, "acme:unknown": "x"}}), true, false),
            (
                json!({"StringEquals": {"kms:ViaService": S3}, "Bool": {"aws:SecureTransport": "true"}}),
                true,
                false,
            ),
            (json!({"StringEquals": {"kms:EncryptionContext:x": S3}}), false, false),
        ] {
            assert_eq!(
                proved(&[with(condition.clone())], None, &intent),
                [only, every],
                "{name} {condition}"
            );
        }
    }
    // Two values of one key at once do not occur, and a use that no policy can say would take the whole intent away.
    for (key, value) in
        [("KMS:ViaService", "sqs.us-east-1.amazonaws.com"), ("kms:ViaService", S3), ("", "x"), ("a b", "x")]
    {
        assert_eq!(
            key_use("kms:ViaService").when(key, value),
            Err(UseError::Condition(key.to_owned())),
            "{key}"
        );
    }
}

/// Statements that are nearly the stated ones.
fn nearly(stated: &Use, dice: &mut Dice) -> Value {
    let conditions: Value = stated
        .conditions()
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut statement = json!({"Effect": "Allow", "Action": stated.action(), "Resource": stated.resource()});
    if stated.conditions().next().is_some() {
        statement["Condition"] = json!({"StringEquals": conditions});
    }
    let resources = [
        "*",
        "arn:aws:s3:::recordings/*",
        "arn:aws:s3:::recordings/genesys/${aws:PrincipalTag/team}",
        "arn:aws:s3:::recordings/genesys/${aws:PrincipalTag/team}*",
        "arn:*:s3:::recordings/genesys/*",
        "arn:aws:s3:::recordings",
        KEY,
        FUNCTION,
        "arn:aws:iam::111122223333:role/*",
    ];
    let actions =
        ["s3:*", "s3:Put?bject", "S3:PUTOBJECT", "*", "kms:*", "sts:*", "lambda:Invoke*", "s3:GetObject"];
    let asked = [
        json!({"StringEquals": {"kms:ViaService": S3}}),
        json!({"StringEqualsIfExists": {"KMS:ViaService": S3}}),
        json!({"StringNotEquals": {"kms:ViaService": S3}}),
        json!({"Null": {"kms:ViaService": "true"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringEquals": {"acme:unknown": "x"}}),
        json!({"StringLike": {"aws:PrincipalTag/team": "*"}}),
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
    ];
    for _ in 0..dice.roll(3) {
        match dice.roll(6) {
            0 => statement["Action"] = json!(dice.pick(&actions)),
            1 => statement["Resource"] = json!([stated.resource(), dice.pick(&resources)]),
            2 => statement["Resource"] = json!(dice.pick(&resources)),
            3 => statement["Condition"] = dice.pick(&asked).clone(),
            4 => {
                if let Some(actions) = statement.as_object_mut().unwrap().remove("Action") {
                    statement["NotAction"] = actions;
                    statement["Effect"] = json!("Deny");
                }
            }
            _ => {
                if let Some(resources) = statement.as_object_mut().unwrap().remove("Resource") {
                    statement["NotResource"] = resources;
                    statement["Effect"] = json!(dice.pick(&["Deny", "Allow"]));
                }
            }
        }
        if statement.get("Action").is_none() && statement.get("NotAction").is_none() {
            statement["Action"] = json!("*");
        }
        // The next round puts a resource in its place again, and IAM knows one of the two.
        if statement.get("NotResource").is_some() && statement.get("Resource").is_some() {
            statement.as_object_mut().unwrap().remove("NotResource");
        }
        if statement.get("NotAction").is_some() && statement.get("Action").is_some() {
            statement.as_object_mut().unwrap().remove("NotAction");
        }
    }
    statement
}

fn request(dice: &mut Dice) -> Request {
    let action = *dice.pick(&[
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:GetObject",
        "kms:GenerateDataKey",
        "kms:Decrypt",
        "sts:AssumeRole",
        "lambda:InvokeFunction",
        "iam:PassRole",
    ]);
    let functions = [FUNCTION, "arn:aws:lambda:us-east-1:111122223333:function:other"];
    let resource = *dice.pick(&[
        "arn:aws:s3:::recordings/genesys/a",
        "arn:aws:s3:::recordings/genesys/",
        "arn:aws:s3:::recordings/genesys/orders",
        "arn:aws:s3:::recordings/other",
        "arn:aws:s3:::recordings",
        "arn:aws:s3:::elsewhere/genesys/a",
        KEY,
        functions[0],
        functions[1],
        "arn:aws:iam::111122223333:role/admin",
        "*",
    ]);
    // Nothing but a function is invoked.
    let resource = if action == "lambda:InvokeFunction" { *dice.pick(&functions) } else { resource };
    let mut context = Context::new();
    for (key, values) in [
        ("kms:ViaService", &[S3, "sqs.us-east-1.amazonaws.com"][..]),
        ("aws:SecureTransport", &["true", "false"]),
        ("aws:PrincipalTag/team", &["orders", "*"]),
        ("acme:unknown", &["x", "y"]),
    ] {
        if dice.one_in(2) {
            context.set(key, *dice.pick(values));
        }
    }
    // Lambda answers by HTTPS alone.
    if action == "lambda:InvokeFunction" {
        context.set("aws:SecureTransport", "true");
    }
    Request {
        principal: "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session".parse().unwrap(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: None,
        context,
    }
}

#[test]
fn no_request_contradicts_an_answer_about_documents_that_are_nearly_right() {
    let pairs = [
        ("s3:PutObject", OBJECTS),
        ("s3:Put*", "arn:aws:s3:::recordings/*"),
        ("s3:GetObject", "*"),
        ("kms:GenerateDataKey", KEY),
        ("sts:AssumeRole", "*"),
        ("lambda:InvokeFunction", FUNCTION),
        ("kms:*", "*"),
    ];
    let mut counts = [[0; 2]; 2];
    for number in 0..super::cases(300) {
        let mut dice = Dice(u64::from(number) | 1 << 43);
        let uses: Vec<Use> = (0..=dice.roll(2))
            .map(|_| {
                let (action, resource) = *dice.pick(&pairs);
                let stated = Use::new(action, resource).unwrap();
                if dice.one_in(3) { stated.when("kms:ViaService", S3).unwrap() } else { stated }
            })
            .collect();
        let statements: Vec<Value> = uses.iter().map(|stated| nearly(stated, &mut dice)).collect();
        let identity = [document(&of(&json!(statements)))];
        let boundary = dice.one_in(3).then(|| {
            let mut statements: Vec<Value> = uses.iter().map(|stated| nearly(stated, &mut dice)).collect();
            statements.push(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
            document(&of(&json!(statements)))
        });
        let targets: &[&str] = if dice.one_in(4) { &[FUNCTION] } else { &[] };
        let meant = [Allowance::of(uses.clone()).unwrap().document().clone()];
        let results = permission_results_of(&identity, boundary.as_ref(), &intent(uses.clone(), targets));
        for result in &results {
            let place = usize::from(result.claim != Claim::OnlyStatedMayBeDone);
            match result.result {
                Proof::Proved => counts[place][0] += 1,
                Proof::Refuted(_) => counts[place][1] += 1,
                Proof::Unknown { .. } => {}
            }
        }
        let proved = |wanted: fn(&Claim) -> bool| {
            results.iter().any(|result| wanted(&result.claim) && result.result == Proof::Proved)
        };
        let only = proved(|claim| *claim == Claim::OnlyStatedMayBeDone);
        let every = proved(|claim| matches!(claim, Claim::EveryStatedMayBeDone(_)));
        if !only && !every {
            continue;
        }
        for _ in 0..120 {
            let request = request(&mut dice);
            let is_invocation =
                request.action == "lambda:InvokeFunction" && targets.contains(&request.resource.as_str());
            let is_meant = session_may(&request, &meant, None);
            let may = session_may(&request, &identity, boundary.as_ref());
            let too_much = is_meant == Truth::False && !is_invocation && may != Truth::False;
            let too_little = is_meant == Truth::True && may != Truth::True;
            assert!(!(only && too_much), "{number}: {uses:?} {identity:#?} {boundary:#?} {request:#?}");
            assert!(!(every && too_little), "{number}: {uses:?} {identity:#?} {boundary:#?} {request:#?}");
        }
    }
    assert!(counts.iter().flatten().all(|count| *count > 20), "{counts:?}");
}
