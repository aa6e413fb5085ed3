//! `verify --explain`: the reasons in full, in the words of `simulate --explain`; with `-v`, where AWS can be asked.

use rolecall::sandbox::Tamper;
use serde_json::{Value, json};

use super::stage::{ROLE, Stage};
use super::twin::{TWIN, applied};

fn tampered(kind: Tamper) -> Stage {
    let stage = applied();
    stage.tamper(kind);
    stage
}

fn refuted<'r>(report: &'r Value, claim: &str) -> &'r Value {
    let verification = &report["verification"];
    let rows = verification["table"].as_array().unwrap();
    let place = rows.iter().position(|row| row["id"] == claim && row["paper"] == "refuted").unwrap();
    &verification["claims"][place]
}

#[test]
fn a_broken_claim_is_explained_as_simulate_explains_its_witness() {
    let stage = tampered(Tamper::ExtraInlinePolicy);
    let verify = ["verify", "--level", "paper", "--output", "json"];
    let report = stage.run(&[&verify[..], &["--explain"]].concat()).expect(4).json();
    let claim = refuted(&report, "only-targets");
    let mut request = claim["witness"].clone();
    request.as_object_mut().unwrap().remove("sentence");
    let invoke = stage.run(&["render", "invoke", "--account", "123456789012", "--region", "us-east-1"]);
    let role =
        stage.sandbox.state().accounts["123456789012"].roles.values().find(|it| it.name == ROLE).cloned();
    let inline = role.unwrap().permissions.inline.into_values();
    let inline = inline.map(|document| serde_json::from_str(&document).unwrap());
    let policies: Vec<Value> = std::iter::once(invoke.expect(0).json()).chain(inline).collect();
    let case = json!([{"name": "witness", "request": request, "identityPolicies": policies,
        "expected": {"response": "Allowed"}}]);
    stage.write("cases.json", &case.to_string());
    let simulated = stage.run(&["simulate", "cases.json", "--explain", "--output", "json"]).expect(0).json();
    assert_eq!(claim["explanation"], simulated[0]["explanation"]);
    // Only where it is asked for.
    let brief = stage.run(&verify).expect(4).json();
    assert!(!brief.to_string().contains("explanation"), "{brief}");
}

#[test]
fn a_probe_is_explained_by_the_condition_that_failed() {
    insta::assert_snapshot!(applied().run(&["verify", "--explain"]).section("Verification"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
      paper    analysers  live       claim
      proved   -          -          nobody but the trusted principals can assume the role
      proved   -          confirmed  the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          confirmed  `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   confirmed  confirmed  a session can do nothing but invoke the target functions
      proved   confirmed  confirmed  a session can invoke the target function
      proved   -          -          nobody outside the account reaches a target function without the role
      Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.
      confirmed  iam:SimulatePrincipalPolicy: the targets
                 1 of 1 allowed; rolecall: allowed too
      confirmed  iam:SimulatePrincipalPolicy: functions other than the targets
                 7 of 7 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: other actions on a target
                 6 of 6 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: actions that this role never needs
                 9 of 9 denied; rolecall: denied too
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
                   ✓ Allowed: `arn:aws:sts::123456789012:assumed-role/ci/rolecall` may perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                     · allowed by statement 1 of the resource's policy
                     ✓ the resource's policy allows
                       ✓ statement 1 (Allow) matches
                         ✓ Action covers the action `sts:AssumeRole`
                         ✓ Principal matches the caller, `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
                         ✓ sts:ExternalId must be `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`; the request has `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
                   ✗ ImplicitlyDenied: `arn:aws:sts::123456789012:assumed-role/ci/rolecall` may not perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                     · no statement of the resource's policy allows it
                     ✗ the resource's policy does not allow
                       ✗ statement 1 (Allow) does not match
                         ✗ sts:ExternalId must be `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`; the request does not have this key
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
                   ✗ ImplicitlyDenied: `arn:aws:sts::123456789012:assumed-role/ci/rolecall` may not perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                     · no statement of the resource's policy allows it
                     ✗ the resource's policy does not allow
                       ✗ statement 1 (Allow) does not match
                         ✗ sts:ExternalId must be `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`; the request has `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e90`
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
                   ✗ ImplicitlyDenied: `arn:aws:sts::123456789012:assumed-role/ci/rolecall` may not perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                     · no statement of the resource's policy allows it
                     ✗ the resource's policy does not allow
                       ✗ statement 1 (Allow) does not match
                         ✗ sts:ExternalId must be `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`; the request has `5F6B2C1E-8A4D-4C3B-9E7F-2D1A6B8C0E94`
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
                   ✓ Allowed: `arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole/rolecall-probe` may perform `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function`
                     · allowed by statement 1 of the caller's identity policies
                     ✓ the caller's identity policies allow
                       ✓ statement 1 (Allow) matches
                         ✓ Action covers the action `lambda:InvokeFunction`
                         ✓ Resource covers the resource `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function`
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
                   ✗ ImplicitlyDenied: `arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole/rolecall-probe` may not perform `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling`
                     · no statement of the caller's identity policies allows it, and the resource's policy alone is not enough
                     ✗ the caller's identity policies do not allow
                       ✗ statement 1 (Allow) does not match
                         ✗ Resource does not cover the resource `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling`
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
                   ✗ ImplicitlyDenied: `arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole/rolecall-probe` may not perform `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST`
                     · no statement of the caller's identity policies allows it, and the resource's policy alone is not enough
                     ✗ the caller's identity policies do not allow
                       ✗ statement 1 (Allow) does not match
                         ✗ Resource does not cover the resource `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST`
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: every claim about the role is proved
    ");
    let stage = tampered(Tamper::TrustNoCondition);
    let run = stage.run(&["verify", "--explain"]).expect(4);
    let (claims, probes) = run.stdout.split_once("Proved on the role's side").unwrap();
    assert!(claims.contains("✓ statement 1 (Allow) matches"), "{claims}");
    assert!(probes.contains("✓ statement 1 (Allow) matches"), "{probes}");
}

/// The twin is a copy; what is explained is the role, to Genesys Cloud.
#[test]
fn a_twins_probe_is_explained_by_the_role_in_the_eyes_of_genesys_cloud() {
    let stage = applied();
    let report = stage.run(&[&TWIN[..], &["--explain", "--output", "json"]].concat()).expect(0).json();
    let probes = report["verification"]["twin"]["probes"].as_array().unwrap();
    let explained = |probe: &&Value| probe["explanation"].is_string();
    assert_eq!(probes.iter().filter(explained).count(), probes.len() - 1, "all but sts:GetCallerIdentity");
    let without =
        probes.iter().find(|probe| probe["probe"] == "sts:AssumeRole without an external ID").unwrap();
    let explanation = without["explanation"].as_str().unwrap();
    insta::assert_snapshot!(explanation, @"
    ✗ ImplicitlyDenied: `arn:aws:iam::765628985471:role/anybody` may not perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
      · no statement of the resource's policy allows it
      ✗ the resource's policy does not allow
        ✗ statement 1 (Allow) does not match
          ✗ sts:ExternalId must be `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`; the request does not have this key
    ");
}

#[test]
fn with_v_every_answer_comes_with_its_evidence() {
    let stage = applied();
    let count = |arguments: &[&str]| {
        let run = stage.run(&[&TWIN[..], arguments].concat()).expect(0);
        run.stdout.lines().filter(|line| line.trim_start().starts_with("asked ")).count()
    };
    assert_eq!(count(&[]), 0, "all is well");
    let report = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(0).json();
    let verification = &report["verification"];
    let answers = [&verification["probes"], &verification["twin"]["probes"], &verification["analyses"]];
    let answers: usize = answers.iter().map(|answers| answers.as_array().unwrap().len()).sum();
    assert_eq!(count(&["-v"]), answers);
    // The table rests on the same evidence, the twin's included.
    let rows = verification["table"].as_array().unwrap();
    let genesys = rows.iter().find(|row| row["claim"].as_str().unwrap().contains("765628985471")).unwrap();
    assert_eq!(genesys["live"]["shows"], "confirms", "{genesys}");
    for key in ["request_id", "time", "principal"] {
        assert!(genesys["live"]["evidence"][0][key].is_string(), "{genesys}");
    }
}
