//! SSM Parameter Store (JSON 1.1), as much as a tool needs that keeps its credentials there.
//!
//! Deliberately absent: earlier versions and labels, lists of strings, tags, encryption keys, deletion.

use serde_json::{Value, json};

use super::authorize::Denial;
use super::call::{Call, Operation};
use super::evaluator::Context;
use super::secrets::{json_reply, text};
use super::state::{Parameter, State};
use super::wire::{ApiError, Incoming, Reply};

/// The operation that `X-Amz-Target` names.
pub(super) fn operation(name: &str) -> Option<Operation<Value, Reply>> {
    use Operation::{Read, Write};
    Some(match name {
        "GetParameter" => Read(get),
        "PutParameter" => Write(put),
        _ => return None,
    })
}

/// The operation's name and input.
pub(super) fn parse(request: &Incoming) -> Option<(&str, Value)> {
    let name = request.header("x-amz-target")?.strip_prefix("AmazonSSM.")?;
    Some((name, serde_json::from_slice(&request.body).ok()?))
}

fn get(call: &Call<'_>, input: &Value, state: &State) -> Result<Reply, ApiError> {
    let (name, arn) = named(call, text(input, "Name")?);
    authorize(call, "ssm:GetParameter", &arn)?;
    let account = state.accounts.get(call.account());
    let parameters = account.and_then(|account| account.parameters.get(call.region));
    let parameter = parameters.and_then(|parameters| parameters.get(&name));
    let parameter = parameter.ok_or_else(|| ApiError::new(400, "ParameterNotFound", ""))?;
    let decrypts = input.get("WithDecryption").and_then(Value::as_bool).unwrap_or(false);
    let (kind, value) = match (parameter.is_secure, decrypts) {
        (true, false) => ("SecureString", "(encrypted)"),
        (true, true) => ("SecureString", parameter.value.as_str()),
        (false, _) => ("String", parameter.value.as_str()),
    };
    Ok(json_reply(&json!({"Parameter": {
        "ARN": arn,
        "Name": name,
        "Type": kind,
        "Value": value,
        "Version": parameter.version,
        "DataType": "text",
    }})))
}

fn put(call: &Call<'_>, input: &Value, state: &mut State) -> Result<Reply, ApiError> {
    let (name, arn) = named(call, text(input, "Name")?);
    let value = text(input, "Value")?.to_owned();
    authorize(call, "ssm:PutParameter", &arn)?;
    let account = state.accounts.entry(call.account().to_owned()).or_default();
    let parameters = account.parameters.entry(call.region.to_owned()).or_default();
    let version = match parameters.get(&name) {
        None => 1,
        Some(old) if input.get("Overwrite").and_then(Value::as_bool).unwrap_or(false) => old.version + 1,
        Some(_) => {
            let text = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
            return Err(ApiError::new(400, "ParameterAlreadyExists", text));
        }
    };
    let is_secure = input.get("Type").and_then(Value::as_str) == Some("SecureString");
    parameters.insert(name, Parameter { value, is_secure, version });
    Ok(json_reply(&json!({"Version": version, "Tier": "Standard"})))
}

/// The name and the ARN of a parameter of the caller's account, which is named by either.
fn named(call: &Call<'_>, stated: &str) -> (String, String) {
    let place = format!("arn:aws:ssm:{}:{}:parameter/", call.region, call.account());
    let name = match stated.strip_prefix(&place) {
        Some(rest) if rest.contains('/') => format!("/{rest}"),
        Some(rest) => rest.to_owned(),
        None => stated.to_owned(),
    };
    let arn = format!("{place}{}", name.strip_prefix('/').unwrap_or(&name));
    (name, arn)
}

fn authorize(call: &Call<'_>, action: &str, arn: &str) -> Result<(), ApiError> {
    let denied = |denial: Denial| denial.into_error((400, "AccessDeniedException"), call.caller, action, arn);
    call.decide(action, arn, Context::new()).map_err(denied)
}
