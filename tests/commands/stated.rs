//! What was stated must be met by a role of the file, and warnings have a verdict of their own: the same one by every way to it.

use std::collections::BTreeMap;

use rolecall::exit::ExitCode;
use rolecall::extract::{Kind, RoleDocuments, extract};
use rolecall::iam::lint::FailOn;
use rolecall::manifest::PartyName;
use rolecall::verify::gate::{Allowed, objections};
use rolecall::verify::live_organization::LiveOrganization;
use rolecall::verify::organization::OrganizationStanding;
use rolecall::verify::{Verification, decide, findings};
use rolecall_prove::ProveRequest;
use rolecall_prove::role_proof::RoleProof;
use rolecall_prove::stated::StatedIntent;
use rolecall_web::{Page, answer};
use serde_json::{Value, json};

use super::prove::{invoke, prove, trust};
use super::{EXTERNAL_ID, FUNCTION, PRINCIPAL, file, rolecall_reading};
use crate::scenarios::stage::Run;

const INTENT: [&str; 4] = ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID];

fn role(trust: &Value) -> Value {
    json!({ "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": trust } })
}

fn of_lambda() -> Value {
    role(&json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "lambda.amazonaws.com" } }] }))
}

fn prove_template(resources: &Value, arguments: &[&str]) -> Run {
    prove(&json!({ "Resources": resources }), arguments)
}

#[test]
fn roles_of_services_alone_are_no_answer_to_what_was_stated() {
    let two = json!({ "A": of_lambda(), "B": of_lambda() });
    prove_template(&two, &[]).expect(0);
    let text = prove_template(&two, &INTENT).expect(4).stdout;
    assert!(text.contains("refuted    a role of the file is for `arn:aws:iam::765628985471:root`"), "{text}");
    assert!(text.ends_with("2 roles: 2 proved\nResult: refuted\n"), "{text}");
    let answer = prove_template(&two, &[&INTENT[..], &["--output", "json"]].concat()).expect(4).json();
    assert_eq!((&answer["result"], &answer["roles"][0]["result"]), (&json!("refuted"), &json!("proved")));
    assert_eq!(answer["claims"][0]["result"], "refuted");
    for format in ["sarif", "junit", "github", "markdown"] {
        let run = prove_template(&two, &[&INTENT[..], &["--output", format]].concat()).expect(4);
        assert!(run.stdout.contains("a role of the file is for"), "{format}: {}", run.stdout);
    }
    // An external ID alone is stated, too; what sessions of service roles can do was not judged.
    prove_template(&two, &["--external-id", EXTERNAL_ID]).expect(4);
    prove_template(&two, &["--target", FUNCTION]).expect(5);
    prove_template(&two, &["--principal", "lambda.amazonaws.com"]).expect(0);
    // One role that is meant is enough.
    let mut meant = role(&trust());
    meant["Properties"]["Policies"] = json!([{ "PolicyName": "p", "PolicyDocument": invoke() }]);
    prove_template(&json!({ "A": of_lambda(), "Vendor": meant }), &INTENT).expect(0);
}

#[test]
fn warnings_beside_proved_claims_are_counted_and_fail_where_that_is_asked() {
    let document = std::fs::read_to_string(file("pitfalls/t16-tags-under-the-id.json")).unwrap();
    let prove =
        |arguments: &[&str]| rolecall_reading(&document, &[&["prove", "-"], &INTENT[..], arguments].concat());
    assert!(prove(&[]).expect(0).stdout.ends_with("Result: proved, with 1 warning\n"));
    assert_eq!(prove(&["--output", "json"]).expect(0).json()["result"], "proved");
    assert!(prove(&["--fail-on", "warning"]).expect(4).stdout.ends_with("Result: refuted\n"));
    assert_eq!(prove(&["--fail-on", "warning", "--output", "json"]).expect(4).json()["result"], "refuted");
}

/// The verdict on documents by `verify`, by `drift` where nothing differs, and by the gate of a plan.
fn by_other_ways(documents: &RoleDocuments, request: &ProveRequest) -> [ExitCode; 3] {
    let intent = request.intent_of(documents);
    let (claims, found) = (decide(documents, &intent), findings(documents, None, &intent, &[]));
    let objections = objections(&claims, &found, request.fail_on, &Allowed::default(), |_| true);
    let verification = Verification {
        party: PartyName::Genesys,
        fail_on: request.fail_on,
        claims,
        findings: found.into_iter().map(Into::into).collect(),
        probes: Vec::new(),
        twin: None,
        analyses: Vec::new(),
        actions: Vec::new(),
        organization: OrganizationStanding::default(),
        notes: Vec::new(),
    };
    let drift = ExitCode::of_drift(&verification, &[], &LiveOrganization::NotAsked);
    [verification.exit(), drift, ExitCode::of_objections(&objections)]
}

/// The verdict of the page in the browser, and the severities of its findings.
fn on_the_page(text: &str, is_stated: bool, fail_on: FailOn) -> (ExitCode, Vec<String>) {
    let stated = |value: &str| if is_stated { vec![value.to_owned()] } else { Vec::new() };
    let question = json!({
        "principals": stated(PRINCIPAL),
        "external_ids": stated(EXTERNAL_ID),
        "fail_on_warning": fail_on == FailOn::Warning,
    });
    match answer(format!("{question}\n{text}").into_bytes()) {
        Page::Decided(decided) => {
            let findings = decided.roles.into_iter().flat_map(|role| role.findings);
            (decided.result.into(), findings.map(|finding| finding.severity).collect())
        }
        page => panic!("{page:?}"),
    }
}

#[test]
fn every_way_to_a_verdict_leads_to_the_same() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/rolecall-iam/tests/corpus/policies.jsonl");
    let corpus = std::fs::read_to_string(corpus).unwrap();
    let lines = corpus.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut texts: Vec<String> =
        lines.map(|line| line["trust"].clone()).filter(Value::is_object).map(|it| it.to_string()).collect();
    for entry in std::fs::read_dir(file("pitfalls")).unwrap() {
        texts.push(std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let (mut compared, mut with_warnings) = (0, 0);
    for text in &texts {
        let Ok(extracted) = extract(text, &BTreeMap::new()) else { continue };
        let [documents] = extracted.roles.as_slice() else { continue };
        assert_eq!(extracted.kind, Kind::TrustPolicy, "{text}");
        for (is_stated, fail_on) in
            [false, true].into_iter().flat_map(|it| FailOn::ALL.map(|fail_on| (it, fail_on)))
        {
            let stated = StatedIntent {
                trusted: is_stated.then(|| PRINCIPAL.parse().unwrap()).into_iter().collect(),
                external_ids: is_stated.then(|| EXTERNAL_ID.parse().unwrap()).into_iter().collect(),
                ..StatedIntent::default()
            };
            let request = ProveRequest {
                name: String::new(),
                label: String::new(),
                text: text.clone(),
                role: None,
                parameters: BTreeMap::new(),
                plain_references: false,
                intent: stated.into(),
                fail_on,
            };
            let proof = request.prove(&extracted);
            // Without an intent, a role that only AWS services can assume is judged as that.
            if proof
                .roles
                .iter()
                .any(|role| role.notes.iter().any(|note| note.contains("trusts only the AWS")))
            {
                continue;
            }
            let prove = ExitCode::from(proof.outcome());
            assert_eq!(
                [prove; 3],
                by_other_ways(documents, &request),
                "{fail_on}, stated {is_stated}: {text}"
            );
            let severities = |role: &RoleProof| -> Vec<String> {
                role.findings.iter().map(|finding| finding.id.severity().to_string()).collect()
            };
            let found: Vec<String> = proof.roles.iter().flat_map(severities).collect();
            assert_eq!(
                (prove, found),
                on_the_page(text, is_stated, fail_on),
                "{fail_on}, stated {is_stated}: {text}"
            );
            compared += 1;
            with_warnings += usize::from(prove == ExitCode::Success && proof.warnings() > 0);
        }
    }
    assert!(compared > 300 && with_warnings > 5, "{compared} compared, {with_warnings} with warnings");
}
