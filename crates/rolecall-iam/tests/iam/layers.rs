//! Which policies must allow. Sources: IAM User Guide, "Policy evaluation logic" (EL), "Cross-account policy evaluation
//! logic" (CA), "Principal" (P), "NotPrincipal" (NP), "Permissions boundaries" (PB); STS API Reference, "AssumeRole" (AR);
//! AWS Organizations User Guide, "Service control policies" (SCP) and "Resource control policies" (RCP).

use rolecall_iam::document::Document;
use rolecall_iam::evaluate::Decision::{self, Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown};
use rolecall_iam::evaluate::{Block, Layer, Layers, Level, Request, evaluate, evaluate_trust};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::support::{
    CUSTOMER, ROLE, VENDOR, VENDOR_ROLE, allow_all, assume, policy, request, trust, with_context,
};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:orders";
const USER: &str = "arn:aws:iam::111122223333:user/ann";
const OWN_ROLE: &str = "arn:aws:iam::111122223333:role/own";
const OWN_SESSION: &str = "arn:aws:sts::111122223333:assumed-role/own/s1";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/fed";

fn deny(action: &str) -> Document {
    policy(json!([{ "Effect": "Deny", "Action": action, "Resource": "*" }]))
}

/// A policy of the function that allows to this principal.
fn function_policy(principal: &Value) -> Document {
    policy(
        json!([{ "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": FUNCTION }]),
    )
}

fn invoke(principal: &str) -> Request {
    request(principal, "lambda:InvokeFunction", FUNCTION)
}

/// STS API Reference, GetCallerIdentity: "No permissions are required to perform this operation … even if an explicit deny".
#[test]
fn everybody_with_credentials_may_ask_who_they_are() {
    let denied = deny("*");
    let layers = Layers { identity: vec![&denied], boundary: Some(Vec::new()), ..Layers::default() };
    for principal in [USER, OWN_ROLE, OWN_SESSION, FEDERATED] {
        let evaluation = evaluate(&request(principal, "STS:getcalleridentity", "*"), &layers);
        assert_eq!((evaluation.decision, evaluation.allows), (Allowed, Truth::True), "{principal}");
        let other = evaluate(&request(principal, "sts:GetSessionToken", "*"), &layers);
        assert_eq!(other.decision, ExplicitlyDenied, "{principal}");
    }
}

/// EL: the table of a resource policy's Allow against implicit denies in one account. Whether the call passes where only
/// the resource policy allows; then with everything else allowing but the boundary, and but the session policy.
#[test]
fn a_resource_policy_and_the_limits_of_the_same_account() {
    let nothing = policy(json!([]));
    let all = allow_all();
    let rows = [
        // caller, principal named, without identity policy, with an empty boundary, with an empty session policy
        (USER, json!({ "AWS": USER }), Allowed, Allowed, Allowed),
        (OWN_ROLE, json!({ "AWS": OWN_ROLE }), Allowed, ImplicitlyDenied, ImplicitlyDenied),
        (OWN_SESSION, json!({ "AWS": OWN_ROLE }), Allowed, ImplicitlyDenied, ImplicitlyDenied),
        (OWN_SESSION, json!({ "AWS": OWN_SESSION }), Allowed, Allowed, Allowed),
        (OWN_SESSION, json!("*"), Allowed, Allowed, Allowed),
        (OWN_SESSION, json!({ "AWS": "*" }), Allowed, Allowed, Allowed),
        (FEDERATED, json!({ "AWS": FEDERATED }), Allowed, Allowed, Allowed),
        (USER, json!({ "AWS": CUSTOMER }), ImplicitlyDenied, ImplicitlyDenied, ImplicitlyDenied),
        (OWN_ROLE, json!({ "AWS": CUSTOMER }), ImplicitlyDenied, ImplicitlyDenied, ImplicitlyDenied),
        (
            OWN_SESSION,
            json!({ "AWS": format!("arn:aws:iam::{CUSTOMER}:root") }),
            ImplicitlyDenied,
            ImplicitlyDenied,
            ImplicitlyDenied,
        ),
    ];
    for (caller, principal, alone, boundary, session) in rows {
        let resource = function_policy(&principal);
        let decide = |layers: &Layers<'_>| evaluate(&invoke(caller), layers).decision;
        let base = Layers { resource: Some(&resource), ..Layers::default() };
        assert_eq!(decide(&base), alone, "{caller} named by {principal}, no identity policy");
        let bounded = Layers { boundary: Some(vec![&nothing]), identity: vec![&all], ..base.clone() };
        assert_eq!(decide(&bounded), boundary, "{caller} named by {principal}, empty boundary");
        let in_session = Layers { session: Some(vec![&nothing]), identity: vec![&all], ..base.clone() };
        assert_eq!(decide(&in_session), session, "{caller} named by {principal}, empty session policy");
        let both =
            Layers { identity: vec![&all], boundary: Some(vec![&all]), session: Some(vec![&all]), ..base };
        assert_eq!(decide(&both), Allowed, "{caller} named by {principal}, everything allows");
    }
}

/// EL: the user behind a federated session is not part of its ARN, so that naming the user leaves a doubt.
#[test]
fn a_federated_session_of_a_named_user() {
    let resource = function_policy(&json!({ "AWS": USER }));
    let evaluation = evaluate(&invoke(FEDERATED), &Layers { resource: Some(&resource), ..Layers::default() });
    assert_eq!(evaluation.decision, Unknown);
    assert_eq!(evaluation.not_evaluated[0].pointer, "/Statement/0/Principal");
}

/// EL and AR: a role's trust policy must allow in any case; in the same account it suffices where it names the caller.
#[test]
fn assuming_a_role_in_the_same_account() {
    let all = allow_all();
    let rows = [
        (USER, Some(json!({ "AWS": USER })), false, Allowed, "AR: the trust names the user"),
        (OWN_ROLE, Some(json!({ "AWS": OWN_ROLE })), false, Allowed, "AR: the trust names the role"),
        (OWN_SESSION, Some(json!({ "AWS": OWN_ROLE })), false, Allowed, "AR: a session of the named role"),
        (USER, Some(json!({ "AWS": CUSTOMER })), false, ImplicitlyDenied, "AR: the account only delegates"),
        (
            USER,
            Some(json!({ "AWS": CUSTOMER })),
            true,
            Allowed,
            "AR: delegated, and the identity policy allows",
        ),
        (
            USER,
            Some(json!({ "AWS": OWN_ROLE })),
            true,
            ImplicitlyDenied,
            "EL: an identity policy alone never suffices",
        ),
        (USER, None, true, ImplicitlyDenied, "EL: an identity policy alone never suffices"),
        (
            ROLE,
            Some(json!({ "AWS": VENDOR })),
            true,
            ImplicitlyDenied,
            "announcement 2022-09: a role does not trust itself implicitly",
        ),
        (ROLE, Some(json!({ "AWS": ROLE })), false, Allowed, "announcement 2022-09: explicit self-trust"),
    ];
    for (caller, principal, with_identity, expected, source) in rows {
        let trust = principal.map(trust);
        let identity = if with_identity { vec![&all] } else { Vec::new() };
        let layers = Layers { identity, resource: trust.as_ref(), ..Layers::default() };
        assert_eq!(evaluate(&assume(caller), &layers).decision, expected, "{source}");
    }
}

/// CA: across accounts both sides must allow, however directly the trust policy names the caller.
#[test]
fn assuming_a_role_across_accounts() {
    let all = allow_all();
    let nothing = policy(json!([]));
    for principal in [json!({ "AWS": VENDOR }), json!({ "AWS": VENDOR_ROLE }), json!({ "AWS": "*" })] {
        let trust = trust(principal.clone());
        let base = Layers { resource: Some(&trust), ..Layers::default() };
        let decide = |layers: &Layers<'_>| {
            let evaluation = evaluate(&assume(VENDOR_ROLE), layers);
            (evaluation.decision, evaluation.blocked)
        };
        let blocked = |layer| (ImplicitlyDenied, Some(Block::Layer(layer)));
        let allowed = Layers { identity: vec![&all], ..base.clone() };
        assert_eq!(decide(&allowed), (Allowed, None), "{principal}");
        assert_eq!(decide(&base), blocked(Layer::Identity), "{principal}");
        let bounded = Layers { boundary: Some(vec![&nothing]), ..allowed.clone() };
        assert_eq!(decide(&bounded), blocked(Layer::Boundary), "{principal}");
        let in_session = Layers { session: Some(vec![&nothing]), ..allowed.clone() };
        assert_eq!(decide(&in_session), blocked(Layer::Session), "{principal}");
        let untrusted = Layers { resource: Some(&nothing), ..allowed.clone() };
        assert_eq!(decide(&untrusted), blocked(Layer::Resource), "{principal}");
        // The two views: the trust side alone allows in all of these.
        assert_eq!(evaluate_trust(&assume(VENDOR_ROLE), &trust).decision, Allowed);
    }
    // The resource's account can be stated where its ARN does not have it.
    let bucket = policy(
        json!([{ "Effect": "Allow", "Principal": { "AWS": VENDOR_ROLE }, "Action": "s3:*", "Resource": "*" }]),
    );
    let layers = Layers { resource: Some(&bucket), ..Layers::default() };
    let mut get = request(VENDOR_ROLE, "s3:GetObject", "arn:aws:s3:::bucket/key");
    assert_eq!(evaluate(&get, &layers).decision, Allowed);
    get.resource_account = Some(CUSTOMER.parse().unwrap());
    assert_eq!(evaluate(&get, &layers).decision, ImplicitlyDenied);
}

/// EL: "a KMS key policy" is an exception as a trust policy is.
#[test]
fn a_key_policy_must_allow() {
    let all = allow_all();
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
    let delegating = policy(
        json!([{ "Effect": "Allow", "Principal": { "AWS": CUSTOMER }, "Action": "kms:*", "Resource": "*" }]),
    );
    let asked = request(USER, "kms:Decrypt", key);
    let without = Layers { identity: vec![&all], ..Layers::default() };
    assert_eq!(evaluate(&asked, &without).decision, ImplicitlyDenied);
    assert_eq!(
        evaluate(&asked, &Layers { resource: Some(&delegating), ..without.clone() }).decision,
        Allowed
    );
    assert_eq!(
        evaluate(&request(USER, "kms:ListKeys", "*"), &without).decision,
        Allowed,
        "no key is concerned"
    );
    let other = request(USER, "s3:GetObject", "arn:aws:s3:::bucket/a:key/b");
    assert_eq!(evaluate(&other, &without).decision, Allowed, "another service");
}

/// EL: an explicit deny in any policy wins, also over a resource policy that names the caller.
#[test]
fn explicit_denies() {
    let all = allow_all();
    let denies = deny("sts:*");
    let trust = trust(json!({ "AWS": USER }));
    let denying_trust = policy(json!([
        { "Effect": "Allow", "Principal": { "AWS": USER }, "Action": "sts:AssumeRole" },
        { "Sid": "No", "Effect": "Deny", "Principal": { "AWS": CUSTOMER }, "Action": "sts:AssumeRole" },
    ]));
    let base = Layers { identity: vec![&all], resource: Some(&trust), ..Layers::default() };
    let level = |document| vec![Level { documents: vec![&all, document] }];
    let rcp = policy(json!([{ "Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*" }]));
    let rows = [
        (Layers { identity: vec![&all, &denies], ..base.clone() }, Layer::Identity),
        (Layers { boundary: Some(vec![&denies]), ..base.clone() }, Layer::Boundary),
        (Layers { session: Some(vec![&denies]), ..base.clone() }, Layer::Session),
        (Layers { resource: Some(&denying_trust), ..base.clone() }, Layer::Resource),
        (Layers { service_control: level(&denies), ..base.clone() }, Layer::ServiceControl(0)),
        (Layers { resource_control: level(&rcp), ..base.clone() }, Layer::ResourceControl(0)),
    ];
    for (layers, layer) in rows {
        let evaluation = evaluate(&assume(USER), &layers);
        assert_eq!(evaluation.decision, ExplicitlyDenied, "{layer:?}");
        assert_eq!(evaluation.blocked, Some(Block::Layer(layer)));
        assert!(evaluation.statements.iter().all(|statement| statement.layer == layer));
    }
    let evaluation = evaluate(&assume(USER), &Layers { resource: Some(&denying_trust), ..base });
    assert_eq!(evaluation.statements[0].sid.as_deref(), Some("No"));
    assert_eq!(evaluation.statements[0].statement, 1);
}

/// SCP: every level must allow; the root user of a member account too; not services. RCP: `RCPFullAWSAccess` is always
/// attached, so that a level never fails to allow; Lambda is not among the services that they reach.
#[test]
fn organizations() {
    let all = allow_all();
    let nothing = policy(json!([]));
    let own = trust(json!({ "AWS": USER }));
    let open = || Level { documents: vec![&all] };
    let levels = |third: &'static str| match third {
        "missing" => vec![open(), open(), Level { documents: vec![] }],
        "empty" => vec![open(), Level { documents: vec![] }, open()],
        _ => vec![open(), open(), open()],
    };
    let decide = |asked: &Request, layers: &Layers<'_>| {
        let evaluation = evaluate(asked, layers);
        (evaluation.decision, evaluation.blocked)
    };
    let base = Layers { identity: vec![&all], resource: Some(&own), ..Layers::default() };
    for (third, expected) in [
        ("open", (Allowed, None)),
        ("missing", (ImplicitlyDenied, Some(Block::Layer(Layer::ServiceControl(2))))),
        ("empty", (ImplicitlyDenied, Some(Block::Layer(Layer::ServiceControl(1))))),
    ] {
        let layers = Layers { service_control: levels(third), ..base.clone() };
        assert_eq!(decide(&assume(USER), &layers), expected, "SCP: {third}");
    }
    let closed = Layers { service_control: vec![Level { documents: vec![&nothing] }], ..base.clone() };
    let root = request(&format!("arn:aws:iam::{CUSTOMER}:root"), "s3:ListAllMyBuckets", "*");
    assert_eq!(decide(&root, &closed).0, ImplicitlyDenied, "SCP: the root user of a member account");
    assert_eq!(decide(&root, &Layers::default()).0, Allowed, "the root user needs no policy");
    let for_service = trust(json!({ "Service": "lambda.amazonaws.com" }));
    let closed_to_service = Layers { resource: Some(&for_service), ..closed };
    assert_eq!(decide(&assume("lambda.amazonaws.com"), &closed_to_service).0, Allowed, "SCP: not services");

    let empty_rcp = Layers { resource_control: vec![Level { documents: vec![&nothing] }], ..base.clone() };
    assert_eq!(decide(&assume(USER), &empty_rcp).0, Allowed, "RCP: full access is always attached");
    let outsiders = policy(json!([{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-1" } } }]));
    let perimeter = Layers { resource_control: vec![Level { documents: vec![&outsiders] }], ..base };
    assert_eq!(decide(&assume(USER), &perimeter).0, ExplicitlyDenied, "RCP: outside the organization");
    let member = with_context(assume(USER), json!({ "aws:PrincipalOrgID": "o-1" }));
    assert_eq!(decide(&member, &perimeter).0, Allowed, "RCP: inside the organization");
    assert_eq!(decide(&invoke(USER), &perimeter).0, Allowed, "RCP: Lambda is not reached");
    let elsewhere = evaluate(&request(USER, "codebuild:StartBuild", "*"), &perimeter);
    assert_eq!(elsewhere.decision, Unknown, "RCP: a service that is not known to be reached or not");
    assert!(elsewhere.not_evaluated[0].reason.contains("codebuild"), "{:?}", elsewhere.not_evaluated);
}

/// EL: in one account an identity policy is enough where the resource has no policy of its own, or one about others.
#[test]
fn an_identity_policy_in_the_same_account() {
    let all = allow_all();
    let about_others = function_policy(&json!({ "AWS": VENDOR }));
    for resource in [None, Some(&about_others)] {
        let nothing = Layers { resource, ..Layers::default() };
        let evaluation = evaluate(&invoke(OWN_ROLE), &nothing);
        assert_eq!(
            (evaluation.decision, evaluation.blocked),
            (ImplicitlyDenied, Some(Block::Layer(Layer::Identity)))
        );
        assert_eq!(
            evaluate(&invoke(OWN_ROLE), &Layers { identity: vec![&all], ..nothing }).decision,
            Allowed
        );
    }
}

/// PB: no boundary limits nothing; one that allows nothing denies everything; a boundary grants nothing.
#[test]
fn boundaries() {
    let all = allow_all();
    let list = |action: &str| policy(json!([{ "Effect": "Allow", "Action": action, "Resource": "*" }]));
    let (lambda, s3) = (list("lambda:*"), list("s3:*"));
    type Documents<'a> = Vec<&'a Document>;
    let rows: [(Documents<'_>, Option<Documents<'_>>, Decision); 6] = [
        (vec![&all], None, Allowed),
        (vec![&all], Some(vec![]), ImplicitlyDenied),
        (vec![&all], Some(vec![&s3]), ImplicitlyDenied),
        (vec![&all], Some(vec![&lambda]), Allowed),
        (vec![], Some(vec![&all]), ImplicitlyDenied),
        (vec![&s3, &lambda], Some(vec![&all]), Allowed),
    ];
    for (identity, boundary, expected) in rows {
        let case = format!("{identity:?} within {boundary:?}");
        let layers = Layers { identity, boundary, ..Layers::default() };
        assert_eq!(evaluate(&invoke(OWN_ROLE), &layers).decision, expected, "{case}");
    }
}

/// Callers that can never make a call, whatever the policies say.
#[test]
fn impossible_calls() {
    let all = allow_all();
    let rows = [
        (format!("arn:aws:iam::{VENDOR}:root"), "sts:AssumeRole", "AR: not with root user credentials"),
        (
            FEDERATED.to_owned(),
            "sts:AssumeRole",
            "\"Compare AWS STS credentials\": not with a federation token",
        ),
        ("accounts.google.com".to_owned(), "sts:AssumeRole", "P: Federated is for AssumeRoleWith… only"),
        (format!("arn:aws:iam::{CUSTOMER}:saml-provider/x"), "sts:AssumeRoleWithWebIdentity", "P"),
        (VENDOR_ROLE.to_owned(), "sts:AssumeRoleWithSAML", "AR: the token is the caller"),
    ];
    for (caller, action, source) in rows {
        let trust = policy(json!([{ "Effect": "Allow", "Action": action,
            "Principal": { "AWS": "*", "Federated": ["accounts.google.com", format!("arn:aws:iam::{CUSTOMER}:saml-provider/x")] } }]));
        let layers = Layers { identity: vec![&all], resource: Some(&trust), ..Layers::default() };
        let evaluation = evaluate(&request(&caller, action, ROLE), &layers);
        assert_eq!(evaluation.decision, ImplicitlyDenied, "{source}");
        assert!(matches!(evaluation.blocked, Some(Block::Caller(_))), "{source}");
        assert_eq!(evaluation.names_caller, Truth::False);
    }
    let mut unsigned = assume(VENDOR_ROLE);
    unsigned.principal = rolecall_iam::principal::Principal::Anonymous;
    let open = trust(json!({ "AWS": "*" }));
    for action in ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"] {
        unsigned.action = action.to_owned();
        let evaluation = evaluate(&unsigned, &Layers { resource: Some(&open), ..Layers::default() });
        assert!(matches!(evaluation.blocked, Some(Block::Caller(_))), "P: {action} is never anonymous");
    }
}

/// "Passing session tags in AWS STS" and "Monitor and control actions taken with assumed roles": tags and a source identity
/// need their own permission on both sides. Service Authorization Reference: `sts:TagSession` has no key `sts:ExternalId`.
#[test]
fn tags_and_source_identity() {
    let all = allow_all();
    let condition = json!({ "StringEquals": { "sts:ExternalId": "abc" } });
    let principal = json!({ "AWS": VENDOR });
    let plain = policy(
        json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition }]),
    );
    let together = policy(json!([{ "Effect": "Allow", "Principal": principal,
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], "Condition": condition }]));
    let apart = policy(json!([
        { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition },
        { "Effect": "Allow", "Principal": principal, "Action": ["sts:TagSession", "sts:SetSourceIdentity"] },
    ]));
    let tags = json!({ "sts:ExternalId": "abc", "aws:RequestTag/team": "x", "aws:TagKeys": ["team"] });
    let source = json!({ "sts:ExternalId": "abc", "sts:SourceIdentity": "ann" });
    let keys = json!({ "sts:ExternalId": "abc", "aws:TagKeys": ["team"] });
    let transitive = json!({ "sts:ExternalId": "abc", "sts:TransitiveTagKeys": ["team"] });
    let provided = json!({ "sts:ExternalId": "abc", "sts:RequestContextProviders": ["arn:aws:iam::aws:contextProvider/IdentityCenter"] });
    let none = json!({ "sts:ExternalId": "abc" });
    let rows = [
        (&plain, &none, Allowed, None),
        (&plain, &tags, ImplicitlyDenied, Some(Block::Implied("sts:TagSession"))),
        (&plain, &source, ImplicitlyDenied, Some(Block::Implied("sts:SetSourceIdentity"))),
        (&together, &none, Allowed, None),
        (&together, &tags, ImplicitlyDenied, Some(Block::Implied("sts:TagSession"))),
        (&apart, &none, Allowed, None),
        (&apart, &tags, Allowed, None),
        (&apart, &source, Allowed, None),
        (&plain, &keys, ImplicitlyDenied, Some(Block::Implied("sts:TagSession"))),
        // Of a session, without anything that is passed.
        (&plain, &transitive, Allowed, None),
        (&apart, &provided, ImplicitlyDenied, Some(Block::Implied("sts:SetContext"))),
    ];
    for (trust, context, decision, blocked) in rows {
        let asked = with_context(assume(VENDOR_ROLE), context.clone());
        let layers = Layers { identity: vec![&all], resource: Some(trust), ..Layers::default() };
        for evaluation in [evaluate_trust(&asked, trust), evaluate(&asked, &layers)] {
            assert_eq!(
                (evaluation.decision, evaluation.blocked),
                (decision, blocked),
                "{trust} with {context}"
            );
        }
    }
    // The caller's own policies need the permission too.
    let only_assume = policy(json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }]));
    let layers = Layers { identity: vec![&only_assume], resource: Some(&apart), ..Layers::default() };
    assert_eq!(evaluate(&with_context(assume(VENDOR_ROLE), tags), &layers).decision, ImplicitlyDenied);
}

/// What cannot be evaluated makes the answer unknown only where it matters.
#[test]
fn unknown_is_an_answer() {
    let asked = assume(VENDOR_ROLE);
    let allow = |condition: Value| json!({ "Effect": "Allow", "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole", "Condition": condition });
    let deny = |condition: Value| json!({ "Effect": "Deny", "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole", "Condition": condition });
    let odd = || json!({ "Sounds": { "sts:ExternalId": "abc" } });
    let rows = [
        (json!([allow(odd())]), Unknown, Truth::Unknown),
        (json!([allow(odd()), allow(json!({}))]), Allowed, Truth::True),
        (json!([allow(odd()), deny(json!({}))]), ExplicitlyDenied, Truth::False),
        (json!([allow(json!({})), deny(odd())]), Unknown, Truth::Unknown),
        // Denied for sure; only whether by a statement is not known.
        (json!([deny(odd())]), Unknown, Truth::False),
        (
            json!([{ "Effect": "Allow", "Principal": { "AWS": VENDOR }, "Action": "sts:TagSession", "Condition": odd() }]),
            ImplicitlyDenied,
            Truth::False,
        ),
    ];
    for (statements, decision, allows) in rows {
        let evaluation = evaluate_trust(&asked, &policy(statements.clone()));
        assert_eq!((evaluation.decision, evaluation.allows), (decision, allows), "{statements}");
    }
    let evaluation = evaluate_trust(&asked, &policy(json!([allow(odd())])));
    assert_eq!(evaluation.not_evaluated.len(), 1);
    assert_eq!(evaluation.blocked, Some(Block::Layer(Layer::Resource)));
    assert_eq!(evaluation.not_evaluated[0].pointer, "/Statement/0/Condition/Sounds/sts:ExternalId");
}

/// Statements that AWS would not store are not guessed at.
#[test]
fn statements_in_the_wrong_kind_of_policy() {
    let all = allow_all();
    let with_principal =
        policy(json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]));
    let without_resource = policy(json!([{ "Effect": "Allow", "Action": "*" }]));
    for identity in [&with_principal, &without_resource] {
        let layers = Layers { identity: vec![identity], ..Layers::default() };
        assert_eq!(evaluate(&invoke(USER), &layers).decision, Unknown);
    }
    assert_eq!(evaluate_trust(&assume(VENDOR_ROLE), &all).decision, Unknown);
}

/// EL: services, web identities and unsigned callers have no identity policies; the resource's policy decides.
#[test]
fn callers_without_an_account() {
    let public =
        policy(json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }]));
    let mut get = request(USER, "s3:GetObject", "arn:aws:s3:::b/k");
    get.principal = rolecall_iam::principal::Principal::Anonymous;
    let decide = |layers| evaluate(&get, &layers).decision;
    assert_eq!(decide(Layers { resource: Some(&public), ..Layers::default() }), Allowed);
    assert_eq!(decide(Layers { identity: vec![&public], ..Layers::default() }), ImplicitlyDenied);
    let web = policy(json!([{ "Effect": "Allow", "Principal": { "Federated": "accounts.google.com" },
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": { "StringEquals": { "accounts.google.com:aud": "app" } } }]));
    let asked = |audience: &str| {
        with_context(
            request("accounts.google.com", "sts:AssumeRoleWithWebIdentity", ROLE),
            json!({ "accounts.google.com:aud": audience }),
        )
    };
    let layers = Layers { resource: Some(&web), ..Layers::default() };
    assert_eq!(evaluate(&asked("app"), &layers).decision, Allowed);
    assert_eq!(evaluate(&asked("other"), &layers).decision, ImplicitlyDenied);
}
