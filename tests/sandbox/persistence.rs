//! The state outlives the process.

use rolecall::sandbox::{Principal, Sandbox, SandboxOptions, State, load, save};
use serde_json::json;

use super::client::{Client, trust};

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[tokio::test]
async fn a_second_sandbox_goes_on_where_the_first_one_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".rolecall").join("sandbox.json");
    let start = || {
        Sandbox::start(SandboxOptions { state_file: Some(file.clone()), ..SandboxOptions::default() })
            .unwrap()
    };
    let first = start();
    assert!(!file.exists(), "nothing was written, so that there is nothing to keep");
    let document = trust(
        &json!([{"Effect": "Allow", "Principal": {"AWS": "765628985471"}, "Action": "sts:AssumeRole"}]),
    );
    let client = Client::new(&first, Principal::Administrator);
    client.iam("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &document)]).await.ok();
    let before = client.iam("GetRole", &[("RoleName", "R")]).await.ok();
    // A call that fails leaves no trace.
    client.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &document)]).await.fails(
        409,
        "EntityAlreadyExists",
        "",
    );
    assert_eq!(load(&file).unwrap(), *first.state());
    drop(first);
    let second = start();
    let after =
        Client::new(&second, Principal::Administrator).iam("GetRole", &[("RoleName", "R")]).await.ok();
    assert_eq!(before.element("Role"), after.element("Role"));
}

#[tokio::test]
async fn a_file_that_is_not_a_state_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    std::fs::write(&file, "{\"half\":").unwrap();
    let started =
        Sandbox::start(SandboxOptions { state_file: Some(file.clone()), ..SandboxOptions::default() });
    assert_eq!(started.err().map(|error| error.kind()), Some(std::io::ErrorKind::InvalidData));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"half\":");
}

#[tokio::test]
async fn the_port_is_free_again_after_the_end() {
    let first = Sandbox::start(SandboxOptions::default()).unwrap();
    let port: u16 = first.endpoint_url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Sandbox::start(SandboxOptions { port, ..SandboxOptions::default() }).is_err());
    drop(first);
    tokio::task::yield_now().await;
    let second =
        Sandbox::start(SandboxOptions { port, state: Some(State::demo()), ..SandboxOptions::default() })
            .unwrap();
    Client::new(&second, Principal::Nobody).sts("GetCallerIdentity", &[]).await.ok();
}

#[tokio::test]
async fn a_running_sandbox_notices_what_others_do_to_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let options = SandboxOptions { state_file: Some(file.clone()), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let client = Client::new(&sandbox, Principal::Administrator);
    let status = async || client.iam("GetRole", &[("RoleName", "by-another-command")]).await.status;
    assert_eq!(status().await, 404);
    let mut other = State::demo();
    other.add_role("123456789012", "by-another-command", r#"{"AWS":"123456789012"}"#);
    save(&other, &file).unwrap();
    assert_eq!(status().await, 200);
    let detach = [("RoleName", "ci"), ("PolicyArn", ADMINISTRATOR_ACCESS)];
    client.iam("DetachRolePolicy", &detach).await.ok();
    assert_eq!(load(&file).unwrap().accounts["123456789012"].roles.len(), 3, "nothing of it was lost");
    std::fs::remove_file(&file).unwrap();
    assert_eq!((status().await, &*sandbox.state()), (404, &State::demo()));
}

#[tokio::test]
async fn a_change_that_cannot_be_saved_does_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("occupied").join("sandbox.json");
    let options = SandboxOptions { state_file: Some(file), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    std::fs::write(folder.path().join("occupied"), "not a folder").unwrap();
    let client = Client::new(&sandbox, Principal::Administrator);
    let answer =
        client.iam("DetachRolePolicy", &[("RoleName", "ci"), ("PolicyArn", ADMINISTRATOR_ACCESS)]).await;
    answer.fails(500, "ServiceFailure", "cannot save its state");
    assert_eq!(*sandbox.state(), State::demo());
}
