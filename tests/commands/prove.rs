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
    prove(&trust(), &[]).expect(0).says("the role can be assumed with the external ID");
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
        .says("any principal of account 210987654321 cannot assume the role");
    prove(&trust(), &["--external-id", "0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46"]).expect(4);
    prove(&invoke(), &["--target", FUNCTION]).expect(4).says(ALIAS);
    let third = "arn:aws:lambda:us-east-1:123456789012:function:third";
    prove(&invoke(), &["--target", FUNCTION, "--target", ALIAS, "--target", third]).expect(4).says(third);
}

/// A side that the file does not have can be neither proved nor refuted.
#[test]
fn an_intent_about_the_other_side_is_unknown() {
    let run = prove(&trust(), &["--target", FUNCTION, "--output", "json"]).expect(5);
    assert_eq!(results(&run.json()), ["proved", "proved", "proved", "unknown"]);
    run.says("the role's permissions are not here");
    prove(&invoke(), &["--principal", PRINCIPAL]).expect(5).says("there is no trust policy here");
    prove(&invoke(), &["--external-id", EXTERNAL_ID]).expect(5).says("there is no trust policy here");
}

#[test]
fn what_programs_read() {
    let mut weak = trust();
    weak["Statement"][0]["Condition"] = json!({ "StringEqualsIfExists": { "sts:ExternalId": EXTERNAL_ID } });
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--output", "json"];
    let sentence = "any principal of account 765628985471 can assume the role without an external ID, because statement 1 \
                    allows it and its condition `StringEqualsIfExists` on `sts:ExternalId` is met by that";
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
                    "claim": format!("the role can be assumed with the external ID `{EXTERNAL_ID}` and not otherwise"),
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
                "why": "with `IfExists` a caller passes the condition by leaving the ID out",
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
    prove(&trust(), &smtlib).expect(1).says("is no certificate of rolecall's");
    assert_eq!(std::fs::read_to_string(path.join("only-trusted.parts.smt2")).unwrap(), "(check-sat)");
    assert!(names(&path).contains(&"only-targets.parts.smt2".to_owned()));
}

#[test]
fn options_that_are_wrong() {
    for (arguments, message) in [
        (&["--principal", "me"][..], "`me` is not a principal"),
        (&["--external-id", "x"], "an external id"),
        (&["--target", "my-function"], "a Lambda function ARN"),
        (&["--parameter", "x"], "it reads NAME=VALUE"),
        (&["--output", "yaml"], "possible values: human, json"),
        (&["--role", "Other"], "it holds no role `Other`; it holds"),
        (&["--parameter", "A=b"], "only a CloudFormation template has parameters"),
    ] {
        prove(&trust(), arguments).expect(2).says(message);
    }
    rolecall(&["prove"]).expect(2).says("<FILE>");
    rolecall(&["prove", "gone.json"]).expect(2).says("cannot read `gone.json`: No such file");
}
