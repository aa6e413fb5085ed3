//! What a report says nothing about, although the manifest asks for it.

use schemars::JsonSchema;
use serde::Serialize;

/// A service that nobody looked at. Whoever reads only the last line must know it: nothing there is in sync or proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnexaminedView {
    /// The service.
    pub service: UnexaminedService,
    /// Why not.
    pub reason: &'static str,
}

/// One of both services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum UnexaminedService {
    /// The role, its policies and the functions.
    #[serde(rename = "AWS")]
    Aws,
    /// Credential, integration and actions.
    #[serde(rename = "Genesys Cloud")]
    GenesysCloud,
}

impl UnexaminedService {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::GenesysCloud => "Genesys Cloud",
        }
    }
}

/// A service that has half of the figures of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum MeterView {
    /// It measures the action as a whole.
    #[serde(rename = "Genesys Cloud")]
    GenesysCloud,
    /// It measures the function.
    #[serde(rename = "CloudWatch")]
    CloudWatch,
}

impl MeterView {
    /// In a sentence.
    pub(super) fn to_text(self) -> &'static str {
        match self {
            Self::GenesysCloud => "Genesys Cloud was not looked at",
            Self::CloudWatch => "CloudWatch was not looked at",
        }
    }

    /// Whether it is a part of that service.
    pub(super) fn is_of(self, service: UnexaminedService) -> bool {
        match (self, service) {
            (Self::GenesysCloud, UnexaminedService::GenesysCloud)
            | (Self::CloudWatch, UnexaminedService::Aws) => true,
            (Self::GenesysCloud, UnexaminedService::Aws)
            | (Self::CloudWatch, UnexaminedService::GenesysCloud) => false,
        }
    }
}

impl UnexaminedView {
    /// The user said so.
    pub const LEFT_OUT: Self = Self { service: UnexaminedService::GenesysCloud, reason: "--side aws" };
    /// There is no OAuth client.
    pub const NO_CREDENTIALS: Self =
        Self { service: UnexaminedService::GenesysCloud, reason: "no usable credentials" };
    /// The user named the role, which nobody asked AWS for.
    pub const ROLE_NAMED: Self = Self { service: UnexaminedService::Aws, reason: "--role-arn" };

    /// In a sentence.
    pub(super) fn to_text(self) -> String {
        format!("{} was {}", self.service.name(), self.outcome())
    }

    /// The same beside the name of the service.
    pub(crate) fn outcome(self) -> String {
        format!("not looked at ({})", self.reason)
    }
}
