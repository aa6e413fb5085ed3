//! Tags: keys are unique without regard to case and keep the case they were written in
//! (docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).

use serde::{Deserialize, Serialize};

/// Keys and values in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(pub Vec<(String, String)>);

impl Tags {
    /// Sets a tag, replacing one whose key differs in case only.
    pub fn set(&mut self, key: &str, value: &str) {
        match self.0.iter_mut().find(|(old, _)| old.eq_ignore_ascii_case(key)) {
            Some(tag) => *tag = (key.to_owned(), value.to_owned()),
            None => self.0.push((key.to_owned(), value.to_owned())),
        }
    }

    /// Removes a tag if it is there.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(old, _)| !old.eq_ignore_ascii_case(key));
    }

    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(old, _)| old.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
