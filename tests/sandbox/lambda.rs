//! Which form of a function's ARN allows which call (lambda-api-permissions-ref, "Function resource names").

use rolecall::sandbox::Principal::{Administrator, Nobody, Stranger, Vendor, Verifier};
use rolecall::sandbox::{Principal, Sandbox};
use serde_json::{Value, json};

use super::client::{Client, allow, sandbox};

const FUNCTION: &str = "my-genesys-trigger-function";

fn arn(suffix: &str) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}{suffix}")
}

fn give(sandbox: &Sandbox, user: &str, policy: String) {
    let change = |state: &mut rolecall::sandbox::State| {
        let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut(user).unwrap();
        user.permissions.inline.insert("given".to_owned(), policy);
    };
    sandbox.change(change).unwrap();
}

#[tokio::test]
async fn a_dry_run_is_authorised_in_the_form_in_which_the_function_is_named() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Verifier);
    let calls = [None, Some("1"), Some("live"), Some("$LATEST")];
    let (yes, no) = (204, 403);
    for (resources, expected, sibling) in [
        (json!(arn("")), [yes, no, no, no], no),
        (json!(arn(":live")), [no, no, yes, no], no),
        (json!(arn(":*")), [no, yes, yes, yes], no),
        (json!(arn("*")), [yes, yes, yes, yes], yes),
        (json!([arn(""), arn(":*")]), [yes, yes, yes, yes], no),
        (json!("arn:aws:lambda:eu-west-1:*:function:*"), [no, no, no, no], no),
        (json!("*"), [yes, yes, yes, yes], yes),
    ] {
        give(&sandbox, "verifier", allow("lambda:InvokeFunction", &resources));
        for (qualifier, expected) in calls.into_iter().zip(expected) {
            let answer = client.dry_run(FUNCTION, qualifier).await;
            assert_eq!(answer.status, expected, "{resources} {qualifier:?} {answer:?}");
            // The qualifier may stand in the name, and the name may be an ARN.
            let named =
                qualifier.map_or(arn(""), |qualifier| arn(&format!(":{qualifier}"))).replace('$', "%24");
            assert_eq!(client.dry_run(&named, None).await.status, expected, "{named}");
        }
        let answer = client.dry_run(&format!("{FUNCTION}-test"), None).await;
        assert_eq!(answer.status, sibling, "{resources}: {answer:?}");
    }
    give(&sandbox, "verifier", allow("lambda:InvokeFunction", &json!(arn(":live"))));
    let reason = format!(
        "is not authorized to perform: lambda:InvokeFunction on resource: {} because no identity-based policy",
        arn("")
    );
    client.dry_run(FUNCTION, None).await.fails(403, "AccessDeniedException", &reason);
}

#[tokio::test]
async fn a_resource_policy_counts_for_its_qualifier_alone() {
    let sandbox = sandbox();
    let administrator = Client::new(&sandbox, Administrator);
    let permit = async |path: &str, statement: &str, principal: &str| {
        let body =
            json!({"StatementId": statement, "Action": "lambda:InvokeFunction", "Principal": principal});
        administrator
            .lambda("POST", &format!("functions/{FUNCTION}/policy{path}"), &[], &body.to_string())
            .await
            .ok()
    };
    let status = async |caller: Principal, qualifier| {
        Client::new(&sandbox, caller).dry_run(&arn(""), qualifier).await.status
    };
    assert_eq!(status(Nobody, Some("live")).await, 403);
    permit("?Qualifier=live", "user", "arn:aws:iam::123456789012:user/nobody").await;
    assert_eq!((status(Nobody, Some("live")).await, status(Nobody, None).await), (204, 403));
    // Another account: its own policies must allow as well; the stranger's do, the vendor's do not.
    assert_eq!(status(Stranger, None).await, 403);
    permit("", "stranger", "999999999999").await;
    permit("", "vendor", "765628985471").await;
    assert_eq!((status(Stranger, None).await, status(Vendor, None).await), (204, 403));
    let policy = administrator
        .lambda("GET", &format!("functions/{FUNCTION}/policy?Qualifier=live"), &[], "")
        .await
        .ok();
    let policy: Value = serde_json::from_str(&policy.body).unwrap();
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Resource"], arn(":live"));
    let missing = administrator.lambda("GET", "functions/orders-status/policy", &[], "").await;
    missing.fails(404, "ResourceNotFoundException", "The resource you requested does not exist.");
}

#[tokio::test]
async fn functions_are_found_by_every_kind_of_name() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let get =
        async |name: &str| client.lambda("GET", &format!("functions/{name}/configuration"), &[], "").await;
    for name in [
        format!("{FUNCTION}:live"),
        format!("123456789012:function:{FUNCTION}:live"),
        arn(":live"),
        format!("{FUNCTION}%3Alive"),
    ] {
        let configuration: Value = serde_json::from_str(&get(&name).await.ok().body).unwrap();
        assert_eq!(
            (&configuration["FunctionArn"], &configuration["Version"]),
            (&json!(arn(":live")), &json!("1"))
        );
    }
    get("missing").await.fails(
        404,
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:missing",
    );
    get(&format!("{FUNCTION}:missing")).await.fails(404, "ResourceNotFoundException", &arn(":missing"));
    get("arn:aws:lambda:eu-west-1:123456789012:function:my-genesys-trigger-function-eu").await.fails(
        404,
        "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    );
    get(&format!("{FUNCTION}:live/configuration?Qualifier=1").replace("/configuration", "")).await.fails(
        400,
        "InvalidParameterValueException",
        "",
    );
}

#[tokio::test]
async fn lists_come_fifty_at_a_time_and_know_their_region() {
    let sandbox = sandbox();
    sandbox
        .change(|state| {
            (0..60).for_each(|number| {
                state.add_function("123456789012", "us-east-1", &format!("bulk-{number:02}"), &[])
            })
        })
        .unwrap();
    let mut client = Client::new(&sandbox, Administrator);
    let names = |body: &str| -> Vec<String> {
        let list: Value = serde_json::from_str(body).unwrap();
        list["Functions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["FunctionName"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = client.lambda("GET", "functions/?MaxItems=1000", &[], "").await.ok();
    let marker: Value = serde_json::from_str(&first.body).unwrap();
    let second = client
        .lambda("GET", &format!("functions/?Marker={}", marker["NextMarker"].as_str().unwrap()), &[], "")
        .await
        .ok();
    assert_eq!((names(&first.body).len(), names(&second.body).len()), (50, 14));
    client.region = "eu-west-1".to_owned();
    let europe = client.lambda("GET", "functions/", &[], "").await.ok();
    assert_eq!(names(&europe.body), ["my-genesys-trigger-function-eu"]);
}

#[tokio::test]
async fn an_invocation_answers_with_its_event() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let answer = client
        .lambda("POST", &format!("functions/{FUNCTION}/invocations?Qualifier=live"), &[], r#"{"a":1}"#)
        .await
        .ok();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body, json!({"function": arn(":live"), "version": "1", "event": {"a": 1}}));
    client.lambda("POST", &format!("functions/{FUNCTION}/invocations"), &[], "{").await.fails(
        400,
        "InvalidRequestContentException",
        "",
    );
}
