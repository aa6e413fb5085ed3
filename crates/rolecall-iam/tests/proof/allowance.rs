//! What a session is meant to do besides invoking functions: nothing else, and all of it.

use rolecall_iam::context::Context;
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::{Allowance, Claim, Proof, RoleIntent, Use, UseError};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::random::Dice;
use super::support::{
    FUNCTION, ROLE, clean_invoke, document, permission_results, permission_results_of, session_may, told,
};

const BUCKET: &str = "arn:aws:s3:::recordings";
const OBJECTS: &str = "arn:aws:s3:::recordings/genesys/*";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";

fn recordings() -> Vec<Use> {
    [
        ("s3:GetBucketLocation", BUCKET),
        ("s3:GetEncryptionConfiguration", BUCKET),
        ("s3:PutObject", OBJECTS),
        ("s3:PutObjectAcl", OBJECTS),
    ]
    .map(|(action, resource)| Use::new(action, resource).unwrap())
    .into()
}

fn intent(uses: Vec<Use>, targets: &[&str]) -> RoleIntent {
    RoleIntent {
        role: Some(ROLE.parse().unwrap()),
        targets: Some(targets.iter().map(|target| target.parse().unwrap()).collect()),
        allowance: Allowance::of(uses),
        ..RoleIntent::default()
    }
}

fn policy(statements: &[(&[&str], &[&str])]) -> Value {
    let statements: Vec<Value> = statements
        .iter()
        .map(|(actions, resources)| json!({"Effect": "Allow", "Action": actions, "Resource": resources}))
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn exact() -> Value {
    policy(&[
        (&["s3:PutObject", "s3:PutObjectAcl"], &[OBJECTS]),
        (&["s3:GetBucketLocation", "s3:GetEncryptionConfiguration"], &[BUCKET]),
    ])
}

fn answers(policies: &[&Value], intent: &RoleIntent) -> Vec<String> {
    told(&permission_results(policies, None, intent))
}

#[test]
fn exactly_what_is_stated_is_proved_however_it_is_written() {
    let intent = intent(recordings(), &[]);
    assert_eq!(answers(&[&exact()], &intent), ["proved", "proved"]);
    let split = policy(&[(&["s3:PutObject"], &[OBJECTS]), (&["s3:putobjectacl"], &[OBJECTS])]);
    let rest = policy(&[(&["s3:GetBucketLocation", "s3:GetEncryptionConfiguration"], &[BUCKET])]);
    assert_eq!(answers(&[&split, &rest], &intent), ["proved", "proved"]);
}

#[test]
fn with_functions_both_are_meant() {
    let intent = intent(recordings(), &[FUNCTION]);
    let invoke = policy(&[(&["lambda:InvokeFunction"], &[FUNCTION])]);
    assert_eq!(answers(&[&exact(), &invoke], &intent), ["proved", "proved", "proved"]);
    // The clean policy of these tests also names a second function.
    let told = answers(&[&exact(), &clean_invoke()], &intent);
    assert!(told[0].contains("can call `lambda:InvokeFunction` on"), "{told:?}");
    assert_eq!(told[1..], ["proved", "proved"]);
}

#[test]
fn whatever_is_wider_is_refuted_with_a_request() {
    let intent = intent(recordings(), &[]);
    for (wider, shown) in [
        (
            policy(&[(&["s3:PutObject"], &["arn:aws:s3:::recordings/*"])]),
            "`s3:PutObject` on `arn:aws:s3:::recordings/",
        ),
        (policy(&[(&["s3:PutObject"], &["arn:aws:s3:::*/*"])]), "`s3:PutObject` on `arn:aws:s3:::"),
        (policy(&[(&["s3:Put*"], &[OBJECTS])]), "can call `s3:Put"),
        (
            policy(&[(&["s3:PutObject", "s3:GetObject"], &[OBJECTS])]),
            "`s3:GetObject` on `arn:aws:s3:::recordings/genesys/",
        ),
        (policy(&[(&["s3:GetBucketLocation"], &["*"])]), "`s3:GetBucketLocation` on"),
        (policy(&[(&["kms:GenerateDataKey"], &["*"])]), "`kms:GenerateDataKey` on"),
        (policy(&[(&["lambda:InvokeFunction"], &[FUNCTION])]), "`lambda:InvokeFunction` on"),
        (policy(&[(&["*"], &["*"])]), "`iam:PassRole` on"),
    ] {
        let told = answers(&[&exact(), &wider], &intent);
        assert!(told[0].contains(shown), "{wider}: {told:?}");
        assert_eq!(told[1], "proved", "{wider}: {told:?}");
    }
}

#[test]
fn what_is_missing_is_refuted() {
    let intent = intent(recordings(), &[]);
    for (narrower, shown) in [
        (
            policy(&[(&["s3:PutObject", "s3:PutObjectAcl"], &[OBJECTS])]),
            "cannot call `s3:GetBucketLocation` on `arn:aws:s3:::recordings`",
        ),
        // The two reads act upon the bucket: an object's ARN never covers them.
        (
            policy(&[(
                &["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketLocation", "s3:GetEncryptionConfiguration"],
                &[OBJECTS],
            )]),
            "cannot call `s3:GetBucketLocation`",
        ),
        (
            policy(&[(&["s3:*"], &["arn:aws:s3:::recordings/genesys/2026/*", BUCKET])]),
            "cannot call `s3:PutObject` on `arn:aws:s3:::recordings/genesys/",
        ),
    ] {
        let told = answers(&[&narrower], &intent);
        assert!(told[1].contains(shown), "{narrower}: {told:?}");
    }
    assert!(answers(&[], &intent)[1].contains("cannot call"), "no policy at all");
}

#[test]
fn a_condition_that_not_every_request_meets_proves_nothing() {
    let intent = intent(vec![Use::new("s3:PutObject", OBJECTS).unwrap()], &[]);
    let statement = |condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": OBJECTS, "Condition": condition}]})
    };
    let told = answers(&[&statement(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))], &intent);
    assert_eq!(told[0], "proved");
    assert!(told[1].starts_with("unknown"), "{told:?}");
    let denied = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
    let open = policy(&[(&["s3:PutObject"], &[OBJECTS])]);
    let told = answers(&[&open, &denied], &intent);
    assert_eq!(told[0], "proved");
    assert!(told[1].starts_with("unknown"), "{told:?}");
}

#[test]
fn a_use_under_a_condition_is_met_under_this_condition_alone() {
    let via = |service: &str| {
        Use::new("kms:GenerateDataKey", KEY).unwrap().when("kms:ViaService", service).unwrap()
    };
    let intent = intent(vec![via("s3.us-east-1.amazonaws.com")], &[]);
    let statement = |condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": KEY, "Condition": condition}]})
    };
    let same = statement(json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}));
    assert_eq!(answers(&[&same], &intent), ["proved", "proved"]);
    let open = policy(&[(&["kms:GenerateDataKey"], &[KEY])]);
    let told = answers(&[&open], &intent);
    assert!(told[0] != "proved" && told[1] == "proved", "{told:?}");
    let other = statement(json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}));
    let told = answers(&[&other], &intent);
    assert!(told[0] != "proved" && told[1] != "proved", "{told:?}");
    let narrower = statement(
        json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "aws:PrincipalTag/x": "y"}}),
    );
    let told = answers(&[&narrower], &intent);
    assert!(told[0] == "proved" && told[1] != "proved", "{told:?}");
}

#[test]
fn wildcards_are_meant_as_they_are_written() {
    let use_of = |action: &str, resource: &str| vec![Use::new(action, resource).unwrap()];
    let whole = intent(use_of("connect:*", "*"), &[]);
    assert_eq!(answers(&[&policy(&[(&["connect:*"], &["*"])])], &whole), ["proved", "proved"]);
    // Nobody knows all actions that a service has.
    let told = answers(&[&policy(&[(&["connect:StartOutboundVoiceContact"], &["*"])])], &whole);
    assert_eq!(told[0], "proved");
    assert!(told[1].starts_with("unknown"), "{told:?}");
    let told = answers(&[&policy(&[(&["s3:GetObject"], &["*"])])], &intent(use_of("s3:*", "*"), &[]));
    assert!(told[1].contains("cannot call `s3:PutObject`"), "{told:?}");
    // Reading an object is never asked about without one; whether it acts upon anything else, nobody lists.
    let everywhere = intent(use_of("s3:GetObject", "*"), &[]);
    let told = answers(&[&policy(&[(&["s3:GetObject"], &["arn:aws:s3:::*"])])], &everywhere);
    assert!(told[0] == "proved" && told[1].starts_with("unknown"), "{told:?}");
    let told = answers(&[&policy(&[(&["s3:GetObject"], &["arn:aws:s3:::a*"])])], &everywhere);
    assert!(told[0] == "proved" && told[1].starts_with("refuted"), "{told:?}");
    // An action that has no resource is refused where nothing allows it without one.
    let listing = intent(use_of("lex:ListBots", "*"), &[]);
    let told = answers(&[&policy(&[(&["lex:ListBots"], &["arn:aws:lex:*:*:*"])])], &listing);
    assert!(told[0] == "proved" && told[1].starts_with("refuted"), "{told:?}");
}

#[test]
fn a_boundary_takes_away() {
    let intent = intent(recordings(), &[]);
    let boundary = policy(&[(&["s3:Put*"], &["*"]), (&["s3:GetBucketLocation"], &["*"])]);
    let everything = policy(&[(&["*"], &["*"])]);
    let told = told(&permission_results(&[&everything], Some(&boundary), &intent));
    assert!(told[0].contains("`s3:Put"), "{told:?}");
    assert!(told[1].contains("cannot call `s3:GetEncryptionConfiguration`"), "{told:?}");
}

#[test]
fn what_cannot_be_stated_is_refused() {
    let refused = |action, resource| Use::new(action, resource).unwrap_err();
    for action in
        ["", "s3", "s3:", ":PutObject", "s3*:PutObject", "*", "s3:Put Object", "s3:Put,Get", "s3:${x}"]
    {
        assert_eq!(refused(action, "*"), UseError::Action(action.to_owned()));
    }
    for resource in ["", "recordings", "arn:aws:s3", "arn:*", "arn:aws:s3:::a b", "s3://recordings"] {
        assert_eq!(refused("s3:PutObject", resource), UseError::Resource(resource.to_owned()));
    }
    let variable = "arn:aws:s3:::recordings/${aws:username}/*";
    assert_eq!(refused("s3:PutObject", variable), UseError::Variable(variable.to_owned()));
    assert_eq!(Allowance::of([]), None);
}

#[test]
fn hundreds_of_uses_are_decided() {
    let uses =
        (0..300).map(|index| Use::new("s3:PutObject", &format!("arn:aws:s3:::bucket-{index}/*")).unwrap());
    let intent = intent(uses.collect(), &[]);
    let resources: Vec<String> = (0..300).map(|index| format!("arn:aws:s3:::bucket-{index}/*")).collect();
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let results = permission_results(&[&policy(&[(&["s3:PutObject"], &resources)])], None, &intent);
    assert!(results.iter().all(|result| result.result == Proof::Proved), "{:?}", told(&results));
}

#[test]
fn no_request_contradicts_an_answer_about_an_allowance() {
    const ACTIONS: [&str; 6] =
        ["s3:PutObject", "s3:Put*", "s3:GetObject", "S3:putobjectacl", "s3:*", "kms:Decrypt"];
    const RESOURCES: [&str; 6] = [
        OBJECTS,
        BUCKET,
        "arn:aws:s3:::recordings/*",
        "arn:aws:s3:::recordings/genesys/?",
        "*",
        "arn:aws:s3:::*/genesys/*",
    ];
    let asked: Vec<(&str, &str)> = [
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:GetObject",
        "s3:GetBucketLocation",
        "kms:Decrypt",
        "iam:PassRole",
    ]
    .into_iter()
    .flat_map(|action| {
        [
            "arn:aws:s3:::recordings/genesys/a",
            "arn:aws:s3:::recordings/genesys/",
            "arn:aws:s3:::recordings/other",
            "arn:aws:s3:::elsewhere/genesys/a",
            BUCKET,
            KEY,
            "*",
        ]
        .map(|resource| (action, resource))
    })
    .collect();
    let (mut proved, mut refuted) = (0, 0);
    for number in 0..super::cases(400) {
        let mut dice = Dice(u64::from(number) | 1 << 41);
        let mut pairs = |most: usize| -> Vec<(&str, &str)> {
            (0..=dice.roll(most)).map(|_| (*dice.pick(&ACTIONS), *dice.pick(&RESOURCES))).collect()
        };
        let (stated, allowed) = (pairs(3), pairs(3));
        let denied = if number % 3 == 0 { pairs(1) } else { Vec::new() };
        let statement = |effect: &str, (action, resource): &(&str, &str), secure: bool| {
            let condition = if secure { json!({"Bool": {"aws:SecureTransport": "true"}}) } else { json!({}) };
            json!({"Effect": effect, "Action": action, "Resource": resource, "Condition": condition})
        };
        let statements: Vec<Value> = { allowed.iter().map(|pair| statement("Allow", pair, number % 5 == 0)) }
            .chain(denied.iter().map(|pair| statement("Deny", pair, number % 2 == 0)))
            .collect();
        let identity = [document(&json!({"Version": "2012-10-17", "Statement": statements}))];
        let uses: Vec<Use> =
            stated.iter().map(|(action, resource)| Use::new(action, resource).unwrap()).collect();
        let meant = [Allowance::of(uses.clone()).unwrap().document().clone()];
        let results = permission_results_of(&identity, None, &intent(uses, &[]));
        for (action, resource) in &asked {
            for secure in ["true", "false"] {
                let request = Request {
                    principal: "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session"
                        .parse()
                        .unwrap(),
                    action: (*action).to_owned(),
                    resource: (*resource).to_owned(),
                    resource_account: None,
                    context: Context::new().with("aws:SecureTransport", secure),
                };
                let is_meant = session_may(&request, &meant, None);
                let may = session_may(&request, &identity, None);
                for result in &results {
                    let breaks = match result.claim {
                        Claim::OnlyStatedMayBeDone => is_meant == Truth::False && may != Truth::False,
                        _ => is_meant == Truth::True && may != Truth::True,
                    };
                    assert!(
                        !(breaks && result.result == Proof::Proved),
                        "{number}: {} {stated:?} {statements:#?} {request:#?}",
                        result.claim
                    );
                }
            }
        }
        proved += results.iter().filter(|result| result.result == Proof::Proved).count();
        refuted += results.iter().filter(|result| matches!(result.result, Proof::Refuted(_))).count();
    }
    assert!(proved > 50 && refuted > 200, "{proved} proved, {refuted} refuted");
}
