use rolecall_iam::document::Document;

use super::{Owner, Places};

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "Grüße-😀", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
  {"Sid": "Second", "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}]}"#;

fn document(text: &str) -> Document {
    Document::parse(text).unwrap()
}

fn marked<'t>(text: &'t str, document: &Document, names: &[&str]) -> Vec<&'t str> {
    let owner = Owner { role: names.first().copied().unwrap_or_default(), policy: None, names };
    owned(text, document, &owner)
}

fn owned<'t>(text: &'t str, document: &Document, owner: &Owner<'_>) -> Vec<&'t str> {
    let places = Places::of(text).unwrap();
    let ranges = places.documents().statements(document, owner).unwrap_or_default();
    ranges.into_iter().map(|range| &text[range]).collect()
}

#[test]
fn a_statement_of_a_document_by_itself_is_its_text() {
    let marked = marked(TRUST, &document(TRUST), &[]);
    assert!(marked[0].starts_with(r#"{"Sid": "Grüße-😀""#) && marked[0].ends_with(r#""sts:AssumeRole"}"#));
    assert_eq!(
        marked[1],
        r#"{"Sid": "Second", "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}"#
    );
    let single = r#" {"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*"}}"#;
    let whole = &single[14..single.len() - 1];
    assert_eq!(self::marked(single, &document(single), &[]), [whole]);
}

#[test]
fn a_document_in_a_string_has_the_places_of_its_escapes() {
    // In a file of Terraform the document is text in text: quotes, letters beyond ASCII and beyond UTF-16's first plane.
    let escaped =
        serde_json::to_string(TRUST).unwrap().replace('ü', "\\u00fc").replace('😀', "\\ud83d\\ude00");
    let file = format!(r#"{{"a": [{{"assume_role_policy": {escaped}}}]}}"#);
    let marked = marked(&file, &document(TRUST), &[]);
    assert!(marked[0].starts_with(r#"{\"Sid\": \"Gr\u00fcße-\ud83d\ude00\""#), "{marked:?}");
    assert_eq!(
        marked[1],
        r#"{\"Sid\": \"Second\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"sts:TagSession\"}"#
    );
}

#[test]
fn of_two_places_alike_the_one_within_the_named_thing_counts_and_none_where_it_is_not_clear() {
    let file = format!(
        r#"{{"Roles": [{{"RoleName": "one", "AssumeRolePolicyDocument": {TRUST}}}, {{"RoleName": "two", "AssumeRolePolicyDocument": {TRUST}}}], "three": {TRUST}}}"#
    );
    let places = Places::of(&file).unwrap();
    let start = |role| {
        let owner = Owner { role, policy: None, names: &[] };
        places.documents().statements(&document(TRUST), &owner).map(|ranges| ranges[0].start)
    };
    assert!(start("one").unwrap() < start("two").unwrap());
    assert_eq!((start("three"), start("")), (None, None));
    let any = format!("[{TRUST}, {TRUST}]");
    assert!(marked(&any, &document(TRUST), &[]).is_empty());
}

#[test]
fn a_copy_in_the_metadata_of_a_template_is_no_place() {
    let file = format!(
        r#"{{"Metadata": {{"R": {{"RoleName": "R", "R": {{"AssumeRolePolicyDocument": {TRUST}}}}}}},
            "Resources": {{"R": {{"Metadata": {{"AssumeRolePolicyDocument": {TRUST}}}, "Properties": {{"AssumeRolePolicyDocument": {TRUST}}}}}}}}}"#
    );
    let marked = marked(&file, &document(TRUST), &["R", "R"]);
    let start = marked[0].as_ptr() as usize - file.as_ptr() as usize;
    assert!(start > file.find("Properties").unwrap(), "{start}");
}

#[test]
fn two_roles_that_have_the_names_of_each_other_are_told_apart() {
    let role = |id: &str, name: &str| {
        format!(r#""{id}": {{"Properties": {{"RoleName": "{name}", "AssumeRolePolicyDocument": {TRUST}}}}}"#)
    };
    let file = format!(r#"{{"Resources": {{{}, {}}}}}"#, role("A", "B"), role("B", "A"));
    let middle = file.find(r#""B": {"#).unwrap();
    for (id, name, is_first) in [("A", "B", true), ("B", "A", false)] {
        let owner = Owner { role: id, policy: None, names: &[name] };
        let marked = owned(&file, &document(TRUST), &owner);
        let start = marked[0].as_ptr() as usize - file.as_ptr() as usize;
        assert_eq!(start < middle, is_first, "{id}");
    }
}

#[test]
fn of_a_plan_the_planned_values_count_and_not_what_was_there_before() {
    let text = serde_json::to_string(TRUST).unwrap();
    let role = format!(r#""address": "aws_iam_role.a", "values": {{"assume_role_policy": {text}}}"#);
    let change = format!(
        r#""address": "aws_iam_role.a", "change": {{"before": {{"assume_role_policy": {text}}}, "after": {{"assume_role_policy": {text}}}}}"#
    );
    let owner = Owner { role: "aws_iam_role.a", policy: None, names: &[] };
    let start = |file: &str| {
        let marked = owned(file, &document(TRUST), &owner);
        marked[0].as_ptr() as usize - file.as_ptr() as usize
    };
    let whole = format!(
        r#"{{"resource_changes": [{{{change}}}], "planned_values": {{"root_module": {{"resources": [{{{role}}}]}}}}}}"#
    );
    assert!(start(&whole) > whole.find("planned_values").unwrap());
    let changes = format!(r#"{{"resource_changes": [{{{change}}}]}}"#);
    assert!(start(&changes) > changes.find("after").unwrap());
}

#[test]
fn yaml_and_what_a_template_computes() {
    let template = "Resources:\n  Role: # a role\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
                    Version: 2012-10-17\n        Statement:\n          - Effect: Allow\n            Principal:\n              AWS: \
                    !Sub arn:aws:iam::${Account}:root\n            Action: sts:AssumeRole # the end\n\n          - {Effect: Deny, \
                    Principal: '*', Action: [sts:TagSession]}\n  Other: 1\n";
    let resolved = document(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": ["sts:TagSession"]}]}"#,
    );
    let marked = marked(template, &resolved, &["Role"]);
    assert!(
        marked[0].starts_with("Effect: Allow") && marked[0].ends_with("Action: sts:AssumeRole"),
        "{marked:?}"
    );
    assert_eq!(marked[1], "{Effect: Deny, Principal: '*', Action: [sts:TagSession]}");
}

#[test]
fn a_statement_that_a_template_computes_is_not_taken_for_another() {
    let file = format!(
        r#"{{"Resources": {{"Role": {{"Properties": {{"Policies": [{{"Statement": [{{"Ref": "A"}}, {{"Fn::If": []}}]}}], "AssumeRolePolicyDocument": {TRUST}}}}}}}}}"#
    );
    let marked = marked(&file, &document(TRUST), &["Role"]);
    assert!(marked[1].starts_with(r#"{"Sid": "Second""#), "{marked:?}");
}

#[test]
fn a_document_that_is_not_there_has_no_place() {
    let other = TRUST.replace("123456789012", "210987654321");
    assert!(marked(TRUST, &document(&other), &[]).is_empty());
    assert!(Places::of("{").is_none() && Places::of("").is_none() && Places::of("a: [").is_none());
    let deep = "[".repeat(100_000);
    assert!(Places::of(&deep).is_none());
}

#[test]
fn a_pointer_leads_to_the_value_and_to_the_last_of_two() {
    let text = r#"{"a/b": [1, {"c": 2, "c": "thrée"}]}"#;
    let places = Places::of(text).unwrap();
    let at = |pointer: &str| places.at(pointer).map(|range| &text[range]);
    assert_eq!((at("/a~1b/0"), at("/a~1b/1/c")), (Some("1"), Some("\"thrée\"")));
    assert_eq!((at(""), at("/x"), at("/a~1b/9")), (Some(text), None, None));
}
