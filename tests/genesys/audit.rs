use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer};

use super::support::*;
use crate::scenarios::stage::{Run, binary};
use crate::scenarios::views::named;

const QUERY: &str = "/api/v2/audits/query";

fn entry(id: &str, at: &str, action: &str, of: (&str, &str), client: &str, rest: &Value) -> Value {
    let mut entry = json!({
        "id": id,
        "eventDate": at,
        "action": action,
        "entityType": of.0,
        "entity": {"id": format!("{}-1", of.0.to_lowercase()), "name": of.1},
        "client": {"id": client},
        "remoteIp": ["192.0.2.10"],
        "serviceName": "Integrations",
        "level": "USER",
        "status": "SUCCESS",
    });
    entry.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    entry
}

/// An organization in which somebody else changed a credential behind rolecall's back.
async fn organization_with_history() -> MockServer {
    let server = server().await;
    let body = json!({
        "interval": "2026-11-20T00:00:00Z/2026-11-21T00:00:00Z",
        "serviceName": "Integrations",
        "filters": [{"property": "EntityType", "value": "Action"}],
        "sort": [{"name": "Timestamp", "sortOrder": "descending"}],
    });
    let begun = Mock::given(method("POST")).and(path(QUERY)).and(body_json(body));
    begun.respond_with(ok(json!({"id": "q-1", "state": "Queued"}))).expect(1..).mount(&server).await;
    answer(&server, &format!("{QUERY}/q-1"), 1, ok(json!({"id": "q-1", "state": "Running"}))).await;
    answer(&server, &format!("{QUERY}/q-1"), 99, ok(json!({"id": "q-1", "state": "Succeeded"}))).await;
    let results = || Mock::given(path(format!("{QUERY}/q-1/results"))).and(query_param("expand", "user"));
    let somebody = "99999999-8888-7777-6666-555555555555";
    let first = json!({"cursor": "2", "entities": [
        entry("a", "2026-11-20T12:00:00Z", "Update", ("Credential", "orders"), somebody, &json!({
            "user": {"id": "u-1", "name": "Mallory"},
            "propertyChanges": [
                {"property": "ARN", "oldValues": ["arn:aws:iam::123456789012:role/a"], "newValues": ["arn:aws:iam::123456789012:role/b"]},
                {"property": "client-secret", "oldValues": ["hunter2"], "newValues": ["hunter3"]},
                {"property": "config", "oldValues": [], "newValues": ["{\"Authorization\":\"Basic hunter4\"}"]},
            ],
        })),
        entry("b", "2026-11-20T11:00:00Z", "Update", ("Action", "=HYPERLINK(\"x\")|"), CLIENT_ID, &json!({
            "application": "rolecall",
            "propertyChanges": [{"property": "version", "oldValues": ["1"], "newValues": ["2"]}],
        })),
    ]});
    results().and(query_param_is_missing("cursor")).respond_with(ok(first)).mount(&server).await;
    let second = json!({"entities": [
        entry("c", "2026-11-20T10:00:00Z", "Delete", ("Integration", "old"), somebody, &json!({"status": "FAILURE"})),
        entry("d", "2026-11-20T09:00:00Z", "Execute", ("Action", "orders"), somebody, &json!({"client": null, "remoteIp": null})),
        // The same again, as at the border of two queries.
        entry("d", "2026-11-20T09:00:00Z", "Execute", ("Action", "orders"), somebody, &json!({"client": null, "remoteIp": null})),
    ]});
    results().and(query_param("cursor", "2")).respond_with(ok(second)).mount(&server).await;
    server
}

fn audit(server: &MockServer, arguments: &[&str]) -> Run {
    let folder = tempfile::TempDir::new().unwrap();
    let mut command = binary(folder.path());
    command
        .args(["genesys", "audit", "--from", "2026-11-20", "--to", "2026-11-21T00:00:00Z"])
        .args(arguments);
    command.env("GENESYSCLOUD_REGION", server.uri());
    command
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", CLIENT_ID)
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", CLIENT_SECRET);
    command.output().unwrap().into()
}

#[tokio::test]
async fn the_report_tells_who_changed_what() {
    let server = organization_with_history().await;
    for (name, output) in
        [("audit", "human"), ("audit_markdown", "markdown"), ("audit_csv", "csv"), ("audit_json", "json")]
    {
        let run = audit(&server, &["--entity-type", "Action", "--output", output]).expect(0);
        assert!(!run.stdout.contains("hunter"), "{}", run.stdout);
        match output {
            "json" => insta::assert_json_snapshot!(name, run.json()["entries"][0]),
            _ => insta::assert_snapshot!(name, run.stdout),
        }
    }
}

#[tokio::test]
async fn a_query_that_fails_is_an_error() {
    let server = server().await;
    let begun = Mock::given(method("POST")).and(path(QUERY));
    begun.respond_with(ok(json!({"id": "q-9", "state": "Failed"}))).mount(&server).await;
    insta::assert_snapshot!(audit(&server, &[]).whole(), @"
    exit 1
    -- stderr
    error[E24]: GET /api/v2/audits/query/{transactionId} failed: the audit query `q-9` ended as `Failed`
    hint: repeat the command
    ");
}

#[tokio::test]
async fn times_are_checked_before_anybody_is_asked() {
    let server = MockServer::start().await;
    let run = audit(&server, &["--fail-on", "foreign"]).expect(2);
    assert!(run.stderr.contains("--fail-on foreign needs a manifest"), "{}", run.stderr);
    let folder = tempfile::TempDir::new().unwrap();
    let backwards = ["genesys", "audit", "--since", "1h", "--until", "2h"];
    let run: Run = binary(folder.path()).args(backwards).output().unwrap().into();
    assert!(run.expect(2).stderr.contains("is not before --until"));
    let mut said = String::new();
    for arguments in [
        &["--from", "2026-11-21", "--to", "2026-11-20"][..],
        &["--from", "yesterday"],
        &["--since", "0h"],
        &["--since", "1 fortnight"],
        &["--fail-on", "everything"],
        &["--fail-on", "foreign", "--file", "nowhere.toml"],
        &["--output", "sarif"],
    ] {
        let mut command = binary(folder.path());
        let run: Run = command.args(["genesys", "audit"]).args(arguments).output().unwrap().into();
        assert_eq!(run.status, 2);
        // The times are the ones that were given.
        said += &named(arguments.join(" "), &run.stderr);
    }
    insta::assert_snapshot!(said, @"
    === --from 2026-11-21 --to 2026-11-20
    error[E1]: --since 2026-11-21T00:00:00Z is not before --until 2026-11-20T00:00:00Z
    === --from yesterday
    error[E1]: invalid value 'yesterday' for '--since <TIME>': must be a date (2026-11-01), a time with its zone (2026-11-01T06:00:00Z) or a duration (24h, 7d)

    For more information, try '--help'.
    === --since 0h
    error[E1]: invalid value '0h' for '--since <TIME>': must be a date (2026-11-01), a time with its zone (2026-11-01T06:00:00Z) or a duration (24h, 7d)

    For more information, try '--help'.
    === --since 1 fortnight
    error[E1]: invalid value '1 fortnight' for '--since <TIME>': must be a date (2026-11-01), a time with its zone (2026-11-01T06:00:00Z) or a duration (24h, 7d)

    For more information, try '--help'.
    === --fail-on everything
    error[E1]: invalid value 'everything' for '--fail-on <WHAT>'
      [possible values: foreign]

    For more information, try '--help'.
    === --fail-on foreign --file nowhere.toml
    error[E4]: no manifest at `nowhere.toml`; `rolecall init` writes a manifest, `--file` names a different path
    === --output sarif
    error[E1]: invalid value 'sarif' for '--output <FORMAT>'
      [possible values: human, json, markdown, csv]

    For more information, try '--help'.
    ");
    assert!(server.received_requests().await.unwrap().is_empty());
}
