//! A scheduled check that runs data actions: what they answer, and that one that could not be run is never fine.

use rolecall::sandbox::{State, Tamper};
use serde_json::{Value, json};

use super::services::Services;
use super::stage::Function;
use crate::stage::{ONE_TARGET, ROLE, Stage, manifest};

const ACTION: &str = "
[[action]]
name = \"Get order\"
category = \"Orders\"
target = \"my-genesys-trigger-function\"
input_schema = \"in.json\"
output_schema = \"out.json\"
";

fn event(actions: &Value) -> Value {
    json!({
        "command": "drift", "manifest": "s3://manifests/rolecall.toml", "region": "us-east-1", "actions": actions,
        "publish": {"metrics": "Rolecall"},
    })
}

fn applied() -> (Stage, Services) {
    let text = manifest(ONE_TARGET) + ACTION;
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}}).to_string();
    let stage = Stage::with(&text, State::demo());
    let services = Services::new();
    services.object("/manifests/rolecall.toml", &text);
    for name in ["in.json", "out.json"] {
        stage.write(name, &schema);
        services.object(&format!("/manifests/{name}"), &schema);
    }
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    (stage, services)
}

/// The answer to a check with these actions, and its metrics.
fn checked(stage: &Stage, services: &Services, actions: &Value) -> (Value, Value) {
    let mut served = Function::new(services.with_genesys(stage)).serve(vec![event(actions)]);
    let metric = serde_json::from_str(served.output.trim_end()).unwrap();
    (served.outcomes.remove(0).unwrap(), metric)
}

#[test]
fn named_actions_are_run_and_counted() {
    let (stage, services) = applied();
    let named = json!([{"name": "Get order", "input": {"id": "4711"}}]);
    let (answer, metric) = checked(&stage, &services, &named);
    let test = &answer["verification"]["actions"][0];
    assert_eq!((&answer["exit_code"], &test["outcome"]), (&json!(0), &json!("succeeded")), "{answer:#}");
    assert_eq!(test["result"]["event"], json!({"id": "4711"}));
    assert_eq!(
        (&metric["Actions"], &metric["ActionsFailed"], &metric["Wrong"]),
        (&json!(1), &json!(0), &json!(0))
    );
    // Without any, nothing is run, and there is no such metric.
    let (answer, metric) = checked(&stage, &services, &json!([]));
    assert_eq!((&answer["verification"]["actions"], metric.get("Actions")), (&Value::Null, None));
}

#[test]
fn what_fails_or_cannot_be_run_is_never_fine() {
    let (stage, services) = applied();
    let (answer, metric) =
        checked(&stage, &services, &json!([{"name": "Get order"}, {"name": "Get nothing"}]));
    assert_eq!(answer["exit_code"], 4);
    assert_eq!(answer["verification"]["actions"][1]["outcome"], "missing");
    assert_eq!(
        (&metric["Actions"], &metric["ActionsFailed"], &metric["Wrong"]),
        (&json!(2), &json!(1), &json!(1))
    );
    stage.sandbox.change(|state| Tamper::FunctionDeleted.apply(state, ROLE)).unwrap().unwrap();
    let (answer, metric) = checked(&stage, &services, &json!([{"name": "Get order"}]));
    assert_eq!((&answer["exit_code"], &metric["ActionsFailed"]), (&json!(4), &json!(1)), "{answer:#}");
    assert_eq!(answer["verification"]["actions"][0]["outcome"], "failed");
}

#[test]
fn a_request_is_checked_first() {
    let (stage, services) = applied();
    for (manifest, actions, part) in [
        (
            json!(["version = 1", "s3://manifests/rolecall.toml"]),
            json!([{"name": "Get order"}]),
            "for one manifest",
        ),
        (json!("s3://manifests/rolecall.toml"), json!([{"input": {}}]), "missing field `name`"),
        (json!("s3://manifests/rolecall.toml"), json!([{"name": "a", "inputs": {}}]), "`inputs`"),
    ] {
        let event = json!({"command": "drift", "manifest": manifest, "actions": actions});
        let served = Function::new(services.with_genesys(&stage)).serve(vec![event]);
        let error = served.outcomes[0].as_ref().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
