//! Each known pitfall of a trust policy is refuted, and the witness says in words what goes wrong.

use super::{EXTERNAL_ID, PRINCIPAL, file, rolecall};
use crate::scenarios::views::named;

const PITFALLS: [&str; 28] = [
    "t01-no-external-id",
    "t02-any-external-id",
    "t02-prefix-of-the-id",
    "t02-the-id-or-anything",
    "t03-if-exists",
    "t04-for-all-values",
    "t05-any-but-one",
    "t05-presence-only",
    "t06-must-be-absent",
    "t07-ignoring-case",
    "t08-second-statement",
    "t09-old-tenant",
    "t10-everybody",
    "t10-extra-account",
    "t10-a-service",
    "t10-federated",
    "t11-the-whole-account",
    "t12-deleted-principal",
    "t13-not-principal",
    "t13-every-sts-action",
    "t13-not-action",
    "t14-any-session-tags",
    "t15-any-source-identity",
    "t16-tags-under-the-id",
    "t17-variable-of-2012",
    "t18-wildcard-as-text",
    "t19-line-break",
    "t23-a-service-for-anybody",
];

#[test]
fn every_pitfall_is_refuted_with_its_witness() {
    let mut said = String::new();
    for name in PITFALLS {
        // The vendor of this one publishes a role, and the policy trusts its whole account.
        let published = "arn:aws:iam::765628985471:role/data-actions";
        let principal = if name.starts_with("t11") { published } else { PRINCIPAL };
        let path = format!("pitfalls/{name}.json");
        let arguments =
            ["prove", &path, "--principal", principal, "--external-id", EXTERNAL_ID, "--fail-on", "warning"];
        said += &named(name, &rolecall(&arguments).expect(4).unproved());
        let proof = rolecall(&[&arguments[..], &["--output", "json"]].concat()).expect(4).json();
        assert_eq!(proof["result"], "refuted", "{name}");
        let pitfall = format!("T{}", name[1..3].trim_start_matches('0'));
        let findings = proof["findings"].as_array().unwrap();
        assert!(
            findings.iter().any(|finding| finding["id"] == pitfall),
            "no {pitfall} for {name}: {findings:?}"
        );
    }
    insta::assert_snapshot!(said, @r"
    === t01-no-external-id
    exit 4
    -- stdout
    Trust policy pitfalls/t01-no-external-id.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      error      T1 (statement 1 of the trust policy): as shown above
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t02-any-external-id
    exit 4
    -- stdout
    Trust policy pitfalls/t02-any-external-id.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `another-external-id`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      error      T2 (statement 1 of the trust policy): as shown above
                 why: `StringLike` with a wildcard accepts every external ID that matches the pattern (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t02-prefix-of-the-id
    exit 4
    -- stdout
    Trust policy pitfalls/t02-prefix-of-the-id.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      error      T2 (statement 1 of the trust policy): as shown above
                 why: `StringLike` with a wildcard accepts every external ID that matches the pattern (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t02-the-id-or-anything
    exit 4
    -- stdout
    Trust policy pitfalls/t02-the-id-or-anything.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `another-external-id`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      error      T2 (statement 1 of the trust policy): as shown above
                 why: `StringLike` with a wildcard accepts every external ID that matches the pattern (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t03-if-exists
    exit 4
    -- stdout
    Trust policy pitfalls/t03-if-exists.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
      error      T3 (statement 1 of the trust policy): as shown above
                 why: with `IfExists`, a caller satisfies the condition by leaving the ID out (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t04-for-all-values
    exit 4
    -- stdout
    Trust policy pitfalls/t04-for-all-values.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `ForAllValues:StringEquals` on `sts:ExternalId`
      error      T4 (statement 1 of the trust policy): as shown above
                 why: `ForAllValues` is satisfied if the request has no value (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t05-any-but-one
    exit 4
    -- stdout
    Trust policy pitfalls/t05-any-but-one.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringNotEquals` on `sts:ExternalId`
      error      T5 (statement 1 of the trust policy): as shown above
                 why: a negated condition or a presence check accepts any ID that the caller makes up (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t05-presence-only
    exit 4
    -- stdout
    Trust policy pitfalls/t05-presence-only.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `another-external-id`, because statement 1 allows it and this external ID satisfies its condition `Null` on `sts:ExternalId`
      error      T5 (statement 1 of the trust policy): as shown above
                 why: a negated condition or a presence check accepts any ID that the caller makes up (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t06-must-be-absent
    exit 4
    -- stdout
    Trust policy pitfalls/t06-must-be-absent.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `Null` on `sts:ExternalId`
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      error      T6 (statement 1 of the trust policy): as shown above
                 why: `Null: true` lets in exactly the callers that pass no ID (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t07-ignoring-case
    exit 4
    -- stdout
    Trust policy pitfalls/t07-ignoring-case.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `5F6B2C1E-8A4D-4C3B-9E7F-2D1A6B8C0E94`, because statement 1 allows it and this external ID satisfies its condition `StringEqualsIgnoreCase` on `sts:ExternalId`
      warning    T7 (statement 1 of the trust policy): as shown above
                 why: IDs that differ only in letter case can belong to different customers of the vendor (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t08-second-statement
    exit 4
    -- stdout
    Trust policy pitfalls/t08-second-statement.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 2 (`Legacy`) allows it and asks for no external ID
      error      T8 (statement 2 `Legacy` of the trust policy): as shown above
                 why: statements add up: a statement with a condition does not restrict a statement without a condition (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t09-old-tenant
    exit 4
    -- stdout
    Trust policy pitfalls/t09-old-tenant.json
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role with the external ID `0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      warning    T9 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role with the external ID `0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`; it accepts `0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46` besides `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 why: every ID that the condition accepts opens the role, also an old or a wrong one (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t10-everybody
    exit 4
    -- stdout
    Trust policy pitfalls/t10-everybody.json
      refuted    nobody but the trusted principals can assume the role
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t10-extra-account
    exit 4
    -- stdout
    Trust policy pitfalls/t10-extra-account.json
      refuted    nobody but the trusted principals can assume the role
                 any principal of account 210987654321 can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: remove `210987654321` from `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t10-a-service
    exit 4
    -- stdout
    Trust policy pitfalls/t10-a-service.json
      refuted    nobody but the trusted principals can assume the role
                 the AWS service `lambda.amazonaws.com` can assume the role, because statement 2 allows it
      error      T10 (statement 2 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: delete the statement
      warning    T23 (statement 2 of the trust policy): the AWS service `lambda.amazonaws.com` can assume the role, because statement 2 allows it; it may do so for any of its customers
                 why: without `aws:SourceArn` or `aws:SourceAccount`, another customer can make the service use this role (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: delete the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t10-federated
    exit 4
    -- stdout
    Trust policy pitfalls/t10-federated.json
      refuted    nobody but the trusted principals can assume the role
                 anybody with a token of the identity provider `accounts.google.com` can assume the role, because statement 2 allows it
      error      T10 (statement 2 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: delete the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t11-the-whole-account
    exit 4
    -- stdout
    Trust policy pitfalls/t11-the-whole-account.json
      refuted    nobody but the trusted principals can assume the role
                 any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      warning    T11 (statement 1 of the trust policy): as shown above
                 why: every principal of the account whose own policies allow it can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:role/data-actions` alone in `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t12-deleted-principal
    exit 4
    -- stdout
    Trust policy pitfalls/t12-deleted-principal.json
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      error      T12 (statement 1 of the trust policy): the principal `AROAZ3EXAMPLEDELETED1` has been deleted
                 why: IAM shows the unique ID of a deleted principal; no principal matches it, not even a new principal of that name (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, allow `sts:AssumeRole` alone, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t13-not-principal
    exit 4
    -- stdout
    Trust policy pitfalls/t13-not-principal.json
      refuted    nobody but the trusted principals can assume the role
                 `arn:aws:sts::999999999999:assumed-role/another-role/session` can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      warning    T13 (statement 1 of the trust policy): `NotPrincipal` trusts every principal that is not listed
                 why: `NotPrincipal`, `NotAction` and wildcards grant what is not listed, including session tags and source identities (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `NotPrincipal`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name the trusted principals in `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t13-every-sts-action
    exit 4
    -- stdout
    Trust policy pitfalls/t13-every-sts-action.json
      warning    T13 (statement 1 of the trust policy): the action `sts:*` covers `sts:TagSession` too
                 why: `NotPrincipal`, `NotAction` and wildcards grant what is not listed, including session tags and source identities (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html)
                 fix: allow `sts:AssumeRole` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t13-not-action
    exit 4
    -- stdout
    Trust policy pitfalls/t13-not-action.json
      warning    T13 (statement 1 of the trust policy): `NotAction` covers every action that is not listed
                 why: `NotPrincipal`, `NotAction` and wildcards grant what is not listed, including session tags and source identities (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html)
                 fix: allow `sts:AssumeRole` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t14-any-session-tags
    exit 4
    -- stdout
    Trust policy pitfalls/t14-any-session-tags.json
      warning    T14 (statement 2 of the trust policy): statement 2 grants `sts:TagSession` with any values that the caller chooses
                 why: session tags chosen by the caller can satisfy policies that decide by tags (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html)
                 fix: delete the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t15-any-source-identity
    exit 4
    -- stdout
    Trust policy pitfalls/t15-any-source-identity.json
      warning    T15 (statement 2 of the trust policy): statement 2 grants `sts:SetSourceIdentity` with any values that the caller chooses
                 why: a source identity without a condition can put any name into the audit trail (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html)
                 fix: delete the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t16-tags-under-the-id
    exit 4
    -- stdout
    Trust policy pitfalls/t16-tags-under-the-id.json
      warning    T16 (statement 1 of the trust policy): `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` when `aws:RequestTag/rolecall-probe` is `x` and `aws:TagKeys` is `rolecall-probe`, because the call also needs `sts:TagSession`, which is not allowed
                 why: `sts:TagSession` and `sts:SetSourceIdentity` do not have `sts:ExternalId` among their keys, so such calls fail (https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
                 fix: remove `sts:TagSession` from `Action`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t17-variable-of-2012
    exit 4
    -- stdout
    Trust policy pitfalls/t17-variable-of-2012.json
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      warning    T17 (statement 1 of the trust policy): `${aws:PrincipalAccount}` is plain text in this version of the policy language
                 why: without version 2012-10-17, `${…}` is plain text (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t18-wildcard-as-text
    exit 4
    -- stdout
    Trust policy pitfalls/t18-wildcard-as-text.json
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      error      T18 (statement 1 of the trust policy): `StringEquals` compares `5f6b2c1e-*` literally
                 why: `StringEquals` compares `*` and `?` literally; they are not wildcards here (https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t19-line-break
    exit 4
    -- stdout
    Trust policy pitfalls/t19-line-break.json
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      error      T19 (statement 1 of the trust policy): `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\n` is not an external ID: must be 2–1224 letters, digits or any of `_+=,.@:/-`
                 why: STS accepts 2 to 1224 letters, digits and `_+=,.@:/-`; a call with this ID fails before any policy is read (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === t23-a-service-for-anybody
    exit 4
    -- stdout
    Trust policy pitfalls/t23-a-service-for-anybody.json
      refuted    nobody but the trusted principals can assume the role
                 the AWS service `events.amazonaws.com` can assume the role, because statement 1 allows it
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, allow `sts:AssumeRole` alone, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      warning    T23 (statement 1 of the trust policy): the AWS service `events.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
                 why: without `aws:SourceArn` or `aws:SourceAccount`, another customer can make the service use this role (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, allow `sts:AssumeRole` alone, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    ");
}

#[test]
fn every_file_of_a_pitfall_is_in_the_table() {
    let mut files: Vec<String> = std::fs::read_dir(file("pitfalls"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut table: Vec<&str> = PITFALLS.to_vec();
    table.sort_unstable();
    assert_eq!(files, table);
}
