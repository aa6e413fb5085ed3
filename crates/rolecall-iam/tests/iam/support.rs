//! Words for the tables: documents and requests in short.

#![expect(clippy::needless_pass_by_value, reason = "rows of tables are written in place")]

use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Decision, Evaluation, Layers, Request, evaluate, evaluate_trust};
use serde_json::{Value, json};

/// The account that owns the role.
pub(crate) const CUSTOMER: &str = "111122223333";
/// The account that is to assume the role.
pub(crate) const VENDOR: &str = "765628985471";
/// Somebody else's account.
pub(crate) const STRANGER: &str = "999988887777";
/// The role.
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/DataActions";
/// A caller in the vendor's account.
pub(crate) const VENDOR_ROLE: &str = "arn:aws:iam::765628985471:role/platform";

pub(crate) fn document(value: Value) -> Document {
    Document::from_value(&value).unwrap_or_else(|errors| panic!("{errors}: {value}"))
}

/// A document of version 2012-10-17 with these statements.
pub(crate) fn policy(statements: Value) -> Document {
    document(json!({ "Version": "2012-10-17", "Statement": statements }))
}

pub(crate) fn allow_all() -> Document {
    policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]))
}

/// A trust policy that allows `sts:AssumeRole` to these principals.
pub(crate) fn trust(principal: Value) -> Document {
    policy(json!([{ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }]))
}

pub(crate) fn request(principal: &str, action: &str, resource: &str) -> Request {
    Request {
        principal: principal.parse().unwrap_or_else(|error| panic!("{error}")),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: None,
        context: Default::default(),
    }
}

pub(crate) fn assume(principal: &str) -> Request {
    request(principal, "sts:AssumeRole", ROLE)
}

/// The same request with more context: each value is a string or a list of strings.
pub(crate) fn with_context(mut request: Request, context: Value) -> Request {
    for (key, value) in context.as_object().expect("the context is an object") {
        match value {
            Value::String(text) => request.context.set(key.as_str(), text.as_str()),
            Value::Array(items) => {
                let items: Vec<String> =
                    items.iter().map(|item| item.as_str().expect("a string").to_owned()).collect();
                request.context.set(key.as_str(), items);
            }
            other => panic!("not a context value: {other}"),
        }
    }
    request
}

pub(crate) fn trust_side(request: &Request, trust: &Document) -> Decision {
    evaluate_trust(request, trust).decision
}

/// The answer where identity policies are all there is.
pub(crate) fn by_identity(request: &Request, identity: &Document) -> Evaluation {
    evaluate(request, &Layers { identity: vec![identity], ..Layers::default() })
}

/// Every comparison of the guide.
pub(crate) const OPERATORS: [&str; 26] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];
