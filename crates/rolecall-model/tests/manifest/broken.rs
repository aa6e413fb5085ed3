//! Broken and doubtful manifests, with the exact words. The cases stand in `broken.txt`: a heading, the manifest, an
//! arrow, and what is said. `ROLECALL_UPDATE_CASES=1 cargo test broken` writes the words anew, to be read in the diff.

use super::{FULL, said_about};
use proptest::prelude::*;
use rolecall_model::manifest::Manifest;

const CASES: &str = include_str!("broken.txt");
const HEADING: &str = "######## ";
const ARROW: &str = "-------->\n";

/// Heading, manifest and words of each case.
fn cases() -> Vec<(&'static str, &'static str, &'static str)> {
    CASES
        .split(HEADING)
        .skip(1)
        .map(|case| {
            let (heading, rest) = case.split_once('\n').expect("a heading has its own line");
            let (text, words) = rest.split_once(ARROW).expect("an arrow ends the manifest");
            (heading, text, words)
        })
        .collect()
}

#[test]
fn every_case_says_exactly_this() {
    let cases = cases();
    assert!(cases.len() > 25, "the file of cases is incomplete");
    if std::env::var_os("ROLECALL_UPDATE_CASES").is_some() {
        let updated: String = cases
            .iter()
            .map(|(heading, text, _)| format!("{HEADING}{heading}\n{text}{ARROW}{}\n\n", said_about(text)))
            .collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/manifest/broken.txt"), updated).unwrap();
        return;
    }
    for (heading, text, words) in cases {
        assert_eq!(said_about(text), words.trim_end(), "{heading}");
    }
}

#[test]
fn a_fault_is_data_too() {
    let faults = Manifest::parse("version = 1\nrole = 3\n", "a/b.toml").unwrap_err();
    let json = serde_json::to_value(&faults).unwrap();
    assert_eq!(json[2]["file"], "a/b.toml");
    assert_eq!(json[2]["place"], serde_json::json!({"line": 2, "column": 8, "width": 1, "text": "role = 3"}));
    assert_eq!(json[0]["place"], serde_json::Value::Null);
}

#[test]
fn columns_are_counted_in_characters_and_without_a_byte_order_mark() {
    let text = FULL.replace("description = \"Invoked", "description = \"\u{e9}\u{e9}\u{2014}Invoked");
    let faults = Manifest::parse(&format!("\u{feff}{text}"), "m").unwrap_err();
    let place = faults.0[0].place.clone().unwrap();
    assert_eq!((faults.0.len(), place.line, place.column), (1, 30, 15));
    let inline = "version = 1\nrole = { description = \"\u{e9}\", nme = \"x\" }\n";
    let faults = Manifest::parse(inline, "m").unwrap_err();
    assert_eq!(faults.0[2].place.as_ref().unwrap().column, 29);
}

#[test]
fn secrets_and_escape_sequences_are_not_repeated() {
    for text in [
        "[genesys]\nclient_secret = \"hunter2\"\n",
        "genesys = { client_secret = \"hunter2\" }\n",
        "[genesys.credentials]\nsecret = \"hunter2\"\n",
        "[genesys.credentials]\nsecret = hunter2\n",
        "[genesys.credentials]\nsecret_name = \"hunter2 \"\n",
        "[genesys.credentials]\nparameter = \"hunter2\"\n",
        "[genesys.credentials]\nparameter = hunter2\n",
        "[genesys.web_services.credential]\nsecret = \"hunter2\"\n",
        "[genesys.web_services]\ncredential = { type = \"basicAuth\", secret = \"hunter2\" }\n",
        "[genesys.web_services]\ncredential = { secret = \"hunter2\", type = \"basic auth\" }\n",
        "[genesys.web_services]\ncredential = { type = \"x y\", password = \"hunter2\" }\n",
        "[genesys.web_services]\ncredential = { parameter = \"hunter2\" }\n",
        "[[action]]\nheaders = { Authorization = \"hunter2\" }\nname = \"x\"\nurl = \"https://a\"\n",
        "[[action]]\nheaders.x-api-key = \"hunter2\"\nname = \"x\"\nurl = \"https://a\"\n",
    ] {
        let said = said_about(text);
        assert!(!said.contains("hunter2") && said.contains('…'), "{said}");
    }
    let said = said_about(
        "[genesys]\nregion = 3\n[role]\nname = 3\n# client_secret = \"hunter2\"\n[[target]]\nx = 3\n",
    );
    assert!(
        said.contains("name = 3") && !said.contains("hunter2"),
        "a line beside the fault is not shown: {said}"
    );
    let said = said_about("\"\\u001b[31m\" = 1\n\u{1b}[31m = 2\n");
    assert!(!said.contains('\u{1b}') && !said.is_empty(), "{said}");
}

#[test]
fn the_marker_stands_beneath_its_text_behind_tabs_and_wide_letters() {
    let said = said_about("version = 1\n[role]\ntags = {\t\"\u{6f22}\u{5b57}\" = 1 }\n");
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| line.ends_with("= 1 }")).unwrap();
    // Each of the two letters is as wide as two others; the tab is drawn as spaces.
    assert_eq!(lines[at + 1].find('^').unwrap(), lines[at].chars().count() - 3 + 2, "{said}");
}

#[test]
fn thousands_of_faults_are_found_and_a_hundred_shown() {
    let text: String = (0..5_000).map(|number| format!("key{number} = {number}\n")).collect();
    let faults = Manifest::parse(&text, "m").unwrap_err();
    assert_eq!(faults.0.len(), 5_004);
    let shown = faults.to_string();
    assert_eq!(shown.matches("unknown key").count(), 96);
    assert!(shown.ends_with("\nand 4904 more"), "{shown}");
}

#[test]
fn hostile_texts_have_an_answer() {
    let many = |text: &str| text.repeat(100_000);
    for text in [
        format!("a = {}", many("[")),
        format!("a = {}{}", many("["), many("]")),
        format!("a = {}", many("{ a = ")),
        format!("{}a = 1", many("a.")),
        many("\""),
        many("=\n"),
        format!("{} = 1", many("a")),
        format!("[genesys]\nregion = \"{}\"", many("us-east-1")),
        format!("a = {}", many("9")),
        "\0".to_owned(),
        "\u{2028}".to_owned(),
        "[[role.tags]]\na = 1\n[role.tags.x]\n".to_owned(),
        "a.b = 1\n[a]\nc = 1\n".to_owned(),
    ] {
        let faults = Manifest::parse(&text, "m").unwrap_err();
        assert!(faults.0.iter().all(|note| note.message.chars().count() <= 1001));
        assert!(faults.0.iter().flat_map(|note| &note.place).all(|place| place.text.chars().count() <= 201));
    }
}

proptest! {
    /// Whatever somebody's editor does to a manifest, there is an answer, and its places are in the text.
    #[test]
    fn any_text_has_an_answer(at in 0..FULL.len(), length in 0..40_usize, put in "[a-z\"'\\[\\]{}=.,#\n\r\t \u{e9}\u{1F600}0-9-]{0,8}") {
        let end = (at + length).min(FULL.len());
        let text = format!("{}{put}{}", &FULL[..at], &FULL[end..]);
        if let Err(faults) = Manifest::parse(&text, "m") {
            prop_assert!(!faults.0.is_empty());
            for note in &faults.0 {
                prop_assert!(!note.message.is_empty());
                prop_assert!(note.to_string().contains(&note.file));
                if let Some(place) = &note.place {
                    let line = text.split('\n').nth(place.line - 1);
                    prop_assert!(line.is_some_and(|line| place.column <= line.chars().count() + 1), "{note:?}");
                    prop_assert!(place.width >= 1);
                }
            }
        }
    }
}
