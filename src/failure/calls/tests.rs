//! Repeating a command is advised where it can help, and nowhere else: a table over all kinds of errors.

use super::*;

/// Whether the answer may be another one: by itself, or once what the hint says is done.
fn can_help(kind: AwsErrorKind) -> bool {
    match kind {
        AwsErrorKind::AccessDenied
        | AwsErrorKind::NotFound
        | AwsErrorKind::AlreadyExists
        | AwsErrorKind::ConcurrentModification
        | AwsErrorKind::DeleteConflict
        | AwsErrorKind::LimitExceeded
        | AwsErrorKind::Throttled
        | AwsErrorKind::NoCredentials
        | AwsErrorKind::ExpiredCredentials
        | AwsErrorKind::InvalidCredentials
        | AwsErrorKind::NoRegion
        | AwsErrorKind::Unreachable
        | AwsErrorKind::Untrusted
        | AwsErrorKind::TimedOut
        | AwsErrorKind::ServiceFailure => true,
        // The same document, the same arguments, the same entity.
        AwsErrorKind::MalformedDocument
        | AwsErrorKind::InvalidInput
        | AwsErrorKind::Unmodifiable
        | AwsErrorKind::Other => false,
    }
}

const AWS: [AwsErrorKind; 19] = [
    AwsErrorKind::AccessDenied,
    AwsErrorKind::NotFound,
    AwsErrorKind::AlreadyExists,
    AwsErrorKind::ConcurrentModification,
    AwsErrorKind::DeleteConflict,
    AwsErrorKind::LimitExceeded,
    AwsErrorKind::Throttled,
    AwsErrorKind::NoCredentials,
    AwsErrorKind::ExpiredCredentials,
    AwsErrorKind::InvalidCredentials,
    AwsErrorKind::NoRegion,
    AwsErrorKind::Unreachable,
    AwsErrorKind::Untrusted,
    AwsErrorKind::TimedOut,
    AwsErrorKind::ServiceFailure,
    AwsErrorKind::MalformedDocument,
    AwsErrorKind::InvalidInput,
    AwsErrorKind::Unmodifiable,
    AwsErrorKind::Other,
];

const GENESYS: [(GenesysErrorKind, bool); 15] = [
    (GenesysErrorKind::NoCredentials, true),
    (GenesysErrorKind::InvalidCredentials, true),
    (GenesysErrorKind::Forbidden, true),
    (GenesysErrorKind::NotFound, true),
    (GenesysErrorKind::VersionConflict, true),
    (GenesysErrorKind::LimitExceeded, true),
    (GenesysErrorKind::Throttled, true),
    (GenesysErrorKind::Unreachable, true),
    (GenesysErrorKind::TimedOut, true),
    (GenesysErrorKind::ServiceFailure, true),
    (GenesysErrorKind::Unreadable, true),
    (GenesysErrorKind::Contradictory, true),
    (GenesysErrorKind::Conflict, false),
    (GenesysErrorKind::InvalidInput, false),
    (GenesysErrorKind::Other, false),
];

fn aws(kind: AwsErrorKind, outcome: WriteOutcome) -> AwsError {
    let message = "the service's words".to_owned();
    AwsError { operation: "iam:CreateRole", kind, code: None, message, request_id: None, outcome }
}

fn genesys(kind: GenesysErrorKind, outcome: WriteOutcome) -> GenesysError {
    let (operation, message) = ("POST /api/v2/integrations", "the service's words".to_owned());
    GenesysError { operation, kind, status: None, code: None, message, context_id: None, outcome }
}

fn advises_repeating(hint: Option<&str>) -> bool {
    hint.is_some_and(|hint| hint.contains("repeat") || hint.contains("again: it reads"))
}

#[test]
fn a_command_is_repeated_in_the_middle_of_a_plan_only_if_that_can_help() {
    for kind in AWS {
        let hint = hint_for(&aws(kind, WriteOutcome::Refused), Again::Continues);
        assert_eq!(advises_repeating(hint.as_deref()), can_help(kind), "{kind:?}: {hint:?}");
        assert!(hint.is_some(), "{kind:?}: no way out");
    }
    for (kind, can_help) in GENESYS {
        let hint = genesys_hint(&genesys(kind, WriteOutcome::Refused), Again::Continues);
        assert_eq!(advises_repeating(hint.as_deref()), can_help, "{kind:?}: {hint:?}");
        assert!(hint.is_some(), "{kind:?}: no way out");
    }
}

/// A repeated command reads what is there first, so it helps wherever it is not known whether the change was made.
#[test]
fn what_may_have_been_done_is_looked_at_by_the_same_command() {
    for kind in AWS.into_iter().filter(|kind| *kind != AwsErrorKind::Unmodifiable) {
        let hint = hint_for(&aws(kind, WriteOutcome::Unknown), Again::Continues);
        assert!(advises_repeating(hint.as_deref()), "{kind:?}: {hint:?}");
    }
    for (kind, _) in GENESYS {
        let hint = genesys_hint(&genesys(kind, WriteOutcome::Unknown), Again::Continues);
        assert!(advises_repeating(hint.as_deref()), "{kind:?}: {hint:?}");
    }
}
