//! An OAuth client and a caller that only read, on purpose: another tool makes what is there, and nothing is missing.

use rolecall::sandbox::State;

use super::stage::{ONE_TARGET, Stage, manifest};

/// A stage whose OAuth client may look and test.
fn read_only(manifest: &str) -> Stage {
    let stage = Stage::with(manifest, State::demo());
    stage
        .sandbox
        .change(|state| {
            let writes = [":add", ":edit", ":delete"];
            for client in state.genesys.clients.values_mut() {
                client
                    .permissions
                    .retain(|permission| !writes.iter().any(|write| permission.ends_with(write)));
            }
        })
        .unwrap();
    stage
}

fn managed() -> String {
    manifest(ONE_TARGET)
        .replace("[genesys]\n", "[genesys]\nmanaged_by = \"terraform\"\n")
        .replace("[role]\n", "[role]\nmanaged_by = \"terraform\"\n")
}

#[test]
fn what_another_tool_writes_needs_no_permission_of_rolecall() {
    let stage = read_only(&managed());
    let run = stage.run_client(&["genesys", "whoami"]).expect(0);
    let (_, permissions) = run.stdout.split_once("Permissions").unwrap();
    let (permissions, _) = permissions.split_once("Limits").unwrap();
    insta::assert_snapshot!(permissions, @"
    (by the roles of the OAuth client)
     plan, drift, verify
       granted  integrations:integration:view
       granted  integrations:action:view or bridge:actions:view
     genesys connect  not needed: Terraform manages the Genesys Cloud side, and rolecall writes nothing there
     apply with [[action]]  not needed: Terraform manages the Genesys Cloud side, and rolecall writes nothing there
     genesys action list, genesys action export
       granted  integrations:integration:view
       granted  integrations:action:view or bridge:actions:view
     genesys action test, verify --level genesys
       granted  integrations:integration:view
       granted  integrations:action:view or bridge:actions:view
       granted  integrations:action:execute or bridge:actions:execute
     destroy  not needed: Terraform manages the Genesys Cloud side, and rolecall writes nothing there
     who uses an action that is deleted or replaced  not needed: Terraform manages the Genesys Cloud side, and rolecall writes nothing there
     genesys metrics, drift --with-metrics
       granted  integrations:action:view or bridge:actions:view
       granted  integrations:integration:view
     genesys whoami --probe users
       granted  directory:user:view
     genesys audit
       granted  audits:audit:view
     genesys audit --fail-on foreign
       granted  audits:audit:view
       granted  integrations:integration:view
       granted  integrations:action:view or bridge:actions:view
    ");
    let run = stage.run_client(&["doctor"]).expect(0);
    let lines = run.stdout.lines().filter(|line| line.contains("destroy") || line.contains("permissions"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    -       apply, destroy        not needed: Terraform manages the role, and rolecall writes nothing to AWS
    ok      its permissions       every command that changes nothing in Genesys Cloud, which Terraform manages
    ");
    let run = stage.run_client(&["genesys", "whoami", "--output", "markdown"]).expect(0);
    insta::assert_snapshot!(run.stdout.lines().filter(|line| line.contains("destroy")).collect::<String>(), @"| destroy | – | not needed: Terraform manages the Genesys Cloud side, and rolecall writes nothing there |");
    let report = stage.run_client(&["genesys", "whoami", "--output", "json"]).expect(0).json();
    let commands = report["commands"].as_array().unwrap();
    let is_needed =
        |name: &str| commands.iter().find(|it| it["command"] == name).unwrap().get("not_needed").is_none();
    assert!(is_needed("plan, drift, verify") && !is_needed("destroy") && !is_needed("genesys connect"));
}

/// The same client where rolecall itself is to write.
#[test]
fn where_rolecall_writes_the_permissions_are_missing() {
    let stage = read_only(&manifest(ONE_TARGET));
    let run = stage.run_client(&["doctor"]);
    let lines = run.stdout.lines().filter(|line| line.contains("destroy") || line.contains("permissions"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
      ok      apply, destroy        the caller's policies allow it (simulated)
      missing its permissions       genesys connect (integrations:integration:add, integrations:integration:edit); apply with [[action]] (integrations:integration:add, integrations:integration:edit, integrations:action:add, integrations:action:edit, integrations:action:delete, integrations:integration:delete); destroy (integrations:action:delete, integrations:integration:delete, integrations:integration:edit)
    Nothing is wrong. Permissions missing: its permissions.
    ");
}
