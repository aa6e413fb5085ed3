//! Texts that are kept in S3 and in SSM Parameter Store.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_ssm::types::ParameterType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use secrecy::SecretString;

use super::Aws;
use super::calls::Recorder;
use super::error::{classify, refused_key, unexpected};
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::{AwsError, AwsResult};

const READ_OBJECT: &str = "s3:GetObject";
/// What reading a certain version needs instead.
const READ_VERSION: &str = "s3:GetObjectVersion";
const READ_PARAMETER: &str = "ssm:GetParameter";

/// A parameter's value.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The value, decrypted.
    pub value: SecretString,
    /// Whether it is kept encrypted.
    pub is_secure: bool,
}

impl Aws {
    /// What an object holds; `None` where that is more than `at_most` bytes. Asked is the configured region.
    pub async fn object(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        at_most: usize,
    ) -> AwsResult<Option<Vec<u8>>> {
        let operation = if version.is_some() { READ_VERSION } else { READ_OBJECT };
        // `AWS_ENDPOINT_URL` leads to one host, below which a bucket has no name of its own.
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .interceptor(Recorder(self.calls.clone()))
            .force_path_style(self.config.endpoint_url().is_some());
        let call = aws_sdk_s3::Client::from_conf(config.build()).get_object().bucket(bucket).key(key);
        let answer = call.set_version_id(version.map(str::to_owned)).send().await;
        let mut body = answer.map_err(|error| self.elsewhere(error, operation))?.body;
        let mut bytes = Vec::new();
        while let Some(chunk) = body.try_next().await.map_err(|error| unexpected(operation, &error))? {
            if bytes.len() + chunk.len() > at_most {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// S3 names the region of a bucket that is in another one in a header (botocore's `S3RegionRedirectorv2` goes there
    /// by it), and says in the text only that there is some other endpoint.
    fn elsewhere(&self, error: SdkError<GetObjectError, HttpResponse>, operation: &'static str) -> AwsError {
        let header =
            |response: &HttpResponse| response.headers().get("x-amz-bucket-region").map(str::to_owned);
        let region = error.raw_response().and_then(header);
        let mut error = refused_key(classify(operation, error));
        let is_elsewhere = region.as_deref().is_some_and(|region| self.region() != Some(region));
        if is_elsewhere || error.code.as_deref() == Some("PermanentRedirect") {
            error.message = format!(
                "the bucket is in {}, and only buckets in {} are read",
                region.as_deref().unwrap_or("another region"),
                self.region().unwrap_or("the configured region"),
            );
        }
        error
    }

    /// The value of a parameter, from the region that its ARN names.
    pub async fn parameter(&self, arn: &Arn) -> AwsResult<Parameter> {
        let region = aws_config::Region::new(arn.region.clone());
        let config = self.config.to_builder().region(region).build();
        let config = aws_sdk_ssm::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        let call = aws_sdk_ssm::Client::from_conf(config.build()).get_parameter();
        let answer = call.name(arn.to_string()).with_decryption(true).send().await;
        let answer = answer.map_err(|error| refused_key(classify(READ_PARAMETER, error)))?;
        let missing = || unexpected(READ_PARAMETER, &"a parameter without a value");
        let parameter = answer.parameter.ok_or_else(missing)?;
        let is_secure = parameter.r#type == Some(ParameterType::SecureString);
        Ok(Parameter { value: parameter.value.ok_or_else(missing)?.into(), is_secure })
    }
}
