//! AssumeRole beyond the table of trust policies: the caller's side, boundaries, sessions, parameters.
//! Expectations are AWS's documentation, by page as in `trust_table.rs`.

use rolecall::sandbox::Credentials;
use rolecall::sandbox::Principal::{Administrator, Ci, Nobody, Stranger, Vendor};
use serde_json::json;

use super::client::{Client, allow, trust};
use super::trust_table::{ROLE, VENDOR, set_trust, statement, vendor, world};

/// logic, cross-account: both sides must allow.
#[tokio::test]
async fn across_accounts_the_callers_side_must_allow_too() {
    let sandbox = world().await;
    let caller = Client::new(&sandbox, Vendor);
    let set = |change: fn(&mut rolecall::sandbox::Permissions)| {
        sandbox
            .change(|state| change(&mut state.role_mut("765628985471", "data-actions").unwrap().permissions))
            .unwrap();
    };
    for document in [trust(&vendor(json!({}))), trust(&json!([statement(json!("*"), json!({}))]))] {
        set_trust(&sandbox, &document).await;
        caller.assume(ROLE, "rolecall", &[]).await.ok();
        set(|permissions| permissions.boundary = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()));
        caller.assume(ROLE, "rolecall", &[]).await.fails(403, "AccessDenied", "sts:AssumeRole");
        set(|permissions| permissions.boundary = None);
        set(|permissions| permissions.inline.clear());
        caller.assume(ROLE, "rolecall", &[]).await.fails(403, "AccessDenied", "sts:AssumeRole");
        set(|permissions| {
            permissions.inline.insert(
                "allow".to_owned(),
                allow("sts:AssumeRole", &json!("arn:aws:iam::123456789012:role/*")),
            );
        });
    }
    set(|permissions| {
        permissions.inline.insert("deny".to_owned(), allow("sts:*", &json!("*")).replace("Allow", "Deny"));
    });
    caller.assume(ROLE, "rolecall", &[]).await.fails(403, "AccessDenied", "sts:AssumeRole");
}

/// logic, one account: how the trust policy names the caller decides what the boundary and session policies
/// still limit.
#[tokio::test]
async fn boundaries_limit_a_named_role_but_not_a_named_session() {
    let sandbox = world().await;
    let boundary = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
    sandbox
        .change(|state| state.role_mut("123456789012", "ci").unwrap().permissions.boundary = boundary)
        .unwrap();
    let (role, session) =
        ("arn:aws:iam::123456789012:role/ci", "arn:aws:sts::123456789012:assumed-role/ci/rolecall");
    for (principal, allowed) in
        [(role, false), ("arn:aws:iam::123456789012:root", false), (session, true), ("*", true)]
    {
        set_trust(&sandbox, &trust(&json!([statement(json!([principal]), json!({}))]))).await;
        let answer = Client::new(&sandbox, Ci).assume(ROLE, "rolecall", &[]).await;
        assert_eq!(answer.status == 200, allowed, "{principal}: {answer:?}");
        if !allowed {
            answer.fails(
                403,
                "AccessDenied",
                "because no permissions boundary allows the sts:AssumeRole action",
            );
        }
    }
}

#[tokio::test]
async fn sessions_are_limited_by_their_session_policies() {
    let sandbox = world().await;
    let policy = allow("lambda:InvokeFunction", &json!("*"));
    let assumed =
        Client::new(&sandbox, Administrator).assume("ci", "limited", &[("Policy", &policy)]).await.ok();
    let limited = Client::with(&sandbox, assumed.credentials());
    let (role, session) =
        ("arn:aws:iam::123456789012:role/ci", "arn:aws:sts::123456789012:assumed-role/ci/limited");
    for (principal, allowed) in [(role, false), (session, true)] {
        set_trust(&sandbox, &trust(&json!([statement(json!(principal), json!({}))]))).await;
        assert_eq!(limited.assume(ROLE, "rolecall", &[]).await.status == 200, allowed, "{principal}");
    }
    limited.iam("GetRole", &[("RoleName", ROLE)]).await.fails(
        403,
        "AccessDenied",
        "because no session policy allows",
    );
}

/// external ID is not a key of the actions that tags and a source identity are (Service Authorization
/// Reference, AWS STS).
#[tokio::test]
async fn tags_and_source_identity_are_actions_of_their_own() {
    let sandbox = world().await;
    let caller = Client::new(&sandbox, Vendor);
    sandbox
        .change(|state| {
            let role = state.role_mut("765628985471", "data-actions").unwrap();
            role.permissions.inline.insert("sts".to_owned(), allow("sts:*", &json!("*")));
        })
        .unwrap();
    let condition = json!({"StringEquals": {"sts:ExternalId": "org-1"}});
    let tags = [("ExternalId", "org-1"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    let source = [("ExternalId", "org-1"), ("SourceIdentity", "someone")];
    set_trust(&sandbox, &trust(&vendor(condition.clone()))).await;
    caller.assume(ROLE, "rolecall", &tags).await.fails(403, "AccessDenied", "sts:TagSession");
    caller.assume(ROLE, "rolecall", &source).await.fails(403, "AccessDenied", "sts:SetSourceIdentity");
    let limits =
        json!({"StringEqualsIfExists": {"aws:RequestTag/team": "a", "sts:SourceIdentity": "someone"}});
    let actions = ["sts:TagSession", "sts:SetSourceIdentity"];
    let more =
        json!({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": actions, "Condition": limits});
    set_trust(&sandbox, &trust(&json!([statement(json!(VENDOR), condition), more]))).await;
    caller.assume(ROLE, "rolecall", &tags).await.ok();
    caller.assume(ROLE, "rolecall", &source).await.ok();
    let other = [("ExternalId", "org-1"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "b")];
    caller.assume(ROLE, "rolecall", &other).await.fails(403, "AccessDenied", "sts:TagSession");
    // multivalued: a key with many values needs ForAllValues or ForAnyValue.
    for (operator, allowed) in
        [("StringEquals", false), ("ForAnyValue:StringEquals", true), ("ForAllValues:StringEquals", true)]
    {
        let condition = json!({operator: {"aws:TagKeys": "team"}});
        let action = json!({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:TagSession",
                            "Condition": condition});
        set_trust(&sandbox, &trust(&json!([statement(json!(VENDOR), json!({})), action]))).await;
        assert_eq!(caller.assume(ROLE, "rolecall", &tags).await.status == 200, allowed, "{operator}");
    }
}

/// AWS STS API Reference, AssumeRole.
#[tokio::test]
async fn parameters_are_checked_as_the_service_model_says() {
    let sandbox = world().await;
    let caller = Client::new(&sandbox, Vendor);
    let long = "x".repeat(2049);
    for (name, value) in [
        ("ExternalId", "x"),
        ("ExternalId", "with space"),
        ("ExternalId", &"x".repeat(1225)),
        ("DurationSeconds", "899"),
        ("DurationSeconds", "43201"),
        ("SourceIdentity", "x"),
        ("Policy", long.as_str()),
    ] {
        caller.assume(ROLE, "rolecall", &[(name, value)]).await.fails(400, "ValidationError", "");
    }
    caller.assume(ROLE, "x", &[]).await.fails(400, "ValidationError", "roleSessionName");
    caller.assume(ROLE, "rolecall", &[("Policy", "{}")]).await.fails(400, "MalformedPolicyDocument", "");
    caller.assume(ROLE, "rolecall", &[("ExternalId", &"x".repeat(1224))]).await.ok();
}

#[tokio::test]
async fn sessions_last_as_long_as_role_and_chaining_allow() {
    let sandbox = world().await;
    let administrator = Client::new(&sandbox, Administrator);
    set_trust(&sandbox, &trust(&json!([statement(json!("123456789012"), json!({}))]))).await;
    let hours = |hours: u32| (hours * 3600).to_string();
    let too_long = "exceeds the MaxSessionDuration set for this role";
    administrator.assume(ROLE, "rolecall", &[("DurationSeconds", &hours(2))]).await.fails(
        400,
        "ValidationError",
        too_long,
    );
    administrator.iam("UpdateRole", &[("RoleName", ROLE), ("MaxSessionDuration", &hours(2))]).await.ok();
    administrator.assume(ROLE, "rolecall", &[("DurationSeconds", &hours(2))]).await.ok();
    let chained = "exceeds the 1 hour session limit for roles assumed by role chaining";
    let ci = Client::new(&sandbox, Ci);
    ci.assume(ROLE, "rolecall", &[("DurationSeconds", &hours(2))]).await.fails(
        400,
        "ValidationError",
        chained,
    );
    let credentials = ci.assume(ROLE, "rolecall", &[("DurationSeconds", "900")]).await.ok().credentials();
    let identity = Client::with(&sandbox, credentials).sts("GetCallerIdentity", &[]).await.ok();
    let arn = format!("arn:aws:sts::123456789012:assumed-role/{ROLE}/rolecall");
    assert_eq!(identity.element("Arn").as_deref(), Some(arn.as_str()));
}

/// A missing role and one that does not trust the caller must not be told apart.
#[tokio::test]
async fn a_missing_role_is_answered_like_a_closed_one() {
    let sandbox = world().await;
    set_trust(
        &sandbox,
        &trust(&json!([statement(json!("arn:aws:iam::123456789012:user/verifier"), json!({}))])),
    )
    .await;
    for caller in [Vendor, Administrator, Nobody, Stranger].map(|caller| Client::new(&sandbox, caller)) {
        let closed = caller.assume(ROLE, "rolecall", &[]).await;
        let missing = caller.assume("missing", "rolecall", &[]).await;
        closed.fails(
            403,
            "AccessDenied",
            "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/",
        );
        let text =
            |answer: &super::client::Answer| answer.element("Message").unwrap().replace("missing", ROLE);
        assert_eq!(text(&closed), text(&missing));
    }
}

/// principal: "IAM transforms the ARN to the user's or role's unique principal ID when you save the policy".
#[tokio::test]
async fn a_recreated_role_is_somebody_else() {
    let sandbox = world().await;
    let administrator = Client::new(&sandbox, Administrator);
    let own = trust(&json!([statement(json!("arn:aws:iam::123456789012:root"), json!({}))]));
    let create = [("RoleName", "probe"), ("AssumeRolePolicyDocument", own.as_str())];
    let id = administrator.iam("CreateRole", &create).await.ok().element("RoleId").unwrap();
    set_trust(
        &sandbox,
        &trust(&json!([statement(json!("arn:aws:iam::123456789012:role/probe"), json!({}))])),
    )
    .await;
    let session = |credentials: Credentials| Client::with(&sandbox, credentials);
    let first = session(administrator.assume("probe", "rolecall", &[]).await.ok().credentials());
    first.assume(ROLE, "rolecall", &[]).await.ok();
    let by_account = [json!("arn:aws:iam::123456789012:role/probe"), json!("123456789012")];
    let both = trust(&json!([statement(json!(by_account), json!({}))]));
    administrator.iam("CreateRole", &[("RoleName", "Both"), ("AssumeRolePolicyDocument", &both)]).await.ok();
    first.assume("Both", "rolecall", &[]).await.ok();
    administrator.iam("DeleteRole", &[("RoleName", "probe")]).await.ok();
    let shown =
        administrator.iam("GetRole", &[("RoleName", ROLE)]).await.document("AssumeRolePolicyDocument");
    assert_eq!(shown["Statement"][0]["Principal"]["AWS"], id.as_str());
    administrator.iam("CreateRole", &create).await.ok();
    let second = session(administrator.assume("probe", "rolecall", &[]).await.ok().credentials());
    // Its name is nobody's; the account that is also trusted asks for an identity policy.
    second.assume("Both", "rolecall", &[]).await.fails(
        403,
        "AccessDenied",
        "no identity-based policy allows",
    );
    let everything = [("RoleName", "probe"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    administrator.iam("AttachRolePolicy", &everything).await.ok();
    second.assume("Both", "rolecall", &[]).await.ok();
    second.assume(ROLE, "rolecall", &[]).await.fails(403, "AccessDenied", "");
    first.assume(ROLE, "rolecall", &[]).await.fails(403, "AccessDenied", "");
}

#[tokio::test]
async fn what_the_sandbox_cannot_decide_it_does_not_guess() {
    let sandbox = world().await;
    let old = trust(&vendor(json!({"StringEquals": {"sts:ExternalId": "${aws:PrincipalAccount}"}})))
        .replace("2012", "2008");
    set_trust(&sandbox, &old).await;
    let answer =
        Client::new(&sandbox, Vendor).assume(ROLE, "rolecall", &[("ExternalId", "765628985471")]).await;
    answer.fails(501, "SandboxUnsupported", "without Version 2012-10-17");
}
