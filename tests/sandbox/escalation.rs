//! Somebody who holds exactly the provisioner policy tries to become an administrator, route by route, with AWS's API alone.

use rolecall::sandbox::{Principal, Sandbox, State};
use serde_json::{Value, json};

use super::client::{Client, allow, trust};
use crate::scenarios::stage::{ONE_TARGET, ROLE, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/rolecall-boundary/GenesysDataActionRole-boundary";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const POLICY: &str = "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/everything";
const FUNCTION: &str = "my-genesys-trigger-function";

/// A stage with the boundary, as an administrator creates it, and with the user `verifier` as the holder of the policy.
async fn stage(policy: impl Fn(&str) -> Value) -> (Stage, Client) {
    let name = format!("name = \"{ROLE}\"");
    let text = manifest(ONE_TARGET).replace(&name, &format!("{name}\npermissions_boundary = \"targets\""));
    let stage = Stage::with(&text, State::demo());
    let render = |document| {
        stage.run(&["render", document, "--account", ACCOUNT, "--region", "us-east-1"]).expect(0).stdout
    };
    let (rendered, boundary) = (render("provisioner"), render("boundary"));
    let policy = policy(&rendered).to_string();
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut(ACCOUNT).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("provisioner".to_owned(), policy);
        })
        .unwrap();
    let path = [("Path", "/rolecall-boundary/"), ("PolicyName", "GenesysDataActionRole-boundary")];
    let policy = [&path[..], &[("PolicyDocument", boundary.as_str())]].concat();
    Client::new(&stage.sandbox, Principal::Administrator).iam("CreatePolicy", &policy).await.ok();
    let holder = Client::new(&stage.sandbox, Principal::Verifier);
    (stage, holder)
}

fn trusting_the_holder() -> String {
    let principal = json!({"AWS": "arn:aws:iam::123456789012:user/verifier"});
    trust(&json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]))
}

fn everything() -> String {
    allow("*", &json!("*"))
}

/// Makes the role with these parameters too, gives it a policy that allows everything, and assumes it.
async fn made_and_assumed(holder: &Client, sandbox: &Sandbox, more: &[(&str, &str)]) -> Client {
    let (trusting, everything) = (trusting_the_holder(), everything());
    let role = [("RoleName", ROLE), ("AssumeRolePolicyDocument", trusting.as_str())];
    holder.iam("CreateRole", &[&role[..], more].concat()).await.ok();
    let path = [("Path", "/rolecall/GenesysDataActionRole/"), ("PolicyName", "everything")];
    holder.iam("CreatePolicy", &[&path[..], &[("PolicyDocument", everything.as_str())]].concat()).await.ok();
    holder.iam("AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).await.ok();
    let session = holder.assume(ROLE, "holder", &[]).await.ok().credentials();
    Client::with(sandbox, session)
}

/// What an administrator can do, and a session that invokes the targets cannot.
const POWERS: [(&str, &[(&str, &str)]); 3] = [
    ("ListRoles", &[]),
    ("AttachRolePolicy", &[("RoleName", "ci"), ("PolicyArn", ADMINISTRATOR)]),
    ("DeleteRolePermissionsBoundary", &[("RoleName", ROLE)]),
];

#[tokio::test]
async fn a_policy_without_conditions_makes_its_holder_an_administrator() {
    let (stage, holder) = stage(|rendered| {
        let mut policy: Value = serde_json::from_str(rendered).unwrap();
        for statement in policy["Statement"].as_array_mut().unwrap() {
            statement.as_object_mut().unwrap().remove("Condition");
        }
        policy
    })
    .await;
    let session = made_and_assumed(&holder, &stage.sandbox, &[]).await;
    session.iam("ListRoles", &[]).await.ok();
    let administrator = [("RoleName", "ci"), ("PolicyArn", ADMINISTRATOR)];
    session.iam("AttachRolePolicy", &administrator).await.ok();
}

#[tokio::test]
async fn the_rendered_policy_keeps_its_holder_within_the_targets() {
    let (stage, holder) = stage(|rendered| serde_json::from_str(rendered).unwrap()).await;
    let denied = |action: &'static str, parameters: Vec<(&'static str, String)>| {
        let holder = &holder;
        async move {
            let parameters: Vec<(&str, &str)> =
                parameters.iter().map(|(key, value)| (*key, value.as_str())).collect();
            holder.iam(action, &parameters).await.fails(403, "AccessDenied", &format!("iam:{action}"));
        }
    };
    let role = || ("RoleName", ROLE.to_owned());
    let trusting = || ("AssumeRolePolicyDocument", trusting_the_holder());
    let administrator = || ("PermissionsBoundary", ADMINISTRATOR.to_owned());
    denied("CreateRole", vec![role(), trusting()]).await;
    denied("CreateRole", vec![role(), trusting(), administrator()]).await;
    let other = ("RoleName", "another".to_owned());
    denied("CreateRole", vec![other, trusting(), ("PermissionsBoundary", BOUNDARY.to_owned())]).await;

    // The chain itself is allowed, under the boundary, and leads to the targets and no further.
    let session = made_and_assumed(&holder, &stage.sandbox, &[("PermissionsBoundary", BOUNDARY)]).await;
    session.dry_run(FUNCTION, None).await.ok();
    session.dry_run("orders-status", None).await.fails(403, "AccessDeniedException", "permissions boundary");
    for (action, parameters) in POWERS {
        session.iam(action, parameters).await.fails(403, "AccessDenied", "");
    }

    let on_boundary = || ("PolicyArn", BOUNDARY.to_owned());
    let document = || ("PolicyDocument", everything());
    denied("DeleteRolePermissionsBoundary", vec![role()]).await;
    denied("PutRolePermissionsBoundary", vec![role(), administrator()]).await;
    denied("CreatePolicyVersion", vec![on_boundary(), document(), ("SetAsDefault", "true".to_owned())]).await;
    denied("SetDefaultPolicyVersion", vec![on_boundary(), ("VersionId", "v1".to_owned())]).await;
    denied("DeletePolicy", vec![on_boundary()]).await;
    denied("PutRolePolicy", vec![role(), ("PolicyName", "x".to_owned()), document()]).await;
    denied("AttachRolePolicy", vec![role(), ("PolicyArn", ADMINISTRATOR.to_owned())]).await;
    denied(
        "UpdateAssumeRolePolicy",
        vec![("RoleName", "ci".to_owned()), ("PolicyDocument", trusting_the_holder())],
    )
    .await;
    denied("AttachRolePolicy", vec![("RoleName", "ci".to_owned()), ("PolicyArn", POLICY.to_owned())]).await;
    // Another policy for everything changes nothing either.
    let version = [("PolicyArn", POLICY), ("PolicyDocument", &everything()), ("SetAsDefault", "true")];
    holder.iam("CreatePolicyVersion", &version).await.ok();
    session.iam("ListRoles", &[]).await.fails(403, "AccessDenied", "");
}

/// What the claim takes for granted: a role that has no boundary yet is open to whoever holds the policy.
#[tokio::test]
async fn a_role_that_was_made_without_the_boundary_is_open_until_it_has_it() {
    let (stage, holder) = stage(|rendered| serde_json::from_str(rendered).unwrap()).await;
    let administrator = Client::new(&stage.sandbox, Principal::Administrator);
    let trusting = trusting_the_holder();
    let role = [("RoleName", ROLE), ("AssumeRolePolicyDocument", trusting.as_str())];
    administrator.iam("CreateRole", &role).await.ok();
    let (path, everything) = ("/rolecall/GenesysDataActionRole/", everything());
    let policy = [("Path", path), ("PolicyName", "everything"), ("PolicyDocument", everything.as_str())];
    administrator.iam("CreatePolicy", &policy).await.ok();
    administrator.iam("AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).await.ok();
    let session = holder.assume(ROLE, "holder", &[]).await.ok().credentials();
    let session = Client::with(&stage.sandbox, session);
    session.iam("ListRoles", &[]).await.ok();
    holder
        .iam("PutRolePermissionsBoundary", &[("RoleName", ROLE), ("PermissionsBoundary", BOUNDARY)])
        .await
        .ok();
    session.iam("ListRoles", &[]).await.fails(403, "AccessDenied", "");
}
