//! One classification of everything that the SDK can answer.

use std::error::Error;
use std::fmt::Display;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::ErrorMetadata;

use rolecall_model::limit::Over;
use rolecall_model::paging::Paging;
use rolecall_model::ports::{AwsError, AwsErrorKind, WriteOutcome};
use rolecall_model::redact::redact;

use super::answer::NotAnAnswer;
use super::http::TooLarge;

/// Turns a failure of the SDK into ours. What became of a write, those know who watched its attempts.
pub(super) fn classify<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let nothing = of_nobody(service.raw());
            let error = service.into_err();
            AwsError {
                operation,
                kind: of_code(error.code(), status),
                code: error.code().map(str::to_owned),
                message: error.message().map_or(nothing, one_line),
                request_id,
                outcome: WriteOutcome::Refused,
            }
        }
        error if let Some(refused) = refused_role(&error) => refused,
        error if let Some(limit) = too_large(&error) => unexpected(operation, &limit),
        error => {
            let kind = of_transport(&error);
            let message = match kind {
                // The SDK's own sentence lists every provider that it asked.
                AwsErrorKind::NoCredentials
                    if matches!(credentials(&error), Some(CredentialsError::CredentialsNotLoaded(_))) =>
                {
                    "no AWS credentials were found".to_owned()
                }
                _ => match &error {
                    SdkError::ResponseError(response) => of_nobody(response.raw()),
                    error => one_line(&innermost(error)),
                },
            };
            AwsError { operation, kind, code: None, message, request_id, outcome: WriteOutcome::Refused }
        }
    }
}

/// Whether the certificate was refused. An I/O error hides what it is made of from the chain of causes.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    if matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
        return true;
    }
    let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    hidden.is_some_and(|hidden| is_untrusted(hidden)) || error.source().is_some_and(is_untrusted)
}

/// Which limit the answer is past.
fn too_large(error: &(dyn Error + 'static)) -> Option<TooLarge> {
    chain(error).find_map(|cause| cause.downcast_ref::<TooLarge>()).copied()
}

/// Why the role that is to be assumed first was not: the call itself was never sent.
fn refused_role(error: &(dyn Error + 'static)) -> Option<AwsError> {
    let refused = chain(error).find_map(|cause| cause.downcast_ref::<AssumeRoleError>())?;
    Some(AwsError {
        operation: "sts:AssumeRole",
        kind: of_code(refused.code(), 400),
        code: refused.code().map(str::to_owned),
        message: refused.message().map_or_else(|| one_line(&innermost(refused)), one_line),
        request_id: refused.request_id().map(str::to_owned),
        outcome: WriteOutcome::Refused,
    })
}

/// The class of an error code. IAM and STS (query protocol) and Lambda (REST) name the same things differently.
fn of_code(code: Option<&str>, status: u16) -> AwsErrorKind {
    match code.map(|code| code.strip_suffix("Exception").unwrap_or(code)) {
        Some("AccessDenied" | "UnauthorizedOperation" | "AuthorizationError" | "KMSAccessDenied") => {
            AwsErrorKind::AccessDenied
        }
        Some(
            "NoSuchEntity"
            | "ResourceNotFound"
            | "NoSuchBucket"
            | "NoSuchKey"
            | "NoSuchVersion"
            | "ParameterNotFound"
            | "ParameterVersionNotFound"
            | "NotFound",
        ) => AwsErrorKind::NotFound,
        Some("EntityAlreadyExists" | "ResourceConflict") => AwsErrorKind::AlreadyExists,
        Some("ConcurrentModification" | "EntityTemporarilyUnmodifiable") => {
            AwsErrorKind::ConcurrentModification
        }
        Some("DeleteConflict") => AwsErrorKind::DeleteConflict,
        Some("LimitExceeded") => AwsErrorKind::LimitExceeded,
        Some("MalformedPolicyDocument") => AwsErrorKind::MalformedDocument,
        Some("InvalidInput" | "ValidationError" | "Validation" | "InvalidParameterValue") => {
            AwsErrorKind::InvalidInput
        }
        Some("UnmodifiableEntity") => AwsErrorKind::Unmodifiable,
        Some("Throttling" | "ThrottledException" | "TooManyRequests" | "RequestLimitExceeded") => {
            AwsErrorKind::Throttled
        }
        Some("ExpiredToken" | "RequestExpired" | "ExpiredTokenIssue") => AwsErrorKind::ExpiredCredentials,
        Some(
            "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClient"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "InvalidSignature"
            | "NotAuthorized"
            | "InvalidAccessKeyId",
        ) => AwsErrorKind::InvalidCredentials,
        Some(_) | None if status >= 500 => AwsErrorKind::ServiceFailure,
        Some(_) | None => AwsErrorKind::Other,
    }
}

fn of_transport<E>(error: &SdkError<E, HttpResponse>) -> AwsErrorKind
where
    E: Error + 'static,
{
    if let Some(credentials) = credentials(error) {
        return match credentials {
            CredentialsError::CredentialsNotLoaded(_) => AwsErrorKind::NoCredentials,
            _ if text(credentials).contains("expired") => AwsErrorKind::ExpiredCredentials,
            // The SDK's enum is open: whatever else went wrong, there are no credentials to sign with.
            _ => AwsErrorKind::NoCredentials,
        };
    }
    match error {
        // The same as what the SDK itself cannot read.
        error if chain(error).any(|cause| cause.is::<NotAnAnswer>()) => AwsErrorKind::Other,
        SdkError::TimeoutError(_) => AwsErrorKind::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => AwsErrorKind::TimedOut,
        error if is_untrusted(error) => AwsErrorKind::Untrusted,
        SdkError::DispatchFailure(_) => AwsErrorKind::Unreachable,
        SdkError::ResponseError(_) => AwsErrorKind::ServiceFailure,
        _ => AwsErrorKind::Other,
    }
}

/// What went wrong with the credentials, where that was it.
fn credentials<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn text(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The SDK's outer messages ("dispatch failure") say little; the last two causes say what happened and to what.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<String> = chain(error).filter_map(in_words).collect();
    let mut last: Vec<&str> = Vec::new();
    for cause in causes.iter().rev() {
        if last.iter().all(|known| !known.contains(cause.as_str())) {
            last.push(cause);
        }
        if last.len() == 2 {
            break;
        }
    }
    last.reverse();
    if last.is_empty() { "no reason was given".to_owned() } else { last.join(": ") }
}

/// A cause as people read it; `None` for one that only shows what a type holds. The SDK puts the answer of a service that it
/// has no words for (`Error { code: … }`) and whole requests (`Request { body: … }`) into its messages.
fn in_words(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(answer) = cause.downcast_ref::<ErrorMetadata>() {
        return match (answer.message(), answer.code()) {
            (Some(message), Some(code)) => Some(format!("{message} ({code})")),
            (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
            (None, None) => None,
        };
    }
    let text = cause.to_string();
    let shown = match text.find(" to request `Request {") {
        Some(end) => text.get(..end).unwrap_or_default(),
        None => text.as_str(),
    };
    let is_dump =
        ["SdkBody", "unhandled error", " { ", "service error"].iter().any(|sign| shown.contains(sign));
    (!is_dump).then(|| shown.to_owned())
}

/// An answer that is not AWS's: what it is, as far as it can be told.
fn of_nobody(response: &HttpResponse) -> String {
    let status = response.status().as_u16();
    let form = response.headers().get("content-type").unwrap_or_default();
    let what = match form.split(';').next().unwrap_or_default().trim() {
        "text/html" => "an HTML page",
        _ => "an answer in no form of AWS's",
    };
    format!(
        "{what} came back with HTTP status {status}; a proxy, a login page or a mock may have answered instead of AWS"
    )
}

/// What AWS, or a proxy in its place, said: without secrets, in one line.
fn one_line(message: &str) -> String {
    redact(message, &[]).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An answer that the service's own model does not have.
pub(super) fn unexpected(operation: &'static str, message: &dyn Display) -> AwsError {
    let message = one_line(&format!("unexpected answer: {message}"));
    AwsError {
        operation,
        kind: AwsErrorKind::Other,
        code: None,
        message,
        request_id: None,
        outcome: WriteOutcome::Refused,
    }
}

/// The error of a service that decrypts in the caller's name: where it is about the key, it names that permission. Secrets
/// Manager says "Access to KMS is not allowed", S3 and Parameter Store that the caller may not `kms:Decrypt`, or what KMS
/// says itself: "The ciphertext refers to a customer master key that does not exist … or you are not allowed to access".
pub(super) fn refused_key(mut error: AwsError) -> AwsError {
    let is_about_the_key = || {
        let message = error.message.to_lowercase();
        message.contains("kms") || message.contains("ciphertext")
    };
    if error.kind == AwsErrorKind::AccessDenied && is_about_the_key() {
        error.operation = "kms:Decrypt";
    }
    error
}

/// The marker of the next page of a list.
pub(super) fn next_page(
    paging: &mut Paging,
    operation: &'static str,
    marker: Option<String>,
) -> Result<Option<String>, AwsError> {
    paging.next(marker).map_err(|endless| AwsError::endless(operation, endless))
}

/// The end of the command came first.
pub(super) fn too_late(operation: &'static str, over: Over) -> AwsError {
    AwsError {
        operation,
        kind: AwsErrorKind::TimedOut,
        code: None,
        message: over.to_string(),
        request_id: None,
        // Of a write, its watch knows more.
        outcome: WriteOutcome::Refused,
    }
}

/// `Ok(None)` where the entity does not exist.
pub(super) fn optional<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
