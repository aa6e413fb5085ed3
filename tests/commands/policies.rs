//! The requests that each shipped template must allow and must deny: the files beside the templates.
//!
//! `ROLECALL_UPDATE_CASES=1 cargo test commands::policies` puts the templates of today into the files.

use std::path::{Path, PathBuf};

use rolecall::desired::aws::{Home, fillings};
use rolecall::desired::guardrail::{resource_control, service_control};
use rolecall::desired::template::{Template, Templates};
use rolecall::iam::arn::PolicyName;
use rolecall::iam::simulate::parse;
use rolecall::manifest::Manifest;
use serde_json::Value;

use super::{EXTERNAL_ID, rolecall};

const NAMES: [&str; 16] = [
    "trust",
    "invoke",
    "boundary",
    "provisioner",
    "provisioner-with-boundary",
    "verifier",
    "twin",
    "twin-with-boundary",
    "rcp",
    "scp",
    "s3-recordings",
    "s3-recordings-key",
    "lex",
    "lex-v2",
    "polly",
    "key",
];

/// A grant of each kind. The second bucket has no prefix.
const GRANTS: &str = r#"
[[grant]]
kind = "s3-recordings"
bucket = "acme-recordings"
prefix = "genesys/"
kms_key = "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
[[grant]]
kind = "s3-recordings"
bucket = "acme-archive"
[[grant]]
kind = "lex"
bot = "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod"
[[grant]]
kind = "lex-v2"
bot_alias = "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST"
[[grant]]
kind = "polly"
"#;

/// What callers read beside IAM and Lambda.
const SECRETS: &str = r#"
[genesys.credentials]
secret_name = "genesys"
[genesys.web_services.credential]
type = "basicAuth"
parameter = "/stock/genesys"
[[action]]
name = "Get stock"
category = "Orders"
url = "https://api.example.com/stock"
headers = { Authorization = "${credentials.basicAuth}" }
input_schema = "request.json"
output_schema = "response.json"
[notify]
topic = "arn:aws:sns:us-east-1:123456789012:rolecall"
"#;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("policies/{name}.cases.json"))
}

/// The policy for grants of one kind, as it is for the role of the example.
fn rendered_grant(name: &str) -> Value {
    let text = format!(
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"{EXTERNAL_ID}\"\n\
         [role]\nname = \"GenesysDataActionRole\"\n{GRANTS}"
    );
    let (manifest, _) = Manifest::parse(&text, "example").unwrap();
    let home = Home { partition: "aws".parse().unwrap(), account: "123456789012".parse().unwrap() };
    let mut policies = rolecall::desired::grant::policies(&manifest, &home).unwrap().into_iter();
    let is_it = |policy: &PolicyName| policy.as_str() == format!("GenesysDataActionRole-{name}");
    let (_, document) = policies.find(|(policy, _)| is_it(policy)).unwrap();
    document.document().unwrap().to_value()
}

/// The template with the values of the example.
fn rendered(name: &str) -> Value {
    let boundary = if name.ends_with("boundary") { "permissions_boundary = \"targets\"\n" } else { "" };
    let probe = if name == "rcp" {
        "[verify]\nprobe_principal = \"arn:aws:iam::123456789012:role/ci/probe\"\n"
    } else {
        ""
    };
    let text = format!(
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"{EXTERNAL_ID}\"\n\
         [role]\nname = \"GenesysDataActionRole\"\n{boundary}[[target]]\nfunction = \"my-genesys-trigger-function\"\n\
         [[target]]\nfunction = \"orders-status\"\nqualifier = \"live\"\n{probe}{SECRETS}"
    );
    let (manifest, notes) = Manifest::parse(&text, "example").unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    let home = Home { partition: "aws".parse().unwrap(), account: "123456789012".parse().unwrap() };
    let targets = [super::FUNCTION, super::ALIAS].map(|target| target.parse().unwrap());
    let external_id = EXTERNAL_ID.parse().unwrap();
    match name {
        "key" => {
            let policy = rolecall::desired::grant::key_policy(&manifest, &external_id, &home.partition);
            return policy.unwrap().document().unwrap().to_value();
        }
        "rcp" => return resource_control(&manifest, &external_id, &home).unwrap().document.to_value(),
        "scp" => {
            let provisioners = ["arn:aws:iam::123456789012:role/ci/provisioner".parse().unwrap()];
            let policy = service_control(&manifest, &external_id, &home, &targets, &provisioners);
            return policy.unwrap().document.to_value();
        }
        "s3-recordings" | "s3-recordings-key" | "lex" | "lex-v2" | "polly" => return rendered_grant(name),
        _ => {}
    }
    let fillings = fillings(&manifest, &external_id, &home, &targets);
    let boundary = manifest.role.permissions_boundary.as_ref();
    let Templates { trust, invoke } = Templates::new(|_| None).unwrap();
    let template = match name {
        "trust" => trust,
        "invoke" => invoke,
        "boundary" => Template::boundary().unwrap(),
        "provisioner" | "provisioner-with-boundary" => Template::provisioner(boundary).unwrap(),
        "verifier" => Template::verifier().unwrap(),
        _ => Template::twin(boundary).unwrap(),
    };
    template.fill(&fillings).unwrap()
}

/// Where a file has the template.
fn place(name: &str) -> &'static str {
    match name {
        "trust" | "key" => "/common/resourcePolicy",
        "rcp" => "/common/resourceControlPolicies/0/policies/0",
        "scp" => "/common/serviceControlPolicies/0/policies/0",
        _ => "/common/identityPolicies/0",
    }
}

/// The file with another policy in the template's place.
fn file_with(name: &str, template: &Value) -> Value {
    let mut file: Value = serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap();
    *file.pointer_mut(place(name)).unwrap() = template.clone();
    file
}

/// One member a line, so that a case can be read and its documents do not fill the screen.
fn written(file: &Value) -> String {
    let object = |value: &Value| {
        let members = value.as_object().unwrap().iter();
        let lines: Vec<String> = members.map(|(key, value)| format!("    \"{key}\": {value}")).collect();
        format!("{{\n{}\n  }}", lines.join(",\n"))
    };
    let cases: Vec<String> = file["cases"].as_array().unwrap().iter().map(object).collect();
    format!("{{\n  \"common\": {},\n  \"cases\": [{}]\n}}\n", object(&file["common"]), cases.join(", "))
}

#[test]
fn the_files_hold_the_templates_of_today() {
    for name in NAMES {
        let template = rendered(name);
        let today = written(&file_with(name, &template));
        if std::env::var_os("ROLECALL_UPDATE_CASES").is_some() {
            std::fs::write(path(name), &today).unwrap();
        }
        let file = std::fs::read_to_string(path(name)).unwrap();
        assert!(file == today, "{name}.cases.json is not about the template as it is now: {template}");
    }
}

#[test]
fn every_case_passes() {
    let said = NAMES.map(|name| {
        let run = rolecall(&["simulate", path(name).to_str().unwrap()]);
        run.headlines().replace(env!("CARGO_MANIFEST_DIR"), "[repository]")
    });
    insta::assert_snapshot!(said.concat(), @"
    exit 0
    -- stdout
    [repository]/policies/trust.cases.json
    28 cases passed.
    exit 0
    -- stdout
    [repository]/policies/invoke.cases.json
    30 cases passed.
    exit 0
    -- stdout
    [repository]/policies/boundary.cases.json
    30 cases passed.
    exit 0
    -- stdout
    [repository]/policies/provisioner.cases.json
    90 cases passed.
    exit 0
    -- stdout
    [repository]/policies/provisioner-with-boundary.cases.json
    101 cases passed.
    exit 0
    -- stdout
    [repository]/policies/verifier.cases.json
    80 cases passed.
    exit 0
    -- stdout
    [repository]/policies/twin.cases.json
    82 cases passed.
    exit 0
    -- stdout
    [repository]/policies/twin-with-boundary.cases.json
    86 cases passed.
    exit 0
    -- stdout
    [repository]/policies/rcp.cases.json
    26 cases passed.
    exit 0
    -- stdout
    [repository]/policies/scp.cases.json
    75 cases passed.
    exit 0
    -- stdout
    [repository]/policies/s3-recordings.cases.json
    61 cases passed.
    exit 0
    -- stdout
    [repository]/policies/s3-recordings-key.cases.json
    24 cases passed.
    exit 0
    -- stdout
    [repository]/policies/lex.cases.json
    58 cases passed.
    exit 0
    -- stdout
    [repository]/policies/lex-v2.cases.json
    85 cases passed.
    exit 0
    -- stdout
    [repository]/policies/polly.cases.json
    13 cases passed.
    exit 0
    -- stdout
    [repository]/policies/key.cases.json
    38 cases passed.
    ");
    let paths = NAMES.map(|name| path(name).to_str().unwrap().to_owned());
    let arguments: Vec<&str> =
        ["simulate", "--output", "json"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let outcomes = rolecall(&arguments).expect(0).json();
    let outcomes = outcomes.as_array().unwrap();
    assert!(outcomes.iter().all(|outcome| outcome["pass"] == true && outcome["file"].is_string()));
}

#[test]
fn every_action_of_a_template_is_allowed_on_the_right_resource_and_denied_on_a_wrong_one() {
    for name in NAMES {
        let cases = parse(&std::fs::read_to_string(path(name)).unwrap()).unwrap();
        let response = |action: &str, expected: &str| {
            let is_it = |asked: &str| match action.strip_suffix('*') {
                Some(beginning) => asked.starts_with(beginning),
                None => asked == action,
            };
            cases.iter().any(|case| is_it(&case.request.action) && case.expected.as_str() == expected)
        };
        let template = rendered(name);
        for statement in template["Statement"].as_array().unwrap() {
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.clone(),
                action => vec![action.clone()],
            };
            for action in actions.iter().map(|action| action.as_str().unwrap()) {
                assert!(response(action, "Allowed"), "{name}: no case allows {action}");
                if statement["Effect"] == "Deny" {
                    assert!(response(action, "ExplicitlyDenied"), "{name}: no case denies {action}");
                    continue;
                }
                let everywhere = statement["Resource"] == "*";
                assert!(
                    everywhere || response(action, "ImplicitlyDenied"),
                    "{name}: no case denies {action}"
                );
            }
        }
    }
}

/// A case is worth something where it fails once the template is changed: here, each time one statement is taken away.
#[test]
fn every_statement_of_a_template_is_missed_by_some_case() {
    for name in NAMES {
        let template = rendered(name);
        for index in 0..template["Statement"].as_array().unwrap().len() {
            let mut less = template.clone();
            less["Statement"].as_array_mut().unwrap().remove(index);
            let cases = parse(&file_with(name, &less).to_string()).unwrap();
            assert!(cases.iter().any(|case| !case.run().pass), "{name}: nothing misses statement {index}");
        }
    }
}
