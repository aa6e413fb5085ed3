//! The services that the sandbox plays.

/// A service, by its name in the signature and in policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Iam,
    Sts,
    Lambda,
    SecretsManager,
    Ssm,
    Organizations,
    AccessAnalyzer,
    CloudWatch,
}

impl Service {
    /// The service with this signing name.
    pub(super) fn from_signing_name(name: &str) -> Option<Self> {
        match name {
            "iam" => Some(Self::Iam),
            "sts" => Some(Self::Sts),
            "lambda" => Some(Self::Lambda),
            "secretsmanager" => Some(Self::SecretsManager),
            "ssm" => Some(Self::Ssm),
            "organizations" => Some(Self::Organizations),
            "access-analyzer" => Some(Self::AccessAnalyzer),
            "monitoring" => Some(Self::CloudWatch),
            _ => None,
        }
    }

    /// The prefix of its actions in policies, which is its signing name too, but for CloudWatch.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Lambda => "lambda",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
            Self::Organizations => "organizations",
            Self::AccessAnalyzer => "access-analyzer",
            Self::CloudWatch => "cloudwatch",
        }
    }
}
