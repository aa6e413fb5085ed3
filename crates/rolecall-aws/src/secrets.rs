//! The port of secrets on AWS Secrets Manager.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;

use super::Aws;
use super::calls::Recorder;
use super::error::{classify, refused_key, too_late, unexpected};
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::secrets::ReadSecret;
use rolecall_model::{activity, limit};

const READ: &str = "secretsmanager:GetSecretValue";

/// One secret of Secrets Manager.
#[derive(Debug)]
pub struct StoredSecret {
    arn: String,
    client: aws_sdk_secretsmanager::Client,
}

impl Aws {
    /// A secret, in the region that its ARN names.
    pub fn secret(&self, arn: &Arn) -> StoredSecret {
        let region = aws_config::Region::new(arn.region.clone());
        let config = self.config.to_builder().region(region).build();
        let config =
            aws_sdk_secretsmanager::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        StoredSecret {
            arn: arn.to_string(),
            client: aws_sdk_secretsmanager::Client::from_conf(config.build()),
        }
    }
}

impl ReadSecret for StoredSecret {
    fn name(&self) -> &str {
        &self.arn
    }

    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
        async {
            let call = self.client.get_secret_value().secret_id(&self.arn).send();
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
