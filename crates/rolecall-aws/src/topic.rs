//! Telling others: messages on SNS.

use super::Aws;
use super::calls::Recorder;
use super::error::{classify, refused_key};
use rolecall_model::iam::arn::Arn;
use rolecall_model::ports::AwsResult;

impl Aws {
    /// Sends a message to a topic, in the region that its ARN names.
    pub async fn send_message(&self, topic: &Arn, subject: &str, message: &str) -> AwsResult<()> {
        let region = aws_config::Region::new(topic.region.clone());
        let config = self.config.to_builder().region(region).build();
        let config = aws_sdk_sns::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        let call = aws_sdk_sns::Client::from_conf(config.build()).publish().topic_arn(topic.to_string());
        let sent = call.subject(subject).message(message).send().await;
        // A topic may be encrypted under a key of the customer's own.
        sent.map(drop).map_err(|error| refused_key(classify("sns:Publish", error)))
    }
}
