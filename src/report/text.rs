//! Text in a view: JSON has it as it is; wherever it is shown, it stays on its line and steers nothing.
//!
//! Views hold names and sentences with names that others chose. As [`Text`] they cannot reach a terminal, a log or Markdown
//! in another way: [`Display`] is how every renderer writes them.

use std::fmt::{self, Display};
use std::ops::Deref;

use rolecall_model::shown::Shown;
use schemars::JsonSchema;
use serde::Serialize;

/// A name or a sentence that may hold what others wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent, inline)]
pub struct Text(String);

impl Text {
    /// As it is shown.
    #[must_use]
    pub fn shown(&self) -> String {
        self.to_string()
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

/// For comparing; what is shown goes through [`Display`].
impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// Several of them, as they are shown.
pub(super) fn join<'t>(texts: impl IntoIterator<Item = &'t Text>, separator: &str) -> String {
    texts.into_iter().map(Text::shown).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_what_is_shown_escaped() {
        let text = Text::from("a\n\u{1b}[31mb");
        assert_eq!(serde_json::to_value(&text).unwrap(), "a\n\u{1b}[31mb");
        assert_eq!(text.to_string(), "a\\n\\u001b[31mb");
        assert_eq!(join([&text, &text], ", "), "a\\n\\u001b[31mb, a\\n\\u001b[31mb");
    }
}
