//! IAM's storage: quotas, error codes and texts (reference_iam-quotas and the service model's error lists),
//! pages, permissions.

use rolecall::sandbox::Principal::{Administrator, Nobody, Verifier};
use rolecall::sandbox::Sandbox;
use serde_json::json;

use super::client::{Client, allow, sandbox, trust};

const POLICY: &str = "arn:aws:iam::123456789012:policy/P";

fn trusting(principal: &str) -> String {
    trust(&json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]))
}

fn administrator(sandbox: &Sandbox) -> Client {
    Client::new(sandbox, Administrator)
}

async fn create_role(client: &Client, name: &str) -> super::client::Answer {
    let document = trusting("765628985471");
    client.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &document)]).await
}

async fn create_policy(client: &Client, name: &str) -> super::client::Answer {
    let document = allow("lambda:InvokeFunction", &json!("*"));
    client.iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document)]).await
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    let id = create_role(&client, "Genesys").await.ok().element("RoleId").unwrap();
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    create_role(&client, "gENESYS").await.fails(
        409,
        "EntityAlreadyExists",
        "Role with name gENESYS already exists.",
    );
    client.iam("GetRole", &[("RoleName", "genesys")]).await.fails(
        404,
        "NoSuchEntity",
        "The role with name genesys cannot be found.",
    );
    create_policy(&client, "P").await.ok();
    create_policy(&client, "p").await.fails(
        409,
        "EntityAlreadyExists",
        "A policy called p already exists. Duplicate names are not allowed.",
    );
}

#[tokio::test]
async fn quotas_are_enforced_with_aws_texts() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    create_role(&client, "R").await.ok();
    create_policy(&client, "P").await.ok();
    // White space does not count: exactly 2048 characters are fine, one more is not.
    let empty = trusting("765628985471");
    let fill = |length: usize| {
        let condition =
            format!(r#","Condition":{{"StringEquals":{{"sts:ExternalId":"{}"}}}}"#, "x".repeat(length));
        empty.replace(r#""Action":"sts:AssumeRole""#, &format!(r#""Action" : "sts:AssumeRole"{condition}"#))
    };
    let size = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
    let room = 2048 - size(&fill(0));
    for (length, fits) in [(room, true), (room + 1, false)] {
        let answer = client
            .iam("UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &fill(length))])
            .await;
        assert_eq!(answer.status == 200, fits, "{answer:?}");
        if !fits {
            answer.fails(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048");
        }
    }
    let names = vec![format!("arn:aws:lambda:us-east-1:123456789012:function:{}", "x".repeat(40)); 100];
    let big = allow("lambda:InvokeFunction", &json!(names));
    client.iam("CreatePolicy", &[("PolicyName", "big"), ("PolicyDocument", &big)]).await.fails(
        409,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    );
    for name in ["one", "two"] {
        let answer = client
            .iam("PutRolePolicy", &[("RoleName", "R"), ("PolicyName", name), ("PolicyDocument", &big)])
            .await;
        match name {
            "one" => assert_eq!(answer.status, 200),
            _ => answer.fails(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role R"),
        }
    }
    let document = allow("lambda:InvokeFunction", &json!("*"));
    for _ in 2..=5 {
        client.iam("CreatePolicyVersion", &[("PolicyArn", POLICY), ("PolicyDocument", &document)]).await.ok();
    }
    client.iam("CreatePolicyVersion", &[("PolicyArn", POLICY), ("PolicyDocument", &document)]).await.fails(
        409,
        "LimitExceeded",
        "A managed policy can have up to 5 versions.",
    );
    for number in 0..10 {
        let name = format!("Q{number}");
        create_policy(&client, &name).await.ok();
        let arn = format!("arn:aws:iam::123456789012:policy/{name}");
        client.iam("AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", &arn)]).await.ok();
    }
    client.iam("AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", POLICY)]).await.fails(
        409,
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerRole: 10",
    );
    sandbox.change(|state| state.accounts.get_mut("123456789012").unwrap().quotas.roles = 3).unwrap();
    create_role(&client, "S").await.fails(409, "LimitExceeded", "RolesPerAccount: 3");
}

#[tokio::test]
async fn tags_are_limited_and_unique_without_regard_to_case() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    create_role(&client, "R").await.ok();
    let tag = async |key: &str| {
        let parameters = [("RoleName", "R"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", "")];
        client.iam("TagRole", &parameters).await
    };
    for number in 0..50 {
        tag(&format!("key-{number}")).await.ok();
    }
    tag("KEY-7").await.ok();
    tag("one-more").await.fails(409, "LimitExceeded", "");
    tag("aws:reserved").await.fails(400, "InvalidInput", "");
    tag(&"k".repeat(129)).await.fails(400, "ValidationError", "");
    let page = client.iam("ListRoleTags", &[("RoleName", "R"), ("MaxItems", "8")]).await.ok();
    assert_eq!(
        (page.element("IsTruncated").as_deref(), page.body.matches("<member>").count()),
        (Some("true"), 8)
    );
    assert!(page.body.contains("<Key>KEY-7</Key>") && !page.body.contains("<Key>key-7</Key>"), "{page:?}");
    let marker = page.element("Marker").unwrap();
    let rest = client.iam("ListRoleTags", &[("RoleName", "R"), ("Marker", &marker)]).await.ok();
    assert_eq!(
        (rest.element("IsTruncated").as_deref(), rest.body.matches("<member>").count()),
        (Some("false"), 42)
    );
}

#[tokio::test]
async fn malformed_documents_are_refused_with_a_reason() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    let good = trusting("765628985471");
    for (document, text) in [
        (
            good.replace(r#"{"AWS":"765628985471"}"#, r#""*""#),
            r#"AssumeRolepolicy contained an invalid principal: "STAR":"*""#,
        ),
        (
            good.replace("sts:AssumeRole\"", "sts:AssumeRole\",\"Resource\":\"*\""),
            "Has prohibited field Resource",
        ),
        (
            good.replace("sts:AssumeRole", "lambda:InvokeFunction"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            trusting("arn:aws:iam::123456789012:role/missing"),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/missing""#,
        ),
        (trusting("arn:aws:iam::123456789012:role/*"), "Invalid principal in policy"),
        (trusting("AROAAAAAAAAAAAAAAAAAA"), "Invalid principal in policy"),
        (good.replace("Principal", "NotPrincipal"), "Has prohibited field NotPrincipal"),
        (
            good.replace("\"Version\"", "\"Version\":\"2012-10-17\",\"Version\""),
            "This policy contains invalid Json",
        ),
        (good.replace("Effect", "effect"), "Syntax errors in policy."),
    ] {
        let parameters = [("RoleName", "R"), ("AssumeRolePolicyDocument", document.as_str())];
        client.iam("CreateRole", &parameters).await.fails(400, "MalformedPolicyDocument", text);
    }
    let good = allow("lambda:InvokeFunction", &json!("*"));
    for (document, text) in [
        (
            good.replace("lambda:InvokeFunction", "InvokeFunction"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (good.replace("\"*\"", "\"my-function\""), r#"Resource my-function must be in ARN format or "*"."#),
        (
            good.replace("\"Resource\"", "\"Principal\":\"*\",\"Resource\""),
            "Policy document should not specify a principal.",
        ),
        (good.replace(",\"Resource\":\"*\"", ""), "Policy statement must contain resources."),
        (good.replace("2012-10-17", "2008-10-17"), "Policy document must be version 2012-10-17 or greater."),
        ("nonsense".to_owned(), "Syntax errors in policy."),
    ] {
        let parameters = [("PolicyName", "P"), ("PolicyDocument", document.as_str())];
        client.iam("CreatePolicy", &parameters).await.fails(400, "MalformedPolicyDocument", text);
    }
}

#[tokio::test]
async fn nothing_in_use_can_be_deleted() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    create_role(&client, "R").await.ok();
    create_policy(&client, "P").await.ok();
    let both = [("RoleName", "R"), ("PolicyArn", POLICY)];
    client.iam("AttachRolePolicy", &both).await.ok();
    client.iam("AttachRolePolicy", &both).await.ok();
    client.iam("DeleteRole", &[("RoleName", "R")]).await.fails(
        409,
        "DeleteConflict",
        "must detach all policies first",
    );
    client.iam("DeletePolicy", &[("PolicyArn", POLICY)]).await.fails(
        409,
        "DeleteConflict",
        "attached to entities",
    );
    client.iam("DeletePolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v1")]).await.fails(
        409,
        "DeleteConflict",
        "default version",
    );
    client.iam("DetachRolePolicy", &both).await.ok();
    client.iam("DetachRolePolicy", &both).await.fails(404, "NoSuchEntity", "was not found");
    let boundary = [("RoleName", "R"), ("PermissionsBoundary", POLICY)];
    client.iam("PutRolePermissionsBoundary", &boundary).await.ok();
    client.iam("DeletePolicy", &[("PolicyArn", POLICY)]).await.fails(409, "DeleteConflict", "");
    client.iam("DeleteRole", &[("RoleName", "R")]).await.ok();
    let document = allow("lambda:InvokeFunction", &json!("*"));
    client.iam("CreatePolicyVersion", &[("PolicyArn", POLICY), ("PolicyDocument", &document)]).await.ok();
    client.iam("DeletePolicy", &[("PolicyArn", POLICY)]).await.fails(
        409,
        "DeleteConflict",
        "more than one version",
    );
    client.iam("DeletePolicyVersion", &[("PolicyArn", POLICY), ("VersionId", "v2")]).await.ok();
    client.iam("DeletePolicy", &[("PolicyArn", POLICY)]).await.ok();
    client.iam("GetPolicy", &[("PolicyArn", POLICY)]).await.fails(404, "NoSuchEntity", "was not found");
}

/// Documents come back percent-encoded as RFC 3986 says, and otherwise as they were sent.
#[tokio::test]
async fn documents_come_back_encoded() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    let document = format!(" {} ", trusting("765628985471"));
    client.iam("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &document)]).await.ok();
    let answer = client.iam("GetRole", &[("RoleName", "R")]).await.ok();
    let encoded = answer.element("AssumeRolePolicyDocument").unwrap();
    assert!(encoded.starts_with("%20%7B%22Version%22%3A%222012-10-17%22%2C"), "{encoded}");
    assert_eq!(
        answer.document("AssumeRolePolicyDocument"),
        serde_json::from_str::<serde_json::Value>(&document).unwrap()
    );
}

/// The permissions that a policy gives are those that the calls need, resource by resource.
#[tokio::test]
async fn calls_are_authorised_by_the_callers_policies() {
    let sandbox = sandbox();
    create_role(&administrator(&sandbox), "Mine").await.ok();
    create_role(&administrator(&sandbox), "Other").await.ok();
    let client = Client::new(&sandbox, Verifier);
    let denied = "is not authorized to perform: iam:GetRole on resource: role Mine because no identity-based policy \
                  allows the iam:GetRole action";
    client.iam("GetRole", &[("RoleName", "Mine")]).await.fails(403, "AccessDenied", denied);
    let policy = trust(&json!([
        {"Effect": "Allow", "Action": ["iam:GetRole", "iam:DeleteRole"], "Resource": "arn:aws:iam::123456789012:role/Mine"},
        {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
         "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
        {"Effect": "Deny", "Action": "iam:Delete*", "Resource": "*"},
    ]));
    sandbox
        .change(|state| {
            let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("read".to_owned(), policy);
        })
        .unwrap();
    client.iam("GetRole", &[("RoleName", "Mine")]).await.ok();
    client.iam("GetRole", &[("RoleName", "Other")]).await.fails(403, "AccessDenied", "role Other");
    client.iam("GetRole", &[("RoleName", "Missing")]).await.fails(403, "AccessDenied", "role Missing");
    client.iam("DeleteRole", &[("RoleName", "Mine")]).await.fails(
        403,
        "AccessDenied",
        "with an explicit deny in an identity-based policy",
    );
    let attach = async |policy: &str| {
        let arn = format!("arn:aws:iam::aws:policy/{policy}");
        client.iam("AttachRolePolicy", &[("RoleName", "Other"), ("PolicyArn", &arn)]).await
    };
    attach("ReadOnlyAccess").await.ok();
    attach("AdministratorAccess").await.fails(403, "AccessDenied", "iam:AttachRolePolicy");
    // "You do not need any permissions" for this one.
    Client::new(&sandbox, Nobody).sts("GetCallerIdentity", &[]).await.ok();
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    client.iam("GetRole", &[]).await.fails(400, "ValidationError", "'roleName'");
    client.iam("AttachRolePolicy", &[("RoleName", "ci"), ("PolicyArn", POLICY)]).await.fails(
        404,
        "NoSuchEntity",
        "does not exist or is not attachable",
    );
}

#[tokio::test]
async fn everything_at_once_comes_in_pages() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    create_policy(&client, "P").await.ok();
    let mut seen = Vec::new();
    let mut marker = None::<String>;
    loop {
        let mut parameters =
            vec![("MaxItems", "1"), ("Filter.member.1", "Role"), ("Filter.member.2", "LocalManagedPolicy")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = client.iam("GetAccountAuthorizationDetails", &parameters).await.ok();
        seen.extend(page.element("RoleName").or(page.element("Document").and(Some("the policy".to_owned()))));
        marker = page.element("Marker");
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["ci", "lambda-exec", "the policy"]);
}

#[tokio::test]
async fn the_simulator_decides_with_policies_and_boundary_for_each_resource() {
    let sandbox = sandbox();
    let client = administrator(&sandbox);
    let role = "arn:aws:iam::123456789012:role/ci";
    let simulate = async |action: &str, resources: &[&str]| {
        let names: Vec<String> =
            (1..=resources.len()).map(|number| format!("ResourceArns.member.{number}")).collect();
        let resources = names.iter().map(String::as_str).zip(resources.iter().copied());
        let parameters: Vec<_> = [("PolicySourceArn", role), ("ActionNames.member.1", action)]
            .into_iter()
            .chain(resources)
            .collect();
        client.iam("SimulatePrincipalPolicy", &parameters).await
    };
    let bucket = "arn:aws:s3:::bucket";
    assert!(simulate("s3:GetObject", &[bucket]).await.ok().body.contains("<EvalResourceDecision>allowed<"));
    sandbox
        .change(|state| {
            let deny = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"s3:*","Resource":"{bucket}"}}}}"#
            );
            let role = state.role_mut("123456789012", "ci").unwrap();
            role.permissions.inline.insert("no".to_owned(), deny);
        })
        .unwrap();
    let answer = simulate("s3:GetObject", &[bucket, "arn:aws:s3:::other"]).await.ok().body.clone();
    assert!(
        answer.contains("<EvalDecision>explicitDeny</EvalDecision>"),
        "the strictest stands for all: {answer}"
    );
    for part in [
        "<EvalResourceName>arn:aws:s3:::bucket</EvalResourceName><EvalResourceDecision>explicitDeny<",
        "<EvalResourceName>arn:aws:s3:::other</EvalResourceName><EvalResourceDecision>allowed<",
    ] {
        assert!(answer.contains(part), "no {part} in {answer}");
    }
    client
        .iam("SimulatePrincipalPolicy", &[("PolicySourceArn", "arn:aws:iam::123456789012:role/nobody")])
        .await
        .fails(404, "NoSuchEntity", "nobody");
    let nobody = Client::new(&sandbox, Nobody);
    nobody
        .iam(
            "SimulatePrincipalPolicy",
            &[("PolicySourceArn", role), ("ActionNames.member.1", "s3:GetObject")],
        )
        .await
        .fails(403, "AccessDenied", "iam:SimulatePrincipalPolicy");
}
