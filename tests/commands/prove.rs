//! `rolecall prove` on policies by themselves: the kinds, the options, what is printed.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, results, rolecall, rolecall_reading};
use crate::scenarios::stage::binary;

fn trust() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": PRINCIPAL },
        "Action": "sts:AssumeRole", "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID } } }] })
}

fn invoke() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": [FUNCTION, ALIAS] }] })
}

fn prove(document: &Value, arguments: &[&str]) -> crate::scenarios::stage::Run {
    rolecall_reading(document.to_string(), &[&["prove", "-"], arguments].concat())
}

#[test]
fn the_shipped_policies_are_proved() {
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID];
    insta::assert_snapshot!(prove(&trust(), &intent).expect(0).stdout);
    insta::assert_snapshot!(prove(&invoke(), &["--target", FUNCTION, "--target", ALIAS]).expect(0).stdout);
    // The documents say themselves what they are meant for, where nobody else does.
    prove(&trust(), &[]).expect(0).says("can assume the role only with the external ID");
    prove(&invoke(), &[]).expect(0).says("each of the 2 target functions");
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

#[test]
fn another_intent_refutes_them() {
    let stranger = "arn:aws:iam::210987654321:root";
    prove(&trust(), &["--principal", stranger])
        .expect(4)
        .says("any principal of account 765628985471 can assume the role")
        .says("arn:aws:sts::210987654321:assumed-role/another-role/session` cannot assume the role");
    prove(&trust(), &["--external-id", "0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46"]).expect(4);
    prove(&invoke(), &["--target", FUNCTION]).expect(4).says(ALIAS);
    let third = "arn:aws:lambda:us-east-1:123456789012:function:third";
    prove(&invoke(), &["--target", FUNCTION, "--target", ALIAS, "--target", third]).expect(4).says(third);
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
    let run = prove(&of_service("lambda.amazonaws.com"), &[]).expect(0);
    let run = run.says("note: the role trusts only the AWS service lambda.amazonaws.com").says("note: T23");
    assert!(
        !run.stdout.contains("external ID and not otherwise") && !run.stdout.contains("warning"),
        "{}",
        run.stdout
    );
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
    prove(&account(trust()), &intent)
        .expect(0)
        .says("4 roles: 4 proved")
        .says("its permissions were not judged");
    prove(&account(trust()), &[]).expect(0);
    let mut open = trust();
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    prove(&account(open), &intent).expect(4).says("4 roles: 3 proved, 1 refuted");
}

/// A claim about the external ID holds for those who are trusted, and says nothing where everybody is let in.
#[test]
fn nothing_is_proved_about_the_external_id_of_a_role_that_is_open() {
    let mut open = trust();
    open["Statement"][0]["Principal"] = json!({"AWS": "*"});
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    let run = prove(&open, &[]).expect(4);
    assert!(!run.stdout.contains("proved     no other account"), "{}", run.stdout);
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
    let run = prove(&json!({"Roles": roles}), &[])
        .expect(0)
        .says("300 roles: 300 proved")
        .says("and 294 more accept");
    assert_eq!(run.stdout.matches("T21").count(), 1);
}

/// What IAM does not store is said, whatever it would let somebody do.
#[test]
fn a_document_that_iam_does_not_store_is_refuted() {
    let statement = |change: Value| {
        let mut document = trust();
        let statement = document["Statement"][0].as_object_mut().unwrap();
        statement.extend(change.as_object().unwrap().clone());
        document
    };
    let root =
        |partition: &str| json!({"Principal": {"AWS": format!("arn:{partition}:iam::765628985471:root")}});
    for (document, fault) in [
        (statement(json!({"Resource": "*"})), "a trust policy cannot have `Resource`"),
        (statement(json!({"NotResource": "*"})), "a trust policy cannot have `NotResource`"),
        (statement(json!({"Principal": "*"})), "a trust policy cannot have"),
        (
            statement(json!({"Principal": {"Federated": "*"}})),
            "`*` under `Federated` does not name one principal",
        ),
        (
            statement(json!({"Principal": {"AWS": "arn:aws:iam::765628985471:role/*"}})),
            "is not an account, a role",
        ),
        (
            statement(json!({"Action": ["sts:AssumeRole", "s3:GetObject"]})),
            "`s3:GetObject` is not an STS action",
        ),
    ] {
        let run = prove(&document, &[]).expect(4).says("error      G1 (statement 1 of the trust policy)");
        run.says("IAM rejects this document").says(fault);
    }
    let mut twice = trust();
    twice["Statement"][0]["Sid"] = json!("Genesys");
    let copy = twice["Statement"][0].clone();
    twice["Statement"].as_array_mut().unwrap().push(copy);
    prove(&twice, &[]).expect(4).says("G1 (statement 2 `Genesys` of the trust policy)").says("is used twice");
    // Only a role says which partition is its own.
    prove(&statement(root("aws-cn")), &[]).expect(0);
    let role = json!({"Role": {"RoleName": "r", "Arn": "arn:aws:iam::123456789012:role/r",
        "AssumeRolePolicyDocument": statement(root("aws-cn"))}});
    prove(&role, &[]).expect(4).says("is not of the role's partition `aws`");
    let mut permission = invoke();
    permission["Statement"][0]["Sid"] = json!("a b");
    prove(&permission, &[]).expect(4).says("G1").says("letters and digits only");
    let mut old = invoke();
    old.as_object_mut().unwrap().remove("Version");
    prove(&old, &[]).expect(0).says("note       G2");
}

/// A side that the file does not have can be neither proved nor refuted.
#[test]
fn an_intent_about_the_other_side_is_unknown() {
    let run = prove(&trust(), &["--target", FUNCTION, "--output", "json"]).expect(5);
    assert_eq!(results(&run.json()), ["proved", "proved", "proved", "unknown"]);
    run.says("the file contains no permissions of the role");
    prove(&invoke(), &["--principal", PRINCIPAL]).expect(5).says("the file contains no trust policy");
    prove(&invoke(), &["--external-id", EXTERNAL_ID]).expect(5).says("the file contains no trust policy");
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
fn the_kind_of_a_policy_follows_from_what_is_in_it() {
    let statement = |statement: Value| json!({ "Version": "2012-10-17", "Statement": statement });
    for (document, kind, note) in [
        (trust(), "Trust policy", ""),
        (invoke(), "Identity policy", ""),
        (
            statement(
                json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*" }),
            ),
            "Trust policy",
            "note: read as a trust policy: it has principals and is about assuming roles, though it has resources too",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": "sts:AssumeRole" })),
            "Trust policy",
            "note: read as a trust policy: it is about assuming roles, though it has no principals",
        ),
        (
            statement(json!([])),
            "Identity policy",
            "note: read as an identity policy: it has no principals and is not about assuming roles",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" })),
            "Identity policy",
            "",
        ),
    ] {
        let run = prove(&document, &[]);
        assert!(run.stdout.starts_with(&format!("{kind} standard input\n")), "{document}: {}", run.stdout);
        assert_eq!(run.stdout.contains("note: read as"), !note.is_empty(), "{document}: {}", run.stdout);
        run.says(note);
    }
    let bucket = statement(
        json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }),
    );
    prove(&bucket, &[]).expect(2).says("it is the policy of a resource, not of a role");
}

/// What the prover does not know makes the answer unknown, never proved.
#[test]
fn an_unknown_operator_is_inconclusive() {
    let mut odd = trust();
    odd["Statement"][0]["Condition"]["StringSounds"] = json!({ "aws:PrincipalArn": "x" });
    prove(&odd, &["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID]).expect(5).says("StringSounds");
}

#[test]
fn certificates_replace_those_of_an_earlier_run_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificates");
    let smtlib = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--smtlib", path.to_str().unwrap()];
    prove(&trust(), &smtlib).expect(0).says("8 certificates in");
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
    prove(&invoke(), &smtlib[4..]).expect(0).says("5 certificates in");
    assert!(
        names(&path).iter().all(|name| name.starts_with("only-targets") || name.starts_with("every-target"))
    );
    std::fs::write(path.join("only-trusted.parts.smt2"), "(check-sat)").unwrap();
    prove(&trust(), &smtlib).expect(1).says("was not written by rolecall");
    assert_eq!(std::fs::read_to_string(path.join("only-trusted.parts.smt2")).unwrap(), "(check-sat)");
    assert!(names(&path).contains(&"only-targets.parts.smt2".to_owned()));
}

#[test]
fn options_that_are_wrong() {
    for (arguments, message) in [
        (&["--principal", "me"][..], "`me` is not a principal"),
        (&["--principal", "12345"][..], "`12345` is not a principal"),
        (&["--external-id", "x"], "an external ID"),
        (&["--target", "my-function"], "a Lambda function ARN"),
        (&["--parameter", "x"], "must be NAME=VALUE"),
        (&["--output", "yaml"], "possible values: human, json"),
        (&["--role", "Other"], "it contains no role `Other`; it contains"),
        (&["--parameter", "A=b"], "only a CloudFormation template has parameters"),
    ] {
        prove(&trust(), arguments).expect(2).says(message);
    }
    rolecall(&["prove"]).expect(2).says("<FILE>");
    rolecall(&["prove", "gone.json"]).expect(2).says("cannot read `gone.json`: No such file");
}
