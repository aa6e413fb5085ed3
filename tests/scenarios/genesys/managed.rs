//! The Genesys Cloud side of a role that another tool makes: rolecall applies it, once the role is what the manifest says.

use super::*;

fn managed() -> Stage {
    let stage = applied();
    stage.run_client(&["destroy", "--yes"]).expect(0);
    // The role is made again, as another tool would make it.
    stage.write("aws.toml", &manifest(ONE_TARGET));
    stage.run(&["apply", "--yes", "--level", "paper", "--file", "aws.toml"]).expect(0);
    change(&stage, |state| {
        state.role_mut("123456789012", ROLE).unwrap().tags.remove("rolecall:role");
    });
    stage.write("rolecall.toml", &with_action().replace("[role]\n", "[role]\nmanaged_by = \"terraform\"\n"));
    stage.calls();
    stage
}

#[test]
fn the_side_in_genesys_cloud_is_applied_and_nothing_else() {
    let stage = managed();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let calls = stage.calls();
    assert!(calls.iter().any(|call| call.write && call.service == "genesys"));
    assert!(calls.iter().all(|call| !call.write || call.service == "genesys"));
    stage.run_client(&["drift"]).expect(0);
    stage.run_client(&TEST).expect(0);

    stage.run_client(&["destroy", "--yes"]).expect(0);
    assert!(published(&stage).is_empty());
    assert!(stage.sandbox.state().role("123456789012", ROLE).is_some());
}

#[test]
fn it_waits_until_the_role_is_what_the_manifest_says() {
    let stage = managed();
    tamper(&stage, Tamper::PolicyWidened);
    let run = stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(4);
    insta::assert_snapshot!(run.standard_error(), @"
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
    hint: Terraform manages this role: correct its configuration there, and run `terraform apply`; then repeat the command
    ");
    assert!(writes(&stage).is_empty());
}
