//! The AWS services that the sandbox does not play, one server for all of them.

use tokio::runtime::Runtime;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::scenarios::stage::Stage;

/// The variables that lead there.
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_SECURITYHUB",
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

    pub(super) fn mount(&self, mock: Mock) {
        self.runtime.block_on(mock.mount(&self.server));
    }

    /// Puts an object into S3; the bucket is the first part of the path, as for any host that is an address.
    pub(super) fn object(&self, place: &str, text: &str) {
        let answer = ResponseTemplate::new(200).set_body_string(text);
        self.mount(Mock::given(method("GET")).and(path(place)).respond_with(answer));
    }

    pub(super) fn received(&self) -> Vec<Request> {
        self.runtime.block_on(self.server.received_requests()).unwrap()
    }
}
