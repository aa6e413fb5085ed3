//! Where an answer goes: to CloudFormation's buckets in S3, and nowhere else.
//!
//! Whoever may invoke the function writes the event, and the answer has attributes of the stack in it. CloudFormation takes answers
//! in buckets whose name begins with `cloudformation-custom-resource-response-` (CloudFormation User Guide, "Setting up VPC
//! endpoints for AWS CloudFormation", which names them for a bucket policy). Their hosts are those of S3 (AWS General Reference, "Amazon S3
//! endpoints and quotas"; S3 User Guide, "Virtual hosting of general purpose buckets"): `BUCKET.s3.REGION.amazonaws.com`,
//! `BUCKET.s3-REGION.amazonaws.com`, `BUCKET.s3.amazonaws.com`, `BUCKET.s3.dualstack.REGION.amazonaws.com`, or the same with the
//! bucket as the first segment of the path; `amazonaws.com.cn` in China, `amazonaws.eu` in the European Sovereign Cloud.

use std::fmt;

use serde::Deserialize;
use url::Url;

/// What the names of CloudFormation's buckets begin with.
const BUCKET: &str = "cloudformation-custom-resource-response-";

/// The domains of S3, by partition.
const DOMAINS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"];

/// Where the answer goes, as it was sent. Whoever has it can answer in the stack's name, so it never prints.
#[derive(Deserialize)]
pub(super) struct ResponseUrl(String);

/// A URL that an answer may be sent to.
#[derive(Clone)]
pub(super) struct CheckedUrl(Url);

impl CheckedUrl {
    /// To send the answer, and for nothing else.
    pub(super) fn expose(&self) -> Url {
        self.0.clone()
    }
}

impl ResponseUrl {
    /// The URL, if it is one of CloudFormation's buckets, or its host with its port is one of `further`.
    pub(super) fn check(&self, further: &[String]) -> anyhow::Result<CheckedUrl> {
        let is_plain = !self.0.contains(|it: char| it == '\\' || it.is_whitespace() || it.is_control());
        let url = Url::parse(&self.0).ok().filter(|_| is_plain);
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        let Some(url) = url else { anyhow::bail!("`ResponseURL` is not a URL that rolecall sends to") };
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let is_further = matches!(url.scheme(), "http" | "https") && further.contains(&authority);
        let is_bucket = url.scheme() == "https" && url.port().is_none() && is_bucket(host, url.path());
        if is_further || is_bucket {
            return Ok(CheckedUrl(url));
        }
        anyhow::bail!(
            "`ResponseURL` leads to `{authority}`, which is not a bucket of CloudFormation reached over https; nothing was done, \
             and no answer was sent"
        )
    }
}

/// Whether host and path are those of one of CloudFormation's buckets.
fn is_bucket(host: &str, path: &str) -> bool {
    let labels = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'));
    let Some(labels) = labels else { return false };
    let (bucket, service) = match labels.split_once('.') {
        Some((first, rest)) if first.starts_with(BUCKET) => (first, rest),
        Some(_) | None => {
            let mut segments = path.split('/').skip(1);
            match (segments.next(), segments.next()) {
                (Some(bucket), Some(_)) => (bucket, labels),
                (Some(_) | None, _) => return false,
            }
        }
    };
    is_name(bucket) && is_s3(service)
}

fn is_name(bucket: &str) -> bool {
    let rest = bucket.strip_prefix(BUCKET);
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(fits))
}

/// Whether this is S3 in front of the domain.
fn is_s3(service: &str) -> bool {
    let region = match service {
        "s3" => return true,
        service => ["s3.dualstack.", "s3.", "s3-"].iter().find_map(|start| service.strip_prefix(start)),
    };
    region.is_some_and(is_region)
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`: a partition or continent, places, and a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, places @ .., number] = parts.as_slice() else { return false };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && !places.is_empty()
        && places.iter().all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResponseUrl(…)")
    }
}

impl fmt::Debug for CheckedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CheckedUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> anyhow::Result<CheckedUrl> {
        ResponseUrl(url.to_owned()).check(&["127.0.0.1:4566".to_owned()])
    }

    #[test]
    fn the_buckets_of_cloudformation_are_taken() {
        for url in [
            "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/arn%3Aaws?X-Amz-Signature=a",
            "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/a?b=c",
            "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/a",
            "https://cloudformation-custom-resource-response-euwest1.s3.dualstack.eu-west-1.amazonaws.com/a",
            "https://cloudformation-custom-resource-response-usgovwest1.s3-us-gov-west-1.amazonaws.com/a",
            "https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/a",
            "https://cloudformation-custom-resource-response-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu/a",
            "https://s3.us-east-1.amazonaws.com/cloudformation-custom-resource-response-useast1/a",
            "https://s3.amazonaws.com/cloudformation-custom-resource-response-useast1/a",
            "https://S3.amazonaws.com:443/cloudformation-custom-resource-response-useast1/a",
            "http://127.0.0.1:4566/anything",
        ] {
            check(url).unwrap();
        }
    }

    #[test]
    fn nothing_else_is() {
        let bucket = "cloudformation-custom-resource-response-useast1";
        for url in [
            format!("http://{bucket}.s3.amazonaws.com/a"),
            format!("https://{bucket}.s3.amazonaws.com:8443/a"),
            format!("https://{bucket}.s3.amazonaws.com.evil.example/a"),
            format!("https://{bucket}.s3.evilamazonaws.com/a"),
            format!("https://{bucket}.s3.amazonaws.com@evil.example/a"),
            format!("https://evil.example/{bucket}.s3.amazonaws.com"),
            format!("https://evil.example\\.{bucket}.s3.amazonaws.com/a"),
            format!("https://evil.example#.{bucket}.s3.amazonaws.com/a"),
            format!("https://{bucket}.s3.amazonaws.com./a"),
            format!("https://{bucket}.execute-api.us-east-1.amazonaws.com/a"),
            format!("https://{bucket}.s3-website-us-east-1.amazonaws.com/a"),
            format!("https://{bucket}.s3.us-east-1.vpce.amazonaws.com/a"),
            format!("https://{bucket}.evil.s3.amazonaws.com/a"),
            format!("https://evil.{bucket}.s3.amazonaws.com/a"),
            "https://cloudformation-custom-resource-response-.s3.amazonaws.com/a".to_owned(),
            "https://mine.s3.amazonaws.com/a".to_owned(),
            format!("https://mine.s3.amazonaws.com/{bucket}/a"),
            "https://s3.amazonaws.com/mine/a".to_owned(),
            format!("https://s3.amazonaws.com/mine/../{bucket}"),
            format!("https://s3.amazonaws.com//{bucket}/a"),
            format!("https://{bucket}.s3.amazonaws.com\t.evil.example/a"),
            "http://127.0.0.1:4567/a".to_owned(),
            "http://127.0.0.1:4566@evil.example/a".to_owned(),
            "http://evil.example\\@127.0.0.1:4566/a".to_owned(),
            "file:///etc/passwd".to_owned(),
            "ftp://127.0.0.1:4566/a".to_owned(),
            "not a url".to_owned(),
        ] {
            let refused = check(&url).map(|_| ()).expect_err(&url).to_string();
            assert!(!refused.contains("/a"), "the path is a part of the signature: {refused}");
        }
    }

    #[test]
    fn a_url_does_not_print() {
        let url = "https://s3.amazonaws.com/cloudformation-custom-resource-response-useast1/a?signature=b";
        let shown = format!("{:?} {:?}", ResponseUrl(url.to_owned()), check(url).unwrap());
        assert!(!shown.contains("signature"), "{shown}");
    }
}
