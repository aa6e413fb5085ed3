//! `verify --explain`: the reasons in full, in the words of `simulate --explain`; with `-v`, where AWS can be asked.

use rolecall::sandbox::Tamper;
use serde_json::{Value, json};

use super::stage::{EXTERNAL_ID, ROLE, Stage};
use super::twin::{TWIN, applied};

fn tampered(kind: Tamper) -> Stage {
    let stage = applied();
    stage.tamper(kind);
    stage
}

fn refuted<'r>(report: &'r Value, claim: &str) -> &'r Value {
    let verification = &report["verification"];
    let rows = verification["table"].as_array().unwrap();
    let place = rows.iter().position(|row| row["id"] == claim && row["paper"] == "refuted").unwrap();
    &verification["claims"][place]
}

#[test]
fn a_broken_claim_is_explained_as_simulate_explains_its_witness() {
    let stage = tampered(Tamper::ExtraInlinePolicy);
    let verify = ["verify", "--level", "paper", "--output", "json"];
    let report = stage.run(&[&verify[..], &["--explain"]].concat()).expect(4).json();
    let claim = refuted(&report, "only-targets");
    let mut request = claim["witness"].clone();
    request.as_object_mut().unwrap().remove("sentence");
    let invoke = stage.run(&["render", "invoke", "--account", "123456789012", "--region", "us-east-1"]);
    let role =
        stage.sandbox.state().accounts["123456789012"].roles.values().find(|it| it.name == ROLE).cloned();
    let inline = role.unwrap().permissions.inline.into_values();
    let inline = inline.map(|document| serde_json::from_str(&document).unwrap());
    let policies: Vec<Value> = std::iter::once(invoke.expect(0).json()).chain(inline).collect();
    let case = json!([{"name": "witness", "request": request, "identityPolicies": policies,
        "expected": {"response": "Allowed"}}]);
    stage.write("cases.json", &case.to_string());
    let simulated = stage.run(&["simulate", "cases.json", "--explain", "--output", "json"]).expect(0).json();
    assert_eq!(claim["explanation"], simulated[0]["explanation"]);
    // Only where it is asked for.
    let brief = stage.run(&verify).expect(4).json();
    assert!(!brief.to_string().contains("explanation"), "{brief}");
}

#[test]
fn a_probe_is_explained_by_the_condition_that_failed() {
    applied().run(&["verify", "--explain"]).expect(0).says("the request does not have this key");
    let stage = tampered(Tamper::TrustNoCondition);
    let run = stage.run(&["verify", "--explain"]).expect(4);
    let (claims, probes) = run.stdout.split_once("Proved on the role's side").unwrap();
    assert!(claims.contains("✓ statement 1 (Allow) matches"), "{claims}");
    assert!(probes.contains("✓ statement 1 (Allow) matches"), "{probes}");
}

/// The twin is a copy; what is explained is the role, to Genesys Cloud.
#[test]
fn a_twins_probe_is_explained_by_the_role_in_the_eyes_of_genesys_cloud() {
    let stage = applied();
    let report = stage.run(&[&TWIN[..], &["--explain", "--output", "json"]].concat()).expect(0).json();
    let probes = report["verification"]["twin"]["probes"].as_array().unwrap();
    let explained = |probe: &&Value| probe["explanation"].is_string();
    assert_eq!(probes.iter().filter(explained).count(), probes.len() - 1, "all but sts:GetCallerIdentity");
    let without =
        probes.iter().find(|probe| probe["probe"] == "sts:AssumeRole without an external ID").unwrap();
    let explanation = without["explanation"].as_str().unwrap();
    assert!(
        explanation.starts_with("✗ ImplicitlyDenied: `arn:aws:iam::765628985471:role/anybody` may not"),
        "{explanation}"
    );
    assert!(explanation.contains(&format!("arn:aws:iam::123456789012:role/{ROLE}`")), "{explanation}");
    let condition = format!("✗ sts:ExternalId must be `{EXTERNAL_ID}`; the request does not have this key");
    assert!(explanation.contains(&condition), "{explanation}");
}

#[test]
fn with_v_every_answer_comes_with_its_evidence() {
    let stage = applied();
    let count = |arguments: &[&str]| {
        let run = stage.run(&[&TWIN[..], arguments].concat()).expect(0);
        run.stdout.lines().filter(|line| line.trim_start().starts_with("asked ")).count()
    };
    assert_eq!(count(&[]), 0, "all is well");
    let report = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(0).json();
    let verification = &report["verification"];
    let answers = [&verification["probes"], &verification["twin"]["probes"], &verification["analyses"]];
    let answers: usize = answers.iter().map(|answers| answers.as_array().unwrap().len()).sum();
    assert_eq!(count(&["-v"]), answers);
    // The table rests on the same evidence, the twin's included.
    let rows = verification["table"].as_array().unwrap();
    let genesys = rows.iter().find(|row| row["claim"].as_str().unwrap().contains("765628985471")).unwrap();
    assert_eq!(genesys["live"]["shows"], "confirms", "{genesys}");
    for key in ["request_id", "time", "principal"] {
        assert!(genesys["live"]["evidence"][0][key].is_string(), "{genesys}");
    }
}
