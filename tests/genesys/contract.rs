//! Holds conversations against `openapi.json`: path, method, parameters, bodies and answers.
//!
//! Stricter than the document: a field, a parameter or a status that it does not know is a breach, too.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use rolecall::sandbox::Exchange;
use serde_json::{Map, Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
    for (name, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
        let closed = schema.get("properties").is_some() && schema.get("additionalProperties").is_none();
        // A schema of the user's is whatever the user wrote.
        if closed && name != "JsonSchemaDocument" {
            schema["additionalProperties"] = json!(false);
        }
    }
    document
});

/// Fails where a conversation breaks the contract.
#[track_caller]
pub(crate) fn keep(exchanges: &[Exchange]) {
    let found: Vec<String> = exchanges.iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "against tests/genesys/openapi.json:\n{}", found.join("\n"));
}

/// What is wrong with one conversation. A request that was refused may be wrong, if it is its body that was.
fn breaches(exchange: &Exchange) -> Vec<String> {
    let Some((template, operation)) = operation(exchange) else {
        // Nobody is told what does not exist.
        let known = exchange.status == 404;
        return if known {
            Vec::new()
        } else {
            vec![format!("no operation {} {}", exchange.method, exchange.path)]
        };
    };
    let mut found = parameters(exchange, operation);
    if exchange.status != 400 && exchange.status != 415 {
        found.extend(request_body(exchange, operation));
    }
    found.extend(answer(exchange, operation));
    let name = format!("{} {template} ({})", exchange.method, exchange.status);
    found.into_iter().map(|breach| format!("{name}: {breach}")).collect()
}

/// The operation with the most literal path that fits.
fn operation(exchange: &Exchange) -> Option<(&'static str, &'static Value)> {
    let segments: Vec<&str> = exchange.path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, it)| part.starts_with('{') || part == it)
    };
    let variables = |template: &str| template.matches('{').count();
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let found = paths.filter(|(template, _)| fits(template));
    let with_method = found
        .filter_map(|(template, item)| Some((template.as_str(), item.get(exchange.method.to_lowercase())?)));
    with_method.min_by_key(|(template, _)| variables(template))
}

fn parameters(exchange: &Exchange, operation: &Value) -> Vec<String> {
    let known: BTreeMap<&str, &Value> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| (parameter["name"].as_str().unwrap(), parameter))
        .collect();
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let mut found = Vec::new();
    for pair in exchange.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        let Some(parameter) = known.get(name.as_str()) else {
            found.push(format!("no parameter `{name}`"));
            continue;
        };
        let typed = match parameter["schema"]["type"].as_str() {
            Some("integer") => value.parse::<i64>().map(Value::from).ok(),
            Some("boolean") => value.parse::<bool>().map(Value::from).ok(),
            Some("array") => Some(value.split(',').collect()),
            _ => Some(Value::from(value.as_str())),
        };
        // A wrong value that was refused as such is no breach of ours.
        let right = typed.is_some_and(|typed| validator(&parameter["schema"]).is_valid(&typed));
        if !right && exchange.status != 400 {
            found.push(format!("parameter `{name}` must not be `{value}`"));
        }
    }
    found
}

fn request_body(exchange: &Exchange, operation: &Value) -> Vec<String> {
    let body = &operation["requestBody"];
    let Some(content) = body["content"].as_object() else {
        let empty = exchange.body.is_empty() || exchange.body == "{}";
        return if empty { Vec::new() } else { vec!["takes no body".to_owned()] };
    };
    let kind = media_type(exchange.content_type.as_deref());
    let Some(expected) = content.get(&kind) else { return vec![format!("takes no body of type `{kind}`")] };
    let value = match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            let pairs = exchange.body.split('&').filter_map(|pair| pair.split_once('='));
            Value::Object(pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect::<Map<_, _>>())
        }
        _ => match serde_json::from_str(&exchange.body) {
            Ok(value) => value,
            Err(error) => return vec![format!("the body is no JSON: {error}")],
        },
    };
    faults("body", &expected["schema"], &value)
}

fn answer(exchange: &Exchange, operation: &Value) -> Vec<String> {
    let status = exchange.status.to_string();
    let Some(mut response) = operation["responses"].get(&status) else {
        // The token endpoint shares the API's answers to a storm; its own are not written down.
        let unwritten = operation["operationId"] == "postOauthToken" && exchange.status >= 429;
        return if unwritten { Vec::new() } else { vec![format!("must not answer {status}")] };
    };
    if let Some(reference) = response["$ref"].as_str() {
        response = DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap();
    }
    let Some(content) = response["content"].as_object() else {
        return if exchange.answer.is_empty() { Vec::new() } else { vec!["must answer nothing".to_owned()] };
    };
    let kind = media_type(exchange.answer_type.as_deref());
    match (content.get(&kind), kind.as_str()) {
        (None, _) => vec![format!("must not answer with `{kind}`")],
        (Some(_), "text/plain") => Vec::new(),
        (Some(expected), _) => match serde_json::from_str(&exchange.answer) {
            Ok(value) => faults("answer", &expected["schema"], &value),
            Err(error) => vec![format!("the answer is no JSON: {error}")],
        },
    }
}

fn faults(what: &str, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(schema);
    let errors = validator.iter_errors(value);
    errors.map(|error| format!("{what}{}: {error}", error.instance_path())).collect()
}

/// One of each schema: to read it, with the whole document that its references point into, takes longer than most tests.
fn validator(schema: &Value) -> Arc<Validator> {
    static READ: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let read = || {
        let whole = json!({"allOf": [schema], "components": DOCUMENT["components"]});
        Arc::new(jsonschema::draft7::new(&whole).unwrap())
    };
    Arc::clone(READ.lock().unwrap().entry(schema.to_string()).or_insert_with(read))
}

fn media_type(header: Option<&str>) -> String {
    header.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned()
}

/// What is changed, and what is said about it.
type Breach = (fn(&mut Exchange), &'static str);

#[test]
fn breaches_are_found() {
    let good = Exchange {
        method: "POST".to_owned(),
        path: "/api/v2/integrations".to_owned(),
        query: String::new(),
        content_type: Some("application/json".to_owned()),
        body: json!({"name": "a", "integrationType": {"id": "aws-lambda-data-actions"}}).to_string(),
        status: 200,
        answer_type: Some("application/json".to_owned()),
        answer: json!({"id": "1", "intendedState": "DISABLED"}).to_string(),
    };
    keep(std::slice::from_ref(&good));
    let with = |change: fn(&mut Exchange)| {
        let mut exchange = good.clone();
        change(&mut exchange);
        breaches(&exchange)
    };
    let cases: [Breach; 9] = [
        (|it| it.path.push('x'), "no operation POST /api/v2/integrationsx"),
        (|it| it.query = "colour=red".to_owned(), "no parameter `colour`"),
        (|it| it.body = "{}".to_owned(), "\"integrationType\" is a required property"),
        (|it| it.body = it.body.replace("\"a\"", "7"), "body/name: 7 is not of type \"string\""),
        (|it| it.body = it.body.replace("name", "nom"), "'nom' was unexpected"),
        (|it| it.content_type = None, "takes no body of type ``"),
        (|it| it.answer = it.answer.replace("DIS", "UN"), "\"UNABLED\" is not one of"),
        (|it| it.answer = "<html>".to_owned(), "the answer is no JSON"),
        (|it| it.status = 202, "must not answer 202"),
    ];
    for (change, breach) in cases {
        let found = with(change);
        assert!(found.iter().any(|found| found.contains(breach)), "{breach} not in {found:?}");
    }
}
