//! Texts that are kept in S3.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use super::Aws;
use super::calls::Recorder;
use super::error::{classify, refused_key, unexpected};
use rolecall_model::ports::{AwsError, AwsResult};

const READ_OBJECT: &str = "s3:GetObject";
/// What reading a certain version needs instead.
const READ_VERSION: &str = "s3:GetObjectVersion";

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
}
