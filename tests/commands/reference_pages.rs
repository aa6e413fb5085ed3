//! The parts of `docs/manifest.md`, `docs/json.md` and `docs/troubleshooting.md` that are written from the program's own data: the
//! schema of the manifest, the schema of the JSON report, and the catalogue of error messages. Run with `UPDATE_PAGES=1` to write them
//! anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rolecall::manifest;
use rolecall::report::Report;
use serde::Deserialize;
use serde_json::Value;

const BEGIN: &str = "<!-- reference: written by a test; run it with UPDATE_PAGES=1 -->\n";
const END: &str = "\n<!-- end of the reference -->";

/// Holds the part of a page between the two marks against what it must be.
#[track_caller]
pub(crate) fn hold(name: &str, reference: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (current, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{reference}{END}{after}")).unwrap();
    } else {
        assert_eq!(current, reference, "run this test with UPDATE_PAGES=1");
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|").replace('<', "&lt;")
}

fn is_required(schema: &Value, key: &str) -> bool {
    schema["required"].as_array().into_iter().flatten().any(|it| it == key)
}

/// The values that a key may have, where there are a few.
fn choices(schema: &Value) -> Vec<String> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let described = schema["oneOf"].as_array().into_iter().flatten().flat_map(|it| {
        let listed = it["enum"].as_array().cloned().unwrap_or_default();
        listed.into_iter().chain(it.get("const").cloned()).collect::<Vec<_>>()
    });
    listed.cloned().chain(described).map(|it| format!("`{}`", it.as_str().unwrap_or_default())).collect()
}

/// One table of the manifest, and the tables below it.
fn manifest_table(schema: &Value, path: &str, heading: &str, page: &mut String) {
    write!(page, "\n### {heading}\n\n").unwrap();
    let about = text(schema, "description");
    if !about.is_empty() && !path.is_empty() {
        write!(page, "{about}\n\n").unwrap();
    }
    page.push_str("| key | | what it says |\n|---|---|---|\n");
    let properties = schema["properties"].as_object().unwrap();
    let mut below = Vec::new();
    for (key, value) in properties {
        let inner = if value["items"]["properties"].is_object() { &value["items"] } else { value };
        let is_table = inner["properties"].is_object();
        let mut more = Vec::new();
        if is_table {
            let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let heading =
                if std::ptr::eq(inner, value) { format!("`[{name}]`") } else { format!("`[[{name}]]`") };
            more.push(format!("table {heading}"));
            below.push((name, heading, inner, text(value, "description")));
        }
        let choices = choices(value);
        if !choices.is_empty() {
            more.push(choices.join(", "));
        }
        if let (Some(least), Some(most)) = (value["minimum"].as_u64(), value["maximum"].as_u64()) {
            more.push(if least == most { format!("always {least}") } else { format!("{least} to {most}") });
        }
        let is_fixed = value["minimum"].is_u64() && value["minimum"] == value["maximum"];
        if let Some(example) = value["examples"].as_array().and_then(|it| it.first()).filter(|_| !is_fixed) {
            more.push(format!("such as `{}`", toml::Value::try_from(example).unwrap()));
        }
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
        let required = if is_required(schema, key) { "required" } else { "" };
        writeln!(page, "| `{key}` | {required} | {}{} |", cell(text(value, "description")), cell(&more))
            .unwrap();
    }
    for (name, heading, inner, _) in below {
        manifest_table(inner, &name, &heading, page);
    }
}

#[test]
fn every_key_of_the_manifest_is_on_its_page() {
    let mut page = String::new();
    manifest_table(manifest::json_schema(), "", "At the top of the file", &mut page);
    hold("docs/manifest.md", &page);
}

/// What a field of the report holds, in a word, with a link to the table that describes it.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("[{}](#{})", title(name), title(name).to_lowercase().replace(' ', "-"));
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(all) = schema[key].as_array() {
            let kinds: Vec<String> = all.iter().filter(|it| it["type"] != "null").map(kind).collect();
            return kinds.join(" or ");
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|it| *it != "null").collect(),
        Value::String(only) => vec![only],
        _ => return "any value".to_owned(),
    };
    match types.as_slice() {
        ["array"] => format!("list: {}", kind(&schema["items"])),
        ["object"] if schema["additionalProperties"].is_object() => {
            format!("by name: {}", kind(&schema["additionalProperties"]))
        }
        ["string"] => match choices(schema) {
            choices if choices.is_empty() => "text".to_owned(),
            choices => choices.join(", "),
        },
        ["integer" | "number"] => "number".to_owned(),
        ["boolean"] => "`true` or `false`".to_owned(),
        types => types.join(" or "),
    }
}

/// `RoleView` as a heading: `Role`.
fn title(name: &str) -> String {
    let mut title = String::new();
    for letter in name.strip_suffix("View").unwrap_or(name).chars() {
        match letter.is_uppercase() && !title.is_empty() {
            true => write!(title, " {}", letter.to_lowercase()).unwrap(),
            false => title.push(letter),
        }
    }
    title
}

fn report_table(schema: &Value, page: &mut String) {
    let Some(properties) = schema["properties"].as_object() else {
        page.push_str("| value | what it means |\n|---|---|\n");
        let described = schema["oneOf"].as_array().into_iter().flatten();
        for value in described {
            for name in choices(&serde_json::json!({"oneOf": [value]})) {
                writeln!(page, "| {name} | {} |", cell(text(value, "description"))).unwrap();
            }
        }
        for name in schema["enum"].as_array().into_iter().flatten() {
            writeln!(page, "| `{}` | |", name.as_str().unwrap_or_default()).unwrap();
        }
        return;
    };
    page.push_str("| field | holds | what it says |\n|---|---|---|\n");
    for (key, value) in properties {
        let always = if is_required(schema, key) { "" } else { " *Optional.*" };
        writeln!(page, "| `{key}` | {} | {}{always} |", kind(value), cell(text(value, "description")))
            .unwrap();
    }
}

#[test]
fn every_field_of_the_report_is_on_its_page() {
    let schema = Report::json_schema();
    let mut page = String::from("\n### The report\n\n");
    report_table(&schema, &mut page);
    for (name, below) in schema["$defs"].as_object().unwrap() {
        write!(page, "\n### {}\n\n", title(name)).unwrap();
        let about = text(below, "description");
        if !about.is_empty() {
            write!(page, "{about}\n\n").unwrap();
        }
        report_table(below, &mut page);
    }
    hold("docs/json.md", &page);
}

#[derive(Deserialize)]
struct Catalogue {
    message: Vec<Message>,
}

/// An entry of the catalogue, as far as people read it.
#[derive(Deserialize)]
struct Message {
    id: String,
    from: Speaker,
    says: String,
    source: String,
    confirmed: bool,
    cause: String,
    look_up: String,
    fix: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Speaker {
    Sts,
    Iam,
    Lambda,
    Runtime,
    Kms,
    ApiGateway,
    Genesys,
}

/// In the order in which a request meets them.
const SPEAKERS: [(Speaker, &str); 7] = [
    (Speaker::Genesys, "Messages of Genesys Cloud"),
    (Speaker::Sts, "Messages of AWS STS, when the role is assumed"),
    (Speaker::Iam, "Messages of AWS IAM and about credentials"),
    (Speaker::Lambda, "Messages of AWS Lambda, when the function is invoked"),
    (Speaker::Kms, "Messages about encryption keys of the function"),
    (Speaker::Runtime, "Messages of the function itself"),
    (Speaker::ApiGateway, "Messages of Amazon API Gateway"),
];

#[test]
fn every_message_of_the_catalogue_is_on_the_page_of_troubles() {
    let source = include_str!("../../src/verify/explain_error/messages.toml");
    let catalogue: Catalogue = toml::from_str(source).unwrap();
    let mut page = String::new();
    for (speaker, heading) in SPEAKERS {
        let messages: Vec<&Message> = catalogue.message.iter().filter(|it| it.from == speaker).collect();
        if messages.is_empty() {
            continue;
        }
        write!(page, "\n## {heading}\n").unwrap();
        for message in messages {
            let Message { id, says, source, confirmed, cause, look_up, fix, .. } = message;
            // An address, and sometimes where on its page the text is.
            let (address, place) = source.split_once(' ').unwrap_or((source, ""));
            let place = if place.is_empty() { String::new() } else { format!(" {place}") };
            let open = match confirmed {
                true => "",
                false => " (this page names the rule; it does not show these words)",
            };
            write!(
                page,
                "\n### `{id}`\n\n```text\n{}\n```\n\n- **What it means:** {cause}.\n- **Look at:** {look_up}.\n- **What to do:** {fix}.\n\
                 - Source: <{address}>{place}{open}\n",
                says.trim()
            )
            .unwrap();
        }
    }
    assert!(catalogue.message.len() > 90, "{}", catalogue.message.len());
    hold("docs/troubleshooting.md", &page);
}
