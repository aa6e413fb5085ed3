//! Texts that are kept in SSM Parameter Store.

use aws_sdk_ssm::types::ParameterType;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;

use super::calls::Recorder;
use super::error::{classify, refused_key, too_late, unexpected};
use super::{Aws, secrets};
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::secrets::{ReadSecret, SecretId};
use rolecall_model::{activity, limit};

const READ: &str = "ssm:GetParameter";

/// A parameter's value.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The value, decrypted.
    pub value: SecretString,
    /// Whether it is kept encrypted.
    pub is_secure: bool,
}

/// One parameter that holds a secret.
#[derive(Debug)]
struct SecureParameter {
    name: String,
    /// `None` where neither the name nor the configuration tells the region.
    client: Option<aws_sdk_ssm::Client>,
}

impl Aws {
    /// The value of a parameter, from the region that its ARN names.
    pub async fn parameter(&self, arn: &Arn) -> AwsResult<Parameter> {
        let client = self.parameters(aws_config::Region::new(arn.region.clone()));
        get(&client, &arn.to_string()).await
    }

    /// A parameter that must be a `SecureString`.
    pub(super) fn secure_parameter(&self, id: &SecretId) -> Box<dyn ReadSecret> {
        let client = self.region_of(id).map(|region| self.parameters(region));
        Box::new(SecureParameter { name: id.to_string(), client })
    }

    fn parameters(&self, region: aws_config::Region) -> aws_sdk_ssm::Client {
        let config = self.config.to_builder().region(region).build();
        let config = aws_sdk_ssm::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        aws_sdk_ssm::Client::from_conf(config.build())
    }
}

impl ReadSecret for SecureParameter {
    fn called(&self) -> String {
        format!("the parameter `{}`", self.name)
    }

    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
        async {
            let client = self.client.as_ref().ok_or_else(|| secrets::no_region(READ))?;
            let Parameter { value, is_secure } = get(client, &self.name).await?;
            match is_secure {
                true => Ok(value),
                // Whoever may describe or read parameters sees the value of any other type.
                false => Err(unexpected(
                    READ,
                    &"the parameter is not a SecureString, so it is not kept as a secret",
                )),
            }
        }
        .boxed_local()
    }
}

async fn get(client: &aws_sdk_ssm::Client, name: &str) -> AwsResult<Parameter> {
    let call = client.get_parameter().name(name).with_decryption(true).send();
    let answer = activity::calling(READ, limit::within(call)).await.map_err(|over| too_late(READ, over))?;
    let answer = answer.map_err(|error| refused_key(classify(READ, error)))?;
    let missing = || unexpected(READ, &"a parameter without a value");
    let parameter = answer.parameter.ok_or_else(missing)?;
    let is_secure = parameter.r#type == Some(ParameterType::SecureString);
    Ok(Parameter { value: parameter.value.ok_or_else(missing)?.into(), is_secure })
}
