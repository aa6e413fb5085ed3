//! The embedded Genesys Cloud, with the reference of its API as the expectation.

mod actions;
mod audits;
mod drafts;
mod execution;
mod integrations;
mod organization;
mod tamper;
mod terraform;
mod trouble;

use std::thread;
use std::time::Duration;

use rolecall::sandbox::{Genesys, Principal, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client, allow, trust};
use crate::genesys::keep;

const ROLE: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A sandbox and somebody with a token; at the end, what was said is held against the API's description.
struct Cloud {
    sandbox: Sandbox,
    http: Client,
    token: String,
}

/// What came back.
#[derive(Debug)]
struct Said {
    status: u16,
    headers: String,
    body: Value,
    text: String,
}

impl Said {
    #[track_caller]
    fn ok(self) -> Value {
        assert!(self.status < 300, "{self:?}");
        self.body
    }

    #[track_caller]
    fn fails(&self, status: u16, code: &str, message: &str) {
        let found = (self.status, self.body["code"].as_str().unwrap_or_default());
        assert!(
            found == (status, code) && self.body["message"].as_str().unwrap_or_default().contains(message),
            "{self:?}"
        );
        assert_eq!(self.header("inin-correlation-id"), self.body["contextId"].as_str());
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl From<Answer> for Said {
    fn from(answer: Answer) -> Self {
        let body = serde_json::from_str(&answer.body).unwrap_or_default();
        Self { status: answer.status, headers: answer.head, body, text: answer.body }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if !thread::panicking() {
            keep(&self.sandbox.exchanges());
        }
    }
}

impl Cloud {
    async fn new() -> Self {
        Self::on(Sandbox::start(SandboxOptions::default()).unwrap()).await
    }

    async fn on(sandbox: Sandbox) -> Self {
        let http = Client::new(&sandbox, Principal::Administrator);
        let mut cloud = Self { sandbox, http, token: String::new() };
        cloud.token = cloud
            .sign_in("Basic MTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1Om5vdC1hLXNlY3JldA==")
            .await
            .ok()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        cloud
    }

    async fn sign_in(&self, authorization: &str) -> Said {
        let headers =
            [("authorization", authorization), ("content-type", "application/x-www-form-urlencoded")];
        self.http.raw("POST", "/oauth/token", &headers, "grant_type=client_credentials").await.unwrap().into()
    }

    /// A call that is answered, one way or the other.
    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Said {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(body.map(|_| JSON));
        let text = body.map(Value::to_string).unwrap_or_default();
        self.http.raw(method, &format!("/api/v2/{path}"), &headers, &text).await.expect("an answer").into()
    }

    async fn get(&self, path: &str) -> Said {
        self.call("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Said {
        self.call("POST", path, Some(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Said {
        self.call("PUT", path, Some(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Said {
        self.call("PATCH", path, Some(&body)).await
    }

    async fn delete(&self, path: &str) -> Said {
        self.call("DELETE", path, None).await
    }

    /// The organization as it is now.
    fn organization(&self) -> Genesys {
        self.sandbox.state().genesys.clone()
    }

    async fn credential(&self, role: &str) -> String {
        let body = json!({"name": "orders", "type": {"name": "amazonWebServicesARN"}, "credentialFields": {"ARN": role}});
        id(&self.post("integrations/credentials", body).await.ok())
    }

    async fn integration(&self, name: &str) -> String {
        let body = json!({"name": name, "integrationType": {"id": "aws-lambda-data-actions"}});
        id(&self.post("integrations", body).await.ok())
    }

    /// An integration that is active, with the role in its credential.
    async fn connected(&self, role: &str) -> String {
        let (credential, integration) = (self.credential(role).await, self.integration("orders").await);
        let configuration = json!({"name": "orders", "version": 1, "properties": {}, "advanced": {}, "notes": "",
            "credentials": {"AmazonWebServicesARN": {"id": credential}}});
        self.put(&format!("integrations/{integration}/config/current"), configuration).await.ok();
        self.patch(&format!("integrations/{integration}"), json!({"intendedState": "ENABLED"})).await.ok();
        self.reaches(&integration, "ACTIVE").await;
        integration
    }

    async fn reaches(&self, integration: &str, state: &str) {
        for _ in 0..100 {
            let found = self.get(&format!("integrations/{integration}")).await.ok();
            if found["reportedState"]["code"] == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {state}");
    }

    /// The customer's role, made as rolecall makes it: trusted with this external ID, allowed these functions.
    async fn role(&self, external_id: &str, functions: &Value) {
        let document =
            trust(&json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::765628985471:root"},
            "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": external_id}}}]));
        let name = ("RoleName", "GenesysDataActionRole");
        self.http.iam("CreateRole", &[name, ("AssumeRolePolicyDocument", &document)]).await.ok();
        let policy = allow("lambda:InvokeFunction", functions);
        self.http
            .iam("PutRolePolicy", &[name, ("PolicyName", "invoke"), ("PolicyDocument", &policy)])
            .await
            .ok();
    }
}

fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

/// An action as it is sent.
fn action(integration: &str) -> Value {
    json!({
        "name": "Get order status",
        "category": "Orders",
        "integrationId": integration,
        "secure": false,
        "contract": {
            "input": {"inputSchema": {"title": "OrderRequest", "type": "object", "required": ["orderNumber"],
                "properties": {"orderNumber": {"type": "string"}, "lines": {"type": "integer"}},
                "additionalProperties": false}},
            "output": {"successSchema": {"title": "OrderResponse", "type": "object",
                "properties": {"orderStatus": {"type": "string"}}, "additionalProperties": true}},
        },
        "config": {
            "timeoutSeconds": 10,
            "request": {"requestUrlTemplate": FUNCTION, "requestType": "POST", "headers": {},
                "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
    })
}
