use std::collections::BTreeSet;

use serde_json::json;

use super::*;

fn id(text: &str) -> Option<&'static str> {
    find(text).map(|message| message.id.as_str())
}

#[test]
fn the_catalogue_is_read_and_every_entry_is_whole() {
    let catalogue: Catalogue = toml::from_str(include_str!("../messages.toml")).unwrap();
    assert_eq!(catalogue.message, all());
    assert!(all().len() >= 60, "{}", all().len());
    let ids: BTreeSet<&str> = all().iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids.len(), all().len(), "an ID stands twice");
    for KnownMessage { id, says, find, source, cause, certainty, look_up, fix, .. } in all() {
        assert!(
            id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{id}"
        );
        assert!(source.starts_with("https://"), "{id}: the source is a page");
        // Whoever sees the words knows who may have said them, and not who did.
        assert_ne!(*certainty, Certainty::Certain, "{id}");
        assert!(!find.is_empty() && !says.is_empty(), "{id}");
        for sentence in [cause, look_up, fix] {
            let lower = !sentence.starts_with(|first: char| first.is_ascii_uppercase());
            let is_name = ["IAM ", "Lambda ", "Amazon ", "AWS ", "STS ", "API ", "GET ", "Genesys "]
                .iter()
                .any(|name| sentence.starts_with(name));
            assert!(
                !sentence.is_empty() && !sentence.ends_with('.') && (lower || is_name),
                "{id}: {sentence}"
            );
        }
        // A pattern of one short word would be found in anything.
        assert!(find.iter().all(|pattern| plain(pattern).len() >= 6), "{id}");
    }
}

#[test]
fn every_example_is_explained_by_its_own_entry_however_it_is_wrapped() {
    for KnownMessage { id: own, says, .. } in all() {
        assert_eq!(id(says), Some(own.as_str()), "{says}");
        let curly = says.replace('\'', "\u{2019}").replace('"', "\u{201d}");
        let once = json!({"success": false, "error": {"message": "Internal Server Error", "errors": [{"message": says}]}});
        let twice = json!({"errorMessage": once.to_string(), "errorCode": 500}).to_string();
        for text in [says.to_uppercase(), curly, once.to_string(), twice] {
            assert_eq!(id(&text), Some(own.as_str()), "{text}");
        }
    }
}

/// Texts as people met them, with names, numbers and requests IDs that no entry has.
#[test]
fn real_messages_are_found() {
    for (text, expected) in [
        // github.com/alexcasalboni/aws-lambda-power-tuning/issues/18 and Fraudmarc/fraudmarc-ce/issues/21
        (
            "{ ResourceNotFoundException: Functions from 'us-east-1' are not reachable in this region ('us-west-1')\nat Object.extractError",
            "lambda-other-region",
        ),
        (
            "Failed to invoke DRE update bulk lambda: ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this region ('us-east-1')\nstatus code: 404, request id: 123f28d9",
            "lambda-other-region",
        ),
        // github.com/github-aws-runners/terraform-aws-github-runner/issues/4775
        (
            "Lambda was unable to decrypt the environment variables because KMS access was denied.\nPlease check the function's KMS key settings.\nKMS Exception: AccessDeniedExceptionKMS Message: User: arn:aws:sts::361854753178:assumed-role/gha-action-scale-up-lambda-role/gha-scale-up is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:ap-northeast-1:361854753178:key/362d8837 because no resource-based policy allows the kms:Decrypt action (Service: Kms, Status Code: 400, Request ID: 11fd6876)",
            "lambda-kms-denied",
        ),
        // repost.aws, "KMSAccessDeniedException" errors
        (
            "Calling the invoke API action failed with this message: Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's AWS KMS key settings. KMS Exception: UnrecognizedClientExceptionKMS Message: The security token included in the request is invalid.",
            "lambda-kms-role-recreated",
        ),
        // github.com/prowler-cloud/prowler/issues/7721
        (
            "ClientError[1060] -- An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            "sts-chaining",
        ),
        (
            "An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "sts-duration",
        ),
        // github.com/anomalyco/console/issues/63
        (
            "LambdaRuntimeError\n\nFailed to post handler success response. Http response code: 413. {\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\",\"errorType\":\"RequestEntityTooLarge\"}",
            "lambda-response-too-large",
        ),
        // github.com/serverless/serverless/issues/9432
        (
            "errorType\": \"Runtime.HandlerNotFound\",\n \"errorMessage\": \"index.handler is undefined or not exported\",\n \"trace\": [\"Runtime.HandlerNotFound: index.handler is undefined or not exported\"]",
            "function-handler",
        ),
        // github.com/tishige/CallFlowVisualizer/issues/9
        (
            "Exception when calling PostToken: Error calling PostToken: {\"error\":\"invalid_client\",\"description\":\"authentication failed\",\"error_description\":\"authentication failed\"}",
            "genesys-invalid-client",
        ),
        // github.com/MyPureCloud/terraform-provider-genesyscloud/issues/500
        (
            "API Error: 400 - The request could not be understood by the server due to malformed syntax. (ab12)",
            "genesys-malformed",
        ),
        // github.com/genesys-samples/DataActionsWorkshop
        (
            "{\n  \"message\": \"Transform failed to process result using 'successTemplate' template due to error:'Variable $Presences has not been set at successTemplate[line 1, column 20]'\\n Template:'{\\\"PresenceArray\\\" : $Presences}'.\",\n  \"code\": \"bad.request\",\n  \"status\": 400,\n  \"contextId\": \"fc7c43df\",\n  \"details\": [{\"errorCode\": \"ACTION.PROCESSING\"}],\n  \"errors\": []\n}",
            "genesys-success-template-variable",
        ),
        // docs.aws.amazon.com/lambda, "Troubleshoot invocation issues"
        (
            "ResourceConflictException: The operation cannot be performed at this time. The function is currently in the following state: Pending",
            "lambda-pending",
        ),
        (
            "An error occurred (TooManyRequestsException) when calling the Invoke operation (reached max retries: 2): Rate Exceeded.",
            "lambda-throttled",
        ),
        ("2026-11-20T10:00:03.000Z 4b6b2c1e Task timed out after 29.03 seconds", "function-timeout"),
        (
            "An error occurred (RegionDisabledException) when calling the AssumeRole operation: STS is not activated in this region for account:210987654321. Your account administrator can activate STS in this region using the IAM Console.",
            "sts-region-disabled",
        ),
        (
            "An error occurred (ExpiredToken) when calling the GetRole operation: The security token included in the request is expired",
            "aws-token-expired",
        ),
        (
            "An error occurred (RequestEntityTooLargeException): Request must be smaller than 6291456 bytes for the InvokeFunction operation",
            "lambda-request-too-large",
        ),
        (
            "User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: iam:PutRolePolicy on resource: role GenesysDataActionRole because no identity-based policy allows the iam:PutRolePolicy action",
            "iam-own-permission",
        ),
    ] {
        assert_eq!(id(text), Some(expected), "{text}");
    }
}

/// Texts that look like an entry and are something else.
#[test]
fn near_misses_are_not_taken_for_what_they_resemble() {
    for (text, expected) in [
        // Genesys Cloud says this about everything; API Gateway's own text has no more words either.
        ("Internal Server Error", None),
        ("{\"message\":\"Internal Server Error\",\"code\":\"internal.server.error\",\"status\":500}", None),
        ("{\"message\": \"Internal server error\"}", None),
        // Not the whole message of API Gateway.
        ("The caller is Forbidden to enter", None),
        ("{\"message\":\"Forbidden: the order is closed\"}", None),
        ("{\"message\":\"Unauthorized order\"}", None),
        // A function that was not found is not a function elsewhere.
        ("Function not found: arn:aws:lambda:us-east-1:123456789012:function:orders", None),
        ("The host is not reachable in this region", None),
        // Reserved concurrency is the function's, the other the account's.
        ("Reason: ReservedFunctionConcurrentInvocationLimitExceeded", Some("lambda-reserved-concurrency")),
        ("Reason: ConcurrentInvocationLimitExceeded", Some("lambda-account-concurrency")),
        // Longer names are other exceptions.
        ("MyTooManyRequestsExceptionHandler was called", None),
        ("SnapStartNotReadyException", Some("lambda-snapstart-not-ready")),
        // Genesys Cloud's limit is not Lambda's.
        ("Rate limit exceeded the maximum. Retry the request in [27] seconds", Some("genesys-rate-limit")),
        // A time limit of the function is not one of Genesys Cloud or API Gateway.
        ("Task timed out while the customer waited", None),
        ("{\"message\":\"Endpoint request timed out\"}", Some("gateway-timeout")),
        // A function's error quotes what the function called: the error is the function's.
        (
            "{\"errorMessage\":\"An error occurred (TooManyRequestsException) when calling the Invoke operation: Rate Exceeded.\",\"errorType\":\"TooManyRequestsException\",\"stackTrace\":[\"app.py\"]}",
            Some("function-error"),
        ),
        (
            "{\"errorMessage\":\"invalid_client\",\"errorType\":\"HTTPError\",\"stackTrace\":[\"app.py\"]}",
            Some("function-error"),
        ),
        // A web identity is not Genesys Cloud.
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity", Some("sts-web-identity")),
        // An answer without fault.
        ("{\"success\":true,\"operations\":[{\"name\":\"Execute\",\"success\":true}]}", None),
        ("the template of the success page failed to render", None),
        ("", None),
    ] {
        assert_eq!(id(text), expected, "{text}");
    }
}

#[test]
fn a_pattern_reaches_over_names_but_not_over_whole_texts() {
    let far = format!("functions from {} are not reachable in this region", "x".repeat(WIDEST + 1));
    assert_eq!(id(&far), None);
    assert_eq!(
        id("\u{fc}ber functions from \u{2018}\u{e4}\u{2019} are not reachable in this region"),
        Some("lambda-other-region")
    );
}
