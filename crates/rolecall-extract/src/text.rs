//! Bytes to text, and text to one tree, whether it is JSON or YAML.

use serde_json::Value;

use super::{ExtractError, MAX_TEMPLATE_BYTES, yaml};
use rolecall_iam::document::{Limits, parse_json};

/// The largest file that is read, in bytes: the authorization details of a large account.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The deepest nesting that is read: serde_json's own limit.
const MAX_DEPTH: usize = 127;

/// Bytes that should be UTF-8 text of at most `limit` bytes; a byte order mark is dropped.
///
/// # Errors
/// What the bytes are instead.
pub fn text(mut bytes: Vec<u8>, limit: usize) -> Result<String, ExtractError> {
    if bytes.len() > limit {
        return Err(ExtractError::TooLarge { limit });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ExtractError::Utf16);
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    String::from_utf8(bytes)
        .map_err(|error| ExtractError::NotUtf8 { position: error.utf8_error().valid_up_to() })
}

/// The tree that the text describes: JSON where it starts like JSON, YAML otherwise.
pub(super) fn tree(text: &str) -> Result<Value, ExtractError> {
    match text.trim_start().chars().next() {
        None => Err(ExtractError::Empty),
        Some('{' | '[' | '"') => parse_json(text, Limits { bytes: MAX_BYTES, depth: MAX_DEPTH })
            .map_err(|faults| ExtractError::NotJson { faults }),
        Some(_) if text.len() > MAX_TEMPLATE_BYTES => {
            Err(ExtractError::TooLarge { limit: MAX_TEMPLATE_BYTES })
        }
        Some(_) => yaml::parse(text, MAX_DEPTH).map_err(ExtractError::NotYaml),
    }
}
