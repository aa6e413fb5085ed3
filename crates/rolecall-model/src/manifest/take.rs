//! Values out of what was written, with what is wrong with them.

use super::form::{Form, Text};
use super::note::{Notes, Span};

/// The value of a required key; a wrong one is reported, a missing one was reported before.
pub(super) fn take<F: Form>(text: Option<Text<F>>, notes: &mut Notes<'_>) -> Option<F::Value> {
    let Text { span, value } = text?;
    value.map_err(|reason| notes.fault(Some(span), reason)).ok()
}

/// The value of an optional key: `Some(None)` where it is left out, `None` where it is wrong and was reported.
#[expect(clippy::option_option, reason = "left out and wrong are different things")]
pub(super) fn take_optional<F: Form>(
    text: Option<Text<F>>,
    notes: &mut Notes<'_>,
) -> Option<Option<F::Value>> {
    match text {
        None => Some(None),
        Some(text) => take(Some(text), notes).map(Some),
    }
}

/// Where the text stands.
pub(super) fn place<F: Form>(text: Option<&Text<F>>) -> Span {
    text.map(|text| text.span.clone())
}
