//! `[notify]`: who hears of an `apply`, what they hear, and that it changes nothing.

use rolecall::sandbox::{CUSTOMER, Secret};
use serde_json::Value;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::stage::{ONE_TARGET, Run, Stage, manifest};
use rolecall::sandbox::{State, Tamper};

const SECRET: &str = "canary-secret-0123456789abcdef";
const APPLY: [&str; 4] = ["apply", "--yes", "--level", "paper"];

async fn receiver(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    server
}

fn stage(notify: &str) -> Stage {
    Stage::with(&format!("{}\n[notify]\n{notify}\n", manifest(ONE_TARGET)), State::demo())
}

fn apply(stage: &Stage, arguments: &[&str]) -> Run {
    let mut command = stage.command(&[APPLY.as_slice(), arguments].concat());
    let run: Run = command.env("ROLECALL_NOTIFY_SECRET", SECRET).output().unwrap().into();
    assert!(!(run.stdout.clone() + &run.stderr).contains("canary"), "{}\n{}", run.stdout, run.stderr);
    run
}

async fn received(server: &MockServer) -> Vec<Request> {
    let requests = server.received_requests().await.unwrap();
    server.reset().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(server).await;
    requests
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn a_webhook_hears_of_changes_and_of_nothing_else() {
    let server = receiver(204).await;
    let stage = stage(&format!("webhook = \"{}/canary-path\"", server.uri()));
    apply(&stage, &[]).expect(0);
    let requests = received(&server).await;
    assert_eq!(requests.len(), 1);
    let mut told = body(&requests[0]);
    assert_eq!(told["id"], requests[0].headers["idempotency-key"].to_str().unwrap());
    for name in ["id", "time", "tool_version"] {
        assert!(told.as_object_mut().unwrap().remove(name).is_some_and(|it| it.is_string()), "{name}");
    }
    insta::assert_json_snapshot!(told, @r#"
    {
      "event": "apply",
      "not_tried": 0,
      "format_version": 1,
      "changed": [
        {
          "operation": "iam:CreateRole",
          "resource": "GenesysDataActionRole"
        },
        {
          "operation": "iam:CreatePolicy",
          "resource": "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke"
        },
        {
          "operation": "iam:AttachRolePolicy",
          "resource": "GenesysDataActionRole"
        }
      ],
      "failed": [],
      "role": "arn:aws:iam::123456789012:role/GenesysDataActionRole",
      "account": "123456789012",
      "caller": "arn:aws:sts::123456789012:assumed-role/ci/rolecall",
      "exit_code": 0,
      "result": "3 changes made; every claim about the role is proved"
    }
    "#);
    // Nothing to do, so nothing to tell; a repair is something again.
    apply(&stage, &[]).expect(0);
    assert_eq!(received(&server).await.len(), 0);
    stage.tamper(Tamper::TrustExternalId);
    apply(&stage, &["-v", "--output", "json"]).expect(0);
    let requests = received(&server).await;
    assert_eq!(body(&requests[0])["changed"][0]["operation"], "iam:UpdateAssumeRolePolicy");
    let text = format!("{:?}", requests[0].headers) + &body(&requests[0]).to_string();
    assert!(!text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn failures_alone_or_everything() {
    let server = receiver(204).await;
    for (on, at_first, then, failing) in [("failed", 0, 0, 1), ("always", 1, 1, 1), ("changed", 1, 0, 0)] {
        let stage = stage(&format!("on = \"{on}\"\nwebhook = \"{}\"", server.uri()));
        apply(&stage, &[]).expect(0);
        assert_eq!(received(&server).await.len(), at_first, "{on}");
        apply(&stage, &[]).expect(0);
        assert_eq!(received(&server).await.len(), then, "{on}");
        stage.tamper(Tamper::FunctionDeleted);
        let code = apply(&stage, &[]).status;
        assert_ne!(code, 0);
        let requests = received(&server).await;
        assert_eq!(requests.len(), failing, "{on}");
        assert!(requests.iter().all(|request| body(request)["exit_code"] == code));
    }
}

/// The receiver fails, or is gone: apply did what it did, with the exit code that it has without a receiver.
#[tokio::test]
async fn a_notification_that_fails_changes_nothing() {
    let server = receiver(410).await;
    let stage = stage(&format!("webhook = \"{}/canary-path\"", server.uri()));
    let run = apply(&stage, &["--output", "json"]).expect(0);
    let warning =
        "not notified: the webhook at 127.0.0.1 answered 410; what apply did is not affected by that";
    assert_eq!(run.json()["warnings"], serde_json::json!([warning]));
    assert!(run.stderr.contains("answered 410"), "{}", run.stderr);
    stage.run(&["drift"]).expect(0);
}

/// What is missing to tell anybody is said before anything is done.
#[test]
fn what_cannot_be_told_is_refused_first() {
    let told = |notify: &str| {
        let stage = stage(notify);
        let run = stage.run(&APPLY).expect(2);
        assert!(stage.calls().is_empty());
        run.stderr
    };
    insta::assert_snapshot!(told("webhook = \"https://example.com/canary\""), @r#"
    error[E12]: ROLECALL_NOTIFY_SECRET is not set, and requests to the webhook in [notify] are signed with it
    hint: set it, or name a secret of AWS Secrets Manager: `secret = "arn:…"` in [notify]
    "#);
    for (notify, part) in [
        ("on = \"changed\"", "rolecall.toml:17:1: [notify] tells nobody"),
        ("", "rolecall.toml:17:1: [notify] tells nobody"),
        ("secret = \"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf\"", "there is none"),
        ("webhook = \"http://example.com/hook\"", "must begin with `https://`"),
        ("webhook = \"https://canary:canary@example.com/\"", "user name or a password"),
        ("webhook = \"https://example.com/#hook\"", "fragment"),
        ("webhook = \"hook\"", "cannot be read"),
        ("topic = \"arn:aws:sns:us-east-1:123456789012:a.fifo\"", "FIFO"),
        ("on = \"sometimes\"\nwebhook = \"https://example.com\"", "`sometimes`"),
    ] {
        let error = told(notify);
        assert!(error.contains(part) && !error.contains("canary"), "{error}");
    }
}

/// The secret of Secrets Manager signs, and the one of the environment does not.
#[tokio::test]
async fn the_secret_may_be_kept_in_aws() {
    let server = receiver(204).await;
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:notify-AbCdEf";
    let stage = stage(&format!("webhook = \"{}\"\nsecret = \"{arn}\"", server.uri()));
    let run = apply(&stage, &[]).expect(0);
    assert!(run.stderr.contains("not notified: ") && run.stderr.contains("GetSecretValue"), "{}", run.stderr);
    assert_eq!(received(&server).await.len(), 0);
    stage
        .sandbox
        .change(|state| {
            let account = state.accounts.get_mut(CUSTOMER).unwrap();
            let value = "canary-of-secrets-manager".to_owned();
            let secret = Secret { arn: arn.to_owned(), version: "one".to_owned(), value, created: 0 };
            account.secrets.entry("us-east-1".to_owned()).or_default().insert("notify".to_owned(), secret);
        })
        .unwrap();
    stage.tamper(Tamper::TrustExternalId);
    apply(&stage, &[]).expect(0);
    let requests = received(&server).await;
    let header = |name: &str| requests[0].headers[name].to_str().unwrap();
    assert!(header("rolecall-signature").starts_with("v1="));
    assert_eq!(header("rolecall-signature").len(), 3 + 64);
}

#[cfg(feature = "sns")]
#[tokio::test]
async fn a_topic_hears_the_same() {
    let server = MockServer::start().await;
    let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_string(answer))
        .mount(&server)
        .await;
    let stage = stage("topic = \"arn:aws:sns:us-east-1:123456789012:rolecall\"");
    let mut command = stage.command(&APPLY);
    let run: Run = command.env("AWS_ENDPOINT_URL_SNS", server.uri()).output().unwrap().into();
    assert!(!run.expect(0).stderr.contains("not notified"));
    let requests = server.received_requests().await.unwrap();
    let form: std::collections::HashMap<String, String> =
        url::form_urlencoded::parse(&requests[0].body).into_owned().collect();
    assert_eq!(form["Subject"], "rolecall apply: GenesysDataActionRole exit code 0");
    let told: Value = serde_json::from_str(&form["Message"]).unwrap();
    assert_eq!((&told["event"], &told["exit_code"]), (&"apply".into(), &0.into()));
}
