//! Edits of a manifest's text that keep its comments, order and layout.
//!
//! An edit is made on the text of a manifest without faults, and its result is read again: it must be the same
//! manifest but for the target. So an edit that would change what an action calls is refused, whatever the text was.

use toml_edit::visit::{self, Visit};
use toml_edit::visit_mut::{self, VisitMut};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, RawString, Table, Value};

use super::target::{self, Target};
use super::{Action, Call, Faults, Manifest, write};

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The manifest is wrong before the edit.
    #[error(transparent)]
    Invalid(#[from] Faults),
    /// The target is there.
    #[error("the manifest already has the target `{target}`")]
    AlreadyThere { target: String },
    /// No target is meant.
    #[error("no [[target]] is `{reference}`; the nearest: {nearest}")]
    NotThere {
        /// What was asked for.
        reference: String,
        /// The targets most like it.
        nearest: String,
    },
    /// More than one target could be meant.
    #[error("`{reference}` matches {fitting}; write one of them in full")]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// The targets that it fits.
        fitting: String,
    },
    /// A manifest without targets and grants would be a role that may do nothing.
    #[error(
        "`{target}` is the last target, and a manifest without a [[grant]] has at least one; `rolecall destroy` removes the role"
    )]
    LastTarget { target: String },
    /// An action would call nothing, or another function.
    #[error("the edit would change what the action `{action}` calls; change its `target` first")]
    ChangesAction {
        /// The action's name.
        action: String,
    },
    /// The result would be wrong, for example because an action could then mean two targets.
    #[error("the edit would make the manifest invalid:\n{faults}")]
    Breaks {
        /// What would be wrong; the places are those of the edited text.
        faults: Faults,
    },
    /// An action of that name is there.
    #[error("the manifest already has an action `{action}`")]
    ActionThere {
        /// Its name.
        action: String,
    },
    /// The layout of the text defeats the edit.
    #[error("rolecall cannot edit a manifest with this layout; edit its [[target]] by hand")]
    Layout,
}

/// The text with one more target.
pub fn add_target(text: &str, file: &str, target: &Target) -> Result<String, EditError> {
    let (mut manifest, _) = Manifest::parse(text, file)?;
    if manifest.targets.contains(target) {
        return Err(EditError::AlreadyThere { target: target.to_string() });
    }
    manifest.targets.push(target.clone());
    let edited = edit(text, |document| match document.get_mut("target") {
        Some(Item::ArrayOfTables(tables)) => {
            push_table(tables, target);
            Some(())
        }
        Some(Item::Value(Value::Array(array))) => {
            push_inline(array, target);
            Some(())
        }
        // A role with grants alone gets its first function.
        Some(Item::None) | None => {
            let mut tables = ArrayOfTables::new();
            push_table(&mut tables, target);
            document.insert("target", Item::ArrayOfTables(tables));
            Some(())
        }
        Some(Item::Value(_) | Item::Table(_)) => None,
    })?;
    confirm(edited, file, &manifest)
}

/// The text without the one target that `reference` means. A comment directly above the target goes with it.
pub fn remove_target(text: &str, file: &str, reference: &Target) -> Result<String, EditError> {
    let (mut manifest, _) = Manifest::parse(text, file)?;
    let target = match reference.find_in(&manifest.targets).as_slice() {
        [only] => (*only).clone(),
        [] => {
            let nearest = target::list(&target::nearest(reference, &manifest.targets));
            return Err(EditError::NotThere { reference: reference.to_string(), nearest });
        }
        several => {
            return Err(EditError::Ambiguous {
                reference: reference.to_string(),
                fitting: target::list(several),
            });
        }
    };
    if manifest.targets.len() == 1 && manifest.grants.is_empty() {
        return Err(EditError::LastTarget { target: target.to_string() });
    }
    let calls_it = |action: &&Action| match &action.call {
        Call::Function { target: called, method: _, headers: _ } => *called == target,
        Call::Url { .. } => false,
    };
    if let Some(action) = manifest.actions.iter().find(calls_it) {
        return Err(EditError::ChangesAction { action: action.name.clone() });
    }
    let index = manifest.targets.iter().position(|other| *other == target).ok_or(EditError::Layout)?;
    manifest.targets.remove(index);
    manifest.invokers.remove(&target);
    let edited = edit(text, |document| match document.get_mut("target") {
        Some(Item::ArrayOfTables(tables)) if index < tables.len() => {
            let removed = tables.remove(index);
            if tables.is_empty() {
                document.remove("target");
            }
            keep_comments(document, &removed);
            Some(())
        }
        Some(Item::Value(Value::Array(array))) if array.len() == 1 && index == 0 => {
            document.remove("target").map(|_| ())
        }
        Some(Item::Value(Value::Array(array))) if index < array.len() => {
            remove_inline(array, index);
            Some(())
        }
        Some(_) | None => None,
    })?;
    confirm(edited, file, &manifest)
}

/// The text with one more action at its end.
pub fn add_action(text: &str, file: &str, action: &Action) -> Result<String, EditError> {
    let (mut manifest, _) = Manifest::parse(text, file)?;
    if manifest.actions.iter().any(|known| known.name == action.name) {
        return Err(EditError::ActionThere { action: action.name.clone() });
    }
    manifest.actions.push(action.clone());
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let added = write::action_text(action).replace('\n', line_end);
    confirm(format!("{}{line_end}{added}", text.trim_end()), file, &manifest)
}

/// Applies a change to the document. A byte order mark and Windows line ends are put back as they were.
fn edit(text: &str, change: impl FnOnce(&mut DocumentMut) -> Option<()>) -> Result<String, EditError> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let is_windows = body.contains("\r\n") && body.matches('\n').count() == body.matches("\r\n").count();
    let mut document: DocumentMut = body.replace("\r\n", "\n").parse().map_err(|_| EditError::Layout)?;
    change(&mut document).ok_or(EditError::Layout)?;
    let edited = document.to_string();
    let edited = if is_windows { edited.replace('\n', "\r\n") } else { edited };
    Ok(format!("{mark}{edited}"))
}

/// The edited text, if it says what was wanted and nothing else.
fn confirm(edited: String, file: &str, wanted: &Manifest) -> Result<String, EditError> {
    let (manifest, _) = Manifest::parse(&edited, file).map_err(|faults| EditError::Breaks { faults })?;
    if manifest == *wanted {
        return Ok(edited);
    }
    let changed = wanted.actions.iter().zip(manifest.actions).find(|(before, after)| *before != after);
    Err(changed
        .map_or(EditError::Layout, |(action, _)| EditError::ChangesAction { action: action.name.clone() }))
}

fn push_table(tables: &mut ArrayOfTables, target: &Target) {
    let mut table = Table::new();
    for (key, value) in target.entries() {
        table.insert(key, toml_edit::value(value));
    }
    tables.push(table);
}

/// Adds an element in the layout of the last one. To the parser, a comment behind an element belongs to what follows
/// it: the next element, or the end of the list.
fn push_inline(array: &mut Array, target: &Target) {
    let table: InlineTable =
        target.entries().into_iter().map(|(key, value)| (key, Value::from(value))).collect();
    let mut added = Value::from(table);
    let Some(last) = array.len().checked_sub(1).and_then(|index| array.get_mut(index)) else { return };
    let before_last = raw(last.decor().prefix());
    let indent = match before_last.rsplit_once('\n') {
        Some((_, indent)) => format!("\n{indent}"),
        None => " ".to_owned(),
    };
    let behind_last = raw(last.decor().suffix());
    last.decor_mut().set_suffix("");
    let at_end = raw(Some(array.trailing()));
    let (comment, rest) = split_line(if array.trailing_comma() { &at_end } else { &behind_last });
    added.decor_mut().set_prefix(format!("{}{indent}", comment.trim_end()));
    if array.trailing_comma() {
        array.set_trailing(rest);
    } else {
        added.decor_mut().set_suffix(rest);
    }
    array.push_formatted(added);
}

/// Removes an element with its own comment, and keeps the comment of the element before it.
fn remove_inline(array: &mut Array, index: usize) {
    let removed = array.remove(index);
    let before = raw(removed.decor().prefix());
    let (comment, _) = split_line(&before);
    match array.get_mut(index) {
        Some(next) => {
            let own = raw(next.decor().prefix());
            let (_, rest) = split_line(&own);
            let prefix = if own.contains('\n') { format!("{comment}{rest}") } else { before.clone() };
            next.decor_mut().set_prefix(prefix);
        }
        None => {
            let at_end =
                raw(if array.trailing_comma() { Some(array.trailing()) } else { removed.decor().suffix() });
            let (_, rest) = split_line(&at_end);
            array.set_trailing(format!("{}{rest}", comment.trim_end()));
        }
    }
}

/// The text's first line, and the rest with the line end; a text without a line end is all rest.
fn split_line(text: &str) -> (&str, &str) {
    text.find('\n').map_or(("", text), |end| text.split_at(end))
}

fn raw(text: Option<&RawString>) -> String {
    text.and_then(RawString::as_str).unwrap_or_default().to_owned()
}

/// Keeps the comments above a removed table that a blank line sets apart: they are about more than the table.
fn keep_comments(document: &mut DocumentMut, removed: &Table) {
    let prefix = raw(removed.decor().prefix());
    let Some((apart, _)) = prefix.rsplit_once("\n\n") else { return };
    if !apart.contains('#') {
        return;
    }
    let kept = format!("{}\n", apart.trim_end());
    let mut next = NextTable { after: removed.position(), found: None };
    next.visit_document(document);
    match next.found {
        Some(position) => Prepend { position, text: kept }.visit_document_mut(document),
        None => {
            let trailing = raw(Some(document.trailing()));
            document.set_trailing(format!("{kept}{trailing}"));
        }
    }
}

/// Finds the position of the first table that stands behind another in the text.
struct NextTable {
    after: Option<isize>,
    found: Option<isize>,
}

impl<'doc> Visit<'doc> for NextTable {
    fn visit_table(&mut self, table: &'doc Table) {
        let position = table.position().filter(|_| !table.is_implicit() && !table.is_dotted());
        if position > self.after && (self.found.is_none() || position < self.found) {
            self.found = position;
        }
        visit::visit_table(self, table);
    }
}

/// Puts text above the header of one table.
struct Prepend {
    position: isize,
    text: String,
}

impl VisitMut for Prepend {
    fn visit_table_mut(&mut self, table: &mut Table) {
        if table.position() == Some(self.position) {
            let own =
                table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
            table.decor_mut().set_prefix(format!("{}{own}", self.text));
        }
        visit_mut::visit_table_mut(self, table);
    }
}
