//! An answer with a status of success says so in its service's own form. The SDK reads no body where an operation returns
//! nothing, and takes an empty one for an answer without fields: to it, a login page is a policy that was detached.
//!
//! Deliberately absent: what a good answer holds; that the SDK reads.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Map, Value};

/// HTTP's "No Content".
const NO_CONTENT: u16 = 204;

/// The form of a service's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// XML whose element is named after the operation: AWS's query protocol.
    Query,
    /// A JSON object.
    Json,
    /// A map in CBOR (Smithy RPC v2).
    Cbor,
    /// Whatever was stored or returned by others: an object of S3, the answer of a function.
    Payload,
}

/// The form that this operation is answered in, by the protocol in the service's model.
fn form(service: &str, operation: &str) -> Form {
    match (service, operation) {
        ("IAM" | "STS" | "SNS", _) => Form::Query,
        ("S3", _) | ("Lambda", "Invoke") => Form::Payload,
        ("CloudWatch", _) => Form::Cbor,
        _ => Form::Json,
    }
}

/// The answer to an operation is in no form of its service's.
#[derive(Debug, thiserror::Error)]
#[error("the answer is in no form of {service}'s")]
pub(super) struct NotAnAnswer {
    service: String,
}

/// Refuses a success that no service of AWS's reported.
pub(super) fn check(
    context: &AfterDeserializationInterceptorContextRef<'_>,
    bag: &ConfigBag,
) -> Result<(), BoxError> {
    let (Ok(_), Some(metadata)) = (context.output_or_error(), bag.load::<Metadata>()) else {
        return Ok(());
    };
    let response = context.response();
    let body = response.body().bytes().unwrap_or_default();
    let is_one = match form(metadata.service(), metadata.name()) {
        Form::Query => is_query_answer(body, metadata.name()),
        Form::Json if response.status().as_u16() == NO_CONTENT => body.is_empty(),
        Form::Json => serde_json::from_slice::<Map<String, Value>>(body).is_ok(),
        Form::Cbor => is_cbor_map(body),
        Form::Payload => true,
    };
    if is_one { Ok(()) } else { Err(NotAnAnswer { service: metadata.service().to_owned() }.into()) }
}

/// Whether a map begins here (RFC 8949, major type 5). No text does: the byte is no character of ASCII.
fn is_cbor_map(body: &[u8]) -> bool {
    body.first().is_some_and(|first| first >> 5 == 5)
}

/// Whether an XML document that was sent whole ends here: `<DetachRolePolicyResponse …>…</DetachRolePolicyResponse>`.
fn is_query_answer(body: &[u8], operation: &str) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let text = text.trim();
    text.starts_with('<')
        && text.contains(&format!("<{operation}Response"))
        && text.ends_with(&format!("</{operation}Response>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_form() {
        assert_eq!(form("IAM", "DetachRolePolicy"), Form::Query);
        assert_eq!(form("Lambda", "GetFunctionConfiguration"), Form::Json);
        assert_eq!(form("Lambda", "Invoke"), Form::Payload);
        assert_eq!(form("S3", "GetObject"), Form::Payload);
        assert_eq!(form("CloudWatch", "GetMetricData"), Form::Cbor);
        assert_eq!(form("Secrets Manager", "GetSecretValue"), Form::Json);
    }

    #[test]
    fn a_map_of_cbor_is_no_text() {
        assert!(is_cbor_map(&[0xa0]) && is_cbor_map(&[0xbf, 0xff]));
        for body in [&b""[..], b"{}", b"<html>", &[0x80]] {
            assert!(!is_cbor_map(body), "{body:?}");
        }
    }

    #[test]
    fn a_page_half_an_answer_and_another_operation_s_are_no_answers() {
        let whole = "<DetachRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata>\
                     <RequestId>1</RequestId></ResponseMetadata></DetachRolePolicyResponse>";
        assert!(is_query_answer(whole.as_bytes(), "DetachRolePolicy"));
        assert!(is_query_answer(
            format!("<?xml version=\"1.0\"?>\n{whole}\n").as_bytes(),
            "DetachRolePolicy"
        ));
        let half = whole.get(..60).unwrap();
        for body in ["", "{<", "{}", "<html></html>", half] {
            assert!(!is_query_answer(body.as_bytes(), "DetachRolePolicy"), "{body}");
        }
        assert!(!is_query_answer(whole.as_bytes(), "DeleteRole"));
        assert!(!is_query_answer(&[0xff, 0xfe], "DeleteRole"));
    }
}
