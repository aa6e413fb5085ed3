//! The port of secrets on AWS Secrets Manager.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;

use super::Aws;
use super::calls::Recorder;
use super::error::{classify, refused_key, too_late, unexpected};
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::secrets::{ReadSecret, SecretId, SecretLocation};
use rolecall_model::ports::{AwsError, AwsErrorKind, AwsResult, WriteOutcome};
use rolecall_model::{activity, limit};

const READ: &str = "secretsmanager:GetSecretValue";

/// One secret of Secrets Manager.
#[derive(Debug)]
pub struct StoredSecret {
    id: String,
    /// `None` where neither the name nor the configuration tells the region.
    client: Option<aws_sdk_secretsmanager::Client>,
}

impl Aws {
    /// A secret, in the region that its ARN names.
    pub fn secret(&self, arn: &Arn) -> StoredSecret {
        self.named_secret(&SecretId::Arn(arn.clone()))
    }

    /// What is kept there: a secret, or a `SecureString`.
    pub fn kept(&self, location: &SecretLocation) -> Box<dyn ReadSecret> {
        match location {
            SecretLocation::Secret(id) => Box::new(self.named_secret(id)),
            SecretLocation::Parameter(id) => self.secure_parameter(id),
        }
    }

    fn named_secret(&self, id: &SecretId) -> StoredSecret {
        let client = self.region_of(id).map(|region| {
            let config = self.config.to_builder().region(region).build();
            let config = aws_sdk_secretsmanager::config::Builder::from(&config)
                .interceptor(Recorder(self.calls.clone()));
            aws_sdk_secretsmanager::Client::from_conf(config.build())
        });
        StoredSecret { id: id.to_string(), client }
    }

    /// The region that an ARN names, or in which a name is looked up.
    pub(super) fn region_of(&self, id: &SecretId) -> Option<aws_config::Region> {
        match id {
            SecretId::Arn(arn) => Some(aws_config::Region::new(arn.region.clone())),
            SecretId::Name(_) => self.config.region().cloned(),
        }
    }
}

/// There is a name, and nothing says in which region.
pub(super) fn no_region(operation: &'static str) -> AwsError {
    AwsError {
        operation,
        kind: AwsErrorKind::NoRegion,
        code: None,
        message:
            "it is named without a region, and no region is configured; name it by its ARN, or set a region"
                .to_owned(),
        request_id: None,
        outcome: WriteOutcome::Refused,
    }
}

impl ReadSecret for StoredSecret {
    fn called(&self) -> String {
        format!("the secret `{}`", self.id)
    }

    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
        async {
            let client = self.client.as_ref().ok_or_else(|| no_region(READ))?;
            let call = client.get_secret_value().secret_id(&self.id).send();
            let answer =
                activity::calling(READ, limit::within(call)).await.map_err(|over| too_late(READ, over))?;
            let answer = answer.map_err(|error| refused_key(classify(READ, error)))?;
            // The SDK's answer redacts itself, and what is taken from it goes straight into another type that does.
            let text =
                answer.secret_string.ok_or_else(|| unexpected(READ, &"the secret is binary, not text"))?;
            Ok(text.into())
        }
        .boxed_local()
    }
}
