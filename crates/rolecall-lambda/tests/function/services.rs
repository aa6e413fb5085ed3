//! The AWS services that the sandbox does not play, one server for all of them.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::stage::Stage;

/// The variables that lead there.
const ENDPOINTS: [&str; 6] = [
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_SECURITYHUB",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
];

pub(super) struct Services {
    runtime: Runtime,
    server: MockServer,
}

impl Services {
    pub(super) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(MockServer::start());
        Self { runtime, server }
    }

    /// What the function runs with: the stage's AWS, and these services beside it.
    pub(super) fn environment(&self, stage: &Stage) -> Vec<(&'static str, String)> {
        let endpoints = ENDPOINTS.map(|name| (name, self.server.uri()));
        stage.environment().into_iter().chain(endpoints).collect()
    }

    /// The same, with an OAuth client of the stage's Genesys Cloud.
    pub(super) fn with_genesys(&self, stage: &Stage) -> Vec<(&'static str, String)> {
        self.environment(stage).into_iter().chain(stage.sandbox.genesys_environment()).collect()
    }

    pub(super) fn mount(&self, mock: Mock) {
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// Puts an object into S3; the bucket is the first part of the path, as for any host that is an address.
    pub(super) fn object(&self, place: &str, text: &str) {
        let answer = ResponseTemplate::new(200).set_body_string(text);
        self.mount(Mock::given(method("GET")).and(path(place)).respond_with(answer));
    }

    /// SNS takes messages, and Security Hub findings.
    pub(super) fn listen(&self) {
        let published = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                         <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>";
        self.answers_message(ResponseTemplate::new(200).set_body_raw(published, "text/xml"));
        let imported = json!({"FailedCount": 0, "SuccessCount": 1, "FailedFindings": []});
        self.answers_findings(ResponseTemplate::new(200).set_body_json(imported));
        // It has none of earlier checks, unless the test said so before.
        let known = ResponseTemplate::new(200).set_body_json(json!({"Findings": []}));
        self.mount(Mock::given(method("POST")).and(path("/findings")).respond_with(known));
    }

    /// What SNS says; the first answer counts.
    pub(super) fn answers_message(&self, answer: ResponseTemplate) {
        let publish = body_string_contains("Action=Publish");
        self.mount(Mock::given(method("POST")).and(path("/")).and(publish).respond_with(answer));
    }

    /// What Security Hub says; the first answer counts.
    pub(super) fn answers_findings(&self, answer: ResponseTemplate) {
        self.mount(Mock::given(method("POST")).and(path("/findings/import")).respond_with(answer));
    }

    /// The messages: topic, subject and text.
    pub(super) fn messages(&self) -> Vec<[String; 3]> {
        let requests = self.received().into_iter();
        let forms = requests.filter_map(|Request { body, mut url, .. }| {
            url.set_query(Some(std::str::from_utf8(&body).ok()?));
            let form: HashMap<String, String> = url.query_pairs().into_owned().collect();
            Some(["TopicArn", "Subject", "Message"].map(|key| form.get(key).cloned()))
        });
        forms.filter_map(|[topic, subject, message]| Some([topic?, subject?, message?])).collect()
    }

    /// The findings, of all batches.
    pub(super) fn findings(&self) -> Vec<Value> {
        let requests = self.received().into_iter().filter(|request| request.url.path() == "/findings/import");
        requests
            .flat_map(|request| {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                body["Findings"].as_array().unwrap().clone()
            })
            .collect()
    }

    pub(super) fn received(&self) -> Vec<Request> {
        self.runtime.block_on(self.server.received_requests()).unwrap()
    }
}
