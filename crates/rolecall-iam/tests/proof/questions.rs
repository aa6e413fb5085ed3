//! The neutral questions: what is proved of callers, actions and resources of the asker's own choice.

use rolecall_iam::context::ContextValue;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{
    Callers, ExternalIds, Group, NamedDocument, Permissions, Proof, Question, ResourcePolicy, RoleIntent,
    Session, Values, prove_trust,
};
use rolecall_iam::truth::Truth;
use serde_json::json;

use super::random::{CALLERS, Dice, context, permission_document, trust_document};
use super::support::{EXTERNAL_ID, FUNCTION, QUALIFIED, ROLE, document, session_may, trust_of};

fn principal(text: &str) -> Principal {
    text.parse().unwrap()
}

fn group(members: &[&str]) -> Group {
    Group::of(members.iter().map(|text| principal(text)))
}

/// Short: `proved`, or the sentence or reasons.
fn told(proof: &Proof) -> String {
    match proof {
        Proof::Proved => "proved".to_owned(),
        Proof::Refuted(witness) => format!("refuted: {}", witness.sentence),
        Proof::Unknown { reasons } => format!("unknown: {}", reasons.join("; ")),
    }
}

/// A member of another partition than the usual one counts like any other, also where nobody says whose role it is.
#[test]
fn a_principal_of_another_partition_is_asked_about() {
    let everybody = document(&trust_of(&[json!({"Principal": {"AWS": "*"}})]));
    let policy = ResourcePolicy::of_role(&everybody, None);
    for caller in ["arn:aws-cn:iam::222233334444:user/ada", "arn:aws-us-gov:iam::222233334444:role/batch"] {
        let question = Question::about(Callers::all().inside(&group(&[caller])));
        let Proof::Refuted(witness) = policy.prove_refused(&question) else {
            panic!("{}", told(&policy.prove_refused(&question)));
        };
        assert!(witness.sentence.contains("222233334444"), "{}", witness.sentence);
        assert_eq!(policy.prove_allowed(&principal(caller), ExternalIds::Any), Proof::Proved, "{caller}");
        let intent = RoleIntent { trusted: vec![principal(caller)], ..RoleIntent::default() };
        let only_with_id = &prove_trust(&everybody, &intent)[1];
        assert!(matches!(only_with_id.result, Proof::Refuted(_)), "{only_with_id:?}");
    }
    // Nobody acts outside of his own partition.
    let known = ResourcePolicy::of_role(&everybody, Some(&ROLE.parse().unwrap()));
    let question = Question::about(Callers::all().inside(&group(&["arn:aws-cn:iam::222233334444:user/ada"])));
    assert_eq!(known.prove_refused(&question), Proof::Proved);
}

#[test]
fn one_statement_can_be_asked_about() {
    let policy = document(&trust_of(&[
        json!({"Principal": {"AWS": "222233334444"}, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
        json!({"Principal": {"AWS": "222233334444"}}),
    ]));
    let policy = ResourcePolicy::of_role(&policy, None);
    let without = || Question::about(Callers::all()).with_external_ids(ExternalIds::Absent);
    assert_eq!(policy.prove_refused(&without().through(0)), Proof::Proved);
    assert!(matches!(policy.prove_refused(&without().through(1)), Proof::Refuted(_)));
    // There is no such statement, so nobody gets in through it.
    assert_eq!(policy.prove_refused(&without().through(2)), Proof::Proved);
}

#[test]
fn a_principal_is_allowed_always_never_or_sometimes() {
    let policy = document(&trust_of(&[json!({
        "Principal": {"AWS": "222233334444"}, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    })]));
    let policy = ResourcePolicy::of_role(&policy, None);
    let vendor = principal("arn:aws:iam::222233334444:root");
    assert_eq!(policy.prove_allowed(&vendor, ExternalIds::Exactly(EXTERNAL_ID)), Proof::Proved);
    assert!(matches!(policy.prove_allowed(&vendor, ExternalIds::Absent), Proof::Refuted(_)));
    let sometimes = policy.prove_allowed(&vendor, ExternalIds::Any);
    assert!(told(&sometimes).starts_with("unknown: it depends on `sts:ExternalId`"), "{}", told(&sometimes));
}

#[test]
fn sessions_are_asked_about_actions_and_resources() {
    let policy = document(&json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:Get*", "bedrock:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret*"},
        {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": FUNCTION},
    ]}));
    let permissions =
        Permissions { identity: vec![NamedDocument { name: "reader", document: &policy }], boundary: None };
    let role = ROLE.parse().unwrap();
    let session = Session::new(&permissions, Some(&role));
    let table = [
        ("s3:Put*", "*", "proved"),
        ("iam:*", "*", "proved"),
        ("S3:GETOBJECT", "arn:aws:s3:::secret/*", "proved"),
        ("s3:*", "arn:aws:s3:::secret-2/*", "proved"),
        (
            "s3:*",
            "arn:aws:s3:::open/*",
            "refuted: a session of the role can call `s3:GetObject` on `arn:aws:s3:::open/",
        ),
        (
            "bedrock:InvokeModel",
            "arn:aws:bedrock:us-east-1::foundation-model/m",
            "refuted: a session of the role can call `bedrock:InvokeModel` on `arn:aws:bedrock:us-east-1::foundation-model/m`",
        ),
        (
            "lambda:InvokeFunction",
            "*",
            "refuted: a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:111122223333:function:orders`",
        ),
        ("lambda:InvokeFunction", QUALIFIED, "proved"),
        ("bedrock:Invoke*", "*", "unknown: statement 1"),
        ("sts:Get*", "*", "refuted: a session of the role can call `sts:GetCallerIdentity` on `*`"),
        ("*", "arn:aws:iam::*", "refuted: a session of the role can call `sts:GetCallerIdentity`"),
    ];
    for (action, resource, expected) in table {
        let told = told(&session.prove_refused(action, resource));
        assert!(told.starts_with(expected), "{action} on {resource}: {told}");
    }
}

fn belongs(caller: &Principal, member: &Principal) -> bool {
    let same_account = caller.account() == member.account();
    match (member, caller) {
        (Principal::Root { .. }, _) => same_account,
        (Principal::Role(role), Principal::RoleSession { role: name, .. }) => {
            same_account && role.name == *name
        }
        (
            Principal::RoleSession { role, session, .. },
            Principal::RoleSession { role: of, session: named, .. },
        ) => same_account && role == of && session == named,
        _ => member == caller,
    }
}

const MEMBERS: [&str; 8] = [
    "arn:aws:iam::765628985471:root",
    "arn:aws:iam::222233334444:root",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::765628985471:role/genesys-service",
    "arn:aws:iam::222233334444:user/ops/ada",
    "arn:aws:sts::222233334444:assumed-role/batch/nightly",
    "lambda.amazonaws.com",
    "accounts.google.com",
];

fn members(dice: &mut Dice) -> Vec<Principal> {
    (0..=dice.roll(2)).map(|_| dice.pick(&MEMBERS).parse().unwrap()).collect()
}

#[test]
fn no_request_contradicts_an_answer_about_callers() {
    let (mut proved, mut refuted) = (0, 0);
    let documents = super::cases(300);
    for number in 0..documents {
        let mut dice = Dice(u64::from(number) | 1 << 41);
        let document = document(&trust_document(&mut dice));
        let role = ROLE.parse().unwrap();
        let policy = ResourcePolicy::of_role(&document, Some(&role));
        let inside = dice.one_in(2).then(|| members(&mut dice));
        let outside = dice.one_in(2).then(|| members(&mut dice));
        let only_of_accounts = dice.one_in(4);
        let mut callers = if only_of_accounts { Callers::of_accounts() } else { Callers::all() };
        if let Some(members) = &inside {
            callers = callers.inside(&Group::of(members.clone()));
        }
        if let Some(members) = &outside {
            callers = callers.outside(&Group::of(members.clone()));
        }
        let two = ["12345".to_owned(), EXTERNAL_ID.to_owned()];
        let external_ids = *dice.pick(&[
            ExternalIds::Any,
            ExternalIds::Absent,
            ExternalIds::Present,
            ExternalIds::Exactly(EXTERNAL_ID),
            ExternalIds::AnythingBut(EXTERNAL_ID),
            ExternalIds::AnotherThan(&two[..1]),
            ExternalIds::AnotherThan(&two),
            ExternalIds::NoneOf(&two),
        ]);
        let is_asked_about = |request: &Request| {
            let caller = &request.principal;
            let id = match request.context.get(&"sts:ExternalId".into()) {
                Some(ContextValue::One(id)) => Some(id.as_str()),
                _ => None,
            };
            let among = |members: &[Principal]| members.iter().any(|member| belongs(caller, member));
            (!only_of_accounts || caller.account().is_some())
                && inside.as_deref().is_none_or(among)
                && !outside.as_deref().is_some_and(among)
                && match external_ids {
                    ExternalIds::Any => true,
                    ExternalIds::Absent => id.is_none(),
                    ExternalIds::Present => id.is_some(),
                    ExternalIds::Exactly(wanted) => id == Some(wanted),
                    ExternalIds::AnythingBut(other) => id != Some(other),
                    ExternalIds::AnotherThan(others) => {
                        id.is_some_and(|id| others.iter().all(|other| id != other))
                    }
                    ExternalIds::NoneOf(others) => others.iter().all(|other| id != Some(other)),
                }
        };
        let proof = policy.prove_refused(&Question::about(callers).with_external_ids(external_ids));
        if let Proof::Refuted(witness) = &proof {
            refuted += 1;
            assert!(is_asked_about(&witness.request), "{number}: {witness:?}");
            assert_eq!(evaluate_trust(&witness.request, &document).allows, Truth::True, "{witness:?}");
        }
        proved += usize::from(proof == Proof::Proved);
        for _ in 0..60 {
            let caller: Principal = dice.pick(&CALLERS).parse().unwrap();
            let context = context(&mut dice, caller.account().is_some());
            let request = Request {
                action: super::agreement::call_of(&caller).to_owned(),
                principal: caller,
                resource: ROLE.to_owned(),
                resource_account: None,
                context,
            };
            if proof == Proof::Proved && is_asked_about(&request) {
                let allows = evaluate_trust(&request, &document).allows;
                assert_eq!(allows, Truth::False, "{number}: {request:#?}\n{document}");
            }
        }
    }
    eprintln!("questions about callers: {proved} proved, {refuted} refuted");
    assert!(proved > documents as usize / 5 && refuted > documents as usize / 5, "{proved}, {refuted}");
}

#[test]
fn no_request_contradicts_an_answer_about_sessions() {
    let (mut proved, mut refuted) = (0, 0);
    let documents = super::cases(300);
    let asked =
        ["lambda:InvokeFunction", "lambda:*", "s3:*", "lambda:Invoke?unctionUrl", "*:*", "iam:PassRole"];
    let among = ["*", FUNCTION, QUALIFIED, "arn:aws:lambda:*:*:function:orders*", "arn:aws:s3:::*"];
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
        let mut dice = Dice(u64::from(number) | 1 << 42);
        let identity: Vec<Document> = (0..=dice.roll(1))
            .map(|_| document(&permission_document(&mut dice, &["Allow", "Deny"])))
            .collect();
        let boundary =
            dice.one_in(3).then(|| document(&permission_document(&mut dice, &["Allow", "Allow", "Deny"])));
        let permissions = Permissions {
            identity: identity.iter().map(|document| NamedDocument { name: "invoke", document }).collect(),
            boundary: boundary.as_ref().map(|document| NamedDocument { name: "boundary", document }),
        };
        let role = ROLE.parse().unwrap();
        let session = Session::new(&permissions, Some(&role));
        let (action, resource) = (*dice.pick(&asked), *dice.pick(&among));
        let proof = session.prove_refused(action, resource);
        if let Proof::Refuted(witness) = &proof {
            refuted += 1;
            assert!(like(action, &witness.request.action) && like(resource, &witness.request.resource));
            if witness.request.action != "sts:GetCallerIdentity" {
                assert_eq!(session_may(&witness.request, &identity, boundary.as_ref()), Truth::True);
            }
        }
        proved += usize::from(proof == Proof::Proved);
        for _ in 0..60 {
            let mut request = Request {
                principal: principal("arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session"),
                action: (*dice.pick(&actions)).to_owned(),
                resource: (*dice.pick(&resources)).to_owned(),
                resource_account: None,
                context: context(&mut dice, false),
            };
            if let Some(region) = request.resource.split(':').nth(3) {
                request.context.set("aws:RequestedRegion", region);
            }
            if proof == Proof::Proved && like(action, &request.action) && like(resource, &request.resource) {
                let allows = session_may(&request, &identity, boundary.as_ref());
                assert_eq!(allows, Truth::False, "{number}: {action} on {resource}: {request:#?}");
            }
        }
    }
    eprintln!("questions about sessions: {proved} proved, {refuted} refuted");
    assert!(proved > documents as usize / 5 && refuted > documents as usize / 5, "{proved}, {refuted}");
}

/// `*` and `?`, whatever the case of an action: written here once more.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len())
            .any(|at| text.is_char_boundary(at) && like(pattern.strip_prefix('*').unwrap(), &text[at..])),
        Some(first) => text.chars().next().is_some_and(|next| {
            (first == '?' || first.eq_ignore_ascii_case(&next))
                && like(&pattern[first.len_utf8()..], &text[next.len_utf8()..])
        }),
    }
}

/// For each value of one key of a token, whether its holder can assume the role.
#[test]
fn a_question_about_values_of_a_key_is_decided_for_every_token() {
    const SUBJECT: &str = "token.actions.githubusercontent.com:sub";
    let trust = |subjects: &str| {
        Document::parse(&format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {{"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}},
                "Condition": {{"StringLike": {{"{SUBJECT}": {subjects}}}}}}}}}"#
        ))
        .unwrap()
    };
    let like = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    for (subjects, values, refused) in [
        (r#""repo:octo/*""#, Values::UnlikeOrAbsent(like(&["repo:octo/*"])), true),
        (r#""repo:octo/*""#, Values::Absent, true),
        (r#""repo:octo/*""#, Values::Unlike(like(&["repo:octo/app:*"])), false),
        (r#""repo:octo*""#, Values::Unlike(like(&["repo:octo/*"])), false),
        (r#"["repo:octo/a:*", "repo:octo/b:*"]"#, Values::Unlike(like(&["repo:octo/?:*"])), true),
        (r#"["repo:octo/a:*", "repo:evil/b:*"]"#, Values::Unlike(like(&["repo:octo/*"])), false),
        (r#""repo:octo/app:ref:refs/heads/main""#, Values::Like(like(&["*:pull_request"])), true),
        (r#""repo:octo/app:*""#, Values::Like(like(&["*:pull_request"])), false),
    ] {
        let document = trust(subjects);
        let role = "arn:aws:iam::123456789012:role/deploy".parse().unwrap();
        let policy = ResourcePolicy::of_role(&document, Some(&role));
        let question = Question::about(Callers::all()).with_values(SUBJECT, &values);
        match policy.prove_refused(&question) {
            Proof::Proved => assert!(refused, "{subjects} {values:?}"),
            Proof::Refuted(witness) => assert!(!refused, "{subjects} {values:?}: {}", witness.sentence),
            Proof::Unknown { reasons } => panic!("{subjects} {values:?}: {reasons:?}"),
        }
    }
}
