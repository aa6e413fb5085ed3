//! Trust policies between two others: what both have in common, and one that lets nobody in.

use serde_json::{Map, Value, json};

use crate::iam::arn::RoleArn;
use crate::iam::document::Document;
use crate::iam::prove::proves_trust_within;
use rolecall_model::stored::StoredDocument;

/// Whether whoever all of `these` let in, `other` lets in too: proved, not guessed.
pub(super) fn are_within(these: &[&StoredDocument], other: &StoredDocument, role: &RoleArn) -> bool {
    if these.iter().any(|one| one.says_the_same_as(other)) {
        return true;
    }
    let documents: Option<Vec<&Document>> = these.iter().map(|one| one.document()).collect();
    match (documents, other.document()) {
        (Some(these), Some(other)) => proves_trust_within(&these, other, role),
        (None, _) | (_, None) => false,
    }
}

/// A trust policy that lets nobody in, because it allows nothing. IAM wants a statement, so it denies. The principal is not `"*"`:
/// IAM refuses that in the `Deny` of a trust policy (aws-cdk, pull request 5746: `MalformedPolicyDocument`, `"STAR":"*"`), and takes
/// `{"AWS": "*"}`.
pub(super) fn closed() -> StoredDocument {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "ClosedWhileRolecallWrites",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sts:AssumeRole",
        }],
    });
    document.to_string().into()
}

/// As much of `wanted` as `known` is proved to allow as well: each principal of each `Allow` by itself, under every `Deny`.
/// Nobody is let in where there is nothing of that kind, or where IAM would not store it. The statements stay as they are written:
/// another form can be longer than the quota.
pub(super) fn in_common(
    known: &StoredDocument,
    wanted: &StoredDocument,
    role: &RoleArn,
    is_stored: impl Fn(&StoredDocument) -> bool,
) -> StoredDocument {
    let Some(document) = wanted.document() else { return closed() };
    let written = document.as_value();
    let statements: Vec<&Value> = match written.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        statement => statement.into_iter().collect(),
    };
    let denies: Vec<&Value> = statements
        .iter()
        .copied()
        .filter(|it| it.get("Effect").and_then(Value::as_str) == Some("Deny"))
        .collect();
    let with = |allows: &[Value]| -> StoredDocument {
        let all: Vec<Value> = denies.iter().copied().cloned().chain(allows.iter().cloned()).collect();
        let mut document = written.clone();
        if let Value::Object(elements) = &mut document {
            elements.insert("Statement".to_owned(), Value::Array(all));
        }
        document.to_string().into()
    };
    let is_known = |allow: &Value| are_within(&[&with(std::slice::from_ref(allow))], known, role);
    let allows =
        statements.iter().copied().filter(|it| it.get("Effect").and_then(Value::as_str) == Some("Allow"));
    let known_part =
        |allow: &Value| together(allow, &parts(allow).into_iter().filter(is_known).collect::<Vec<_>>());
    let kept: Vec<Value> = allows.filter_map(known_part).collect();
    let common = with(&kept);
    let is_common = |end| are_within(&[&common], end, role);
    let is_right = !kept.is_empty() && is_stored(&common) && is_common(known) && is_common(wanted);
    if is_right { common } else { closed() }
}

/// The statement once for each of its principals; as it is where it names them in another way.
fn parts(statement: &Value) -> Vec<Value> {
    let Some(Value::Object(principals)) = statement.get("Principal") else { return vec![statement.clone()] };
    let named = principals.iter().flat_map(|(kind, names)| {
        let names = match names {
            Value::Array(names) => names.clone(),
            name => vec![name.clone()],
        };
        names.into_iter().map(move |name| json!({ kind.as_str(): [name] }))
    });
    let alone = |principal: Value| {
        let mut statement = statement.clone();
        if let Value::Object(keys) = &mut statement {
            keys.insert("Principal".to_owned(), principal);
        }
        statement
    };
    named.map(alone).collect()
}

/// The statement with the principals of these parts of it: one statement again, so that its `Sid` stays the only one and the
/// document gets no longer. `None` where there is no part.
fn together(statement: &Value, parts: &[Value]) -> Option<Value> {
    let first = parts.first()?;
    let mut principals: Map<String, Value> = Map::new();
    for (kind, names) in parts.iter().filter_map(|part| part.get("Principal")?.as_object()).flatten() {
        let all = principals.entry(kind.clone()).or_insert_with(|| Value::Array(Vec::new()));
        if let (Value::Array(all), Value::Array(names)) = (all, names) {
            all.extend(names.iter().cloned());
        }
    }
    if principals.is_empty() {
        return Some(first.clone());
    }
    let mut statement = statement.clone();
    if let Value::Object(keys) = &mut statement {
        keys.insert("Principal".to_owned(), Value::Object(principals));
    }
    Some(statement)
}
