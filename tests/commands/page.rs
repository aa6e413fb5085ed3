//! The page in the browser and the command: two doors to one answer.

use std::fs;
use std::path::{Path, PathBuf};

use rolecall_web::{Page, answer};
use serde_json::{Value, json};

use super::{EXTERNAL_ID, FUNCTION, rolecall_reading};
use crate::scenarios::stage::binary;

/// Every document of the repository that `prove` may be given, also those that it refuses.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = Vec::new();
    let mut folders: Vec<PathBuf> = [
        "tests/commands/files",
        "crates/rolecall-extract/tests/files",
        "crates/rolecall-web/page/examples",
        "policies",
        "examples",
        "deploy",
    ]
    .map(|folder| root.join(folder))
    .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                documents.push(path);
            }
        }
    }
    documents.sort();
    documents
}

fn ask(question: &Value, document: &[u8]) -> Page {
    answer([question.to_string().as_bytes(), b"\n", document].concat())
}

/// What the page and the command say of a document, in the command's form.
fn both(name: &str, question: &Value, arguments: &[&str], document: &[u8]) -> (String, String) {
    let run = rolecall_reading(document, &[&["prove", "-", "--output", "json"], arguments].concat());
    let page = match ask(question, document) {
        Page::Decided(decided) => decided.json,
        Page::Unreadable { message, .. } => message.replace("the text", "standard input"),
        Page::Empty => "cannot prove standard input: it is empty".to_owned(),
        page @ (Page::Broken { .. } | Page::Stated { .. }) => panic!("{name}: {page:?}"),
    };
    let answered: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
    let command = match answered["error"]["message"].as_str() {
        Some(message) => message.to_owned(),
        None => run.stdout,
    };
    (page, command)
}

#[test]
fn the_page_answers_as_the_command_does() {
    let intents = [
        (json!({}), vec![]),
        (
            json!({ "principals": ["765628985471"], "external_ids": [EXTERNAL_ID], "targets": [FUNCTION] }),
            vec!["--principal", "765628985471", "--external-id", EXTERNAL_ID, "--target", FUNCTION],
        ),
        (
            json!({
                "external_ids": [EXTERNAL_ID, "other-id"], "allow": ["s3:PutObject=arn:aws:s3:::recordings/*"], "role": "Role",
            }),
            vec![
                "--external-id",
                EXTERNAL_ID,
                "--external-id",
                "other-id",
                "--allow",
                "s3:PutObject=arn:aws:s3:::recordings/*",
                "--role",
                "Role",
            ],
        ),
    ];
    let documents = documents();
    let mut decided = 0;
    for path in &documents {
        let (name, document) = (path.display().to_string(), fs::read(path).unwrap());
        for (question, arguments) in &intents {
            let (page, command) = both(&name, question, arguments, &document);
            assert_eq!(page, command, "{name} with {question}");
            decided += usize::from(page.starts_with('{'));
        }
    }
    assert!(decided > 100, "{decided} answers of {} documents", documents.len());
}

#[test]
fn the_page_answers_as_the_command_does_where_a_template_or_a_plan_needs_more() {
    let template = fs::read(super::file("cloudformation/role.yaml")).unwrap();
    let question = json!({ "parameters": ["AWS::Partition=aws", "Environment=test"] });
    let arguments = ["--parameter", "AWS::Partition=aws", "--parameter", "Environment=test"];
    let (page, command) = both("role.yaml", &question, &arguments, &template);
    assert_eq!(page, command);
    let plan = fs::read(super::file("terraform/unknown-plan.json")).unwrap();
    let (page, command) =
        both("unknown-plan.json", &json!({ "plain_references": true }), &["--plain-references"], &plan);
    assert_eq!(page, command);
}

#[test]
fn the_command_that_the_page_shows_gives_the_answer_of_the_page() {
    let folder = tempfile::TempDir::new().unwrap();
    let document = fs::read(super::file("pitfalls/t01-no-external-id.json")).unwrap();
    fs::write(folder.path().join("-my file's.json"), &document).unwrap();
    let question =
        json!({ "file": "-my file's.json", "principals": ["765628985471"], "external_ids": ["-an=id"] });
    let Page::Decided(decided) = ask(&question, &document) else { panic!("not decided") };
    let words = shlex::split(decided.command.as_deref().unwrap()).unwrap();
    assert_eq!(words[0], "rolecall");
    let run = binary(folder.path()).args(&words[1..]).args(["--output", "json"]).output().unwrap();
    assert_eq!(String::from_utf8(run.stdout).unwrap(), decided.json);
}
