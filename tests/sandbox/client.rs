//! A client that knows nothing but HTTP and Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rolecall::sandbox::{Credentials, Principal, Sandbox, SandboxOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A sandbox with the demonstration's state.
pub(super) fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).unwrap()
}

/// Somebody who calls.
pub(super) struct Client {
    host: String,
    pub(super) credentials: Credentials,
    pub(super) region: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Client {
    pub(super) fn new(sandbox: &Sandbox, principal: Principal) -> Self {
        Self::with(sandbox, principal.credentials())
    }

    pub(super) fn with(sandbox: &Sandbox, credentials: Credentials) -> Self {
        Self::at(&sandbox.endpoint_url(), credentials)
    }

    pub(super) fn at(url: &str, credentials: Credentials) -> Self {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        Self { host, credentials, region: "us-east-1".to_owned() }
    }

    /// A call to IAM.
    pub(super) async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("iam", "2010-05-08", action, parameters).await
    }

    /// A call to STS.
    pub(super) async fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query("sts", "2011-06-15", action, parameters).await
    }

    async fn query(&self, service: &str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let all = [("Action", action), ("Version", version)].into_iter().chain(parameters.iter().copied());
        let body = all.map(|(key, value)| format!("{key}={}", encode(value))).collect::<Vec<_>>().join("&");
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        self.send(service, "POST", "/", &form, &body).await
    }

    /// A call to Lambda; `path` begins after the API version.
    pub(super) async fn lambda(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send("lambda", method, &format!("/2015-03-31/{path}"), headers, body).await
    }

    /// Whether the caller may invoke: a dry run, with a qualifier or without.
    pub(super) async fn dry_run(&self, function: &str, qualifier: Option<&str>) -> Answer {
        let qualifier =
            qualifier.map(|it| format!("?Qualifier={}", it.replace('$', "%24"))).unwrap_or_default();
        let path = format!("functions/{function}/invocations{qualifier}");
        self.lambda("POST", &path, &[("x-amz-invocation-type", "DryRun")], "").await
    }

    /// Assumes a role of the customer's account.
    pub(super) async fn assume(&self, role: &str, session: &str, more: &[(&str, &str)]) -> Answer {
        let arn = format!("arn:aws:iam::123456789012:role/{role}");
        let mut parameters = vec![("RoleArn", arn.as_str()), ("RoleSessionName", session)];
        parameters.extend_from_slice(more);
        self.sts("AssumeRole", &parameters).await
    }

    pub(super) async fn send(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let Credentials { access_key_id, secret_access_key, session_token } = self.credentials.clone();
        let identity =
            SigningCredentials::new(access_key_id, secret_access_key, session_token, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let uri = format!("http://{}{path}", self.host);
        let signable =
            SignableRequest::new(method, uri, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))
                .unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(instructions.headers());
        self.raw(method, path, &all, body).await.expect("an answer")
    }

    /// Sends exactly this; none where the connection ends without an answer.
    pub(super) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Answer> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.host);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // A connection that broke still brought what it brought.
        let _ = stream.read_to_string(&mut answer).await;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }
}

impl Answer {
    /// The error code, in whichever shape the service writes it.
    pub(super) fn code(&self) -> String {
        let header = self.head.lines().find_map(|line| line.strip_prefix("x-amzn-errortype: "));
        let json = || {
            serde_json::from_str::<serde_json::Value>(&self.body)
                .ok()?
                .get("__type")?
                .as_str()
                .map(str::to_owned)
        };
        header.map(str::to_owned).or_else(|| self.element("Code")).or_else(json).unwrap_or_default()
    }

    /// The text of the first XML element of this name.
    pub(super) fn element(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.replace("&quot;", "\""))
    }

    /// A policy document that came back percent-encoded.
    pub(super) fn document(&self, name: &str) -> serde_json::Value {
        let text = self.element(name).expect("a document");
        serde_json::from_str(&percent_decode_str(&text).decode_utf8().unwrap()).unwrap()
    }

    /// The answer, which must be a success.
    #[track_caller]
    pub(super) fn ok(self) -> Self {
        assert!(self.status < 300, "{self:?}");
        self
    }

    /// Checks the status, the code, and part of the message.
    #[track_caller]
    pub(super) fn fails(&self, status: u16, code: &str, message: &str) {
        let text = self.body.replace("&quot;", "\"");
        assert!((self.status, self.code().as_str()) == (status, code) && text.contains(message), "{self:?}");
    }

    /// The credentials that AssumeRole issued.
    pub(super) fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.element("AccessKeyId").expect("credentials"),
            secret_access_key: self.element("SecretAccessKey").expect("credentials"),
            session_token: self.element("SessionToken"),
        }
    }
}

/// A trust policy with these statements.
pub(super) fn trust(statements: &serde_json::Value) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A policy that allows an action on resources.
pub(super) fn allow(action: &str, resources: &serde_json::Value) -> String {
    trust(&serde_json::json!([{"Effect": "Allow", "Action": action, "Resource": resources}]))
}
