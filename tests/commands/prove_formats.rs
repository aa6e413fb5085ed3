//! `prove --output sarif|junit|github|markdown`: what other tools read, with the exit codes of the text.

use serde_json::{Value, json};

use super::{EXTERNAL_ID, FUNCTION, PRINCIPAL, rolecall, rolecall_reading};

const FORMATS: [&str; 5] = ["json", "sarif", "junit", "github", "markdown"];

fn trust() -> String {
    json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": PRINCIPAL}, "Action": "sts:AssumeRole"}})
    .to_string()
}

/// An answer of `aws iam list-roles`: the second role requires the external ID.
fn roles() -> String {
    let role = |name: &str, condition: Value| {
        let mut statement =
            json!({"Effect": "Allow", "Principal": {"AWS": PRINCIPAL}, "Action": "sts:AssumeRole"});
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        json!({"RoleName": name, "Arn": format!("arn:aws:iam::123456789012:role/{name}"), "Path": "/",
            "RoleId": "AROAEXAMPLE", "CreateDate": "2025-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    };
    let required = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    json!({"Roles": [role("open", Value::Null), role("closed", required)]}).to_string()
}

fn prove(text: &str, format: &str) -> crate::scenarios::stage::Run {
    let intent = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID];
    rolecall_reading(text, &[&["prove", "-", "--output", format], &intent[..]].concat())
}

#[test]
fn a_refuted_document_is_an_annotation_a_table_and_a_failed_case() {
    insta::assert_snapshot!(prove(&trust(), "github").whole(), @"
    exit 4
    -- stdout
    ::error file=standard input,line=1,col=1,title=The role can be assumed without its external ID::refuted: the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`. any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
    ::error file=standard input,line=1,col=1,title=T1%3A another customer of the vendor can make the vendor use this role (the confused deputy problem)::any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID (statement 1 of the trust policy). Fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
    ");
    insta::assert_snapshot!(prove(&trust(), "markdown").whole(), @r"
    exit 4
    -- stdout
    ## rolecall prove of Trust policy standard input: refuted: the role can be assumed without its external ID

    rolecall 0.1.0

    ### Proof

    | | claim | because |
    |---|---|---|
    | ✅ proved | nobody but the trusted principals can assume the role |  |
    | ❌ refuted | the trusted principals can assume the role only with the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` | any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID |
    | ✅ proved | \`arn:aws:iam::765628985471:root\` can assume the role |  |

    Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    ### Findings

    | | where | what | fix |
    |---|---|---|---|
    | error T1 | statement 1 of the trust policy | any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID | require the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` with a single \`StringEquals\` condition on \`sts:ExternalId\` |
    ");
    insta::assert_snapshot!(prove(&trust(), "junit").whole(), @r#"
    exit 4
    -- stdout
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="rolecall prove of Trust policy standard input" tests="4" skipped="0" failures="2" errors="0">
        <testsuite name="rolecall prove of Trust policy standard input proof" tests="3" skipped="0" errors="0" failures="1">
            <testcase name="nobody but the trusted principals can assume the role" classname="rolecall.prove.proof"/>
            <testcase name="the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`" classname="rolecall.prove.proof">
                <failure message="refuted">any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID</failure>
            </testcase>
            <testcase name="`arn:aws:iam::765628985471:root` can assume the role" classname="rolecall.prove.proof"/>
        </testsuite>
        <testsuite name="rolecall prove of Trust policy standard input findings" tests="1" skipped="0" errors="0" failures="1">
            <testcase name="T1 statement 1 of the trust policy" classname="rolecall.prove.findings">
                <failure message="error">any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
    fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn several_roles_are_one_report_in_which_each_is_named() {
    insta::assert_snapshot!(prove(&roles(), "github").whole(), @"
    exit 4
    -- stdout
    ::error file=standard input,line=1,col=1,title=The role can be assumed without its external ID::arn:aws:iam::123456789012:role/open: refuted: the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`. any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
    ::error file=standard input,line=1,col=1,title=T1%3A another customer of the vendor can make the vendor use this role (the confused deputy problem)::arn:aws:iam::123456789012:role/open: any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID (statement 1 of the trust policy). Fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
    -- stderr
    hint: --role NAME proves only that role of the file
    ");
    insta::assert_snapshot!(prove(&roles(), "markdown").whole(), @r"
    exit 4
    -- stdout
    # rolecall prove: refuted: 1 of 2 roles

    | in the file | role | result |
    |---|---|---|
    | arn:aws:iam::123456789012:role/open (role description standard input) | `arn:aws:iam::123456789012:role/open` | ❌ refuted: the role can be assumed without its external ID |
    | arn:aws:iam::123456789012:role/closed (role description standard input) | `arn:aws:iam::123456789012:role/closed` | ✅ every claim about the role is proved |

    ## rolecall prove of arn:aws:iam::123456789012:role/open (role description standard input): refuted: the role can be assumed without its external ID

    rolecall 0.1.0

    ### Proof

    | | claim | because |
    |---|---|---|
    | ✅ proved | nobody but the trusted principals can assume the role |  |
    | ❌ refuted | the trusted principals can assume the role only with the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` | any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID |
    | ✅ proved | \`arn:aws:iam::765628985471:root\` can assume the role |  |

    Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    ### Findings

    | | where | what | fix |
    |---|---|---|---|
    | error T1 | statement 1 of the trust policy | any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID | require the external ID \`5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\` with a single \`StringEquals\` condition on \`sts:ExternalId\` |
    -- stderr
    hint: --role NAME proves only that role of the file
    ");
    let sarif = prove(&roles(), "sarif").expect(4).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    let named = |result: &&Value| {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
            == "arn:aws:iam::123456789012:role/open"
    };
    assert!(results.iter().any(|result| named(&result)), "{sarif:#}");
    for result in results {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(place, "standard%20input", "{result:#}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_text_in_every_format() {
    let required = format!(r#""Condition":{{"StringEquals":{{"sts:ExternalId":"{EXTERNAL_ID}"}}}},"Effect""#);
    let proved = trust().replace("\"Effect\"", &required);
    for text in [trust(), roles(), proved, "{}".to_owned()] {
        let human = prove(&text, "human").status;
        for format in FORMATS {
            assert_eq!(prove(&text, format).status, human, "{format} of {text}");
        }
    }
}

#[test]
fn an_error_is_in_the_report_and_other_formats_are_refused() {
    insta::assert_snapshot!(prove("{}", "github").whole(), @"
    exit 2
    -- stdout
    ::error title=rolecall prove::E10: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    -- stderr
    error[E10]: cannot prove standard input: unknown kind of file; expected one of: a policy document, the output of `terraform show -json`, a CloudFormation template, the output of `aws iam get-role` or `aws iam get-account-authorization-details`
    ");
    let sarif = prove("{}", "sarif").json();
    let said = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(said["descriptor"]["id"], "E10", "{said:#}");
    let junit = prove("{}", "junit").stdout;
    assert!(junit.contains(r#"type="E10""#), "{junit}");
    let holder = ["--provisions", "arn:aws:iam::123456789012:role/r", "--target", FUNCTION];
    let run = rolecall_reading(trust(), &[&["prove", "-", "--output", "sarif"], &holder[..]].concat());
    insta::assert_snapshot!(run.standard_error(), @"
    exit 2
    -- stderr
    error[E1]: with --provisions the result is printed as text or as JSON
    hint: omit --output, or use --output json
    ");
    insta::assert_snapshot!(rolecall(&["prove", "-", "--output", "html"]).standard_error(), @"
    exit 2
    -- stderr
    error[E1]: invalid value 'html' for '--output <FORMAT>'
      [possible values: human, json, sarif, junit, github, markdown]

    For more information, try '--help'.
    ");
}
