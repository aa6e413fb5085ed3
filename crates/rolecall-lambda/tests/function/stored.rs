//! Manifests by reference: S3, SSM Parameter Store and Secrets Manager as they answer.

use serde_json::{Value, json};
use wiremock::matchers::{header, header_exists, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::services::Services;
use super::stage::{Function, without_time};
use crate::stage::{ONE_TARGET, Stage, manifest};

const PARAMETER: &str = "arn:aws:ssm:eu-central-1:123456789012:parameter/rolecall/orders";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rolecall-AbCdEf";

fn drift(manifest: &str) -> Value {
    json!({"command": "drift", "manifest": manifest, "region": "us-east-1"})
}

/// What a service of the JSON protocol says.
fn answers(services: &Services, target: &str, answer: ResponseTemplate) {
    services.mount(Mock::given(method("POST")).and(header("x-amz-target", target)).respond_with(answer));
}

fn refusal(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"__type": code, "message": message}))
}

/// What S3 says where it does not give an object.
fn no_object(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = format!(
        "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    ResponseTemplate::new(status).set_body_raw(body, "application/xml")
}

#[test]
fn each_of_the_three_gives_the_same_report() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let expected = stage.run(&["drift", "--output", "json"]).expect(0).json();
    let text = manifest(ONE_TARGET);
    let services = Services::new();
    services.object("/manifests/team/rolecall.toml", &text);
    let versioned =
        Mock::given(method("GET")).and(path("/manifests/old.toml")).and(query_param("versionId", "L4kq"));
    services.mount(
        versioned
            .and(header_exists("authorization"))
            .respond_with(ResponseTemplate::new(200).set_body_string(&text)),
    );
    let parameter = json!({"Parameter": {"Name": "/rolecall/orders", "Type": "SecureString", "Value": text}});
    answers(&services, "AmazonSSM.GetParameter", ResponseTemplate::new(200).set_body_json(parameter));
    let secret = json!({"ARN": SECRET, "Name": "rolecall", "SecretString": text});
    answers(&services, "secretsmanager.GetSecretValue", ResponseTemplate::new(200).set_body_json(secret));
    let references =
        ["s3://manifests/team/rolecall.toml", "s3://manifests/old.toml?versionId=L4kq", PARAMETER, SECRET];
    let served = Function::new(services.environment(&stage)).serve(references.map(drift).into());
    for outcome in &served.outcomes {
        assert_eq!(without_time(outcome.as_ref().unwrap()), without_time(&expected));
    }
    let asked = services.received();
    let body = |index: usize| serde_json::from_slice::<Value>(&asked[index].body).unwrap();
    assert_eq!(body(2), json!({"Name": PARAMETER, "WithDecryption": true}));
    assert!(asked[2].headers["authorization"].to_str().unwrap().contains("/eu-central-1/ssm/"), "{asked:?}");
    assert_eq!(body(3), json!({"SecretId": SECRET}));
}

#[test]
fn what_cannot_be_read_is_said() {
    let stage = Stage::new();
    let services = Services::new();
    let answers_to = |place: &str, answer| {
        services
            .mount(Mock::given(method("GET")).and(path(format!("/manifests/{place}"))).respond_with(answer));
    };
    answers_to("gone", no_object(404, "NoSuchKey", "The specified key does not exist."));
    answers_to("denied", no_object(403, "AccessDenied", "Access Denied"));
    answers_to(
        "key",
        no_object(
            403,
            "AccessDenied",
            "User: arn:aws:sts::1:role/x is not authorized to perform: kms:Decrypt",
        ),
    );
    let moved =
        no_object(301, "PermanentRedirect", "The bucket must be addressed using the specified endpoint.");
    answers_to("moved", moved.insert_header("x-amz-bucket-region", "eu-west-1"));
    answers_to("large", ResponseTemplate::new(200).set_body_bytes(vec![b'#'; 1024 * 1024 + 1]));
    answers_to("binary", ResponseTemplate::new(200).set_body_bytes(vec![0xff, 0xfe, 0]));
    let ciphertext = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, \
                      or you are not allowed to access.";
    answers(&services, "AmazonSSM.GetParameter", refusal("AccessDeniedException", ciphertext));
    let missing = "Secrets Manager can't find the specified secret.";
    answers(&services, "secretsmanager.GetSecretValue", refusal("ResourceNotFoundException", missing));
    let cases = [
        ("s3://manifests/gone", ["`s3://manifests/gone`", "The specified key does not exist"]),
        ("s3://manifests/denied", ["needs the permission s3:GetObject", "may s3:ListBucket"]),
        ("s3://manifests/denied?versionId=1", ["needs the permission s3:GetObjectVersion", "?versionId=1`"]),
        ("s3://manifests/key", ["`s3://manifests/key`", "role needs the permission kms:Decrypt"]),
        ("s3://manifests/moved", ["the bucket is in eu-west-1", "only buckets in us-east-1"]),
        ("s3://manifests/large", ["`s3://manifests/large`", "more than 1048576 bytes"]),
        ("s3://manifests/binary", ["`s3://manifests/binary`", "not text in UTF-8"]),
        (PARAMETER, [PARAMETER, "role needs the permission kms:Decrypt"]),
        (SECRET, [SECRET, "can't find the specified secret"]),
    ];
    let function = Function::new(services.environment(&stage));
    let served = function.serve(cases.iter().map(|(reference, _)| drift(reference)).collect());
    for ((_, parts), outcome) in cases.iter().zip(&served.outcomes) {
        let answer = outcome.as_ref().unwrap();
        assert_eq!(answer["exit_code"], 1, "{answer:#}");
        let error = answer["error"]["message"].as_str().unwrap();
        for part in parts {
            assert_eq!(error.matches(part).count(), 1, "`{part}` in {error}");
        }
    }
}

#[test]
fn a_secret_that_is_no_manifest_is_not_shown() {
    let stage = Stage::new();
    let services = Services::new();
    let client = json!({"client_id": "f1a2b3c4", "client_secret": "hunter2hunter2"}).to_string();
    let secret = json!({"ARN": SECRET, "Name": "rolecall", "SecretString": client});
    answers(&services, "secretsmanager.GetSecretValue", ResponseTemplate::new(200).set_body_json(secret));
    let served = Function::new(services.environment(&stage)).serve(vec![drift(SECRET)]);
    let answer = served.outcomes[0].as_ref().unwrap();
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("`{SECRET}` is not a manifest, line 1")), "{message}");
    let all = format!("{served:?}");
    assert!(!all.contains("hunter2") && !all.contains("f1a2b3c4") && !all.contains("client_id"), "{all}");
}

pub(super) const WITH_ACTION: &str = r#"
[[action]]
name = "Get order"
category = "Orders"
target = "my-genesys-trigger-function"
input_schema = "schemas/in.json"
output_schema = "../common/out.json"
"#;

#[test]
fn files_are_read_from_beside_the_manifest() {
    let stage = Stage::new();
    let text = manifest(ONE_TARGET) + WITH_ACTION;
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}}).to_string();
    let services = Services::new();
    services.object("/manifests/team/rolecall.toml", &text);
    services.object("/manifests/team/schemas/in.json", &schema);
    let event = drift("s3://manifests/team/rolecall.toml");
    let served = Function::new(services.with_genesys(&stage)).serve(vec![event.clone()]);
    let missing = served.outcomes[0].as_ref().unwrap();
    let message = missing["error"]["message"].as_str().unwrap();
    assert!(message.contains("names a file: cannot read `s3://manifests/common/out.json`"), "{message}");
    services.object("/manifests/common/out.json", &schema);
    let served = Function::new(services.with_genesys(&stage)).serve(vec![event]);
    let answer = served.outcomes[0].as_ref().unwrap();
    let drift = answer["drift"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    assert!(drift.iter().any(|difference| difference["consequence"] == "action-missing"), "{answer:#}");
    // The report calls the manifest by what it was read from.
    assert!(answer.to_string().contains("\"s3://manifests/team/rolecall.toml\""), "{answer:#}");
}

#[test]
fn files_are_nowhere_but_beside_a_manifest_in_s3() {
    let stage = Stage::new();
    let text = manifest(ONE_TARGET) + WITH_ACTION;
    let services = Services::new();
    services.object("/manifests/rolecall.toml", &text);
    let parameter = json!({"Parameter": {"Name": "/rolecall/orders", "Type": "String", "Value": text}});
    answers(&services, "AmazonSSM.GetParameter", ResponseTemplate::new(200).set_body_json(parameter));
    let requests = [PARAMETER, text.as_str(), "s3://manifests/rolecall.toml"].map(drift);
    let served = Function::new(services.with_genesys(&stage)).serve(requests.into());
    for (outcome, parts) in served.outcomes.iter().zip([
        [PARAMETER, "only a manifest in S3 can name files"],
        ["`rolecall.toml` names the file", "only a manifest in S3 can name files"],
        ["names the file `../common/out.json`", "not in its bucket"],
    ]) {
        let message = outcome.as_ref().unwrap()["error"]["message"].as_str().unwrap();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}
