//! `rolecall prove` on policies by themselves: the kinds, the options, what is printed.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, results, rolecall_reading};
use crate::scenarios::stage::binary;

pub(super) fn trust() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": PRINCIPAL },
        "Action": "sts:AssumeRole", "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID } } }] })
}

pub(super) fn invoke() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": [FUNCTION, ALIAS] }] })
}

pub(super) fn prove(document: &Value, arguments: &[&str]) -> crate::scenarios::stage::Run {
    rolecall_reading(document.to_string(), &[&["prove", "-"], arguments].concat())
}

#[test]
fn the_shipped_policies_are_proved() {
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID];
    insta::assert_snapshot!(prove(&trust(), &intent).expect(0).stdout);
    insta::assert_snapshot!(prove(&invoke(), &["--target", FUNCTION, "--target", ALIAS]).expect(0).stdout);
    // The documents say themselves what they are meant for, where nobody else does.
    insta::assert_snapshot!(prove(&trust(), &[]).whole(), @"
    exit 0
    -- stdout
    Trust policy standard input
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
    insta::assert_snapshot!(prove(&invoke(), &[]).whole(), @"
    exit 0
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
}

#[test]
fn what_rolecall_renders_it_proves() {
    let folder = tempfile::TempDir::new().unwrap();
    let manifest = crate::scenarios::stage::manifest(crate::scenarios::stage::ONE_TARGET);
    let manifest = manifest.split("[verify]").next().unwrap().to_owned();
    std::fs::write(folder.path().join("rolecall.toml"), manifest).unwrap();
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    for (what, intent) in [
        (&["trust"][..], &["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID][..]),
        (&["invoke"], &["--target", FUNCTION]),
        (
            &["--format", "cloudformation"],
            &["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION],
        ),
    ] {
        let rendered = binary(folder.path()).arg("render").args(what).args(place).output().unwrap();
        assert!(rendered.status.success(), "{rendered:?}");
        let proved = rolecall_reading(rendered.stdout, &[&["prove", "-"], intent].concat()).expect(0);
        assert!(proved.stdout.ends_with("Result: proved\n"), "{}", proved.stdout);
    }
}

/// A role that has the name of the trusted one and another path is another role.
#[test]
fn a_role_at_another_path_is_not_the_trusted_one() {
    let role = |path: &str| format!("arn:aws:iam::765628985471:role{path}genesys");
    let trust = |arn: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "765628985471" },
            "Action": "sts:AssumeRole", "Condition": { "ArnEquals": { "aws:PrincipalArn": arn },
                "StringEquals": { "sts:ExternalId": EXTERNAL_ID } } }] })
    };
    let as_asked = |path: &str| {
        prove(&trust(&role("/moved/")), &["--principal", &role(path), "--external-id", EXTERNAL_ID])
    };
    as_asked("/moved/").expect(0);
    insta::assert_snapshot!(as_asked("/").whole(), @"
    exit 4
    -- stdout
    Trust policy standard input
      refuted    nobody but the trusted principals can assume the role
                 `arn:aws:sts::765628985471:assumed-role/genesys/session` can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` when `aws:PrincipalArn` is `arn:aws:iam::765628985471:role/moved/genesys`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`; this session's role is `arn:aws:iam::765628985471:role/moved/genesys`, not the trusted `arn:aws:iam::765628985471:role/genesys`: the paths differ
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      refuted    `arn:aws:iam::765628985471:role/genesys` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/genesys/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      warning    T11 (statement 1 of the trust policy): `arn:aws:sts::765628985471:assumed-role/genesys/session` can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` when `aws:PrincipalArn` is `arn:aws:iam::765628985471:role/moved/genesys`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
                 why: every principal of the account whose own policies allow it can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:role/genesys` alone in `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
}

/// Everybody, narrowed to the vendor's account, is the vendor's account.
#[test]
fn everybody_narrowed_to_an_account_is_that_account() {
    for condition in [
        json!({ "StringEquals": { "sts:ExternalId": EXTERNAL_ID, "aws:PrincipalAccount": "765628985471" } }),
        json!({ "StringEquals": { "sts:ExternalId": EXTERNAL_ID },
            "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::765628985471:*" } }),
    ] {
        let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" },
            "Action": "sts:AssumeRole", "Condition": condition }] });
        prove(&document, &["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID]).expect(0);
    }
}

#[test]
fn a_misspelt_condition_key_is_told_from_the_one_that_was_meant() {
    let misspelt = trust().to_string().replace("sts:ExternalId", "sts:ExternalIdd");
    let run =
        rolecall_reading(misspelt, &["prove", "-", "--principal", PRINCIPAL, "--external-id", EXTERNAL_ID])
            .expect(4);
    let told = run.stdout.lines().filter(|line| line.contains("ExternalId`") || line.contains("G3"));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
               fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
    warning    G3 (statement 1 of the trust policy): rolecall does not know the condition key `sts:ExternalIdd`; did you mean `sts:ExternalId`?
               fix: write `sts:ExternalId`
    ");
}

#[test]
fn another_intent_refutes_them() {
    let stranger = "arn:aws:iam::210987654321:root";
    insta::assert_snapshot!(prove(&trust(), &["--principal", stranger]).whole(), @"
    exit 4
    -- stdout
    Trust policy standard input
      refuted    nobody but the trusted principals can assume the role
                 any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      proved     the trusted principals cannot assume the role without an external ID
      refuted    `arn:aws:iam::210987654321:root` can assume the role
                 `arn:aws:sts::210987654321:assumed-role/another-role/session` cannot assume the role without an external ID, because no statement allows it
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name only the vendor's account, and your own principals that need the role, in `Principal`; delete a statement that is for nobody of them
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    prove(&trust(), &["--external-id", "0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46"]).expect(4);
    insta::assert_snapshot!(prove(&invoke(), &["--target", FUNCTION]).whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:orders-status:live`, because statement 1 of `the policy` allows it
      proved     a session can invoke the target function
      error      P6 (statement 1 of the policy): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    let third = "arn:aws:lambda:us-east-1:123456789012:function:third";
    let run = prove(&invoke(), &["--target", FUNCTION, "--target", ALIAS, "--target", third]);
    insta::assert_snapshot!(run.whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      refuted    a session can invoke each of the 3 target functions
                 a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:third`, because no statement allows it
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
}

/// Twelve digits are the root of an account, as in a policy.
#[test]
fn an_account_is_named_by_its_digits_too() {
    let intent = ["--principal", "765628985471", "--external-id", EXTERNAL_ID];
    prove(&trust(), &intent).expect(0);
    prove(&trust(), &["--principal", "210987654321"]).expect(4);
}

fn of_service(service: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": service },
        "Action": "sts:AssumeRole" }] })
}

/// The execution role of a function is not meant for a vendor, unless somebody says so.
#[test]
fn a_role_for_a_service_is_not_refuted_where_nobody_states_an_intent() {
    let run = prove(&of_service("lambda.amazonaws.com"), &[]);
    insta::assert_snapshot!(run.whole(), @"
    exit 0
    -- stdout
    Trust policy standard input
      proved     nobody but the trusted principals can assume the role
      proved     `lambda.amazonaws.com` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: the role trusts only the AWS service lambda.amazonaws.com
      note: T23: the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers

    Result: proved
    ");
    assert!(!run.stdout.contains("warning"), "{}", run.stdout);
    prove(&of_service("lambda.amazonaws.com"), &["--principal", PRINCIPAL]).expect(4);
}

#[test]
fn a_vendor_role_among_execution_roles_is_what_counts() {
    let role = |name: &str, trust: Value, action: &str| {
        json!({"RoleName": name, "Arn": format!("arn:aws:iam::123456789012:role/{name}"),
            "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [],
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": action, "Resource": FUNCTION}]}}]})
    };
    let account = |vendor: Value| {
        let execution = |name| role(name, of_service("lambda.amazonaws.com"), "logs:PutLogEvents");
        json!({"RoleDetailList": [role("vendor", vendor, "lambda:InvokeFunction"), execution("a"), execution("b"),
            execution("c")], "Policies": []})
    };
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION];
    insta::assert_snapshot!(prove(&account(trust()), &intent).outline(), @"
    exit 0
    -- stdout
    arn:aws:iam::123456789012:role/vendor (account description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    arn:aws:iam::123456789012:role/a (account description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     `lambda.amazonaws.com` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: the role trusts only the AWS service lambda.amazonaws.com
      note: T23: the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
      note: its permissions were not judged; `--role NAME` with --principal or --target says what the role is for
    arn:aws:iam::123456789012:role/b (account description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     `lambda.amazonaws.com` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: the role trusts only the AWS service lambda.amazonaws.com
      note: T23: the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
      note: its permissions were not judged; `--role NAME` with --principal or --target says what the role is for
    arn:aws:iam::123456789012:role/c (account description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     `lambda.amazonaws.com` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: the role trusts only the AWS service lambda.amazonaws.com
      note: T23: the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
      note: its permissions were not judged; `--role NAME` with --principal or --target says what the role is for
    4 roles: 4 proved
    Result: proved
    ");
    prove(&account(trust()), &[]).expect(0);
    let mut open = trust();
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    insta::assert_snapshot!(prove(&account(open), &intent).headlines(), @"
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/vendor (account description standard input)
    arn:aws:iam::123456789012:role/a (account description standard input)
    arn:aws:iam::123456789012:role/b (account description standard input)
    arn:aws:iam::123456789012:role/c (account description standard input)
    4 roles: 3 proved, 1 refuted
    Result: refuted
    -- stderr
    hint: --role NAME proves only that role of the file
    ");
}

/// A claim about the external ID holds for those who are trusted, and says nothing where everybody is let in.
#[test]
fn nothing_is_proved_about_the_external_id_of_a_role_that_is_open() {
    let mut open = trust();
    open["Statement"][0]["Principal"] = json!({"AWS": "*"});
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    insta::assert_snapshot!(prove(&open, &[]).whole(), @r#"
    exit 4
    -- stdout
    Trust policy standard input
      refuted    nobody but the trusted principals can assume the role
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      refuted    no principal of another account can assume the role without an external ID
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      error      T1 (statement 1 of the trust policy): as shown above
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID: add `"Condition": {"StringEquals": {"sts:ExternalId": "YOUR-ID"}}` to the statement
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name only the vendor's account, and your own principals that need the role, in `Principal`; delete a statement that is for nobody of them
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    "#);
}

/// A thousand roles with one external ID are one finding, and the output grows with the roles, not with their pairs.
#[test]
fn one_external_id_of_many_roles_is_told_once() {
    let roles: Vec<Value> = (0..300)
        .map(|number| {
            json!({"RoleName": format!("r{number}"), "AssumeRolePolicyDocument": trust(),
            "Arn": format!("arn:aws:iam::123456789012:role/r{number}")})
        })
        .collect();
    let run = prove(&json!({"Roles": roles}), &[]).expect(0);
    let shared: Vec<&str> = run.stdout.lines().filter(|line| line.contains("T21")).collect();
    insta::assert_snapshot!(shared.join("\n"), @"  note       T21: the roles `arn:aws:iam::123456789012:role/r1`, `arn:aws:iam::123456789012:role/r2`, `arn:aws:iam::123456789012:role/r3`, `arn:aws:iam::123456789012:role/r4`, `arn:aws:iam::123456789012:role/r5` and 294 more accept the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` too");
    let (_, end) = run.stdout.split_once("role/r298 (").unwrap();
    insta::assert_snapshot!(end, @"
    role description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    arn:aws:iam::123456789012:role/r299 (role description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    300 roles: 300 proved
    Result: proved
    ");
}

/// A side that the file does not have can be neither proved nor refuted.
#[test]
fn an_intent_about_the_other_side_is_unknown() {
    let run = prove(&trust(), &["--target", FUNCTION, "--output", "json"]).expect(5);
    assert_eq!(results(&run.json()), ["proved", "proved", "proved", "unknown"]);
    insta::assert_snapshot!(run.whole(), @r#"
    exit 5
    -- stdout
    {
      "result": "unknown",
      "claims": [
        {
          "claim": "nobody but the trusted principals can assume the role",
          "result": "proved"
        },
        {
          "claim": "principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`",
          "result": "proved"
        },
        {
          "claim": "`arn:aws:iam::765628985471:root` can assume the role",
          "result": "proved"
        },
        {
          "claim": "what a session can do",
          "result": "unknown",
          "reasons": [
            "the file contains no permissions of the role"
          ]
        }
      ],
      "findings": []
    }
    "#);
    insta::assert_snapshot!(prove(&invoke(), &["--principal", PRINCIPAL]).whole(), @"
    exit 5
    -- stdout
    Identity policy standard input
      unknown    who can assume the role
                 the file contains no trust policy
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
    insta::assert_snapshot!(prove(&invoke(), &["--external-id", EXTERNAL_ID]).whole(), @"
    exit 5
    -- stdout
    Identity policy standard input
      unknown    who can assume the role
                 the file contains no trust policy
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
}

#[test]
fn what_programs_read() {
    let mut weak = trust();
    weak["Statement"][0]["Condition"] = json!({ "StringEqualsIfExists": { "sts:ExternalId": EXTERNAL_ID } });
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--output", "json"];
    let sentence = "any principal of account 765628985471 can assume the role without an external ID, because statement 1 \
                    allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on \
                    `sts:ExternalId`";
    let proof = prove(&weak, &intent).expect(4).json();
    let witness = &proof["claims"][1]["witness"];
    assert_eq!(witness["sentence"], sentence);
    assert_eq!(witness["action"], "sts:AssumeRole");
    assert_eq!(witness["context"]["sts:ExternalId"], Value::Null);
    let principal = witness["principal"].as_str().unwrap();
    assert!(principal.contains(":765628985471:"), "{principal}");
    assert_eq!(
        proof,
        json!({
            "result": "refuted",
            "claims": [
                { "claim": "nobody but the trusted principals can assume the role", "result": "proved" },
                {
                    "claim": format!("the trusted principals can assume the role only with the external ID `{EXTERNAL_ID}`"),
                    "result": "refuted",
                    "witness": witness,
                },
                { "claim": format!("`{PRINCIPAL}` can assume the role"), "result": "proved" },
            ],
            "findings": [{
                "id": "T3",
                "severity": "error",
                "statement": "statement 1 of the trust policy",
                "message": sentence,
                "why": "with `IfExists`, a caller satisfies the condition by leaving the ID out",
                "reference": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
                "fix": proof["findings"][0]["fix"],
                "witness": proof["findings"][0]["witness"],
            }],
        })
    );
}

/// A witness is a request, so it can be put to `simulate` as it is.
#[test]
fn a_witness_is_confirmed_by_simulate() {
    for condition in [
        json!({ "StringLike": { "sts:ExternalId": "*" } }),
        json!({ "StringEqualsIfExists": { "sts:ExternalId": EXTERNAL_ID } }),
    ] {
        let mut weak = trust();
        weak["Statement"][0]["Condition"] = condition;
        let proof = prove(&weak, &["--external-id", EXTERNAL_ID, "--output", "json"]).expect(4).json();
        let mut request = proof["claims"][1]["witness"].as_object().unwrap().clone();
        let name = request.remove("sentence").unwrap();
        let case = json!([{
            "name": name,
            "request": request,
            "identityPolicies":
                [{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }],
            "resourcePolicy": weak,
            "expected": { "response": "Allowed" },
        }]);
        rolecall_reading(case.to_string(), &["simulate", "-"]).expect(0);
    }
}

#[test]
fn certificates_replace_those_of_an_earlier_run_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificates");
    let smtlib = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--smtlib", path.to_str().unwrap()];
    insta::assert_snapshot!(prove(&trust(), &smtlib).whole(), @r#"
    exit 0
    -- stdout
    Trust policy standard input
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    -- stderr
    8 certificates in `[folder]/certificates`; check them with
      for file in [folder]/certificates/*.smt2; do echo "$file"; z3 -t:60000 "$file"; done
      `unsat` confirms a claim; `sat` is a request that breaks it, or that a loosened element lets in; *.vacuity.smt2 begins with `sat`; cvc5: --strings-exp --incremental
    "#);
    let names = |path: &std::path::Path| {
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert!(names(&path).contains(&"only-with-external-id.parts.smt2".to_owned()));
    // Another kind of document: the files about the trust policy would mislead.
    insta::assert_snapshot!(prove(&invoke(), &smtlib[4..]).whole(), @r#"
    exit 0
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    -- stderr
    5 certificates in `[folder]/certificates`; check them with
      for file in [folder]/certificates/*.smt2; do echo "$file"; z3 -t:60000 "$file"; done
      `unsat` confirms a claim; `sat` is a request that breaks it, or that a loosened element lets in; *.vacuity.smt2 begins with `sat`; cvc5: --strings-exp --incremental
    "#);
    assert!(
        names(&path).iter().all(|name| name.starts_with("only-targets") || name.starts_with("every-target"))
    );
    std::fs::write(path.join("only-trusted.parts.smt2"), "(check-sat)").unwrap();
    insta::assert_snapshot!(prove(&trust(), &smtlib).whole(), @"
    exit 2
    -- stderr
    error[E1]: `[folder]/certificates/only-trusted.parts.smt2` already exists, and rolecall did not write it as a certificate
    hint: name another file for the certificate, or replace this one with `--force`
    ");
    assert_eq!(std::fs::read_to_string(path.join("only-trusted.parts.smt2")).unwrap(), "(check-sat)");
    assert!(names(&path).contains(&"only-targets.parts.smt2".to_owned()));
}
