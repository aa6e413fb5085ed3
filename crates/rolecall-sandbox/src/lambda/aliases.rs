//! Aliases: names of versions that can move.
//!
//! Invariant: the version that an alias names exists, and so does the other version that takes part of its calls.
//! Deliberately absent: revision IDs that count, so a change that depends on one is not supported.

use serde_json::{Map, Value, json};

use super::{Input, Reference, authorize, not_found, page};
use crate::call::Call;
use crate::ids;
use crate::state::{Function, State};
use crate::wire::{ApiError, Reply};

pub(super) fn list(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "ListAliases", &reference)?;
    let (function, _) = reference.find(state)?;
    let wanted = |version: &String| input.query("FunctionVersion").is_none_or(|only| only == version);
    let aliases = function.aliases.iter().filter(|(_, version)| wanted(version));
    let (aliases, marker) =
        page(input, aliases.map(|(name, version)| show(&reference, function, name, version)).collect())?;
    Ok(Reply::json(200, &json!({"Aliases": aliases, "NextMarker": marker})))
}

pub(super) fn get(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetAlias", &reference)?;
    let (function, _) = reference.find(state)?;
    match function.aliases.get(&input.item) {
        Some(version) => Ok(Reply::json(200, &show(&reference, function, &input.item, version))),
        None => Err(missing(&reference, &input.item)),
    }
}

pub(super) fn create(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "CreateAlias", &reference)?;
    let body = input.json()?;
    let name = text(&body, "Name").unwrap_or_default().to_owned();
    let version = text(&body, "FunctionVersion").unwrap_or_default().to_owned();
    let function = reference.find_mut(state)?;
    if name.is_empty() || name.bytes().all(|it| it.is_ascii_digit()) {
        return Err(invalid(format!("`{name}` cannot be an alias")));
    }
    if function.aliases.contains_key(&name) {
        let text = format!("Alias already exists: {}:{name}", reference.unqualified_arn());
        return Err(ApiError::new(409, "ResourceConflictException", text));
    }
    set(function, &reference, &name, version, &body)?;
    let version = function.aliases.get(&name).map_or("", String::as_str);
    Ok(Reply::json(201, &show(&reference, function, &name, version)))
}

pub(super) fn update(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "UpdateAlias", &reference)?;
    let body = input.json()?;
    if text(&body, "RevisionId").is_some() {
        return Err(ApiError::unsupported("lambda:UpdateAlias with a RevisionId"));
    }
    let function = reference.find_mut(state)?;
    let name = &input.item;
    let Some(before) = function.aliases.get(name) else { return Err(missing(&reference, name)) };
    let version = text(&body, "FunctionVersion").unwrap_or(before).to_owned();
    set(function, &reference, name, version, &body)?;
    let version = function.aliases.get(name).map_or("", String::as_str);
    Ok(Reply::json(200, &show(&reference, function, name, version)))
}

/// Deletes an alias with its policy and URL. An alias that is not there is no error: `DeleteAlias` has none for it.
pub(super) fn delete(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "DeleteAlias", &reference)?;
    let function = reference.find_mut(state)?;
    if function.aliases.remove(&input.item).is_some() {
        function.alias_descriptions.remove(&input.item);
        function.routing.remove(&input.item);
        function.policies.remove(&input.item);
        function.urls.remove(&input.item);
    }
    Ok(Reply::empty(204))
}

/// Puts an alias where it was not, or what `body` says of it.
fn set(
    function: &mut Function,
    reference: &Reference,
    name: &str,
    version: String,
    body: &Value,
) -> Result<(), ApiError> {
    let is_version =
        |version: &str| function.version(version).is_some() && !function.aliases.contains_key(version);
    let no_version =
        |version: &str| not_found(format!("Function not found: {}:{version}", reference.unqualified_arn()));
    if version.is_empty() || !is_version(&version) {
        return Err(no_version(&version));
    }
    let weights = body.get("RoutingConfig").map(|it| it.get("AdditionalVersionWeights"));
    let routing = match weights.map(|it| it.and_then(Value::as_object)) {
        None => function.routing.get(name).cloned(),
        Some(weights) => share(weights)?,
    };
    if let Some((other, _)) = &routing {
        if version == "$LATEST" || other == "$LATEST" {
            return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
        }
        if *other == version {
            return Err(invalid(format!("version {other} is the alias's own version")));
        }
        if !is_version(other) {
            return Err(no_version(other));
        }
    }
    match routing {
        Some(routing) => function.routing.insert(name.to_owned(), routing),
        None => function.routing.remove(name),
    };
    if let Some(description) = text(body, "Description") {
        function.alias_descriptions.insert(name.to_owned(), description.to_owned());
    }
    function.aliases.insert(name.to_owned(), version);
    Ok(())
}

/// The other version and its share; an empty object takes them away.
fn share(weights: Option<&Map<String, Value>>) -> Result<Option<(String, f64)>, ApiError> {
    let mut weights = weights.into_iter().flatten();
    let first = weights.next();
    if weights.next().is_some() {
        return Err(invalid("an alias can point to a maximum of two versions"));
    }
    let share = |weight: &Value| weight.as_f64().filter(|weight| (0.0..=1.0).contains(weight));
    first
        .map(|(version, weight)| match share(weight) {
            Some(weight) => Ok((version.clone(), weight)),
            None => Err(invalid(format!("the weight `{weight}` is not between 0.0 and 1.0"))),
        })
        .transpose()
}

fn show(reference: &Reference, function: &Function, name: &str, version: &str) -> Value {
    let mut alias = json!({
        "AliasArn": format!("{}:{name}", reference.unqualified_arn()),
        "Name": name,
        "FunctionVersion": version,
        "Description": function.alias_descriptions.get(name).map_or("", String::as_str),
        "RevisionId": ids::uuid(),
    });
    if let (Some((other, share)), Some(members)) = (function.routing.get(name), alias.as_object_mut()) {
        let weights = json!({"AdditionalVersionWeights": {other: share}});
        members.insert("RoutingConfig".to_owned(), weights);
    }
    alias
}

fn text<'b>(body: &'b Value, name: &str) -> Option<&'b str> {
    body.get(name).and_then(Value::as_str)
}

fn missing(reference: &Reference, alias: &str) -> ApiError {
    not_found(format!("Cannot find alias arn: {}:{alias}", reference.unqualified_arn()))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidParameterValueException", message)
}
