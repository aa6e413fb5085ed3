//! Several processes at work on one state file: nothing that one of them wrote is lost.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use rolecall::sandbox::{Principal, load};
use serde_json::{Value, json};

use super::client::{Client, trust};
use crate::scenarios::stage::{Run, binary, manifest};

const EACH: usize = 40;

/// A sandbox in a process of its own; it ends with the test.
struct Serving {
    child: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn serve(folder: &Path) -> Serving {
    let mut command = binary(folder);
    command.args(["sandbox", "serve", "--output", "json"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let environment: Value = serde_json::from_str(&line).unwrap();
    Serving { child, url: environment["AWS_ENDPOINT_URL"].as_str().unwrap().to_owned() }
}

async fn create_roles(url: &str, prefix: &str) {
    let client = Client::at(url, Principal::Administrator.credentials());
    let document = trust(
        &json!([{"Effect": "Allow", "Principal": {"AWS": "765628985471"}, "Action": "sts:AssumeRole"}]),
    );
    for number in 0..EACH {
        let name = format!("{prefix}-{number}");
        client.iam("CreateRole", &[("RoleName", &name), ("AssumeRolePolicyDocument", &document)]).await.ok();
    }
}

#[tokio::test]
async fn two_processes_that_write_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (serve(folder.path()), serve(folder.path()));
    tokio::join!(create_roles(&one.url, "one"), create_roles(&other.url, "other"));
    let state = load(&folder.path().join(".rolecall/sandbox.json")).unwrap();
    let made = |prefix: &str| {
        let roles = state.accounts["123456789012"].roles.keys();
        roles.filter(|name| name.starts_with(&format!("{prefix}-"))).count()
    };
    assert_eq!((made("one"), made("other")), (EACH, EACH));
}

#[tokio::test]
async fn commands_and_tampering_beside_a_serving_sandbox_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Orders", "Customers"] {
        let text = manifest("[[target]]\nfunction = \"my-genesys-trigger-function\"\n")
            .replace("GenesysDataActionRole", name);
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let serving = serve(folder.path());
    let apply = |file: &str| {
        let mut command = binary(folder.path());
        command.args(["apply", "--sandbox", "--yes", "--level", "paper", "--file", file]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (orders, customers) = (apply("Orders.toml"), apply("Customers.toml"));
    create_roles(&serving.url, "served").await;
    for child in [orders, customers] {
        Run::from(child.wait_with_output().unwrap()).expect(0);
    }
    let state = load(&folder.path().join(".rolecall/sandbox.json")).unwrap();
    let roles = &state.accounts["123456789012"].roles;
    assert!(roles.contains_key("orders") && roles.contains_key("customers"));
    assert_eq!(roles.keys().filter(|name| name.starts_with("served-")).count(), EACH);
}

#[cfg(unix)]
#[test]
fn a_saved_plan_and_the_state_are_private_and_do_not_follow_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let run = |arguments: &[&str]| -> Run { binary(folder.path()).args(arguments).output().unwrap().into() };
    run(&["plan", "--sandbox", "--out", "plan.json"]).expect(0);
    std::fs::set_permissions(path("plan.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    run(&["plan", "--sandbox", "--out", "plan.json"]).expect(0);
    run(&["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
    for name in ["plan.json", ".rolecall/sandbox.json", ".rolecall/sandbox.json.lock"] {
        assert_eq!(std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    std::fs::write(path("precious"), "precious").unwrap();
    symlink(path("precious"), path("link.json")).unwrap();
    insta::assert_snapshot!(run(&["plan", "--sandbox", "--out", "link.json"]).standard_error(), @"
    exit 2
    -- stderr
    error[E1]: the saved plan `link.json` is not an ordinary file (a symbolic link is not followed)
    hint: name a new file, or one that may be replaced
    ");
    std::fs::rename(path(".rolecall/sandbox.json"), path("elsewhere.json")).unwrap();
    symlink(path("elsewhere.json"), path(".rolecall/sandbox.json")).unwrap();
    let before = std::fs::read(path("elsewhere.json")).unwrap();
    insta::assert_snapshot!(run(&["destroy", "--sandbox", "--yes"]).standard_error(), @"
    exit 1
    -- stderr
    no rolecall.toml here or above: the sandbox uses the built-in example
    error[E25]: detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole: this may have been carried out, but no answer confirms it: iam:DetachRolePolicy failed: the sandbox cannot save its state: `.rolecall/sandbox.json` is not an ordinary file (a symbolic link is not followed) (ServiceFailure, request [id])
      no change was confirmed
      not tried:
        delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
        delete role GenesysDataActionRole
    hint: repeat the command; it reads what is there, and goes on from that
    ");
    assert_eq!(std::fs::read(path("elsewhere.json")).unwrap(), before);
    assert_eq!(std::fs::read_to_string(path("precious")).unwrap(), "precious");
}
