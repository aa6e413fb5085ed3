//! Edits change the targets and nothing else of the text.

use proptest::prelude::*;
use rolecall_model::manifest::edit::{EditError, add_target, remove_target};
use rolecall_model::manifest::write::render;
use rolecall_model::manifest::{Manifest, Target};

use super::{FULL, LEAST, strategy};

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn add(text: &str, added: &str) -> Result<String, EditError> {
    add_target(text, "rolecall.toml", &target(added))
}

fn remove(text: &str, removed: &str) -> Result<String, EditError> {
    remove_target(text, "rolecall.toml", &target(removed))
}

/// The lines that an edit took away and put in: all that stands between the common start and the common end.
fn changes(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = before.iter().zip(&after).take_while(|(left, right)| left == right).count();
    let room = before.len().min(after.len()) - start;
    let ends = before.iter().rev().zip(after.iter().rev()).take(room);
    let end = ends.take_while(|(left, right)| left == right).count();
    let taken = before[start..before.len() - end].iter().map(|line| format!("-{line}"));
    let put = after[start..after.len() - end].iter().map(|line| format!("+{line}"));
    taken.chain(put).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_target_is_added_behind_the_last() {
    let after = add(FULL, "123456789012:function:returns:7").unwrap();
    assert_eq!(
        changes(FULL, &after),
        "+[[target]]\n+function = \"123456789012:function:returns\"\n+qualifier = \"7\"\n+"
    );
    let position = |text: &str| after.find(text).unwrap();
    assert!(position("stock:7") < position("returns") && position("returns") < position("# Probes"));
    let after = add(LEAST, "arn:aws:lambda:us-east-1:123456789012:function:returns").unwrap();
    assert_eq!(
        changes(LEAST, &after),
        "+\n+[[target]]\n+function = \"arn:aws:lambda:us-east-1:123456789012:function:returns\""
    );
}

#[test]
fn a_target_is_removed_with_its_own_comment_only() {
    // An action calls the first target by its bare name.
    assert!(
        matches!(remove(FULL, "order-status"), Err(EditError::ChangesAction { action }) if action == "Get order status")
    );
    let after = remove(FULL, "stock").unwrap();
    assert_eq!(
        changes(FULL, &after),
        "-[[target]]\n-function = \"arn:aws:lambda:us-east-1:123456789012:function:stock:7\"\n-"
    );
    let free = FULL.replace("target = \"order-status\"", "target = \"stock\"");
    let after = remove(&free, "order-status:live").unwrap();
    assert_eq!(
        changes(&free, &after),
        "-# the live alias only\n-[[target]]\n-function = \"order-status\"\n-qualifier = \"live\"\n-region = \"eu-central-1\"\n-invokers = [\"apigateway.amazonaws.com\", \"210987654321\"]\n-"
    );
    assert!(after.contains("# Orders\n\n[[target]]"), "{after}");
}

#[test]
fn comments_set_apart_stay_also_behind_the_last_table() {
    let text = format!(
        "{LEAST}\n# Returns, see the wiki.\n\n# own\n[[target]]\nfunction = \"returns\" # seven days\n# end\n"
    );
    let after = remove(&text, "returns").unwrap();
    assert_eq!(after, format!("{LEAST}\n# Returns, see the wiki.\n# end\n"));
}

#[test]
fn inline_lists_stay_inline_with_each_comment_at_its_target() {
    let head = "version = 1\ngenesys = { region = \"us-east-1\" }\nrole = { name = \"r\" }\n";
    let manifest =
        |list: &str| format!("{head}target = {list}\n").replace('<', "{ function = \"").replace('>', "\" }");
    for (before, after) in [
        ("[<a>]", "[<a>, <x>]"),
        ("[ <a> ]", "[ <a>, <x> ]"),
        ("[\n  <a>\n]", "[\n  <a>,\n  <x>\n]"),
        ("[\n  <a>,\n]", "[\n  <a>,\n  <x>,\n]"),
        ("[\n  <a>, # one\n  <b> # two\n]", "[\n  <a>, # one\n  <b>, # two\n  <x>\n]"),
        ("[\n  # all\n  <a>, # one\n  # end\n]", "[\n  # all\n  <a>, # one\n  <x>,\n  # end\n]"),
    ] {
        assert_eq!(add(&manifest(before), "x").unwrap(), manifest(after));
    }
    for (before, after) in [
        ("[<x>, <a>]", "[<a>]"),
        ("[<a>, <x>]", "[<a>]"),
        ("[ <a>, <x> ]", "[ <a> ]"),
        ("[\n  <a>, # one\n  <x>\n]", "[\n  <a> # one\n]"),
        ("[\n  <a>, # one\n  <x>, # mine\n  <b>, # two\n]", "[\n  <a>, # one\n  <b>, # two\n]"),
        ("[\n  <a>, # one\n  <x>, # mine\n  # end\n]", "[\n  <a>, # one\n  # end\n]"),
        ("[ # all\n  <x>, # mine\n  <a>\n]", "[ # all\n  <a>\n]"),
    ] {
        assert_eq!(remove(&manifest(before), "x").unwrap(), manifest(after));
    }
}

#[test]
fn byte_order_mark_and_line_ends_stay() {
    let windows = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
    let after = add(&windows, "returns").unwrap();
    assert!(after.starts_with('\u{feff}'));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    assert_eq!(after.replace("\r\n", "\n"), format!("\u{feff}{}", add(FULL, "returns").unwrap()));
}

#[test]
fn edits_that_cannot_be_are_refused() {
    let message = |result: Result<String, EditError>| result.unwrap_err().to_string();
    assert_eq!(message(add(LEAST, "order-status")), "the manifest already has the target `order-status`");
    assert_eq!(
        message(remove(LEAST, "order-status")),
        "`order-status` is the last target, and a manifest without a [[grant]] has at least one; `rolecall destroy` removes the role"
    );
    assert_eq!(
        message(remove(FULL, "order-state")),
        "no [[target]] is `order-state`; the nearest: `order-status:live in eu-central-1`, \
         `arn:aws:lambda:us-east-1:123456789012:function:stock:7`"
    );
    let twice = add(&add(LEAST, "f:a").unwrap(), "f:b").unwrap();
    assert_eq!(message(remove(&twice, "f")), "`f` matches `f:a`, `f:b`; write one of them in full");
    assert!(matches!(add("version = 1", "f"), Err(EditError::Invalid(_))));
}

#[test]
fn an_edit_never_moves_an_action_to_another_function() {
    // `order-status` means the live alias until a target has exactly this name.
    let moved = add(FULL, "order-status");
    assert!(
        matches!(&moved, Err(EditError::ChangesAction { action }) if action == "Get order status"),
        "{moved:?}"
    );
    let ambiguous = add(FULL, "order-status:test");
    assert!(matches!(&ambiguous, Err(EditError::Breaks { .. })), "{ambiguous:?}");
}

proptest! {
    /// Adding and removing again gives the text back, byte by byte.
    #[test]
    fn removing_undoes_adding(manifest in strategy::manifest(), added in strategy::target()) {
        prop_assume!(manifest.targets.iter().all(|target| target.function != added.function));
        let before = render(&manifest);
        let with = add_target(&before, "m", &added).unwrap();
        let (edited, _) = Manifest::parse(&with, "m").unwrap();
        prop_assert_eq!(edited.targets.last(), Some(&added));
        prop_assert_eq!(edited.targets.len(), manifest.targets.len() + 1);
        let without = remove_target(&with, "m", &added).unwrap();
        prop_assert_eq!(without, before);
    }
}
