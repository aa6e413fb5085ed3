//! The Genesys Cloud side: from an empty organization to a tested action, what goes wrong with it, and back to nothing.

mod audit;
mod before;
mod changes;
mod credentials;
mod exported;
mod headers;
mod in_flight;
mod interrupted;
mod managed;
mod metrics;
mod observe;
mod owners;
mod permissions;
mod rendered;
mod repairs;
mod rewritten;
mod secrets;
mod setup;
mod used;
mod web_services;

use rolecall::sandbox::{State, Tamper};
use serde_json::{Value, json};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

const ACTION: &str = "Get order status";

pub(crate) const TEST: [&str; 5] = ["genesys", "action", "test", ACTION, "--yes"];

fn with_action() -> String {
    format!(
        "{}\n[[action]]\nname = \"{ACTION}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"schemas/request.json\"\noutput_schema = \"schemas/response.json\"\ntimeout_seconds = 10\n\
         test_input = \"input.json\"\n",
        manifest(ONE_TARGET)
    )
}

fn request(properties: &[&str]) -> String {
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "properties": properties}).to_string()
}

/// A stage whose manifest has an action, with its files.
fn stage() -> Stage {
    stage_with(&with_action(), State::demo())
}

fn stage_with(manifest: &str, state: State) -> Stage {
    let stage = Stage::with(manifest, state);
    stage.write("schemas/request.json", &request(&["orderNumber"]));
    stage.write(
        "schemas/response.json",
        r#"{"type": "object", "properties": {"status": {"type": "string"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": "4711"}"#);
    stage
}

/// The same, with everything applied.
pub(crate) fn applied() -> Stage {
    let stage = stage();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn change(stage: &Stage, change: impl FnOnce(&mut State)) {
    stage.sandbox.change(change).unwrap();
}

fn tamper(stage: &Stage, kind: Tamper) {
    stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
}

/// The writes to Genesys Cloud since the log was last cleared.
fn writes(stage: &Stage) -> Vec<String> {
    let calls = stage.calls().into_iter();
    calls.filter(|call| call.service == "genesys" && call.write).map(|call| call.action).collect()
}

/// The IDs of the published actions.
fn published(stage: &Stage) -> Vec<String> {
    let state = stage.sandbox.state();
    state.genesys.actions.iter().filter(|(_, it)| it.published.is_some()).map(|(id, _)| id.clone()).collect()
}
