//! Secrets Manager (JSON 1.1), as much as a tool needs that keeps its credentials there: one current value a
//! secret.
//!
//! Deliberately absent: earlier versions, rotation, binary values, deletion, encryption keys.

use serde_json::{Value, json};

use super::authorize::Denial;
use super::call::{Call, Operation};
use super::evaluator::Context;
use super::ids;
use super::state::{Secret, State};
use super::wire::{ApiError, Incoming, Reply};

/// The operation that `X-Amz-Target` names.
pub(super) fn operation(name: &str) -> Option<Operation<Value, Reply>> {
    use Operation::{Read, Write};
    Some(match name {
        "GetSecretValue" => Read(get),
        "CreateSecret" => Write(create),
        "PutSecretValue" => Write(put),
        _ => return None,
    })
}

/// The operation's name and input.
pub(super) fn parse(request: &Incoming) -> Option<(&str, Value)> {
    let name = request.header("x-amz-target")?.strip_prefix("secretsmanager.")?;
    Some((name, serde_json::from_slice(&request.body).ok()?))
}

fn get(call: &Call<'_>, input: &Value, state: &State) -> Result<Reply, ApiError> {
    let (name, secret) = authorized(call, input, state, "secretsmanager:GetSecretValue")?;
    Ok(json_reply(&json!({
        "ARN": secret.arn,
        "Name": name,
        "SecretString": secret.value,
        "VersionId": secret.version,
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": secret.created,
    })))
}

fn create(call: &Call<'_>, input: &Value, state: &mut State) -> Result<Reply, ApiError> {
    let name = text(input, "Name")?;
    let arn =
        format!("arn:aws:secretsmanager:{}:{}:secret:{name}-{}", call.region, call.account(), ids::random(6));
    authorize(call, "secretsmanager:CreateSecret", &arn)?;
    let secrets = state.accounts.entry(call.account().to_owned()).or_default();
    let secrets = secrets.secrets.entry(call.region.to_owned()).or_default();
    if secrets.contains_key(name) {
        let text = format!("The operation failed because the secret {name} already exists.");
        return Err(ApiError::new(400, "ResourceExistsException", text));
    }
    let value = input.get("SecretString").and_then(Value::as_str).unwrap_or_default().to_owned();
    let secret = Secret { arn, version: ids::uuid(), value, created: call.now };
    let reply = json_reply(&json!({"ARN": secret.arn, "Name": name, "VersionId": secret.version}));
    secrets.insert(name.to_owned(), secret);
    Ok(reply)
}

fn put(call: &Call<'_>, input: &Value, state: &mut State) -> Result<Reply, ApiError> {
    let value = text(input, "SecretString")?;
    let (name, found) = authorized(call, input, state, "secretsmanager:PutSecretValue")?;
    let name = name.to_owned();
    let secret =
        Secret { version: ids::uuid(), value: value.to_owned(), created: call.now, arn: found.arn.clone() };
    let stages = ["AWSCURRENT"];
    let reply =
        json!({"ARN": secret.arn, "Name": name, "VersionId": secret.version, "VersionStages": stages});
    let secrets =
        state.accounts.get_mut(call.account()).and_then(|account| account.secrets.get_mut(call.region));
    if let Some(secrets) = secrets {
        secrets.insert(name, secret);
    }
    Ok(json_reply(&reply))
}

/// The secret that `SecretId` names by name or ARN, if the caller may have it.
fn authorized<'s>(
    call: &Call<'_>,
    input: &Value,
    state: &'s State,
    action: &str,
) -> Result<(&'s String, &'s Secret), ApiError> {
    let id = text(input, "SecretId")?;
    let secrets = state.accounts.get(call.account()).and_then(|account| account.secrets.get(call.region));
    let found = secrets.into_iter().flatten().find(|(name, secret)| *name == id || secret.arn == id);
    let arn = match found {
        Some((_, secret)) => secret.arn.clone(),
        None if id.starts_with("arn:") => id.to_owned(),
        None => format!("arn:aws:secretsmanager:{}:{}:secret:{id}", call.region, call.account()),
    };
    authorize(call, action, &arn)?;
    found.ok_or_else(|| {
        ApiError::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    })
}

fn authorize(call: &Call<'_>, action: &str, arn: &str) -> Result<(), ApiError> {
    let denied = |denial: Denial| denial.into_error((400, "AccessDeniedException"), call.caller, action, arn);
    call.decide(action, arn, Context::new()).map_err(denied)
}

pub(super) fn text<'v>(input: &'v Value, name: &str) -> Result<&'v str, ApiError> {
    let missing =
        || ApiError::new(400, "InvalidParameterException", format!("You must provide a value for {name}."));
    input.get(name).and_then(Value::as_str).ok_or_else(missing)
}

pub(super) fn json_reply(value: &Value) -> Reply {
    let mut reply = Reply::json(200, value);
    reply.headers = vec![("content-type", "application/x-amz-json-1.1".to_owned())];
    reply
}
