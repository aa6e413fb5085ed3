//! The life of a stack's resources: the events that CloudFormation sends, each made of the answers before it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stage::{Event, Function, Served};
use crate::stage::{EXTERNAL_ID, ROLE, Stage};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
pub(super) const STACK: &str = "arn:aws:cloudformation:us-east-1:123456789012:stack/contact-centre/1";

/// A life, event by event. `${2}` stands for the physical ID that the third event got.
pub(super) struct Life {
    pub(super) stage: Arc<Stage>,
    pub(super) function: Function,
    pub(super) events: Vec<Event>,
}

impl Life {
    pub(super) fn new() -> Self {
        Self::on(Stage::new())
    }

    pub(super) fn on(stage: Stage) -> Self {
        let environment =
            stage.environment().into_iter().chain(stage.sandbox.genesys_environment()).collect();
        Self::with(stage, environment)
    }

    /// With the function in that environment.
    pub(super) fn with(stage: Stage, environment: Vec<(&'static str, String)>) -> Self {
        Self { stage: Arc::new(stage), function: Function::new(environment), events: Vec::new() }
    }

    pub(super) fn ask(
        &mut self,
        kind: &str,
        change: &str,
        physical: &str,
        properties: &Value,
        old: &Value,
    ) -> &mut Self {
        self.ask_after(|_| {}, kind, change, physical, properties, old)
    }

    /// The same, after something else has happened.
    pub(super) fn ask_after(
        &mut self,
        happens: impl FnOnce(&Arc<Stage>) + Send + 'static,
        kind: &str,
        change: &str,
        physical: &str,
        properties: &Value,
        old: &Value,
    ) -> &mut Self {
        let mut event = json!({
            "RequestType": change, "ResponseURL": self.function.response_url(), "StackId": STACK,
            "RequestId": format!("request-{}", self.events.len()), "ResourceType": format!("Custom::Genesys{kind}"),
            "LogicalResourceId": kind, "ResourceProperties": properties,
        });
        if change != "Create" {
            event["PhysicalResourceId"] = json!(physical);
        }
        if change == "Update" {
            event["OldResourceProperties"] = old.clone();
        }
        let stage = Arc::clone(&self.stage);
        self.events.push(Box::new(move |answers| {
            happens(&stage);
            let fill = |text: String, (index, answer): (usize, &Value)| {
                text.replace(&format!("${{{index}}}"), answer["PhysicalResourceId"].as_str().unwrap())
            };
            let text = answers.iter().enumerate().fold(event.to_string(), fill);
            serde_json::from_str(&text).unwrap()
        }));
        self
    }

    pub(super) fn create(&mut self, kind: &str, properties: &Value) -> &mut Self {
        self.ask(kind, "Create", "", properties, &Value::Null)
    }

    pub(super) fn update(
        &mut self,
        kind: &str,
        physical: &str,
        properties: &Value,
        old: &Value,
    ) -> &mut Self {
        self.ask(kind, "Update", physical, properties, old)
    }

    pub(super) fn delete(&mut self, kind: &str, physical: &str, properties: &Value) -> &mut Self {
        self.ask(kind, "Delete", physical, properties, &Value::Null)
    }

    pub(super) fn live(self) -> (Arc<Stage>, Served) {
        let Self { stage, function, events } = self;
        let served = function.serve_life(Vec::new(), events);
        for text in [&served.log, &format!("{:?}", served.answers)] {
            for (_, secret) in
                stage.sandbox.genesys_environment().into_iter().filter(|(name, _)| name.contains("SECRET"))
            {
                assert!(!text.contains(&secret), "{text}");
            }
            assert!(!text.contains("access_token"), "{text}");
        }
        (stage, served)
    }
}

pub(super) const INTEGRATION: &str = "Integration";
pub(super) const ACTION: &str = "DataAction";

pub(super) fn integration() -> Value {
    json!({
        "ServiceToken": "arn", "ServiceTimeout": "300", "Name": "Orders", "OrganizationId": EXTERNAL_ID,
        "RoleArn": format!("arn:aws:iam::123456789012:role/{ROLE}"), "Notes": "Ask us.",
    })
}

/// With everything as text, as CloudFormation sends it.
pub(super) fn action() -> Value {
    json!({
        "ServiceToken": "arn", "IntegrationId": "${0}", "Category": "Orders", "Name": "Get order status",
        "FunctionArn": FUNCTION,
        "Definition": {
            "secure": "false",
            "config": {"timeoutSeconds": "10"},
            "contract": {
                "input": {"inputSchema": {"type": "object", "additionalProperties": "false", "properties": {
                    "orderNumber": {"type": "string", "maxLength": "20"},
                }}},
                "output": {"successSchema": {"type": "object", "properties": {"status": {"type": "string"}}}},
            },
        },
    })
}

pub(super) fn with(mut properties: Value, pointer: &str, value: Value) -> Value {
    *properties.pointer_mut(pointer).unwrap() = value;
    properties
}

pub(super) fn slower(seconds: &str) -> Value {
    with(action(), "/Definition/config/timeoutSeconds", json!(seconds))
}

pub(super) fn other_contract() -> Value {
    with(action(), "/Definition/contract/output/successSchema/properties/status/type", json!("integer"))
}

#[track_caller]
pub(super) fn id(answer: &Value) -> &str {
    assert_eq!(answer["Status"], "SUCCESS", "{answer:#}");
    answer["PhysicalResourceId"].as_str().unwrap()
}

#[track_caller]
pub(super) fn reason(answer: &Value) -> &str {
    assert_eq!(answer["Status"], "FAILED", "{answer:#}");
    answer["Reason"].as_str().unwrap()
}

pub(super) fn actions(stage: &Stage) -> Vec<String> {
    stage.sandbox.state().genesys.actions.keys().cloned().collect()
}

pub(super) fn is_empty(stage: &Stage) -> bool {
    let genesys = &stage.sandbox.state().genesys;
    let own = genesys.integrations.values().any(|it| it.configuration.name == "Orders");
    genesys.actions.is_empty() && genesys.credentials.is_empty() && !own
}
