//! A probe table of emulators of AWS, in which each that was tried lets something through that AWS refuses, or refuses
//! what AWS lets through. Expectations are AWS's documentation; every row runs on a sandbox of its own.

use rolecall::sandbox::Principal::{Administrator, Stranger, Vendor, Verifier};
use rolecall::sandbox::{Credentials, Faults, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client, allow, sandbox, trust};
use super::trust_table::{ROLE, set_trust, vendor, world};

const POLICY: &str = "arn:aws:iam::123456789012:policy/P";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const FUNCTION: &str = "my-genesys-trigger-function";
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

/// The role, which the vendor may assume with one external ID.
async fn guarded() -> Sandbox {
    let sandbox = world().await;
    set_trust(&sandbox, &trust(&vendor(json!({"StringEquals": {"sts:ExternalId": "org-1"}})))).await;
    sandbox
}

async fn assume(sandbox: &Sandbox, role: &str, more: &[(&str, &str)]) -> Answer {
    Client::new(sandbox, Vendor).assume(role, "genesys", more).await
}

fn invoke() -> String {
    allow("lambda:InvokeFunction", &json!(FUNCTION_ARN))
}

async fn put_policy(sandbox: &Sandbox) {
    let document = invoke();
    let parameters = [("RoleName", ROLE), ("PolicyName", "invoke"), ("PolicyDocument", document.as_str())];
    Client::new(sandbox, Administrator).iam("PutRolePolicy", &parameters).await.ok();
}

async fn create_policy(client: &Client, name: &str, document: &str) -> Answer {
    client.iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", document)]).await
}

const RIGHT: [(&str, &str); 1] = [("ExternalId", "org-1")];

#[tokio::test]
async fn the_vendor_gets_in_with_the_right_external_id_alone() {
    let sandbox = guarded().await;
    assume(&sandbox, ROLE, &RIGHT).await.ok();
    for wrong in [&[("ExternalId", "org-2")][..], &[]] {
        assume(&sandbox, ROLE, wrong).await.fails(403, "AccessDenied", "sts:AssumeRole");
    }
    let stranger = Client::new(&sandbox, Stranger);
    stranger.assume(ROLE, "session", &RIGHT).await.fails(403, "AccessDenied", "sts:AssumeRole");
    assume(&sandbox, "missing", &RIGHT).await.fails(403, "AccessDenied", "sts:AssumeRole");
}

#[tokio::test]
async fn a_session_is_no_longer_than_the_role_allows() {
    let sandbox = world().await;
    let customer =
        json!([{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]);
    set_trust(&sandbox, &trust(&customer)).await;
    let client = Client::new(&sandbox, Administrator);
    client.assume(ROLE, "session", &[("DurationSeconds", "3600")]).await.ok();
    let longer = client.assume(ROLE, "session", &[("DurationSeconds", "3601")]).await;
    longer.fails(400, "ValidationError", "MaxSessionDuration");
}

#[tokio::test]
async fn a_dry_run_asks_the_policy_of_the_session() {
    let sandbox = guarded().await;
    put_policy(&sandbox).await;
    let session = Client::with(&sandbox, assume(&sandbox, ROLE, &RIGHT).await.credentials());
    assert_eq!(session.dry_run(FUNCTION, None).await.status, 204);
    // The action is `lambda:InvokeFunction`, not `lambda:Invoke`, and a qualifier counts as parameter and in the name.
    let named = format!("{FUNCTION}:live");
    for (function, qualifier) in [("orders-status", None), (FUNCTION, Some("live")), (&named, None)] {
        session.dry_run(function, qualifier).await.fails(
            403,
            "AccessDeniedException",
            "lambda:InvokeFunction",
        );
    }
}

#[tokio::test]
async fn session_policy_and_boundary_limit() {
    let sandbox = guarded().await;
    put_policy(&sandbox).await;
    let other = allow(
        "lambda:InvokeFunction",
        &json!("arn:aws:lambda:us-east-1:123456789012:function:orders-status"),
    );
    let limited = assume(&sandbox, ROLE, &[RIGHT[0], ("Policy", &other)]).await;
    let session = Client::with(&sandbox, limited.credentials());
    session.dry_run(FUNCTION, None).await.fails(403, "AccessDeniedException", "session policy");
    let client = Client::new(&sandbox, Administrator);
    create_policy(&client, "P", &other).await.ok();
    client
        .iam("PutRolePermissionsBoundary", &[("RoleName", ROLE), ("PermissionsBoundary", POLICY)])
        .await
        .ok();
    let session = Client::with(&sandbox, assume(&sandbox, ROLE, &RIGHT).await.credentials());
    session.dry_run(FUNCTION, None).await.fails(403, "AccessDeniedException", "permissions boundary");
}

#[tokio::test]
async fn a_bad_secret_key_is_rejected() {
    let sandbox = sandbox();
    let right = Administrator.credentials();
    let client = Client::with(&sandbox, Credentials { secret_access_key: "wrong".to_owned(), ..right });
    client.sts("GetCallerIdentity", &[]).await.fails(403, "SignatureDoesNotMatch", "");
    assert_eq!(client.dry_run(FUNCTION, None).await.status, 403);
}

#[tokio::test]
async fn a_role_lives_with_all_that_belongs_to_it() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let call = async |action: &str, more: &[(&str, &str)]| {
        client.iam(action, &[&[("RoleName", "R")], more].concat()).await
    };
    let document = trust(&vendor(json!({})));
    call("CreateRole", &[("AssumeRolePolicyDocument", &document), ("Description", "first")]).await.ok();
    call("TagRole", &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "voice")]).await.ok();
    call("PutRolePermissionsBoundary", &[("PermissionsBoundary", ADMINISTRATOR)]).await.ok();
    call("PutRolePolicy", &[("PolicyName", "invoke"), ("PolicyDocument", &invoke())]).await.ok();
    call("AttachRolePolicy", &[("PolicyArn", ADMINISTRATOR)]).await.ok();
    call("UpdateRole", &[("Description", "second"), ("MaxSessionDuration", "7200")]).await.ok();
    let role = call("GetRole", &[]).await.ok();
    assert_eq!(
        ["Description", "MaxSessionDuration", "Key", "Value", "PermissionsBoundaryArn"]
            .map(|it| role.element(it).unwrap()),
        ["second", "7200", "team", "voice", ADMINISTRATOR]
    );
    let policy = call("GetRolePolicy", &[("PolicyName", "invoke")]).await.ok();
    assert_eq!(policy.document("PolicyDocument"), serde_json::from_str::<Value>(&invoke()).unwrap());
    let attached = call("ListAttachedRolePolicies", &[]).await.ok();
    assert_eq!(attached.element("PolicyArn").as_deref(), Some(ADMINISTRATOR));
    call("DeleteRole", &[]).await.fails(409, "DeleteConflict", "");
    call("DetachRolePolicy", &[("PolicyArn", ADMINISTRATOR)]).await.ok();
    call("DeleteRole", &[]).await.fails(409, "DeleteConflict", "");
    call("DeleteRolePolicy", &[("PolicyName", "invoke")]).await.ok();
    call("DeleteRole", &[]).await.ok();
    call("GetRole", &[]).await.fails(404, "NoSuchEntity", "");
}

#[tokio::test]
async fn a_policy_has_five_versions_of_which_one_is_in_force() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    create_policy(&client, "P", &invoke()).await.ok();
    let version = async |action: &str, more: &[(&str, &str)]| {
        client.iam(action, &[&[("PolicyArn", POLICY)], more].concat()).await
    };
    for _ in 2..=5 {
        version("CreatePolicyVersion", &[("PolicyDocument", &invoke())]).await.ok();
    }
    version("CreatePolicyVersion", &[("PolicyDocument", &invoke())]).await.fails(409, "LimitExceeded", "");
    version("SetDefaultPolicyVersion", &[("VersionId", "v3")]).await.ok();
    let policy = client.iam("GetPolicy", &[("PolicyArn", POLICY)]).await.ok();
    assert_eq!(policy.element("DefaultVersionId").as_deref(), Some("v3"));
    version("DeletePolicyVersion", &[("VersionId", "v3")]).await.fails(
        409,
        "DeleteConflict",
        "default version",
    );
    version("DeletePolicyVersion", &[("VersionId", "v1")]).await.ok();
}

#[tokio::test]
async fn what_is_attached_exists_and_stays() {
    let sandbox = world().await;
    let client = Client::new(&sandbox, Administrator);
    let both = [("RoleName", ROLE), ("PolicyArn", POLICY)];
    client.iam("AttachRolePolicy", &both).await.fails(404, "NoSuchEntity", "");
    create_policy(&client, "P", &invoke()).await.ok();
    client.iam("AttachRolePolicy", &both).await.ok();
    client.iam("DeletePolicy", &[("PolicyArn", POLICY)]).await.fails(409, "DeleteConflict", "");
}

#[tokio::test]
async fn quotas_hold() {
    let sandbox = world().await;
    let client = Client::new(&sandbox, Administrator);
    for number in 0..=10 {
        let name = format!("P{number}");
        create_policy(&client, &name, &invoke()).await.ok();
        let arn = format!("arn:aws:iam::123456789012:policy/{name}");
        let answer = client.iam("AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", &arn)]).await;
        match number {
            10 => answer.fails(409, "LimitExceeded", "PoliciesPerRole"),
            _ => assert_eq!(answer.status, 200, "{answer:?}"),
        }
    }
    let long =
        |letters: usize| invoke().replace(FUNCTION_ARN, &format!("{FUNCTION_ARN}{}", "x".repeat(letters)));
    let room = 6144 - invoke().len();
    create_policy(&client, "fits", &long(room)).await.ok();
    create_policy(&client, "long", &long(room + 1)).await.fails(409, "LimitExceeded", "6144");
    let guarded = |id: usize| trust(&vendor(json!({"StringEquals": {"sts:ExternalId": "x".repeat(id)}})));
    let room = 2048 - guarded(0).len();
    set_trust(&sandbox, &guarded(room)).await;
    let (role, long) = (("RoleName", ROLE), guarded(room + 1));
    let answer = client.iam("UpdateAssumeRolePolicy", &[role, ("PolicyDocument", &long)]).await;
    answer.fails(409, "LimitExceeded", "2048");
}

#[tokio::test]
async fn malformed_identity_policies_are_refused() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let good = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let with = |name: &str, value: Value| {
        let mut statement = good.clone();
        statement[name] = value;
        trust(&json!([statement]))
    };
    let without = |name: &str| {
        let mut statement = good.clone();
        statement.as_object_mut().unwrap().remove(name);
        trust(&json!([statement]))
    };
    let mut with_id = good.clone();
    with_id["Sid"] = json!("Twice");
    let bad = [
        "{".to_owned(),
        "{}".to_owned(),
        trust(&json!([good])).replace("2012-10-17", "2013-10-17"),
        with("Effect", json!("Permit")),
        without("Effect"),
        without("Action"),
        without("Resource"),
        with("Action", json!("GetObject")),
        with("Resource", json!("my-bucket")),
        with("Principal", json!("*")),
        with("Condition", json!({"StringSimilar": {"aws:username": "x"}})),
        trust(&json!([with_id, with_id])),
    ];
    create_policy(&client, "good", &trust(&json!([good]))).await.ok();
    for document in bad {
        let answer = create_policy(&client, "bad", &document).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "MalformedPolicyDocument"),
            "{document}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn malformed_trust_policies_are_refused() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let good = trust(&vendor(json!({})));
    let principal = "\"arn:aws:iam::765628985471:root\"";
    let bad = [
        good.replace("\"Action\"", "\"Resource\":\"*\",\"Action\""),
        good.replace("sts:AssumeRole", "s3:GetObject"),
        // A user and a role that do not exist.
        good.replace(principal, "\"arn:aws:iam::123456789012:user/missing\""),
        good.replace(principal, "\"arn:aws:iam::123456789012:role/missing\""),
        good.replace(principal, "\"12345\""),
        good.replace("\"Principal\"", "\"Nobody\""),
    ];
    for document in bad {
        assert_ne!(document, good);
        let parameters = [("RoleName", "R"), ("AssumeRolePolicyDocument", document.as_str())];
        let answer = client.iam("CreateRole", &parameters).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "MalformedPolicyDocument"),
            "{document}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn the_simulator_answers_for_every_resource() {
    let sandbox = world().await;
    put_policy(&sandbox).await;
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    let parameters = [
        ("PolicySourceArn", role.as_str()),
        ("ActionNames.member.1", "lambda:InvokeFunction"),
        ("ResourceArns.member.1", FUNCTION_ARN),
        ("ResourceArns.member.2", "arn:aws:lambda:us-east-1:123456789012:function:orders-status"),
    ];
    let answer = Client::new(&sandbox, Administrator).iam("SimulatePrincipalPolicy", &parameters).await.ok();
    let decisions = |word: &str| {
        answer.body.matches(&format!("<EvalResourceDecision>{word}</EvalResourceDecision>")).count()
    };
    assert_eq!((decisions("allowed"), decisions("implicitDeny")), (1, 1), "{answer:?}");
}

/// CloudFormation, its custom resources and Access Analyzer: nothing is faked.
#[tokio::test]
async fn what_is_not_played_is_refused() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let stack =
        client.send("cloudformation", "POST", "/", &form, "Action=CreateStack&Version=2010-05-15").await;
    stack.fails(501, "SandboxUnsupported", "`cloudformation` (CreateStack)");
    let validation = client.send("access-analyzer", "POST", "/policy/validation", &[], "{}").await;
    validation.fails(501, "SandboxUnsupported", "IAM Access Analyzer");
}

#[tokio::test]
async fn lists_are_as_long_as_was_asked() {
    let sandbox = sandbox();
    let page = Client::new(&sandbox, Administrator).iam("ListRoles", &[("MaxItems", "1")]).await.ok();
    assert_eq!(
        (page.body.matches("<Arn>").count(), page.element("IsTruncated").as_deref()),
        (1, Some("true"))
    );
}

/// A change reaches decisions later, where that was asked for.
#[tokio::test]
async fn propagation_can_be_imitated() {
    let faults = Faults { enforcement_lag_ms: 3_600_000, ..Faults::default() };
    let sandbox = Sandbox::start(SandboxOptions { faults, ..SandboxOptions::default() }).unwrap();
    let change = |state: &mut rolecall::sandbox::State| {
        let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
        user.permissions.inline.insert("given".to_owned(), invoke());
    };
    sandbox.change(change).unwrap();
    let verifier = Client::new(&sandbox, Verifier);
    assert_eq!(verifier.dry_run(FUNCTION, None).await.status, 403);
    sandbox.set_faults(Faults::default());
    assert_eq!(verifier.dry_run(FUNCTION, None).await.status, 204);
}
