//! A plan that would open the role to somebody else says so before anything is written.

use rolecall::sandbox::Tamper;

use super::stage::Stage;

const WITHOUT_NEED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"AWS":"{{trusted_principals}}"},"Action":"sts:AssumeRole",
    "Condition":{"StringEqualsIfExists":{"sts:ExternalId":"{{external_id}}"}}}]}"#;

#[test]
fn a_plan_that_opens_the_role_is_refused_unless_its_finding_is_allowed() {
    let stage = Stage::new();
    stage.write("own/trust.json", WITHOUT_NEED);
    insta::assert_snapshot!(stage.run(&["plan", "--policies", "own"]).section("Apply refuses"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Apply refuses this plan. These checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
                 use --allow-claim external-id to apply anyway
      T3 (refuted): any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
                 use --allow-findings T3 to apply anyway
    Result: refuted: after apply: the role can be assumed without its external ID; apply refuses the plan because of external-id; and 1 more (3 to create, 0 to change, 0 to delete); until then: the role does not exist (exit code 4)
    ");
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--policies", "own"]).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      T3 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: refuted: the role can be assumed without its external ID; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
      T3 (refuted): any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
    hint: correct the template or the manifest; use `--allow-claim external-id --allow-findings T3` to apply anyway
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "--yes", "--policies", "own", "--allow-findings", "t3"];
    insta::assert_snapshot!(stage.run(&allowed).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
      proved     nobody but the trusted principals can assume the role
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      T3 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and a request without an external ID satisfies its condition `StringEqualsIfExists` on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      confirmed  sts:AssumeRole with the correct external ID: allowed
      refuted    sts:AssumeRole without an external ID: allowed
      confirmed  sts:AssumeRole with a wrong external ID: denied
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: refuted: the role can be assumed without its external ID; AWS's answer contradicts the manifest: sts:AssumeRole without an external ID (3 changes made) (exit code 4)
    -- stderr
      ✓ create role GenesysDataActionRole
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      ✓ attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    ");
}

/// Each kind of tampering with the documents has its finding in `verify`, and a role as it should be has none.
#[test]
fn tampering_has_its_findings() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let clean = stage.run(&["verify", "--level", "paper", "--output", "json"]).expect(0).json();
    assert_eq!(clean["verification"]["findings"], serde_json::json!([]));
    for (kind, expected) in [
        (Tamper::TrustNoCondition, "T1"),
        (Tamper::TrustIfExists, "T3"),
        (Tamper::TrustExtraPrincipal, "T10"),
        (Tamper::TrustWildcardPrincipal, "T10"),
        (Tamper::MaxSession, "T22"),
        (Tamper::ExtraManagedPolicy, "P1"),
        (Tamper::ExtraInlinePolicy, "P2"),
        (Tamper::PolicyWidened, "P3"),
    ] {
        stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
        stage.tamper(kind);
        let report = stage.run(&["verify", "--level", "paper", "--output", "json"]).json();
        let findings = report["verification"]["findings"].as_array().unwrap().clone();
        let ids: Vec<_> = findings.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
        assert!(ids.contains(&expected), "{}: {ids:?}", kind.name());
    }
}

/// A caller whom the manifest trusts and whose own policies forbid the probe learns nothing about the role, and is told so.
#[test]
fn a_caller_that_is_kept_back_by_its_own_policies_shows_nothing() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let deny =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}}"#;
    let changed = stage.sandbox.change(|state| {
        let roles = &mut state.accounts.get_mut("123456789012").unwrap().roles;
        let ci = roles.values_mut().find(|role| role.name == "ci").unwrap();
        ci.permissions.inline.insert("no-roles".to_owned(), deny.to_owned());
    });
    changed.unwrap();
    let run = stage.run(&["verify", "--level", "live", "--deadline", "15", "--output", "json"]);
    let report = run.json();
    let probes = report["verification"]["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 4, "{probes:#?}");
    for probe in probes {
        assert_eq!(
            (&probe["answer"], &probe["shows"]),
            (&"denied".into(), &"no_information".into()),
            "{probe:#}"
        );
    }
    let told: Vec<&str> = probes.iter().map(|probe| probe["message"].as_str().unwrap()).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall, because its own policies do not let it assume the role; this says nothing about the role
    AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall, but it refuses the correct external ID too
    AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall, but it refuses the correct external ID too
    AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall, but it refuses the correct external ID too
    ");
}
