//! Nobody gets an answer without a valid signature, and everybody gets the error that the service has for it.

use rolecall::sandbox::{Credentials, Principal};

use super::client::{Client, sandbox};

async fn codes(client: &Client) -> [(u16, String); 3] {
    let iam = client.iam("GetAccountSummary", &[]).await;
    let lambda = client.lambda("GET", "functions/", &[], "").await;
    let target =
        [("x-amz-target", "secretsmanager.GetSecretValue"), ("content-type", "application/x-amz-json-1.1")];
    let secret =
        client.send("secretsmanager", "POST", "/", &target, r#"{"SecretId":"genesys/rolecall"}"#).await;
    [iam, lambda, secret].map(|answer| (answer.status, answer.code()))
}

fn coded<const N: usize>(codes: [(u16, &str); N]) -> [(u16, String); N] {
    codes.map(|(status, code)| (status, code.to_owned()))
}

#[tokio::test]
async fn bad_credentials_are_named_as_each_service_names_them() {
    let sandbox = sandbox();
    let mut client = Client::new(&sandbox, Principal::Administrator);
    assert_eq!(codes(&client).await.map(|(status, _)| status), [200, 200, 200]);
    client.credentials.secret_access_key = "wrong".to_owned();
    let wrong = [
        (403, "SignatureDoesNotMatch"),
        (403, "InvalidSignatureException"),
        (400, "InvalidSignatureException"),
    ];
    assert_eq!(codes(&client).await, coded(wrong));
    client.credentials.access_key_id = "AKIAUNKNOWNAAEXAMPLE".to_owned();
    let unknown = [
        (403, "InvalidClientTokenId"),
        (403, "UnrecognizedClientException"),
        (400, "UnrecognizedClientException"),
    ];
    assert_eq!(codes(&client).await, coded(unknown));
    let body = "Action=GetAccountSummary&Version=2010-05-08";
    let unsigned = client
        .raw("POST", "/", &[("content-type", "application/x-www-form-urlencoded")], body)
        .await
        .unwrap();
    unsigned.fails(403, "MissingAuthenticationToken", "");
    let unsigned = client.raw("GET", "/2015-03-31/functions/", &[], "").await.unwrap();
    unsigned.fails(403, "MissingAuthenticationTokenException", "");
}

#[tokio::test]
async fn temporary_credentials_need_their_token() {
    let sandbox = sandbox();
    let administrator = Client::new(&sandbox, Principal::Administrator);
    let issued = administrator.assume("ci", "someone", &[]).await.ok().credentials();
    Client::with(&sandbox, issued.clone()).sts("GetCallerIdentity", &[]).await.ok();
    for session_token in [None, Some("other".to_owned())] {
        let stolen = Client::with(&sandbox, Credentials { session_token, ..issued.clone() });
        stolen.sts("GetCallerIdentity", &[]).await.fails(403, "InvalidClientTokenId", "");
    }
}

#[tokio::test]
async fn a_changed_or_old_request_is_refused() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Principal::Administrator);
    let credential = "AKIAADMINUSEREXAMPLE/20200101/us-east-1/iam/aws4_request";
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=00");
    let headers = [
        ("authorization", authorization.as_str()),
        ("x-amz-date", "20200101T000000Z"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let old = client.raw("POST", "/", &headers, "Action=GetAccountSummary&Version=2010-05-08").await.unwrap();
    old.fails(403, "SignatureDoesNotMatch", "Signature expired");
}
