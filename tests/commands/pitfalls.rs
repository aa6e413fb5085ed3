//! Each known pitfall of a trust policy is refuted, and the witness says in words what goes wrong.

use super::{EXTERNAL_ID, PRINCIPAL, file, rolecall};

/// The pitfall's file, and the sentence of its witness.
const PITFALLS: [(&str, &str); 28] = [
    (
        "t01-no-external-id",
        "any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows \
         it and asks for no external ID",
    ),
    (
        "t02-any-external-id",
        "any principal of account 765628985471 can assume the role with the external ID \
         `another-external-id`, because statement 1 allows it and this external ID satisfies its \
         condition `StringLike` on `sts:ExternalId`",
    ),
    (
        "t02-prefix-of-the-id",
        "any principal of account 765628985471 can assume the role with the external ID \
         `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition \
         `StringLike` on `sts:ExternalId`",
    ),
    (
        "t02-the-id-or-anything",
        "any principal of account 765628985471 can assume the role with the external ID \
         `another-external-id`, because statement 1 allows it and this external ID satisfies its \
         condition `StringLike` on `sts:ExternalId`",
    ),
    (
        "t03-if-exists",
        "any principal of account 765628985471 can assume the role without an external ID, because \
         statement 1 allows it and a request without an external ID satisfies its condition \
         `StringEqualsIfExists` on `sts:ExternalId`",
    ),
    (
        "t04-for-all-values",
        "any principal of account 765628985471 can assume the role without an external ID, because \
         statement 1 allows it and a request without an external ID satisfies its condition \
         `ForAllValues:StringEquals` on `sts:ExternalId`",
    ),
    (
        "t05-any-but-one",
        "any principal of account 765628985471 can assume the role without an external ID, because \
         statement 1 allows it and a request without an external ID satisfies its condition \
         `StringNotEquals` on `sts:ExternalId`",
    ),
    (
        "t05-presence-only",
        "any principal of account 765628985471 can assume the role with the external ID \
         `another-external-id`, because statement 1 allows it and this external ID satisfies its \
         condition `Null` on `sts:ExternalId`",
    ),
    (
        "t06-must-be-absent",
        "any principal of account 765628985471 can assume the role without an external ID, because \
         statement 1 allows it and a request without an external ID satisfies its condition `Null` on \
         `sts:ExternalId`",
    ),
    (
        "t07-ignoring-case",
        "any principal of account 765628985471 can assume the role with the external ID \
         `5F6B2C1E-8A4D-4C3B-9E7F-2D1A6B8C0E94`, because statement 1 allows it and this external ID \
         satisfies its condition `StringEqualsIgnoreCase` on `sts:ExternalId`",
    ),
    (
        "t08-second-statement",
        "any principal of account 765628985471 can assume the role without an external ID, because statement 2 \
         (`Legacy`) allows it and asks for no external ID",
    ),
    (
        "t09-old-tenant",
        "any principal of account 765628985471 can assume the role with the external ID \
         `0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46`, because statement 1 allows it and this external ID \
         satisfies its condition `StringEquals` on `sts:ExternalId`",
    ),
    (
        "t10-everybody",
        "any principal of any AWS account (for example \
         `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role with the \
         external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this \
         external ID satisfies its condition `StringEquals` on `sts:ExternalId`",
    ),
    (
        "t10-extra-account",
        "any principal of account 210987654321 can assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID \
         satisfies its condition `StringEquals` on `sts:ExternalId`",
    ),
    (
        "t10-a-service",
        "the AWS service `lambda.amazonaws.com` can assume the role, because statement 2 allows it and asks for no \
         external ID",
    ),
    (
        "t10-federated",
        "anybody with a token of the identity provider `accounts.google.com` can assume the role, because statement 2 \
         allows it and asks for no external ID",
    ),
    (
        "t11-the-whole-account",
        "any principal of account 765628985471 can assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID \
         satisfies its condition `StringEquals` on `sts:ExternalId`",
    ),
    (
        "t12-deleted-principal",
        "`arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it",
    ),
    (
        "t13-not-principal",
        "`arn:aws:sts::999999999999:assumed-role/another-role/session` can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`",
    ),
    ("t13-every-sts-action", "the action `sts:*` covers `sts:TagSession` too"),
    ("t13-not-action", "`NotAction` covers every action that is not listed"),
    ("t14-any-session-tags", "statement 2 grants `sts:TagSession` with any values that the caller chooses"),
    (
        "t15-any-source-identity",
        "statement 2 grants `sts:SetSourceIdentity` with any values that the caller chooses",
    ),
    (
        "t16-tags-under-the-id",
        "`arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` when `aws:RequestTag/rolecall-probe` is `x` and `aws:TagKeys` is \
         `rolecall-probe`, because the call also needs `sts:TagSession`, which is not allowed",
    ),
    (
        "t17-variable-of-2012",
        "`arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it",
    ),
    (
        "t18-wildcard-as-text",
        "`arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it",
    ),
    (
        "t19-line-break",
        "`arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID \
         `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it",
    ),
    (
        "t23-a-service-for-anybody",
        "the AWS service `events.amazonaws.com` can assume the role, because statement 1 allows it and asks for no \
         external ID",
    ),
];

#[test]
fn every_pitfall_is_refuted_with_its_witness() {
    for (name, sentence) in PITFALLS {
        // The vendor of this one publishes a role, and the policy trusts its whole account.
        let published = "arn:aws:iam::765628985471:role/data-actions";
        let principal = if name.starts_with("t11") { published } else { PRINCIPAL };
        let path = format!("pitfalls/{name}.json");
        let arguments = ["prove", &path, "--principal", principal, "--external-id", EXTERNAL_ID];
        rolecall(&arguments).expect(4).says(sentence);
        let proof = rolecall(&[&arguments[..], &["--output", "json"]].concat()).expect(4).json();
        assert_eq!(proof["result"], "refuted", "{name}");
        let pitfall = format!("T{}", name[1..3].trim_start_matches('0'));
        let findings = proof["findings"].as_array().unwrap();
        assert!(
            findings.iter().any(|finding| finding["id"] == pitfall),
            "no {pitfall} for {name}: {findings:?}"
        );
    }
}

#[test]
fn every_file_of_a_pitfall_is_in_the_table() {
    let mut files: Vec<String> = std::fs::read_dir(file("pitfalls"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut table: Vec<&str> = PITFALLS.iter().map(|(name, _)| *name).collect();
    table.sort_unstable();
    assert_eq!(files, table);
}
