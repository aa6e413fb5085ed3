//! What a report says nothing about, although the manifest asks for it.

use schemars::JsonSchema;
use serde::Serialize;

/// A service that nobody looked at. Whoever reads only the last line must know it: nothing there is in sync or proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnexaminedView {
    /// The service.
    pub service: &'static str,
    /// Why not.
    pub reason: &'static str,
}

impl UnexaminedView {
    /// The user said so.
    pub const LEFT_OUT: Self = Self { service: "Genesys Cloud", reason: "--side aws" };
    /// There is no OAuth client.
    pub const NO_CREDENTIALS: Self = Self { service: "Genesys Cloud", reason: "no usable credentials" };

    /// In a sentence.
    pub(super) fn to_text(self) -> String {
        format!("{} was not looked at ({})", self.service, self.reason)
    }
}
