//! The services that this build was made without: each call says so.

use super::Aws;
use rolecall_model::ports::{AwsError, AwsErrorKind, AwsResult, WriteOutcome};

fn absent<T>(operation: &'static str, feature: &str) -> AwsResult<T> {
    let message = format!(
        "this build of rolecall does not include `{feature}`: use a release, or build with `--all-features`"
    );
    Err(AwsError {
        operation,
        kind: AwsErrorKind::Other,
        code: None,
        message,
        request_id: None,
        outcome: WriteOutcome::Refused,
    })
}

#[cfg(not(feature = "access-analyzer"))]
mod access_analyzer {
    use super::{Aws, AwsResult, absent};
    use rolecall_model::ports::{AnalyseAccess, Answered, Check, DocumentKind, Remark};
    use rolecall_model::stored::StoredDocument;

    const FEATURE: &str = "access-analyzer";

    impl AnalyseAccess for Aws {
        async fn validate_policy(
            &self,
            _: &StoredDocument,
            _: DocumentKind,
        ) -> AwsResult<Answered<Vec<Remark>>> {
            absent("access-analyzer:ValidatePolicy", FEATURE)
        }

        async fn check_no_public_access(&self, _: &StoredDocument) -> AwsResult<Answered<Check>> {
            absent("access-analyzer:CheckNoPublicAccess", FEATURE)
        }

        async fn check_no_new_access(
            &self,
            _: &StoredDocument,
            _: &StoredDocument,
            _: DocumentKind,
        ) -> AwsResult<Answered<Check>> {
            absent("access-analyzer:CheckNoNewAccess", FEATURE)
        }
    }
}

#[cfg(not(feature = "cloudtrail"))]
mod trail {
    use super::{Aws, AwsResult, absent};
    use jiff::Timestamp;
    use rolecall_model::iam::arn::Region;
    use rolecall_model::ports::trail::{ReadTrail, TrailEvent};

    impl ReadTrail for Aws {
        async fn events(
            &self,
            _: &Region,
            _: &str,
            _: Timestamp,
            _: Timestamp,
        ) -> AwsResult<Vec<TrailEvent>> {
            absent("cloudtrail:LookupEvents", "cloudtrail")
        }
    }
}

#[cfg(not(feature = "cloudwatch"))]
mod metrics {
    use super::{Aws, AwsResult, absent};
    use rolecall_model::ports::metrics::{FunctionMetrics, MeasuredFunction, ReadFunctionMetrics, Window};

    impl ReadFunctionMetrics for Aws {
        async fn function_metrics(&self, _: &MeasuredFunction, _: Window) -> AwsResult<FunctionMetrics> {
            absent("cloudwatch:GetMetricData", "cloudwatch")
        }
    }
}

#[cfg(not(feature = "organizations"))]
mod organizations {
    use super::{Aws, AwsResult, absent};
    use rolecall_model::iam::arn::AccountId;
    use rolecall_model::ports::{OrganizationPolicyKind, OrganizationRecord, ReadOrganization};

    const FEATURE: &str = "organizations";

    impl ReadOrganization for Aws {
        async fn organization(&self) -> AwsResult<Option<OrganizationRecord>> {
            absent("organizations:DescribeOrganization", FEATURE)
        }

        async fn accounts(&self) -> AwsResult<Vec<AccountId>> {
            absent("organizations:ListAccounts", FEATURE)
        }

        async fn parent(&self, _: &str) -> AwsResult<Option<String>> {
            absent("organizations:ListParents", FEATURE)
        }

        async fn policies_at(&self, _: &str, _: OrganizationPolicyKind) -> AwsResult<Vec<String>> {
            absent("organizations:ListPoliciesForTarget", FEATURE)
        }

        async fn organization_policy(&self, _: &str) -> AwsResult<String> {
            absent("organizations:DescribePolicy", FEATURE)
        }
    }
}

#[cfg(not(feature = "sns"))]
mod topic {
    use super::{Aws, AwsResult, absent};
    use rolecall_model::iam::arn::Arn;

    impl Aws {
        /// Sends a message to a topic.
        #[expect(clippy::unused_async, reason = "the shape of the one that sends")]
        pub async fn send_message(&self, _: &Arn, _: &str, _: &str) -> AwsResult<()> {
            absent("sns:Publish", "sns")
        }
    }
}

#[cfg(not(feature = "ssm"))]
mod parameter {
    use futures_util::FutureExt;
    use futures_util::future::LocalBoxFuture;
    use rolecall_model::ports::secrets::{ReadSecret, SecretId};
    use secrecy::SecretString;

    use super::{Aws, AwsResult, absent};

    /// A parameter that cannot be read.
    #[derive(Debug)]
    struct SecureParameter(String);

    impl Aws {
        /// A parameter that must be a `SecureString`.
        #[expect(clippy::unused_self, reason = "the shape of the one that reads")]
        pub(crate) fn secure_parameter(&self, id: &SecretId) -> Box<dyn ReadSecret> {
            Box::new(SecureParameter(id.to_string()))
        }
    }

    impl ReadSecret for SecureParameter {
        fn called(&self) -> String {
            format!("the parameter `{}`", self.0)
        }

        fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
            async { absent("ssm:GetParameter", "ssm") }.boxed_local()
        }
    }
}
