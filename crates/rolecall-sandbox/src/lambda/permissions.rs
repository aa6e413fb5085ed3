//! Who else may call a function: its resource policies and its URL.

use serde_json::{Value, json};

use super::{Input, Reference, authorize, not_found, page};
use crate::call::Call;
use crate::ids;
use crate::state::State;
use crate::wire::{ApiError, Reply};

pub(super) fn get(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetPolicy", &reference)?;
    let (function, _) = reference.find(state)?;
    let policy = function.policies.get(&reference.qualifier).ok_or_else(nothing_there)?;
    Ok(Reply::json(200, &json!({"Policy": policy.to_string(), "RevisionId": ids::uuid()})))
}

pub(super) fn add(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "AddPermission", &reference)?;
    reference.find(state)?;
    let body = input.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let (id, action, principal) = (
        text("StatementId").unwrap_or_default(),
        text("Action").unwrap_or_default(),
        text("Principal").unwrap_or_default(),
    );
    let principal = match principal {
        "*" => json!("*"),
        service if service.contains('.') && !service.contains(':') => json!({"Service": service}),
        account if account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()) => {
            json!({"AWS": format!("arn:aws:iam::{account}:root")})
        }
        arn if arn.ends_with(":root") || state.unique_id(arn).is_some() => json!({"AWS": arn}),
        _ => {
            let text = "The provided principal was invalid. Please check the principal and try again.";
            return Err(ApiError::new(400, "InvalidParameterValueException", text));
        }
    };
    let resource = reference.arn();
    let mut statement =
        json!({"Sid": id, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource});
    let mut condition = serde_json::Map::new();
    for (name, operator, key) in [
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ] {
        if let Some(value) = text(name) {
            condition.insert(operator.to_owned(), json!({key: value}));
        }
    }
    if let (false, Some(statement)) = (condition.is_empty(), statement.as_object_mut()) {
        statement.insert("Condition".to_owned(), Value::Object(condition));
    }
    let policies = &mut reference.find_mut(state)?.policies;
    let policy = policies
        .entry(reference.qualifier.clone())
        .or_insert_with(|| json!({"Version": "2012-10-17", "Id": "default", "Statement": []}));
    let statements = policy.get_mut("Statement").and_then(Value::as_array_mut).ok_or_else(nothing_there)?;
    if statements.iter().any(|known| known.get("Sid").and_then(Value::as_str) == Some(id)) {
        let text = format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
             existing statement."
        );
        return Err(ApiError::new(409, "ResourceConflictException", text));
    }
    statements.push(statement.clone());
    Ok(Reply::json(201, &json!({"Statement": statement.to_string()})))
}

pub(super) fn remove(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "RemovePermission", &reference)?;
    let policies = &mut reference.find_mut(state)?.policies;
    let policy = policies.get_mut(&reference.qualifier).ok_or_else(nothing_there)?;
    let statements = policy.get_mut("Statement").and_then(Value::as_array_mut).ok_or_else(nothing_there)?;
    let before = statements.len();
    statements.retain(|statement| statement.get("Sid").and_then(Value::as_str) != Some(input.item.as_str()));
    if statements.len() == before {
        return Err(not_found(format!("Statement {} is not found in resource policy.", input.item)));
    }
    if statements.is_empty() {
        policies.remove(&reference.qualifier);
    }
    Ok(Reply::empty(204))
}

pub(super) fn get_url(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetFunctionUrlConfig", &reference)?;
    let (function, _) = reference.find(state)?;
    let auth_type = function.urls.get(&reference.qualifier).ok_or_else(nothing_there)?;
    Ok(Reply::json(200, &show_url(&reference.arn(), &reference.region, auth_type)))
}

pub(super) fn list_urls(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "ListFunctionUrlConfigs", &reference)?;
    let (function, _) = reference.find(state)?;
    let urls = function.urls.iter().map(|(qualifier, auth_type)| {
        let reference = Reference { qualifier: qualifier.clone(), ..reference.clone() };
        show_url(&reference.arn(), &reference.region, auth_type)
    });
    let (urls, marker) = page(input, urls.collect())?;
    Ok(Reply::json(200, &json!({"FunctionUrlConfigs": urls, "NextMarker": marker})))
}

pub(super) fn create_url(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "CreateFunctionUrlConfig", &reference)?;
    let auth_type = auth_type(input)?;
    let function = reference.find_mut(state)?;
    if function.urls.insert(reference.qualifier.clone(), auth_type.to_owned()).is_some() {
        let text = format!(
            "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists \
             for this Lambda function",
            reference.arn()
        );
        return Err(ApiError::new(409, "ResourceConflictException", text));
    }
    Ok(Reply::json(201, &show_url(&reference.arn(), &reference.region, &auth_type)))
}

pub(super) fn update_url(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "UpdateFunctionUrlConfig", &reference)?;
    let auth_type = auth_type(input)?;
    let url = reference.find_mut(state)?.urls.get_mut(&reference.qualifier).ok_or_else(nothing_there)?;
    url.clone_from(&auth_type);
    Ok(Reply::json(200, &show_url(&reference.arn(), &reference.region, &auth_type)))
}

fn auth_type(input: &Input) -> Result<String, ApiError> {
    let body = input.json()?;
    let auth_type = body.get("AuthType").and_then(Value::as_str);
    let auth_type = auth_type.filter(|kind| ["NONE", "AWS_IAM"].contains(kind));
    let fault = || ApiError::new(400, "ValidationException", "AuthType must be NONE or AWS_IAM");
    auth_type.map(str::to_owned).ok_or_else(fault)
}

fn show_url(arn: &str, region: &str, auth_type: &str) -> Value {
    json!({
        "FunctionUrl": format!("https://sandbox.lambda-url.{region}.on.aws/"),
        "FunctionArn": arn,
        "AuthType": auth_type,
        "CreationTime": "2026-01-01T00:00:00Z",
        "LastModifiedTime": "2026-01-01T00:00:00Z",
        "InvokeMode": "BUFFERED",
    })
}

fn nothing_there() -> ApiError {
    not_found("The resource you requested does not exist.")
}
