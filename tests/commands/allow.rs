//! `rolecall prove --allow`: roles that are for something else than functions.

use serde_json::{Value, json};

use super::prove::prove;

const INTENT: [&str; 6] = [
    "--allow",
    "s3:GetBucketLocation=arn:aws:s3:::recordings",
    "--allow",
    "s3:PutObject=arn:aws:s3:::recordings/*",
    "--allow",
    "kms:GenerateDataKey=arn:aws:kms:us-east-1:111122223333:key/1",
];

fn policy(objects: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::recordings"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects},
        {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": "arn:aws:kms:us-east-1:111122223333:key/1"}]})
}

#[test]
fn a_role_of_any_vendor_is_proved() {
    insta::assert_snapshot!(prove(&policy("arn:aws:s3:::recordings/*"), &INTENT).whole(), @"
    exit 0
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but the stated actions on the stated resources
      proved     a session can do each of the 3 stated actions on its resource
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
    insta::assert_snapshot!(prove(&policy("arn:aws:s3:::*"), &INTENT).whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      refuted    a session can do nothing but the stated actions on the stated resources
                 a session of the role can call `s3:PutObject` on `arn:aws:s3:::another-bucket/object`, because statement 2 of `the policy` allows it
      proved     a session can do each of the 3 stated actions on its resource
      error      P6 (statement 2 of the policy): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow the stated actions alone, on the stated resources
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    insta::assert_snapshot!(prove(&policy("arn:aws:s3:::recordings/2026/*"), &INTENT).whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but the stated actions on the stated resources
      refuted    a session can do each of the 3 stated actions on its resource
                 a session of the role cannot call `s3:PutObject` on `arn:aws:s3:::recordings/`, because no statement allows it
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    let value = prove(&policy("*"), &[&INTENT[..], &["--output", "json"]].concat()).expect(4).json();
    assert_eq!(value["claims"][0]["witness"]["action"], "s3:PutObject", "{value}");
    insta::assert_snapshot!(prove(&policy("*"), &[&INTENT[..], &["--output", "github"]].concat()).expect(4).stdout, @"
    ::error file=standard input,line=1,col=1,title=A session can do more than what is stated::refuted: a session can do nothing but the stated actions on the stated resources. a session of the role can call `s3:PutObject` on `arn:aws:s3:::another-bucket/object`, because statement 2 of `the policy` allows it
    ::error file=standard input,line=1,col=1,title=P6%3A anyone with a session can call functions and actions that the role does not need::a session of the role can call `s3:PutObject` on `arn:aws:s3:::another-bucket/object`, because statement 2 of `the policy` allows it (statement 2 of the policy). Fix: allow the stated actions alone, on the stated resources
    ");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let wrong = [
        "s3:PutObject",
        "s3=arn:aws:s3:::a",
        "s3:PutObject=recordings",
        "s3:PutObject=arn:aws:s3:::${aws:username}/*",
    ];
    let said = wrong.map(|wrong| prove(&policy("*"), &["--allow", wrong]).expect(2).stderr);
    let first = said.map(|said| said.lines().next().unwrap_or_default().to_owned());
    insta::assert_snapshot!(first.join("\n"), @"
    error[E1]: invalid value 's3:PutObject' for '--allow <ACTION=RESOURCE>': must be ACTION=RESOURCE
    error[E1]: invalid value 's3=arn:aws:s3:::a' for '--allow <ACTION=RESOURCE>': `s3` is not an action: write `service:Name`, where `*` and `?` in the name are wildcards
    error[E1]: invalid value 's3:PutObject=recordings' for '--allow <ACTION=RESOURCE>': `recordings` is not a resource: write an ARN with all of its six parts, where `*` and `?` are wildcards, or `*`
    error[E1]: invalid value 's3:PutObject=arn:aws:s3:::${aws:username}/*' for '--allow <ACTION=RESOURCE>': `arn:aws:s3:::${aws:username}/*` has a policy variable; write the value out, or a wildcard
    ");
}

#[test]
fn certificates_state_it_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let place = folder.path().to_str().unwrap();
    prove(&policy("arn:aws:s3:::recordings/*"), &[&INTENT[..], &["--smtlib", place]].concat()).expect(0);
    let script = std::fs::read_to_string(folder.path().join("only-targets.whole.smt2")).unwrap();
    assert!(
        script.contains("a session can do nothing but what the 3 statements of the stated intent allow"),
        "{script}"
    );
    let every = std::fs::read_to_string(folder.path().join("every-target.parts.smt2")).unwrap();
    assert_eq!(every.matches("(check-sat)").count(), 3, "{every}");
}
