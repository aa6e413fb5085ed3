//! What infrastructure tools ask of Lambda: aliases that move and go, roles that Lambda cannot assume, and the calls behind
//! the data source `aws_lambda_function` of the Terraform provider.

use rolecall::sandbox::Principal::{Administrator, Verifier};
use rolecall::sandbox::Sandbox;
use serde_json::{Value, json};

use super::client::{Answer, Client, allow, sandbox, trust};

const FUNCTION: &str = "my-genesys-trigger-function";

fn json_of(answer: Answer) -> Value {
    serde_json::from_str(&answer.ok().body).unwrap()
}

fn without_revision(answer: Answer) -> Value {
    let mut alias = json_of(answer);
    alias.as_object_mut().unwrap().remove("RevisionId").unwrap();
    alias
}

#[tokio::test]
async fn a_data_source_finds_all_that_it_asks_for() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let get = async |path: &str| client.send("lambda", "GET", path, &[], "").await;
    let function = json_of(get(&format!("/2015-03-31/functions/{FUNCTION}")).await);
    assert_eq!(function["Configuration"]["PackageType"], "Zip");
    let versions = json_of(get(&format!("/2015-03-31/functions/{FUNCTION}/versions?MaxItems=10000")).await);
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 2);
    for path in ["2020-06-30/functions/{}/code-signing-config", "2019-09-30/functions/{}/concurrency"] {
        let path = |name: &str| format!("/{}", path.replace("{}", name));
        assert_eq!(json_of(get(&path(FUNCTION)).await), json!({}));
        get(&path("missing")).await.fails(404, "ResourceNotFoundException", "function:missing");
        let verifier = Client::new(&sandbox, Verifier);
        let denied = verifier.send("lambda", "GET", &path(FUNCTION), &[], "").await;
        denied.fails(403, "AccessDeniedException", "lambda:GetFunctionCo");
    }
}

#[tokio::test]
async fn an_alias_moves_and_keeps_what_is_not_said() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let alias = format!("functions/{FUNCTION}/aliases/live");
    let update = async |body: Value| client.lambda("PUT", &alias, &[], &body.to_string()).await;
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}:live");
    update(json!({"FunctionVersion": "2"})).await.fails(404, "ResourceNotFoundException", ":2");
    client.lambda("POST", &format!("functions/{FUNCTION}/versions"), &[], "{}").await.ok();
    let moved = json!({"AliasArn": arn, "Name": "live", "FunctionVersion": "2", "Description": "calm"});
    let answer = update(json!({"FunctionVersion": "2", "Description": "calm"})).await;
    assert_eq!(without_revision(answer), moved);
    assert_eq!(without_revision(client.lambda("GET", &alias, &[], "").await), moved);

    let shared = |share: &Value| json!({"RoutingConfig": {"AdditionalVersionWeights": share}});
    let answer = without_revision(update(shared(&json!({"1": 0.25}))).await);
    assert_eq!(answer["RoutingConfig"], json!({"AdditionalVersionWeights": {"1": 0.25}}));
    let kept = without_revision(update(json!({"Description": "shared"})).await);
    assert_eq!((&kept["RoutingConfig"], &kept["FunctionVersion"]), (&answer["RoutingConfig"], &json!("2")));
    for wrong in [json!({"2": 0.5}), json!({"1": 1.5}), json!({"1": 0.1, "2": 0.1}), json!({"$LATEST": 0.5})]
    {
        update(shared(&wrong)).await.fails(400, "InvalidParameterValueException", "");
    }
    assert_eq!(without_revision(update(shared(&json!({}))).await).get("RoutingConfig"), None);
    let missing = format!("functions/{FUNCTION}/aliases/missing");
    client.lambda("PUT", &missing, &[], "{}").await.fails(404, "ResourceNotFoundException", ":missing");
    update(json!({"RevisionId": "1"})).await.fails(501, "SandboxUnsupported", "lambda:UpdateAlias");
}

#[tokio::test]
async fn an_alias_goes_with_its_policy() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let permission =
        json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "999999999999"});
    let policy = format!("functions/{FUNCTION}/policy?Qualifier=live");
    client.lambda("POST", &policy, &[], &permission.to_string()).await.ok();
    let alias = format!("functions/{FUNCTION}/aliases/live");
    // The service model has no error for an alias that is not there.
    for _ in 0..2 {
        assert_eq!(client.lambda("DELETE", &alias, &[], "").await.status, 204);
    }
    client.lambda("GET", &alias, &[], "").await.fails(404, "ResourceNotFoundException", ":live");
    assert_eq!(client.dry_run(FUNCTION, Some("live")).await.status, 404);
    let body = json!({"Name": "live", "FunctionVersion": "1"}).to_string();
    client.lambda("POST", &format!("functions/{FUNCTION}/aliases"), &[], &body).await.ok();
    client.lambda("GET", &policy, &[], "").await.fails(404, "ResourceNotFoundException", "");
}

async fn create_function(client: &Client, name: &str, role: &str) -> Answer {
    let body =
        json!({"FunctionName": name, "Role": role, "Runtime": "python3.13", "Handler": "index.handler"});
    client.lambda("POST", "functions", &[], &body.to_string()).await
}

async fn role(sandbox: &Sandbox, name: &str, statements: &Value) -> String {
    let document = trust(statements);
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", document.as_str())];
    Client::new(sandbox, Administrator).iam("CreateRole", &parameters).await.ok();
    format!("arn:aws:iam::123456789012:role/{name}")
}

#[tokio::test]
async fn a_function_needs_a_role_that_lambda_can_assume() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let lambda = json!({"Service": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]});
    let let_in = json!({"Effect": "Allow", "Principal": lambda, "Action": "sts:AssumeRole"});
    let kept_out = json!({"Effect": "Deny", "Principal": lambda, "Action": "sts:AssumeRole"});
    let other = json!({"Effect": "Allow", "Principal": {"AWS": "765628985471"}, "Action": "sts:AssumeRole"});
    let tags_only = json!({"Effect": "Allow", "Principal": lambda, "Action": "sts:TagSession"});
    let mut conditional = let_in.clone();
    conditional["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
    let cannot = Some((400, "InvalidParameterValueException", "cannot be assumed by Lambda."));
    let unsupported = Some((501, "SandboxUnsupported", "lambda:CreateFunction"));
    for (name, statements, refused) in [
        ("allowed", json!([other, let_in]), None),
        ("another-principal", json!([other]), cannot),
        ("denied", json!([let_in, kept_out]), cannot),
        ("another-action", json!([tags_only]), cannot),
        ("conditional", json!([conditional]), unsupported),
    ] {
        let role = role(&sandbox, name, &statements).await;
        let answer = create_function(&client, name, &role).await;
        match refused {
            None => assert_eq!(answer.status, 201, "{answer:?}"),
            Some((status, code, message)) => answer.fails(status, code, message),
        }
    }
    let missing = "arn:aws:iam::123456789012:role/missing";
    create_function(&client, "f", missing).await.fails(400, "InvalidParameterValueException", "by Lambda.");
    let foreign = "arn:aws:iam::999999999999:role/lambda-exec";
    create_function(&client, "f", foreign).await.fails(403, "AccessDeniedException", "Cross-account");
}

#[tokio::test]
async fn giving_a_role_to_a_function_needs_pass_role() {
    let sandbox = sandbox();
    let change = |state: &mut rolecall::sandbox::State| {
        let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
        let policy = allow("lambda:CreateFunction", &json!("*"));
        user.permissions.inline.insert("given".to_owned(), policy);
    };
    sandbox.change(change).unwrap();
    let role = "arn:aws:iam::123456789012:role/lambda-exec";
    let answer = create_function(&Client::new(&sandbox, Verifier), "f", role).await;
    answer.fails(403, "AccessDeniedException", "is not authorized to perform: iam:PassRole");
}

#[tokio::test]
async fn what_the_sandbox_does_not_play_is_refused_by_name() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let target = |name: &'static str| [("x-amz-target", name)];
    for (service, method, path, headers, body, named) in [
        ("iam", "POST", "/", &[][..], "Action=CreateUser&Version=2010-05-08", "iam:CreateUser"),
        (
            "iam",
            "POST",
            "/",
            &[],
            "Action=SimulateCustomPolicy&Version=2010-05-08",
            "iam:SimulateCustomPolicy",
        ),
        ("sts", "POST", "/", &[], "Action=GetSessionToken&Version=2011-06-15", "sts:GetSessionToken"),
        ("lambda", "PUT", "/2015-03-31/functions/f/code", &[], "{}", "lambda:UpdateFunctionCode"),
        ("lambda", "GET", "/2099-01-01/news", &[], "", "`GET /2099-01-01/news` of Lambda"),
        (
            "secretsmanager",
            "POST",
            "/",
            &target("secretsmanager.DeleteSecret"),
            "{}",
            "secretsmanager:DeleteSecret",
        ),
        ("organizations", "POST", "/", &target("X.ListRoots"), "{}", "organizations:ListRoots"),
        (
            "cloudformation",
            "POST",
            "/",
            &[],
            "Action=CreateStack&Version=2010-05-15",
            "`cloudformation` (CreateStack)",
        ),
    ] {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let headers = if body.starts_with("Action") { &form[..] } else { headers };
        client.send(service, method, path, headers, body).await.fails(
            501,
            "SandboxUnsupported",
            &format!("the sandbox does not support {named}"),
        );
    }
}
