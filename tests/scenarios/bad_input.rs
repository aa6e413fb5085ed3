//! Mistakes and misfortunes: each gets one clear message and the right exit code.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};

use super::stage::{ONE_TARGET, Stage, binary, manifest};

#[test]
fn a_missing_manifest_is_a_usage_error() {
    let folder = tempfile::TempDir::new().unwrap();
    let run: super::stage::Run = binary(folder.path()).arg("plan").output().unwrap().into();
    run.expect(2).says("no manifest at `rolecall.toml`").says("rolecall init");
}

#[test]
fn every_fault_of_a_manifest_is_named_at_once() {
    let stage = Stage::new();
    stage.write(
        "rolecall.toml",
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"x\"\n[role]\nname = \"a b\"\ncolour = 1\n[[target]]\nfunction = 3\n",
    );
    let run = stage.run(&["plan"]).expect(2);
    for place in ["rolecall.toml:4:", "rolecall.toml:6:", "rolecall.toml:7:", "rolecall.toml:9:"] {
        assert!(run.stderr.contains(place), "no {place} in {}", run.stderr);
    }
    assert!(stage.calls().is_empty(), "nothing was contacted");
}

#[test]
fn a_manifest_without_an_organisation_says_where_to_find_it() {
    let stage = Stage::new();
    let text = manifest(ONE_TARGET);
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("organization_id"))
        .map(|line| format!("{line}\n"))
        .collect();
    stage.write("rolecall.toml", &text);
    stage.run(&["plan"]).expect(2).says("organization_id").says("GENESYSCLOUD_OAUTHCLIENT_ID");
    // With the credentials of an OAuth client, Genesys Cloud says it.
    stage.run_client(&["plan"]).expect(0).says("with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94");
}

#[test]
fn a_missing_function_is_named_with_its_neighbours() {
    let target = "[[target]]\nfunction = \"my-genesys-triger-function\"\n[[target]]\nfunction = \"orders-status\"\nqualifier = \"prod\"\n";
    let stage = Stage::with(&manifest(target), State::demo());
    stage
        .run(&["apply", "--yes"])
        .expect(1)
        .says("no function `my-genesys-triger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function`")
        .says("has no alias or version `prod`");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_target_without_a_region_is_a_usage_error() {
    let stage = Stage::new();
    let mut command = stage.command(&["plan"]);
    let run: super::stage::Run =
        command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").output().unwrap().into();
    run.expect(2).says("no region for target `my-genesys-trigger-function`").says("AWS_REGION");
    assert!(stage.calls().is_empty(), "nothing was contacted");
}

#[test]
fn credentials_that_are_missing_wrong_or_expired_are_told_apart() {
    let stage = Stage::new();
    let mut none = stage.command(&["plan"]);
    none.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run: super::stage::Run = none.output().unwrap().into();
    run.expect(1).says("log in (`aws sso login`)");

    let mut wrong = stage.command(&["plan"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "not-the-key");
    let run: super::stage::Run = wrong.output().unwrap().into();
    run.expect(1).says("check the access key");

    stage.set(Faults {
        rules: vec![FaultRule { operation: "*".to_owned(), skip: 0, times: None, fault: Fault::Expire }],
        ..Faults::default()
    });
    stage.run(&["plan"]).expect(1).says("log in again, or get new keys");
}

#[test]
fn an_endpoint_that_refuses_is_named() {
    let stage = Stage::new();
    let mut command = stage.command(&["plan", "--deadline", "5"]);
    let run: super::stage::Run =
        command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").output().unwrap().into();
    run.expect(1).says("check the network");
}

#[test]
fn a_question_nobody_can_answer_changes_nothing() {
    let stage = Stage::new();
    stage.run(&["apply"]).expect(2).says("--yes");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_trust_policy_over_the_quota_is_refused_before_anything_is_written() {
    let stage = Stage::new();
    let statements: Vec<String> = (0..60).map(|index| format!(
        r#"{{"Sid":"S{index}","Effect":"Allow","Principal":{{"AWS":"{{{{trusted_principals}}}}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{{{{external_id}}}}"}}}}}}"#
    )).collect();
    stage.write(
        "own/trust.json",
        &format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")),
    );
    stage
        .run(&["apply", "--yes", "--policies", "own"])
        .expect(1)
        .says("characters without white space, and the account's quota is 2048")
        .says("nothing was changed");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_template_with_an_unknown_placeholder_is_a_usage_error() {
    let stage = Stage::new();
    stage.write("own/trust.json", r#"{"Version":"2012-10-17","Statement":[{"Sid":"{{who}}"}]}"#);
    stage
        .run(&["plan", "--policies", "own"])
        .expect(2)
        .says("template `trust.json` has an unknown placeholder `{{who}}` at `/Statement/0/Sid`");
    stage.run(&["plan", "--policies", "nowhere"]).expect(2).says("holds neither trust.json nor invoke.json");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let stage = Stage::new();
    let run = stage.run(&["plan", "--output", "json", "--file", "gone.toml"]).expect(2);
    let report = run.json();
    assert_eq!(report["command"], "plan");
    assert_eq!(report["exit_code"], 2);
    assert!(report["error"]["message"].as_str().unwrap().contains("gone.toml"));
}

/// Accounts exist in one partition: what Genesys Cloud publishes for the commercial one is nobody's elsewhere.
#[test]
fn a_region_of_another_partition_is_refused_before_anybody_is_contacted() {
    let stage = super::stage::Stage::new();
    for region in ["us-gov-west-1", "cn-north-1"] {
        for command in [&["plan"][..], &["apply", "--yes"], &["drift"]] {
            let run = stage.run(&[command, &["--region", region]].concat()).expect(2);
            run.says("no principal can assume a role of another partition").says(region);
        }
    }
    assert!(stage.calls().is_empty());
}
