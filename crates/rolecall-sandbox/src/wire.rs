//! Requests and answers as they travel, before any service has looked at them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use minicbor::Encoder;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::service::Service;
use super::xml;

/// One HTTP request, read whole.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: String,
    /// As sent, still percent-encoded.
    pub(super) path: String,
    /// As sent, without the question mark.
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The parts of the path, decoded.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }

    /// The parameters of the query string and, for a form, of the body.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = form(&self.query);
        if self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        {
            parameters.extend(form(&String::from_utf8_lossy(&self.body)));
        }
        parameters
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (field(key), field(value)))
        .collect()
}

fn field(text: &str) -> String {
    decode(&text.replace('+', " "))
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn json(status: u16, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default().into();
        Self { status, headers: vec![("content-type", "application/json".to_owned())], body }
    }

    /// An answer of the services that speak XML.
    pub(super) fn xml(status: u16, body: String) -> Self {
        Self { status, headers: vec![("content-type", "text/xml".to_owned())], body: body.into() }
    }

    /// An answer of the services that speak CBOR.
    pub(super) fn cbor(status: u16, body: Vec<u8>) -> Self {
        let header = |name, value: &str| (name, value.to_owned());
        let headers =
            vec![header("content-type", "application/cbor"), header("smithy-protocol", "rpc-v2-cbor")];
        Self { status, headers, body: body.into() }
    }

    /// What a proxy between client and service answers in the service's place.
    pub(super) fn proxy_page() -> Self {
        let body =
            Bytes::from_static(b"<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>");
        Self { status: 200, headers: vec![("content-type", "text/html".to_owned())], body }
    }

    /// Half an answer, whichever language it began in.
    pub(super) fn unreadable() -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status: 200, headers, body: Bytes::from_static(b"{<") }
    }

    /// No body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// An error in the shape of the service's protocol.
    pub(super) fn error(service: Service, error: &ApiError, request_id: &str) -> Self {
        let kind = if error.status < 500 { "Sender" } else { "Receiver" };
        match service {
            Service::Iam | Service::Sts => {
                let body = format!(
                    "<ErrorResponse xmlns=\"{}\"><Error><Type>{kind}</Type><Code>{}</Code>\
                     <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                    xml::namespace(service),
                    xml::escape(&error.code),
                    xml::escape(&error.message),
                );
                Self::xml(error.status, body)
            }
            Service::Lambda | Service::AccessAnalyzer => {
                let kind = if error.status < 500 { "User" } else { "Service" };
                let mut reply =
                    Self::json(error.status, &serde_json::json!({"Type": kind, "Message": error.message}));
                reply.headers.push(("x-amzn-errortype", error.code.to_string()));
                reply
            }
            Service::SecretsManager | Service::Ssm | Service::Organizations => {
                let mut reply = Self::json(
                    error.status,
                    &serde_json::json!({"__type": error.code, "Message": error.message}),
                );
                reply.headers = vec![("content-type", "application/x-amz-json-1.1".to_owned())];
                reply
            }
            Service::CloudWatch => {
                let mut reply = Self::cbor(error.status, cbor_error(error));
                // For SDKs that know the names of the query protocol.
                reply.headers.push(("x-amzn-query-error", format!("{};{kind}", error.code)));
                reply
            }
        }
    }
}

/// The body of an error in CBOR.
fn cbor_error(error: &ApiError) -> Vec<u8> {
    let mut body = Vec::new();
    let mut encoder = Encoder::new(&mut body);
    let written = encoder
        .map(2)
        .and_then(|it| it.str("__type"))
        .and_then(|it| it.str(&error.code))
        .and_then(|it| it.str("message"))
        .and_then(|it| it.str(&error.message));
    // Writing to a vector does not fail.
    let _ = written;
    body
}

/// An error as AWS names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into() }
    }

    /// A parameter that does not satisfy the service's model.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// What AWS can do and the sandbox cannot: said aloud, never guessed. The status is one that no SDK tries again.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::new(501, "SandboxUnsupported", format!("the sandbox does not support {what}"))
    }
}
