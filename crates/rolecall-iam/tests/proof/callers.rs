//! Who is let in when some are named, some are denied, and some are described by conditions.

use rolecall_iam::context::{Context, ContextValue};
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::support::{EXTERNAL_ID, GENESYS, ROLE, document, intent, told, trust_of, trust_results};

/// What the proof says about everybody who is not trusted.
fn others(statements: &[Value]) -> String {
    told(&trust_results(&trust_of(statements), &intent())).remove(0)
}

fn refuted(statements: &[Value], by: &str) {
    let told = others(statements);
    assert!(told.starts_with("refuted: ") && told.contains(by), "{told}");
}

#[test]
fn a_denied_role_does_not_hide_others_like_it() {
    let like = |pattern: &str| json!({"ArnLike": {"aws:PrincipalArn": pattern}});
    let pattern = "arn:aws:iam::222233334444:role/b*";
    let allow = json!({"Principal": {"AWS": "222233334444"}, "Condition": like(pattern)});
    let deny = |condition: Value| json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::222233334444:role/batch"}, "Condition": condition});
    refuted(&[allow.clone(), deny(json!({}))], "assumed-role/b");
    let deny_all = json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": like(pattern)});
    assert_eq!(others(&[allow.clone(), deny_all]), "proved");
    let all_but_one = json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::222233334444:role/batch"}}});
    refuted(&[allow.clone(), all_but_one.clone()], "assumed-role/batch");
    assert_eq!(others(&[allow, all_but_one, deny(json!({}))]), "proved");
}

#[test]
fn a_denied_session_does_not_hide_the_other_sessions_of_its_role() {
    let allow = json!({"Principal": {"AWS": "arn:aws:iam::222233334444:role/batch"}});
    let deny = json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:sts::222233334444:assumed-role/batch/session"}});
    refuted(&[allow.clone(), deny], "assumed-role/batch/another-session");
    let deny_role = json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::222233334444:role/batch"}});
    assert_eq!(others(&[allow, deny_role]), "proved");
}

#[test]
fn accounts_and_users_are_told_apart_by_conditions() {
    let everybody = |condition: Value| json!({"Principal": {"AWS": "*"}, "Condition": condition});
    refuted(&[everybody(json!({"StringLike": {"aws:PrincipalAccount": "3*"}}))], "arn:aws:sts::3");
    refuted(
        &[everybody(json!({"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}}))],
        "arn:aws:sts::",
    );
    refuted(&[everybody(json!({"StringEquals": {"aws:username": "ada"}}))], "user/ada");
    refuted(
        &[everybody(json!({"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}))],
        "`aws:PrincipalOrgID` is `o-0123456789`",
    );
}

/// An ordinary way to name somebody: everybody, narrowed to one account or to one of its principals. A service belongs to no
/// account, whether or not its calls have these keys.
#[test]
fn everybody_narrowed_to_an_account_is_decided() {
    const ACCOUNT: &str = "765628985471";
    let role = format!("arn:aws:iam::{ACCOUNT}:role/genesys");
    let any = format!("arn:aws:iam::{ACCOUNT}:*");
    let (account, arn) = ("aws:PrincipalAccount", "aws:PrincipalArn");
    let everybody = |condition: &Value| json!({"Principal": {"AWS": "*"}, "Condition": condition});
    let denied = |condition: &Value| {
        vec![
            json!({"Principal": {"AWS": "*"}}),
            json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": condition}),
        ]
    };
    let allow = |operator: &str, key: &str, value: &Value| vec![everybody(&json!({operator: {key: value}}))];
    let deny = |operator: &str, key: &str, value: &Value| denied(&json!({operator: {key: value}}));
    let (id, role, any) = (json!(ACCOUNT), json!(role), json!(any));
    let table = [
        (allow("StringEquals", account, &id), "proved"),
        (allow("StringLike", account, &id), "proved"),
        (allow("ForAnyValue:StringEquals", account, &id), "proved"),
        (allow("ArnLike", arn, &any), "proved"),
        (allow("ArnEquals", arn, &role), "proved"),
        (allow("StringLike", arn, &any), "proved"),
        (allow("StringEquals", arn, &role), "proved"),
        (allow("ArnLike", arn, &json!([role, any])), "proved"),
        (allow("StringEquals", account, &json!([ACCOUNT, "222233334444"])), "refuted"),
        (allow("ArnLike", arn, &json!("arn:aws:iam::*:role/genesys")), "refuted"),
        (allow("StringNotEquals", account, &id), "refuted"),
        // Without the key, the condition is met; with the value that AWS does not tell, it is not.
        (allow("StringEqualsIfExists", account, &id), "unknown"),
        (allow("ArnLikeIfExists", arn, &any), "unknown"),
        (allow("ForAllValues:StringEquals", account, &id), "unknown"),
        // What else such a value may be, nobody says.
        (allow("StringLike", account, &json!("765628985471*")), "unknown"),
        (allow("StringLike", arn, &json!(format!("*:{ACCOUNT}:*"))), "refuted"),
        (allow("ArnLike", arn, &json!(format!("arn:aws:*::{ACCOUNT}:role/genesys"))), "unknown"),
        (allow("NumericEquals", account, &id), "unknown"),
        // Of a service that is let in by its name, the account is what AWS does not tell.
        (
            vec![
                json!({"Principal": {"Service": "ec2.amazonaws.com"}, "Condition": {"StringEquals": {account: id}}}),
            ],
            "unknown",
        ),
        // The same by a Deny of everybody else.
        (deny("StringNotEquals", account, &id), "proved"),
        (deny("StringNotEqualsIfExists", account, &id), "proved"),
        (deny("StringNotLike", account, &id), "proved"),
        (deny("ArnNotLike", arn, &any), "proved"),
        (deny("ArnNotEqualsIfExists", arn, &role), "proved"),
        (deny("StringNotLike", arn, &any), "proved"),
        (deny("ForAnyValue:StringNotEquals", account, &id), "unknown"),
        (deny("ForAllValues:StringNotEquals", account, &id), "proved"),
        (deny("StringNotLike", arn, &json!(format!("*:{ACCOUNT}:*"))), "refuted"),
        (deny("StringEquals", account, &id), "refuted"),
        (deny("Null", account, &json!("true")), "refuted"),
    ];
    for (statements, expected) in table {
        let told = others(&statements);
        assert!(told.starts_with(expected), "{expected}: {}: {told}", json!(statements));
        if expected != "proved" {
            continue;
        }
        // A service without an account, and one of another account.
        let policy = document(&trust_of(&statements));
        for world in [None, Some("222233334444")] {
            let value = |text: Option<String>| text.map_or(ContextValue::Absent, ContextValue::One);
            let named = world.map(|world| format!("arn:aws:iam::{world}:role/x"));
            let context = Context::new()
                .with(account, value(world.map(str::to_owned)))
                .with(arn, value(named))
                .with("sts:ExternalId", EXTERNAL_ID);
            let request = Request {
                principal: "ec2.amazonaws.com".parse().unwrap(),
                action: "sts:AssumeRole".to_owned(),
                resource: ROLE.to_owned(),
                resource_account: None,
                context,
            };
            assert_eq!(evaluate_trust(&request, &policy).allows, Truth::False, "{}", json!(statements));
        }
    }
    // Of a provider's tokens, nobody says whose account they have.
    let tokens =
        json!({"Principal": {"AWS": "*"}, "Action": "sts:*", "Condition": {"StringEquals": {account: id}}});
    assert!(others(&[tokens]).starts_with("unknown"));
}

#[test]
fn services_and_identity_providers_count() {
    let everybody = |condition: Value| json!({"Principal": {"AWS": "*"}, "Condition": condition});
    refuted(&[everybody(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}))], "the AWS service ");
    refuted(
        &[
            json!({"NotPrincipal": {"AWS": [GENESYS, "111122223333"]}, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}),
        ],
        "the AWS service ",
    );
    let federated = json!({"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}, "Action": "sts:AssumeRoleWithSAML"});
    refuted(std::slice::from_ref(&federated), "identity provider");
    let mismatched = json!({"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}, "Action": "sts:AssumeRole"});
    assert_eq!(others(&[mismatched]), "proved");
}

#[test]
fn calls_that_need_another_permission_count_only_with_it() {
    let stranger = json!({"AWS": "222233334444"});
    let tagged = json!({"StringEquals": {"aws:RequestTag/team": "a"}});
    let assume = json!({"Principal": stranger, "Condition": tagged});
    assert_eq!(others(std::slice::from_ref(&assume)), "proved");
    refuted(
        &[assume.clone(), json!({"Principal": stranger, "Action": "sts:TagSession"})],
        "`aws:TagKeys` is `team`",
    );
    let other_tags = json!({"Principal": stranger, "Action": "sts:TagSession", "Condition": {"StringEquals": {"aws:RequestTag/team": "b"}}});
    assert_eq!(others(&[assume.clone(), other_tags]), "proved");
    let with_id = json!({"Principal": stranger, "Action": "sts:TagSession", "Condition": {"StringEquals": {"sts:ExternalId": "xyz"}}});
    assert_eq!(others(&[assume.clone(), with_id]), "proved");
    let source = json!({"Principal": stranger, "Action": "sts:TagSession", "Condition": {"StringEquals": {"sts:SourceIdentity": "ada"}}});
    assert_eq!(others(&[assume.clone(), source.clone()]), "proved");
    refuted(
        &[assume, source, json!({"Principal": stranger, "Action": "sts:SetSourceIdentity"})],
        "`sts:SourceIdentity` is `ada`",
    );
}

#[test]
fn values_that_contradict_one_another_refute_nothing() {
    let stranger = json!({"AWS": "222233334444"});
    let tags = json!({"Principal": stranger, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}, "Null": {"aws:TagKeys": "true"}}});
    assert!(others(&[tags]).starts_with("unknown"));
}

/// No partition is left out because nobody asked about it.
#[test]
fn whoever_is_named_by_an_arn_counts_in_any_partition() {
    let named = |arn: &str| json!({"Principal": {"AWS": arn}});
    for arn in [
        "arn:aws-cn:iam::222233334444:role/x",
        "arn:aws-us-gov:iam::222233334444:user/a/ada",
        "arn:aws-cn:sts::222233334444:assumed-role/x/session",
    ] {
        let without_role = rolecall_iam::prove::RoleIntent { role: None, ..intent() };
        for intent in [intent(), without_role] {
            let told = told(&trust_results(&trust_of(&[named(arn)]), &intent)).remove(0);
            assert!(told.starts_with("refuted: "), "{arn}: {told}");
        }
    }
}
