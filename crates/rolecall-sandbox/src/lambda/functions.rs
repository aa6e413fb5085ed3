//! Functions, versions, aliases and tags.

use serde_json::{Value, json};

use super::{Input, Reference, authorize, authorize_account, not_found, page};
use crate::call::Call;
use crate::ids;
use crate::state::{Function, State};
use crate::wire::{ApiError, Reply};

pub(super) fn configuration(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetFunctionConfiguration", &reference)?;
    let (function, version) = reference.find(state)?;
    Ok(Reply::json(200, &show(function, &reference.arn(), &version)))
}

pub(super) fn get(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetFunction", &reference)?;
    let (function, version) = reference.find(state)?;
    let tags: serde_json::Map<String, Value> =
        function.tags.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let answer = json!({
        "Configuration": show(function, &reference.arn(), &version),
        "Code": {"RepositoryType": "S3"},
        "Tags": tags,
    });
    Ok(Reply::json(200, &answer))
}

pub(super) fn list(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    authorize_account(call, "lambda:ListFunctions")?;
    let functions = state.accounts.get(call.account()).and_then(|account| account.functions.get(call.region));
    let mut shown = Vec::new();
    for function in functions.into_iter().flat_map(|functions| functions.values()) {
        let arn = function.arn(call.account(), call.region);
        if input.query("FunctionVersion") == Some("ALL") {
            shown.push(show(function, &format!("{arn}:$LATEST"), "$LATEST"));
            shown.extend(
                (1..=function.published)
                    .map(|number| show(function, &format!("{arn}:{number}"), &number.to_string())),
            );
        } else {
            shown.push(show(function, &arn, "$LATEST"));
        }
    }
    let (functions, marker) = page(input, shown)?;
    Ok(Reply::json(200, &json!({"Functions": functions, "NextMarker": marker})))
}

pub(super) fn list_versions(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "ListVersionsByFunction", &reference)?;
    let (function, _) = reference.find(state)?;
    let arn = reference.unqualified_arn();
    let numbers = (1..=function.published).map(|number| number.to_string());
    let versions = std::iter::once("$LATEST".to_owned()).chain(numbers);
    let (versions, marker) =
        page(input, versions.map(|it| show(function, &format!("{arn}:{it}"), &it)).collect())?;
    Ok(Reply::json(200, &json!({"Versions": versions, "NextMarker": marker})))
}

pub(super) fn create(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let body = input.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reference = Reference::parse(&text("FunctionName"), None, call)?;
    authorize(call, "CreateFunction", &reference)?;
    let (name, role) = (reference.name.clone(), text("Role"));
    let (account, role_name) =
        role.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/")).unwrap_or_default();
    if state.role(account, role_name.rsplit('/').next().unwrap_or_default()).is_none() {
        let text = "The role defined for the function cannot be assumed by Lambda.";
        return Err(ApiError::new(400, "InvalidParameterValueException", text));
    }
    if reference.find(state).is_ok() {
        return Err(ApiError::new(
            409,
            "ResourceConflictException",
            format!("Function already exist: {name}"),
        ));
    }
    let mut function = Function {
        name,
        role,
        runtime: text("Runtime"),
        handler: text("Handler"),
        description: text("Description"),
        modified: call.now,
        published: u32::from(body.get("Publish").and_then(Value::as_bool) == Some(true)),
        ..Function::default()
    };
    for (key, value) in body.get("Tags").and_then(Value::as_object).into_iter().flatten() {
        function.tags.set(key, value.as_str().unwrap_or_default());
    }
    let version = if function.published == 1 { "1" } else { "$LATEST" };
    let reply = Reply::json(201, &show(&function, &reference.arn(), version));
    let account = state.accounts.entry(reference.account).or_default();
    account.functions.entry(reference.region).or_default().insert(function.name.clone(), function);
    Ok(reply)
}

pub(super) fn delete(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "DeleteFunction", &reference)?;
    reference.find_mut(state)?;
    if !reference.qualifier.is_empty() {
        return Err(ApiError::unsupported("deleting one version of a function"));
    }
    if let Some(functions) =
        state.accounts.get_mut(&reference.account).and_then(|it| it.functions.get_mut(&reference.region))
    {
        functions.remove(&reference.name);
    }
    Ok(Reply::empty(204))
}

pub(super) fn publish(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "PublishVersion", &reference)?;
    let function = reference.find_mut(state)?;
    function.published += 1;
    let version = function.published.to_string();
    Ok(Reply::json(201, &show(function, &format!("{}:{version}", reference.unqualified_arn()), &version)))
}

pub(super) fn list_aliases(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "ListAliases", &reference)?;
    let (function, _) = reference.find(state)?;
    let wanted = |version: &String| input.query("FunctionVersion").is_none_or(|only| only == version);
    let aliases = function.aliases.iter().filter(|(_, version)| wanted(version));
    let (aliases, marker) = page(
        input,
        aliases.map(|(name, version)| show_alias(&reference, function, name, version)).collect(),
    )?;
    Ok(Reply::json(200, &json!({"Aliases": aliases, "NextMarker": marker})))
}

pub(super) fn get_alias(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "GetAlias", &reference)?;
    let (function, _) = reference.find(state)?;
    match function.aliases.get(&input.item) {
        Some(version) => Ok(Reply::json(200, &show_alias(&reference, function, &input.item, version))),
        None => {
            Err(not_found(format!("Cannot find alias arn: {}:{}", reference.unqualified_arn(), input.item)))
        }
    }
}

pub(super) fn create_alias(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "CreateAlias", &reference)?;
    let body = input.json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, version) = (text("Name"), text("FunctionVersion"));
    let function = reference.find_mut(state)?;
    if name.is_empty() || name.bytes().all(|it| it.is_ascii_digit()) {
        return Err(ApiError::new(
            400,
            "InvalidParameterValueException",
            format!("`{name}` cannot be an alias"),
        ));
    }
    if function.aliases.contains_key(&name) {
        let text = format!("Alias already exists: {}:{name}", reference.unqualified_arn());
        return Err(ApiError::new(409, "ResourceConflictException", text));
    }
    if function.version(&version).is_none() || function.aliases.contains_key(&version) {
        return Err(not_found(format!("Function not found: {}:{version}", reference.unqualified_arn())));
    }
    let reply = Reply::json(201, &show_alias(&reference, function, &name, &version));
    function.aliases.insert(name, version);
    Ok(reply)
}

pub(super) fn list_tags(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "ListTags", &reference)?;
    let (function, _) = reference.find(state)?;
    let tags: serde_json::Map<String, Value> =
        function.tags.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    Ok(Reply::json(200, &json!({"Tags": tags})))
}

pub(super) fn tag(call: &Call<'_>, input: &Input, state: &mut State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "TagResource", &reference)?;
    let function = reference.find_mut(state)?;
    for (key, value) in input.json()?.get("Tags").and_then(Value::as_object).into_iter().flatten() {
        function.tags.set(key, value.as_str().unwrap_or_default());
    }
    Ok(Reply::empty(204))
}

fn show_alias(reference: &Reference, function: &Function, name: &str, version: &str) -> Value {
    let mut alias = json!({
        "AliasArn": format!("{}:{name}", reference.unqualified_arn()),
        "Name": name,
        "FunctionVersion": version,
        "Description": "",
        "RevisionId": ids::uuid(),
    });
    if let (Some((other, share)), Some(members)) = (function.routing.get(name), alias.as_object_mut()) {
        let weights = json!({"AdditionalVersionWeights": {other: share}});
        members.insert("RoutingConfig".to_owned(), weights);
    }
    alias
}

fn show(function: &Function, arn: &str, version: &str) -> Value {
    let modified = jiff::Timestamp::from_second(function.modified).unwrap_or_default();
    json!({
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Runtime": function.runtime,
        "Role": function.role,
        "Handler": function.handler,
        "CodeSize": 1024,
        "Description": function.description,
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": modified.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(),
        "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "Version": version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": ids::uuid(),
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
    })
}
