//! Functions, versions and tags.

use serde_json::{Value, json};

use super::{Input, Reference, authorize, authorize_account, execution, page};
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

/// No function here has a code-signing configuration; AWS answers such a function with an empty object.
pub(super) fn code_signing(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    nothing_set(call, input, state, "GetFunctionCodeSigningConfig")
}

/// No function here has reserved concurrency; AWS answers such a function with an empty object.
pub(super) fn concurrency(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    nothing_set(call, input, state, "GetFunctionConcurrency")
}

fn nothing_set(call: &Call<'_>, input: &Input, state: &State, action: &str) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, action, &reference)?;
    reference.find(state)?;
    Ok(Reply::json(200, &json!({})))
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
    execution::check_role(call, state, &reference, &role)?;
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
        return Err(ApiError::unsupported("lambda:DeleteFunction of one version"));
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
