//! A policy document as AWS keeps it: text at the adapter, parsed once, and everywhere the same value.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::iam::document::{Document, DocumentErrors};

/// The text of a policy document, and what it says. Clones share one parse, which is made when somebody first asks.
#[derive(Clone)]
pub struct StoredDocument(Arc<Stored>);

struct Stored {
    text: String,
    parsed: OnceLock<Result<Document, DocumentErrors>>,
}

impl StoredDocument {
    /// The document with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Stored { text: text.into(), parsed: OnceLock::new() }))
    }

    /// The text, as AWS gave it or is to get it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// What it says, or why it is no policy document.
    pub fn parsed(&self) -> Result<&Document, &DocumentErrors> {
        self.0.parsed.get_or_init(|| Document::parse(&self.0.text)).as_ref()
    }

    /// What it says, where it is a policy document.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.parsed().ok()
    }

    /// Whether both say the same, however they are written. One that is no policy document says the same as its own text alone.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self == other
            || self.document().zip(other.document()).is_some_and(|(one, other)| one.equivalent(other))
    }

    /// Its size as AWS counts it; what is no policy document counts in full.
    #[must_use]
    pub fn size(&self) -> usize {
        self.document().map_or(self.text().len(), Document::size)
    }
}

impl PartialEq for StoredDocument {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }
}

impl Eq for StoredDocument {}

impl fmt::Debug for StoredDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for StoredDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl From<String> for StoredDocument {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for StoredDocument {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"}]}"#;
    const THE_SAME: &str = r#"{"Statement": {"Action": ["a:B"], "Effect": "Allow", "Resource": ["*"]}, "Version": "2012-10-17"}"#;

    #[test]
    fn two_ways_to_write_it_say_the_same_and_are_not_equal() {
        let (one, other) = (StoredDocument::new(ALLOWED), StoredDocument::new(THE_SAME));
        assert!(one.says_the_same_as(&other) && one != other);
        let denied = StoredDocument::new(ALLOWED.replace("Allow", "Deny"));
        assert!(!one.says_the_same_as(&denied));
    }

    #[test]
    fn what_is_no_document_says_only_its_own_text() {
        let (one, other) = (StoredDocument::new("{"), StoredDocument::new("{ "));
        assert!(one.says_the_same_as(&one.clone()) && !one.says_the_same_as(&other));
        assert!(!one.says_the_same_as(&StoredDocument::new(ALLOWED)));
        assert_eq!((one.size(), other.document().is_none()), (1, true));
    }
}
