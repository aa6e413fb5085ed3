use std::path::Path;

use serde_json::{Value, json};

use super::{Decided, Page, answer};
use crate::marks::Mark;

fn ask(question: &Value, document: impl AsRef<[u8]>) -> Page {
    answer([question.to_string().as_bytes(), b"\n", document.as_ref()].concat())
}

fn decided(question: &Value, document: impl AsRef<[u8]>) -> Decided {
    match ask(question, document) {
        Page::Decided(decided) => *decided,
        page @ (Page::Empty | Page::Broken { .. } | Page::Stated { .. } | Page::Unreadable { .. }) => {
            panic!("not decided: {page:?}")
        }
    }
}

/// What a browser selects.
fn selected(text: &str, mark: &Mark) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[mark.start..mark.end]).unwrap()
}

const OPEN: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "First", "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"},
  {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}"#;

const STATEMENT: &str = r#"{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#;

#[test]
fn the_statement_that_lets_anybody_in_is_marked() {
    let decided = decided(&json!({}), OPEN);
    let role = &decided.roles[0];
    let finding = role.findings.iter().find(|finding| finding.id == "T10").unwrap();
    assert_eq!(selected(OPEN, &finding.marks[0]), STATEMENT);
    assert_eq!(finding.marks[0].line, 3);
    let claim = &role.claims[0];
    assert_eq!(claim.marks, finding.marks);
    assert!(claim.explanation.as_ref().unwrap().contains("`Open`"), "{claim:?}");
    assert!(!claim.request.as_ref().unwrap().contains("sentence"), "{claim:?}");
}

#[test]
fn marks_count_as_a_browser_does() {
    // A byte order mark, line ends of Windows, letters of one, two, three and four bytes.
    let strange = OPEN.replace('\n', "\r\n").replace("First", "é 注 😀");
    let text = format!("\u{feff}{strange}");
    let decided = decided(&json!({ "file": "x.json" }), &text);
    let mark = decided.roles[0].claims[0].marks[0];
    assert_eq!((selected(&text, &mark).as_str(), mark.line), (STATEMENT, 3));
}

#[test]
fn what_others_wrote_steers_nothing() {
    let document = OPEN.replace("Open", "<img src=x onerror=alert(1)>\\u202e\\u0007");
    let page = ask(&json!({}), &document).to_json();
    let value: Value = serde_json::from_str(&page).unwrap();
    let texts = format!("{}", value["roles"]);
    assert!(texts.contains("<img src=x onerror=alert(1)>"), "{texts}");
    assert!(!page.contains('\u{202e}') && !page.contains('\u{7}'));
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let page = |document: &str| match ask(&json!({}), document) {
        Page::Unreadable { message, marks, names: _ } => {
            (message, marks.iter().map(|mark| selected(document, mark)).collect::<Vec<_>>())
        }
        page => panic!("{page:?}"),
    };
    let (message, places) = page("{\"é\": 1,\n \"ü\": x}");
    assert_eq!(message, "cannot prove the text: /ü: not JSON: expected value at line 2 column 8");
    assert_eq!(places, ["x"]);
    let (message, places) = page(r#"{"Statement": [], "Statement": {"Effect": "Allow"}}"#);
    assert_eq!(message, "cannot prove the text: /Statement: the key `Statement` is given twice");
    assert_eq!(places, [r#"{"Effect": "Allow"}"#]);
    let (message, places) = page(r#"{"Statement": {"Effect": "Maybe", "Action": "a:B", "Resource": "*"}}"#);
    assert!(
        message.starts_with("cannot prove the text: not a policy document: /Statement/Effect: "),
        "{message}"
    );
    assert_eq!(places, ["\"Maybe\""]);
    let (message, places) = page(&"[".repeat(100_000));
    assert!(message.contains("recursion limit") || message.contains("nested deeper"), "{message}");
    assert!(places.len() <= 1);
    let (message, _) = page(&format!("{}1{}", "[".repeat(120), "]".repeat(120)));
    assert!(message.contains("unknown kind of file"), "{message}");
}

#[test]
fn bytes_and_questions_that_are_no_text() {
    let message = |page: Page| match page {
        Page::Unreadable { message, .. } | Page::Broken { message } => message,
        page @ (Page::Empty | Page::Stated { .. } | Page::Decided(_)) => panic!("{page:?}"),
    };
    assert_eq!(
        message(ask(&json!({ "file": "a.json" }), [b'{', 0xff])),
        "cannot read `a.json`: it is not UTF-8: byte 1 cannot be read"
    );
    assert_eq!(
        message(ask(&json!({}), [0xff, 0xfe, b'{', 0])),
        "cannot read the text: it is UTF-16; save it as UTF-8"
    );
    assert!(message(ask(&json!({ "x": 1 }), "{}")).starts_with("the page asked what cannot be read: "));
    assert!(message(answer(Vec::new())).starts_with("the page asked what cannot be read: "));
    assert_eq!(ask(&json!({}), " \n"), Page::Empty);
}

#[test]
fn every_fault_of_what_is_stated_is_told_at_its_field() {
    let question = json!({
        "principals": ["765628985471", "Genesys"], "external_ids": ["a b"], "targets": ["f"], "allow": ["s3:PutObject"],
        "parameters": ["=x"],
    });
    let Page::Stated { faults } = ask(&question, OPEN) else { panic!("not stated") };
    let faults = serde_json::to_value(faults).unwrap();
    let fields: Vec<&str> =
        faults.as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["principals", "external_ids", "targets", "allow", "parameters"]);
    assert!(faults[0]["message"].as_str().unwrap().starts_with("`Genesys`: "), "{faults}");
}

#[test]
fn one_role_of_several_is_chosen_and_all_are_offered() {
    let role = |name: &str| {
        json!({
            "RoleName": name, "Arn": format!("arn:aws:iam::123456789012:role/{name}"),
            "AssumeRolePolicyDocument": serde_json::from_str::<Value>(OPEN).unwrap(),
        })
    };
    let roles = json!({ "Roles": [role("One"), role("Two")] });
    let text = roles.to_string();
    let all = decided(&json!({}), &text);
    assert_eq!((all.roles.len(), all.names.len(), all.counts), (2, 2, [0, 2, 0]));
    let one = decided(&json!({ "role": all.names[1].name }), &text);
    assert_eq!((one.roles.len(), one.names.clone()), (1, all.names.clone()));
    // The mark is in the second role's document, though the first one's reads the same.
    assert!(one.roles[0].claims[0].marks[0].start > text.find("role/Two").unwrap());
    let Page::Unreadable { names, .. } = ask(&json!({ "role": "Three" }), &text) else { panic!("found") };
    assert_eq!(names, all.names);
}

#[test]
fn an_explanation_never_says_another_thing_than_the_claim() {
    // The function is of another account than the session of the witness, and its own policy is not in the text.
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lambda:*",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:orders"}}"#;
    let decided = decided(&json!({}), document);
    for claim in decided.roles.iter().flat_map(|role| &role.claims).filter(|claim| claim.request.is_some()) {
        assert_eq!(claim.marks.len(), 1, "{claim:?}");
        let explanation = claim.explanation.as_deref();
        assert!(explanation.is_none_or(|explanation| explanation.contains("may perform")), "{explanation:?}");
    }
}

#[test]
fn the_examples_say_what_their_titles_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let examples = std::fs::read_to_string(folder.join("examples.json")).unwrap();
    let examples: Vec<Value> = serde_json::from_str(&examples).unwrap();
    let mut lines = Vec::new();
    for example in &examples {
        let text =
            std::fs::read_to_string(folder.join("examples").join(example["file"].as_str().unwrap())).unwrap();
        let words = |field: &str| -> Vec<String> {
            example[field].as_str().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        };
        let question = json!({
            "principals": words("principals"), "external_ids": words("external_ids"), "targets": words("targets"),
            "parameters": words("parameters"),
        });
        let decided = decided(&question, &text);
        for role in &decided.roles {
            let findings: Vec<String> =
                role.findings.iter().map(|it| format!("{}@{}", it.id, it.marks.len())).collect();
            let refuted: Vec<usize> =
                role.claims.iter().filter(|it| it.request.is_some()).map(|it| it.marks.len()).collect();
            lines.push(format!("{}: {:?} {findings:?} {refuted:?}", example["title"], decided.result));
        }
    }
    let expected = [
        r#""Second statement without an external ID": Refuted ["T8@1"] [1]"#,
        r#""Correct role for Genesys Cloud": Proved [] []"#,
        r#""Wildcard principal": Refuted ["T10@1", "G1@1"] [1]"#,
        r#""StringLike on the external ID": Refuted ["T2@1"] [1]"#,
        r#""Permissions with lambda:*": Refuted ["P9@1", "P6@1"] [1]"#,
        r#""CloudFormation template": Refuted ["P6@1"] [1]"#,
        r#""Terraform plan": Unknown [] []"#,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_answer_says_what_the_document_was_held_to() {
    let question = json!({
        "principals": ["765628985471", "999999999999"], "external_ids": ["a-tenant"],
        "targets": ["arn:aws:lambda:us-east-1:123456789012:function:f"], "allow": ["s3:PutObject=arn:aws:s3:::a\u{202e}b"],
    });
    let held = |question: &Value, text: &str| -> Vec<String> {
        let lines = decided(question, text).held_to.into_iter();
        lines.map(|it| format!("{}: {}", it.what, it.values.join(" | "))).collect()
    };
    assert_eq!(
        held(&question, OPEN),
        [
            "trusted principals: 765628985471 | 999999999999",
            "external IDs: a-tenant",
            "target functions: arn:aws:lambda:us-east-1:123456789012:function:f",
            "other permitted actions: s3:PutObject=arn:aws:s3:::a\\u202eb",
        ]
    );
    assert!(held(&json!({}), OPEN).is_empty());
    let role = |name: &str| json!({ "RoleName": name, "AssumeRolePolicyDocument": serde_json::from_str::<Value>(OPEN).unwrap() });
    let roles = json!({ "Roles": [role("One"), role("Two")] }).to_string();
    assert_eq!(held(&json!({ "role": "Two" }), &roles), ["only one role of 2: Two"]);
    let plan = include_str!("../../page/examples/terraform-plan.json");
    assert_eq!(
        held(&json!({ "plain_references": true }), plan),
        ["references in the plan are stated to be plain: "]
    );
}

#[test]
fn a_command_that_is_too_long_is_left_out_and_not_cut() {
    let question = |count: usize| json!({ "allow": vec!["s3:PutObject=arn:aws:s3:::recordings/*"; count] });
    assert!(decided(&question(3), OPEN).command.unwrap().ends_with("recordings/*'"));
    assert_eq!(decided(&question(1000), OPEN).command, None);
}
