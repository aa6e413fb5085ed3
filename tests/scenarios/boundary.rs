//! The boundary that allows the targets alone: an administrator makes it, and the provisioner works under it.

use rolecall::sandbox::{Principal, State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary";

fn bounded(targets: &str) -> String {
    let name = format!("name = \"{ROLE}\"");
    manifest(targets).replace(&name, &format!("{name}\npermissions_boundary = \"targets\""))
}

/// A stage on which the user `verifier` has exactly the rendered provisioner policy.
fn stage() -> Stage {
    let stage = Stage::with(&bounded(ONE_TARGET), State::demo());
    let place = ["--account", ACCOUNT, "--region", "us-east-1"];
    let rendered = stage.run(&[&["render", "provisioner"][..], &place].concat()).expect(0).stdout;
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut(ACCOUNT).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("provisioner".to_owned(), rendered);
        })
        .unwrap();
    stage
}

fn has_boundary(stage: &Stage) -> bool {
    stage.sandbox.state().accounts[ACCOUNT].policies.contains_key(BOUNDARY)
}

#[test]
fn an_administrator_makes_the_boundary_and_the_provisioner_works_under_it() {
    let mut stage = stage();
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).standard_error(), @"
    exit 2
    -- stderr
    error[E40]: nothing was changed: the permissions boundary `arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary` does not exist
    hint: an administrator makes it of the manifest's targets and grants: `rolecall boundary apply`
    ");
    stage.act_as(Principal::Verifier);
    insta::assert_snapshot!(stage.run(&["boundary", "apply", "--yes"]).outline(), @"
    exit 1
    -- stderr
    Boundary arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary
      create policy arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary
    error[E17]: could not create policy arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary: iam:CreatePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:CreatePolicy on resource: policy GenesysDataActionRole-boundary because no identity-based policy allows the iam:CreatePolicy action (AccessDenied, request [id])
      nothing was changed
    hint: an administrator makes the boundary: this command needs the permission iam:CreatePolicy, which the provisioner policy leaves out on purpose
    ");
    stage.act_as(Principal::Ci);
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    insta::assert_snapshot!(stage.run(&["boundary", "apply", "--yes"]).whole(), @"
    exit 0
    -- stdout
    No changes: boundary `arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary`
    ");

    stage.act_as(Principal::Verifier);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let role = stage.sandbox.state().accounts[ACCOUNT].roles[&ROLE.to_lowercase()].clone();
    assert_eq!(role.permissions.boundary.as_deref(), Some(BOUNDARY));

    // A target that the boundary does not allow is refused before anything is written; the administrator comes first.
    stage
        .write("rolecall.toml", &bounded(&format!("{ONE_TARGET}[[target]]\nfunction = \"orders-status\"\n")));
    stage.run(&["boundary", "apply", "--yes"]).expect(1);
    stage.act_as(Principal::Ci);
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      ~ update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke (allows more)
    0 to create, 1 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      refuted    a session can invoke each of the 2 target functions
      proved     the permissions boundary allows nothing but what the role is for
      proved     nobody outside the account reaches a target function without the role
      error      P5: as shown above
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: refuted: a session cannot invoke every target; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      every-target (refuted): a session can invoke each of the 2 target functions: a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:orders-status`, because the permissions boundary does not allow it
    hint: correct the template or the manifest; use `--allow-claim every-target` to apply anyway
    ");
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);

    // IAM keeps a boundary that a role still has, so nothing is tried.
    stage.calls();
    insta::assert_snapshot!(stage.run(&["boundary", "destroy", "--yes"]).whole(), @"
    exit 1
    -- stderr
    error[E41]: IAM does not delete `arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary` while it is the permissions boundary of 1 principal
    hint: destroy the role first (`rolecall destroy`), or take the policy from every principal that `aws iam list-entities-for-policy --policy-arn arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary` names
    ");
    assert!(stage.calls().iter().all(|call| !call.action.starts_with("Delete")));

    stage.write("rolecall.toml", &bounded(ONE_TARGET));
    stage.act_as(Principal::Verifier);
    stage.run(&["destroy", "--yes"]).expect(0);
    assert!(has_boundary(&stage), "the boundary is not the provisioner's");
    stage.act_as(Principal::Ci);
    stage.run(&["boundary", "destroy", "--yes"]).expect(0);
    assert!(!has_boundary(&stage));
    insta::assert_snapshot!(stage.run(&["boundary", "destroy", "--yes"]).whole(), @"
    exit 0
    -- stdout
    No changes: boundary `arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary`
    ");
}

#[test]
fn a_boundary_of_ones_own_is_left_alone() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["boundary", "apply", "--yes"]).whole(), @r#"
    exit 2
    -- stderr
    error[E42]: the manifest does not ask for a boundary that rolecall makes
    hint: write `permissions_boundary = "targets"` into [role] of the manifest
    "#);
}

/// The boundary that the manifest wants is read also where it is not in force: what its absence leads to is said of it.
#[test]
fn drift_says_what_a_boundary_that_is_not_in_force_would_end() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &bounded(ONE_TARGET));
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    let of_boundary = |stage: &Stage, status| {
        let report = stage.run(&["drift", "--output", "json"]).expect(status).json();
        let drift = report["drift"].as_array().unwrap();
        let found = drift.iter().find(|it| it["attribute"] == "permissions boundary").unwrap();
        format!("{}: {}", found["consequence"].as_str().unwrap(), found["effects"])
    };
    insta::assert_snapshot!(of_boundary(&stage, 4), @"boundary: null");
    stage.tamper(Tamper::ExtraInlinePolicy);
    insta::assert_snapshot!(of_boundary(&stage, 4), @r#"widens-permissions: ["a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it"]"#);
}

/// A boundary that allows more lets whatever policy is added later count; without a boundary, every policy counts.
#[test]
fn a_boundary_that_limits_nothing_is_refuted() {
    const LOOKS: [&[&str]; 4] =
        [&["drift"], &["verify", "--level", "paper"], &["verify", "--level", "live"], &["plan"]];
    for (kind, has_witness, planned) in
        [(Tamper::BoundaryWidened, true, "refuted"), (Tamper::BoundaryChanged, false, "proved")]
    {
        let stage = Stage::with(&bounded(ONE_TARGET), State::demo());
        stage.run(&["boundary", "apply", "--yes"]).expect(0);
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        stage.tamper(kind);
        for look in LOOKS {
            let run = stage.run(&[look, &["--output", "json"]].concat());
            let report = run.json();
            let claims = report["verification"]["claims"].as_array().unwrap();
            let words = "the permissions boundary allows nothing but what the role is for";
            let claim = claims.iter().find(|claim| claim["claim"] == words).unwrap();
            let expected = if look == ["plan"] { planned } else { "refuted" };
            assert_eq!(claim["result"], expected, "{kind:?} {look:?}");
            assert_eq!(run.status, if expected == "refuted" { 4 } else { 0 }, "{kind:?} {look:?}");
            assert_eq!(claim["witness"].is_object(), has_witness, "{kind:?} {look:?}: {claim}");
        }
    }
}
