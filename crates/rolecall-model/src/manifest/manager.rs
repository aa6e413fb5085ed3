//! The tool that makes the role, or the Genesys Cloud side, where that is not rolecall.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Another tool that makes the role and its policies, or what is in Genesys Cloud. rolecall then writes nothing on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    Terraform,
    Opentofu,
    Cloudformation,
    Cdk,
    Pulumi,
    Other,
}

impl Manager {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Terraform, Self::Opentofu, Self::Cloudformation, Self::Cdk, Self::Pulumi, Self::Other];

    /// As the manifest writes it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::Opentofu => "opentofu",
            Self::Cloudformation => "cloudformation",
            Self::Cdk => "cdk",
            Self::Pulumi => "pulumi",
            Self::Other => "other",
        }
    }

    /// As the subject of a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terraform => "Terraform",
            Self::Opentofu => "OpenTofu",
            Self::Cloudformation => "CloudFormation",
            Self::Cdk => "the CDK",
            Self::Pulumi => "Pulumi",
            Self::Other => "another tool",
        }
    }

    /// How the tool carries out what its configuration says.
    #[must_use]
    pub fn run(self) -> &'static str {
        match self {
            Self::Terraform => "run `terraform apply`",
            Self::Opentofu => "run `tofu apply`",
            Self::Cloudformation => "update the stack",
            Self::Cdk => "run `cdk deploy`",
            Self::Pulumi => "run `pulumi up`",
            Self::Other => "apply it",
        }
    }

    /// How the tool removes what it made.
    #[must_use]
    pub fn remove(self) -> &'static str {
        match self {
            Self::Terraform => "remove it from the configuration and run `terraform apply`",
            Self::Opentofu => "remove it from the configuration and run `tofu apply`",
            Self::Cloudformation => "remove it from the template and update the stack",
            Self::Cdk => "remove it from the app and run `cdk deploy`",
            Self::Pulumi => "remove it from the program and run `pulumi up`",
            Self::Other => "remove it there",
        }
    }
}
