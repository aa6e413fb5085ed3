//! Checks on a schedule, and what others are told of them: the metric, the message and the finding.

use std::time::Duration;

use rolecall::sandbox::{Fault, FaultRule, Faults, Tamper};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::services::Services;
use super::stage::{Function, Served};
use super::stored::WITH_ACTION;
use crate::stage::{ONE_TARGET, ROLE, Stage, manifest};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:drift";
const MANIFEST: &str = "s3://manifests/rolecall.toml";

/// What a rule sends.
fn event() -> Value {
    about(&json!(MANIFEST))
}

fn about(manifest: &Value) -> Value {
    json!({
        "command": "drift", "manifest": manifest, "region": "us-east-1",
        "publish": {"metrics": "Rolecall", "topic": TOPIC, "security_hub": true},
    })
}

/// A role that is right, with its manifest in S3.
fn applied() -> (Stage, Services) {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let services = Services::new();
    services.object("/manifests/rolecall.toml", &manifest(ONE_TARGET));
    (stage, services)
}

fn serve(stage: &Stage, services: &Services, event: Value) -> Served {
    Function::new(services.environment(stage)).serve(vec![event])
}

/// The line that CloudWatch makes metrics of: nothing else is on standard output.
fn metric(served: &Served) -> Value {
    let line = served.output.strip_suffix('\n').unwrap();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

fn counts(metric: &Value) -> [u64; 6] {
    ["Roles", "Wrong", "Drifted", "Refuted", "Unknown", "Failed"].map(|name| metric[name].as_u64().unwrap())
}

fn standing(finding: &Value) -> [&str; 3] {
    let severity = &finding["FindingProviderFields"]["Severity"]["Label"];
    [&finding["Compliance"]["Status"], &finding["RecordState"], severity].map(|text| text.as_str().unwrap())
}

#[test]
fn a_role_that_drifts_and_is_repaired() {
    let (stage, services) = applied();
    services.listen();

    let served = serve(&stage, &services, event());
    assert_eq!(served.outcomes[0].as_ref().unwrap()["exit_code"], 0);
    let line = metric(&served);
    assert_eq!(counts(&line), [1, 0, 0, 0, 0, 0]);
    assert_eq!(line["RequestId"], "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    assert_eq!(services.messages(), Vec::<[String; 3]>::new());

    stage.tamper(Tamper::TrustNoCondition);
    let twice = Function::new(services.environment(&stage)).serve(vec![event(), event()]);
    let answer = twice.outcomes[0].as_ref().unwrap();
    assert_eq!(answer["exit_code"], 4);
    let first: Value = serde_json::from_str(twice.output.lines().next().unwrap()).unwrap();
    assert_eq!(counts(&first), [1, 1, 1, 1, 0, 0]);
    assert_eq!(first["DriftedRoles"], json!([ROLE]));
    let [topic, subject, message] = services.messages()[0].clone();
    assert_eq!((topic.as_str(), subject.as_str()), (TOPIC, "rolecall drift: GenesysDataActionRole REFUTED"));
    assert!(
        message.starts_with("## rolecall drift: refuted") && message.contains("| trust policy of "),
        "{message}"
    );

    stage.run(&["apply", "--yes"]).expect(0);
    serve(&stage, &services, event());
    assert_eq!(services.messages().len(), 2);
    let findings = services.findings();
    let fine = ["PASSED", "ARCHIVED", "INFORMATIONAL"];
    let broken = ["FAILED", "ACTIVE", "CRITICAL"];
    assert_eq!(findings.iter().map(standing).collect::<Vec<_>>(), [fine, broken, broken, fine]);
    // Asked once or twice, right or wrong: it is one finding.
    assert!(findings.iter().all(|finding| finding["Id"] == findings[0]["Id"]), "{findings:#?}");
}

#[test]
fn a_finding_as_security_hub_gets_it() {
    let (stage, services) = applied();
    services.listen();
    stage.tamper(Tamper::PolicyWidened);
    serve(&stage, &services, event());
    let mut finding = services.findings().remove(0);
    let times = ["CreatedAt", "UpdatedAt", "LastObservedAt"];
    assert!(times.iter().all(|time| finding[time] == finding["CreatedAt"]), "{finding:#}");
    finding["CreatedAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    for time in times {
        finding[time] = json!("…");
    }
    let description = finding["Description"].take();
    let description = description.as_str().unwrap();
    let changed = "a session of the role can call `lambda:InvokeFunction` on";
    assert!(description.contains(changed) && description.chars().count() == 1024, "{description}");
    finding.sort_all_objects();
    insta::assert_json_snapshot!(finding, @r#"
    {
      "AwsAccountId": "123456789012",
      "Compliance": {
        "Status": "FAILED"
      },
      "CreatedAt": "…",
      "Description": null,
      "FindingProviderFields": {
        "Severity": {
          "Label": "HIGH"
        },
        "Types": [
          "Software and Configuration Checks/AWS Security Best Practices"
        ]
      },
      "GeneratorId": "rolecall/drift",
      "Id": "rolecall/drift/s3://manifests/rolecall.toml",
      "LastObservedAt": "…",
      "ProductArn": "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default",
      "ProductFields": {
        "rolecall/exit_code": "4",
        "rolecall/manifest": "s3://manifests/rolecall.toml"
      },
      "ProductName": "rolecall",
      "RecordState": "ACTIVE",
      "Remediation": {
        "Recommendation": {
          "Text": "`rolecall drift` names each difference from s3://manifests/rolecall.toml with the command that repairs it; `rolecall apply` makes the role what the manifest says."
        }
      },
      "Resources": [
        {
          "Id": "arn:aws:iam::123456789012:role/GenesysDataActionRole",
          "Partition": "aws",
          "Type": "AwsIamRole"
        }
      ],
      "SchemaVersion": "2018-10-08",
      "Title": "Role GenesysDataActionRole is refuted: it allows what its manifest does not, or not what it must",
      "UpdatedAt": "…"
    }
    "#);
}

#[test]
fn a_message_that_does_not_get_through_fails_the_invocation() {
    let (stage, services) = applied();
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code>\
                   <Message>not authorized to perform: SNS:Publish</Message></Error></ErrorResponse>";
    services.answers_message(ResponseTemplate::new(403).set_body_raw(refusal, "text/xml"));
    services.listen();
    stage.tamper(Tamper::TrustNoCondition);
    let served = serve(&stage, &services, event());
    let error = served.outcomes[0].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
    for part in ["GenesysDataActionRole REFUTED", TOPIC, "sns:Publish", "not authorized"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    // The others were told all the same.
    assert_eq!(counts(&metric(&served)), [1, 1, 1, 1, 0, 0]);
    assert_eq!(services.findings().len(), 1);
    assert!(served.log.contains("GenesysDataActionRole REFUTED"), "{}", served.log);
}

#[test]
fn a_service_that_hangs_keeps_nobody_else_from_being_told() {
    let hanging = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    for (hangs, what) in [
        (Services::answers_message as fn(&Services, ResponseTemplate), format!("the message to `{TOPIC}`")),
        (Services::answers_findings, "the findings".to_owned()),
    ] {
        let (stage, services) = applied();
        stage.tamper(Tamper::TrustNoCondition);
        hangs(&services, hanging.clone());
        services.listen();
        let function = Function::new(services.environment(&stage)).with_timeout(Duration::from_secs(8));
        let served = function.serve(vec![event()]);
        let error = served.outcomes[0].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
        assert!(error.contains("GenesysDataActionRole REFUTED"), "{error}");
        assert!(error.contains(&format!("{what}: no answer within")), "{error}");
        assert_eq!(error.matches("no answer").count(), 1, "{error}");
        assert_eq!(counts(&metric(&served)), [1, 1, 1, 1, 0, 0]);
        assert_eq!((services.messages().len(), services.findings().len()), (1, 1));
    }
}

#[test]
fn a_finding_that_is_not_taken_fails_the_invocation() {
    let (stage, services) = applied();
    let id = "rolecall/drift/s3://manifests/rolecall.toml";
    let failed =
        json!([{"Id": id, "ErrorCode": "InvalidAccess", "ErrorMessage": "the provider is not enabled"}]);
    let answer = json!({"FailedCount": 1, "SuccessCount": 0, "FailedFindings": failed});
    services.answers_findings(ResponseTemplate::new(200).set_body_json(answer));
    services.listen();
    let served = serve(&stage, &services, event());
    let error = served.outcomes[0].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
    for part in ["as it should be", id, "the provider is not enabled (InvalidAccess)"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}

#[test]
fn what_cannot_be_checked_does_not_look_like_a_role_that_is_right() {
    let (stage, services) = applied();
    services.listen();
    // The manifest is gone; then IAM gives nothing; then the manifest is wrong.
    let gone = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
    let gone = ResponseTemplate::new(404).set_body_raw(gone, "application/xml");
    services.mount(Mock::given(method("GET")).and(path("/manifests/gone.toml")).respond_with(gone));
    services.object("/manifests/wrong.toml", "version = 1\n[role]\nname = 3\n");
    let missing = serve(&stage, &services, about(&json!("s3://manifests/gone.toml")));
    let rule = FaultRule { operation: "iam:GetRole".to_owned(), skip: 0, times: None, fault: Fault::Deny };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let denied = serve(&stage, &services, event());
    let wrong = serve(&stage, &services, about(&json!("s3://manifests/wrong.toml")));
    for (served, exit) in [(&missing, 1), (&denied, 1), (&wrong, 2)] {
        let answer = served.outcomes[0].as_ref().unwrap();
        assert_eq!(answer["exit_code"], exit, "{answer:#}");
        assert_eq!(counts(&metric(served)), [1, 1, 0, 0, 0, 1]);
    }
    let findings = services.findings();
    for (finding, part) in
        findings.iter().zip(["The specified key does not exist", "iam:GetRole", "wrong.toml:3"])
    {
        assert_eq!(standing(finding), ["NOT_AVAILABLE", "ACTIVE", "MEDIUM"]);
        assert!(finding["Description"].as_str().unwrap().contains(part), "{finding:#}");
    }
    let subjects: Vec<String> = services.messages().into_iter().map(|[_, subject, _]| subject).collect();
    assert_eq!(
        subjects,
        [
            "rolecall drift: s3://manifests/gone.toml could not be checked",
            "rolecall drift: GenesysDataActionRole could not be checked",
            "rolecall drift: s3://manifests/wrong.toml has no valid manifest",
        ]
    );
}

#[test]
fn a_genesys_cloud_that_does_not_answer_is_told() {
    let (stage, services) = applied();
    services.listen();
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}}).to_string();
    services.object("/manifests/team/rolecall.toml", &(manifest(ONE_TARGET) + WITH_ACTION));
    services.object("/manifests/team/schemas/in.json", &schema);
    services.object("/manifests/common/out.json", &schema);
    let rule = FaultRule { operation: "genesys:*".to_owned(), skip: 0, times: None, fault: Fault::Deny };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let event = about(&json!("s3://manifests/team/rolecall.toml"));
    let served = Function::new(services.with_genesys(&stage)).serve(vec![event]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert_eq!(answer["exit_code"], 1, "{answer:#}");
    assert_eq!(counts(&metric(&served)), [1, 1, 0, 0, 0, 1]);
    assert_eq!(standing(&services.findings()[0]), ["NOT_AVAILABLE", "ACTIVE", "MEDIUM"]);
    assert_eq!(services.messages().len(), 1);
}

#[test]
fn credentials_of_the_function_that_are_refused_leave_the_role_undecided() {
    let (stage, services) = applied();
    services.listen();
    let access = stage.sandbox.genesys();
    let secret =
        json!({"client_id": access.client_id, "client_secret": "wrong", "base_url": access.base_url});
    let answer = ResponseTemplate::new(200).set_body_json(json!({"SecretString": secret.to_string()}));
    let read = header("x-amz-target", "secretsmanager.GetSecretValue");
    services.mount(Mock::given(method("POST")).and(read).respond_with(answer));
    let named = [
        ("GENESYS_CREDENTIALS_SECRET", "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-AbCdEf"),
        ("GENESYSCLOUD_REGION", "us-east-1"),
    ];
    let named = named.map(|(name, value)| (name, value.to_owned()));
    let environment = services.environment(&stage).into_iter().chain(named).collect();
    let served = Function::new(environment).serve(vec![event()]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert_eq!(answer["exit_code"], 5, "{answer:#}");
    assert_eq!(counts(&metric(&served)), [1, 1, 0, 0, 1, 0]);
    let finding = services.findings().remove(0);
    assert_eq!(standing(&finding), ["WARNING", "ACTIVE", "MEDIUM"]);
    let [_, subject, message] = services.messages().remove(0);
    assert_eq!(subject, "rolecall drift: GenesysDataActionRole undecided");
    for text in [finding["Description"].as_str().unwrap(), &message] {
        assert!(text.contains("organization_id was not compared"), "{text}");
    }
}

#[test]
fn a_check_that_does_not_end_is_told_before_the_function_does() {
    let (stage, services) = applied();
    services.listen();
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    services.mount(Mock::given(method("GET")).and(path("/manifests/slow.toml")).respond_with(slow));
    let function = Function::new(services.environment(&stage)).with_timeout(Duration::from_secs(6));
    let served = function.serve(vec![about(&json!("s3://manifests/slow.toml"))]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert!(answer["error"]["message"].as_str().unwrap().contains("not finished after"), "{answer:#}");
    assert_eq!(counts(&metric(&served)), [1, 1, 0, 0, 0, 1]);
    assert_eq!(services.messages().len(), 1);
    assert_eq!(standing(&services.findings()[0])[0], "NOT_AVAILABLE");
}

#[test]
fn several_manifests_are_one_report() {
    let (stage, services) = applied();
    services.listen();
    services.object("/manifests/other.toml", &manifest(ONE_TARGET).replace(ROLE, "OtherRole"));
    let both = json!([MANIFEST, "s3://manifests/other.toml?versionId=L4kq"]);
    let served = serve(&stage, &services, about(&both));
    let answer = served.outcomes[0].as_ref().unwrap();
    let roles: Vec<_> = answer["roles"].as_array().unwrap().iter().map(|role| &role["manifest"]).collect();
    assert_eq!(roles, ["s3://manifests/rolecall.toml", "s3://manifests/other.toml"]);
    assert_eq!(answer["exit_codes"], json!({"0": 1, "4": 1}), "{answer:#}");
    let line = metric(&served);
    assert_eq!((counts(&line), &line["DriftedRoles"]), ([2, 1, 1, 1, 0, 0], &json!(["OtherRole"])));
    let [_, subject, message] = services.messages().remove(0);
    assert_eq!(subject, "rolecall drift: 2 roles: 1 REFUTED, 1 as it should be");
    assert!(
        message.contains("| s3://manifests/other.toml | `arn:aws:iam::123456789012:role/OtherRole` |"),
        "{message}"
    );
    let findings = services.findings();
    assert_eq!(findings.iter().map(|finding| standing(finding)[0]).collect::<Vec<_>>(), ["PASSED", "FAILED"]);
    assert_eq!(findings[1]["Id"], "rolecall/drift/s3://manifests/other.toml");
    // As on the command line, one that cannot be read keeps the others from being checked, and each of them says so.
    let served = serve(&stage, &services, about(&json!([MANIFEST, "s3://manifests/gone.toml"])));
    assert_eq!(counts(&metric(&served)), [2, 2, 0, 0, 0, 2]);
    let findings = services.findings();
    assert!(findings[2..].iter().all(|finding| standing(finding)[0] == "NOT_AVAILABLE"), "{findings:#?}");
    assert_eq!(findings.len(), 4);
}

#[test]
fn a_list_of_requests_has_a_list_of_answers() {
    let (stage, services) = applied();
    let text = manifest(ONE_TARGET);
    let metrics = json!({"metrics": "Rolecall"});
    let served = serve(
        &stage,
        &services,
        json!([
            {"command": "drift", "manifest": text, "region": "us-east-1", "publish": metrics},
            {"command": "verify", "manifest": text, "level": "paper", "publish": metrics},
        ]),
    );
    let answers = served.outcomes[0].as_ref().unwrap();
    assert_eq!(
        answers.as_array().unwrap().iter().map(|it| &it["command"]).collect::<Vec<_>>(),
        ["drift", "verify"]
    );
    let lines: Vec<Value> = served.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| &line["Command"]).collect::<Vec<_>>(), ["drift", "verify"]);
    assert!(lines.iter().all(|line| counts(line) == [1, 0, 0, 0, 0, 0]), "{lines:#?}");
}

#[test]
fn all_is_right_is_told_where_that_is_asked_for() {
    let (stage, services) = applied();
    services.listen();
    let mut event = event();
    event["publish"] = json!({"topic": TOPIC, "topic_always": true});
    let served = serve(&stage, &services, event);
    assert_eq!(served.output, "");
    let [_, subject, message] = services.messages().remove(0);
    assert_eq!(subject, "rolecall drift: GenesysDataActionRole as it should be");
    assert!(
        message.starts_with(
            "## rolecall drift: AWS matches the manifest; every claim about the role is proved\n"
        ),
        "{message}"
    );
}

#[test]
fn what_is_wrong_with_a_request_is_known_before_anybody_is_asked() {
    let (stage, services) = applied();
    let calls = stage.calls().len();
    assert!(calls > 0);
    let mut wrong = vec![event(), event(), event(), event()];
    wrong[0]["publish"]["topic"] = json!("drift");
    wrong[1]["publish"]["everybody"] = json!(true);
    wrong[2]["region"] = json!("mars");
    wrong[3]["manifest"] = json!(["s3://manifests/rolecall.toml", "s3://manifests"]);
    // One that is wrong keeps the others of a list from being asked, too.
    wrong.push(json!([event(), {"command": "apply"}]));
    let served = Function::new(services.environment(&stage)).serve(wrong);
    for (outcome, part) in
        served.outcomes.iter().zip(["`drift`", "`everybody`", "mars", "`s3://manifests`", "`apply`"])
    {
        let error = outcome.as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert_eq!((services.received().len(), stage.calls().len(), served.output.as_str()), (0, 0, ""));
}
