//! Signature Version 4, checked as AWS checks it: the signature is computed again with the secret of the
//! access key.
//!
//! The answers to bad credentials differ between the query services and those that speak JSON; both are named
//! here (docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html). Deliberately absent:
//! signatures in the query string.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::SystemTime;

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;

use super::principals::{Caller, Credentials, Principal};
use super::service::Service;
use super::state::State;
use super::wire::{ApiError, Incoming};

/// How far a request's date may be from the server's.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Credentials that AssumeRole issued.
pub(super) struct Session {
    pub(super) credentials: Credentials,
    pub(super) caller: Caller,
    /// Seconds since 1970.
    pub(super) expires: i64,
}

/// Sessions by access key ID.
pub(super) type Sessions = HashMap<String, Session>;

/// The `Authorization` header, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    date: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(header: &'a str) -> Option<Self> {
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in header.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("SignedHeaders", value) => signed_headers = Some(value.split(';').collect()),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let mut scope = credential?.split('/');
        let authorization = Self {
            access_key_id: scope.next()?,
            date: scope.next()?,
            region: scope.next()?,
            service: scope.next()?,
            signed_headers: signed_headers?,
            signature: signature?,
        };
        (scope.next() == Some("aws4_request")).then_some(authorization)
    }
}

/// Who signed the request, or the error that AWS would answer.
pub(super) fn authenticate(
    request: &Incoming,
    authorization: &Authorization<'_>,
    service: Service,
    state: &State,
    sessions: &Sessions,
    now: Timestamp,
) -> Result<Caller, ApiError> {
    let key = authorization.access_key_id;
    let token = request.header("x-amz-security-token");
    let (caller, credentials) = match (Principal::with_access_key(key), sessions.get(key)) {
        (Some(principal), _) => {
            (principal.caller(state).ok_or_else(|| unknown_key(service))?, principal.credentials())
        }
        (None, Some(session)) => (session.caller.clone(), session.credentials.clone()),
        (None, None) => return Err(unknown_key(service)),
    };
    if token != credentials.session_token.as_deref() {
        return Err(unknown_key(service));
    }
    let date = request.header("x-amz-date").unwrap_or_default();
    let signed_at = parse_date(date)
        .ok_or_else(|| mismatch(service, "Date in Credential scope does not match YYYYMMDD"))?;
    if !date.starts_with(authorization.date) {
        return Err(mismatch(
            service,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date",
        ));
    }
    if (now.as_second() - signed_at.as_second()).abs() > CLOCK_SKEW_SECONDS {
        let limit = CLOCK_SKEW_SECONDS / 60;
        return Err(mismatch(
            service,
            &format!("Signature expired: {date} is more than {limit} min. from {now}"),
        ));
    }
    let expected = signature(request, authorization, &credentials, signed_at.into())
        .ok_or_else(|| mismatch(service, "the request cannot be put into canonical form"))?;
    if expected != authorization.signature {
        let text = "The request signature we calculated does not match the signature you provided. Check your \
                    AWS Secret Access Key and signing method. Consult the service documentation for details.";
        return Err(mismatch(service, text));
    }
    match sessions.get(key) {
        Some(session) if session.expires <= now.as_second() => Err(expired(service)),
        _ => Ok(caller),
    }
}

fn signature(
    request: &Incoming,
    authorization: &Authorization<'_>,
    credentials: &Credentials,
    time: SystemTime,
) -> Option<String> {
    let Credentials { access_key_id, secret_access_key, session_token } = credentials.clone();
    let identity =
        SigningCredentials::new(access_key_id, secret_access_key, session_token, None, "sandbox").into();
    let mut settings = SigningSettings::default();
    // What the client signed is what counts, not what this library would leave out.
    settings.excluded_headers = Some(Vec::<Cow<'static, str>>::new());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(authorization.region)
        .name(authorization.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let headers =
        request.headers.iter().filter(|(name, _)| authorization.signed_headers.contains(&name.as_str()));
    let uri = format!("http://{}{}?{}", request.header("host")?, request.path, request.query);
    let signable = SignableRequest::new(
        &request.method,
        uri,
        headers.map(|(name, value)| (name.as_str(), value.as_str())),
        SignableBody::Bytes(&request.body),
    );
    Some(sign(signable.ok()?, &parameters).ok()?.signature().to_owned())
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
}

/// No signature at all.
pub(super) fn unsigned(service: Service) -> ApiError {
    match service {
        Service::Iam | Service::Sts | Service::CloudWatch => {
            ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        }
        Service::Lambda | Service::AccessAnalyzer => {
            ApiError::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        Service::SecretsManager | Service::Ssm | Service::Organizations => {
            ApiError::new(400, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
    }
}

/// The session has run out.
pub(super) fn expired(service: Service) -> ApiError {
    let text = "The security token included in the request is expired";
    match service {
        Service::Iam | Service::Sts | Service::CloudWatch => ApiError::new(403, "ExpiredToken", text),
        Service::Lambda | Service::AccessAnalyzer => ApiError::new(403, "ExpiredTokenException", text),
        Service::SecretsManager | Service::Ssm | Service::Organizations => {
            ApiError::new(400, "ExpiredTokenException", text)
        }
    }
}

fn unknown_key(service: Service) -> ApiError {
    let text = "The security token included in the request is invalid.";
    match service {
        Service::Iam | Service::Sts | Service::CloudWatch => ApiError::new(403, "InvalidClientTokenId", text),
        Service::Lambda | Service::AccessAnalyzer => ApiError::new(403, "UnrecognizedClientException", text),
        Service::SecretsManager | Service::Ssm | Service::Organizations => {
            ApiError::new(400, "UnrecognizedClientException", text)
        }
    }
}

fn mismatch(service: Service, text: &str) -> ApiError {
    match service {
        Service::Iam | Service::Sts | Service::CloudWatch => {
            ApiError::new(403, "SignatureDoesNotMatch", text)
        }
        Service::Lambda | Service::AccessAnalyzer => ApiError::new(403, "InvalidSignatureException", text),
        Service::SecretsManager | Service::Ssm | Service::Organizations => {
            ApiError::new(400, "InvalidSignatureException", text)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Authorization, Session, Sessions, authenticate, signature};
    use crate::service::Service;
    use crate::wire::Incoming;
    use crate::{Principal, State};

    #[test]
    fn the_header_is_taken_apart_strictly() {
        let good = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/iam/aws4_request, \
                    SignedHeaders=host;x-amz-date, Signature=ab";
        let parsed = Authorization::parse(good).unwrap();
        assert_eq!((parsed.access_key_id, parsed.region, parsed.service), ("AK", "us-east-1", "iam"));
        for bad in
            ["", "Bearer x", &good.replace(", Signature=ab", ""), &good.replace("aws4_request", "other")]
        {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_session_ends_when_it_expires() {
        let state = State::demo();
        let now = Timestamp::now();
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut credentials = Principal::Ci.credentials();
        credentials.access_key_id = "ASIASESSION".to_owned();
        credentials.session_token = Some("token".to_owned());
        let headers = [("host", "localhost"), ("x-amz-date", &date), ("x-amz-security-token", "token")];
        let request = Incoming {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: bytes::Bytes::new(),
        };
        let mut authorization = Authorization {
            access_key_id: "ASIASESSION",
            region: "us-east-1",
            service: "sts",
            date: &date[..8],
            signed_headers: vec!["host", "x-amz-date", "x-amz-security-token"],
            signature: "",
        };
        let whole_seconds = Timestamp::from_second(now.as_second()).unwrap();
        let signed = signature(&request, &authorization, &credentials, whole_seconds.into()).unwrap();
        authorization.signature = &signed;
        for (remaining, code) in [(60, None), (0, Some("ExpiredToken")), (-60, Some("ExpiredToken"))] {
            let caller = Principal::Ci.caller(&state).unwrap();
            let expires = now.as_second() + remaining;
            let session = Session { credentials: credentials.clone(), caller: caller.clone(), expires };
            let sessions = Sessions::from([("ASIASESSION".to_owned(), session)]);
            let answer =
                authenticate(&request, &authorization, Service::Sts, &state, &sessions, Timestamp::now());
            assert_eq!(answer.as_ref().err().map(|error| error.code.as_ref()), code);
            assert!(code.is_some() || answer == Ok(caller));
        }
    }
}
