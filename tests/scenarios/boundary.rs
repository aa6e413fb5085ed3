//! The boundary that allows the targets alone: an administrator makes it, and the provisioner works under it.

use rolecall::sandbox::{Principal, State};

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
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(5).says("rolecall-boundary");
    stage.act_as(Principal::Verifier);
    stage.run(&["boundary", "apply", "--yes"]).expect(1).says("iam:CreatePolicy");
    stage.act_as(Principal::Ci);
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["boundary", "apply", "--yes"]).expect(0).says("No changes");

    stage.act_as(Principal::Verifier);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let role = stage.sandbox.state().accounts[ACCOUNT].roles[&ROLE.to_lowercase()].clone();
    assert_eq!(role.permissions.boundary.as_deref(), Some(BOUNDARY));

    // A target that the boundary does not allow is refused before anything is written; the administrator comes first.
    stage
        .write("rolecall.toml", &bounded(&format!("{ONE_TARGET}[[target]]\nfunction = \"orders-status\"\n")));
    stage.run(&["boundary", "apply", "--yes"]).expect(1);
    stage.act_as(Principal::Ci);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(4).says("orders-status");
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);

    // IAM keeps a boundary that a role still has, so nothing is tried.
    stage.calls();
    insta::assert_snapshot!(stage.run(&["boundary", "destroy", "--yes"]).whole(), @"
    exit 1
    -- stderr
    error: IAM does not delete `arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary` while it is the permissions boundary of 1 principal
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
    stage.run(&["boundary", "destroy", "--yes"]).expect(0).says("No changes");
}

#[test]
fn a_boundary_of_ones_own_is_left_alone() {
    let stage = Stage::new();
    stage.run(&["boundary", "apply", "--yes"]).expect(2).says("permissions_boundary = \"targets\"");
}
