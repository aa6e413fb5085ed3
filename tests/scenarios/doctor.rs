//! `doctor`: one screen, with and without credentials, manifest and sandbox; and no secret on it.

use rolecall::sandbox::{Fault, FaultRule, Faults, Principal, State};

use super::stage::{ONE_TARGET, Run, Stage, binary, manifest};

/// The clock of whoever runs this differs from nobody's, give or take a second.
fn steady(run: &Run) -> String {
    let clock = regex::Regex::new("(the same as AWS's|[0-9]+ s (ahead of|behind) AWS's)").unwrap();
    clock.replace_all(&run.whole(), "[a difference]").into_owned()
}

#[test]
fn where_all_is_well_every_check_is_green() {
    let stage = Stage::new();
    insta::assert_snapshot!(steady(&stage.run_client(&["doctor"])), @"
    exit 0
    -- stdout
    rolecall 0.1.0
      ok      manifest              rolecall.toml: role GenesysDataActionRole
      -       proxy                 none
      ok      certificates          the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)
      ok      region                us-east-1
      ok      AWS caller            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
      ok      clock                 [a difference]
      ok      plan, drift           the caller's policies allow it (simulated)
      ok      apply, destroy        the caller's policies allow it (simulated)
      ok      verify                the caller's policies allow it (simulated)
      ok      verify --level twin   the caller's policies allow it (simulated)
      ok      Genesys Cloud         Contact Centre (sandbox) (5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94), OAuth client 11111111-2222-3333-4444-555555555555
      ok      its permissions       every command

    Everything that was checked is as it should be.
    ");
    let json = stage.run_client(&["doctor", "--json"]).expect(0).json();
    assert_eq!(json["exit_code"], 0);
    assert_eq!(json["checks"][0]["check"], "manifest");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn it_works_without_credentials_without_a_manifest_and_with_the_sandbox() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str]| Run::from(binary(folder.path()).args(arguments).output().unwrap());
    insta::assert_snapshot!(steady(&run(&["doctor"])), @"
    exit 1
    -- stdout
    rolecall 0.1.0
      -       manifest              none here or above; permissions are checked for a manifest
      -       proxy                 none
      ok      certificates          the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)
      -       region                none is configured
      failed  AWS caller            E14: sts:GetCallerIdentity failed: no AWS credentials were found
                                    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
      -       clock                 AWS did not say its time
      -       Genesys Cloud         no OAuth client

    failed: AWS caller.
    ");
    insta::assert_snapshot!(steady(&run(&["doctor", "--sandbox"])), @"
    exit 0
    -- stdout
    rolecall 0.1.0
      ok      manifest              the built-in example: role GenesysDataActionRole
      -       proxy                 none
      -       certificates          the sandbox needs none
      ok      region                us-east-1
      ok      AWS caller            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
      ok      clock                 [a difference]
      ok      plan, drift           the caller's policies allow it (simulated)
      ok      apply, destroy        the caller's policies allow it (simulated)
      ok      verify                the caller's policies allow it (simulated)
      ok      verify --level twin   the caller's policies allow it (simulated)
      ok      Genesys Cloud         Contact Centre (sandbox) (5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94), OAuth client 11111111-2222-3333-4444-555555555555
      ok      its permissions       every command

    Everything that was checked is as it should be.
    -- stderr
    no rolecall.toml here or above: the sandbox uses the built-in example
    ");
    std::fs::write(folder.path().join("rolecall.toml"), "version = 2\n").unwrap();
    run(&["doctor"]).expect(1);
}

#[test]
fn a_caller_with_few_permissions_learns_what_each_level_would_miss() {
    let stage = Stage::new().acting_as(Principal::Verifier);
    insta::assert_snapshot!(steady(&stage.run(&["doctor"])), @"
    exit 5
    -- stdout
    rolecall 0.1.0
      ok      manifest              rolecall.toml: role GenesysDataActionRole
      -       proxy                 none
      ok      certificates          the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)
      ok      region                us-east-1
      ok      AWS caller            account 123456789012, as arn:aws:iam::123456789012:user/verifier
      ok      clock                 [a difference]
      unknown plan, drift           not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown apply, destroy        not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown verify                not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown verify --level twin   not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      -       Genesys Cloud         no OAuth client; the manifest asks for nothing that needs one

    unknown: plan, drift, apply, destroy, verify, verify --level twin.
    ");
    // Whoever may not ask the simulator does not know.
    let stage = Stage::new();
    let fault = Fault::Deny;
    let rules =
        vec![FaultRule { operation: "iam:SimulatePrincipalPolicy".to_owned(), skip: 0, times: None, fault }];
    stage.set(Faults { rules, ..Faults::default() });
    insta::assert_snapshot!(steady(&stage.run(&["doctor"])), @"
    exit 5
    -- stdout
    rolecall 0.1.0
      ok      manifest              rolecall.toml: role GenesysDataActionRole
      -       proxy                 none
      ok      certificates          the certificates of the system (SSL_CERT_FILE, SSL_CERT_DIR)
      ok      region                us-east-1
      ok      AWS caller            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
      ok      clock                 [a difference]
      unknown plan, drift           not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown apply, destroy        not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown verify                not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      unknown verify --level twin   not simulated: the caller may not call iam:SimulatePrincipalPolicy on itself
      -       Genesys Cloud         no OAuth client; the manifest asks for nothing that needs one

    unknown: plan, drift, apply, destroy, verify, verify --level twin.
    ");
}

#[test]
fn an_oauth_client_of_another_organization_stops_genesys_cloud() {
    let other = manifest(ONE_TARGET).replace("5f6b2c1e", "99999999");
    let stage = Stage::with(&other, State::demo());
    let run = stage.run_client(&["doctor"]).expect(4);
    insta::assert_snapshot!(run.stdout.lines().last().unwrap(), @"refuted: Genesys Cloud.");
}

#[test]
fn no_secret_is_shown_whatever_is_wrong() {
    let stage = Stage::new();
    for (variable, value) in [
        ("HTTPS_PROXY", "http://user:hunter2@proxy.example:3128"),
        ("HTTPS_PROXY", "ftp://user:hunter2@proxy.example"),
        ("ALL_PROXY", "user:hunter2@proxy.example:3128"),
        ("AWS_SESSION_TOKEN", "hunter2"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hunter2"),
        ("AWS_ENDPOINT_URL", "ftp://user:hunter2@host"),
    ] {
        for format in ["human", "json"] {
            let mut command = stage.client_command(&["doctor", "-v", "--output", format]);
            let run: Run = command.env(variable, value).output().unwrap().into();
            assert!((0..=5).contains(&run.status), "{variable}: {}", run.stderr);
            assert!(!run.whole().contains("hunter2"), "{variable}={value}: {}", run.whole());
        }
    }
}
